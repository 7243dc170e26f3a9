#include "server/api/token_administration.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/proto_time.h"
#include "server/identity/api_tokens.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

using store::ApiTokenEntryRecord;
using store::ApiTokenRecord;

constexpr absl::Duration kDefaultLife = absl::Hours(24 * 365);
constexpr absl::Duration kDefaultOverlap = absl::Hours(24);
constexpr absl::Duration kLongestOverlap = absl::Hours(24 * 30);
constexpr char kScope[] = "apiTokens";

constexpr std::pair<Role, v1::Grant::Role> kRoles[] = {
    {Role::kViewer, v1::Grant::VIEWER},
    {Role::kOperator, v1::Grant::OPERATOR},
    {Role::kIntegration, v1::Grant::EXTERNAL_SYSTEMS_INTEGRATION},
    {Role::kAdmin, v1::Grant::ADMIN},
    {Role::kAgent, v1::Grant::AGENT},
};

v1::Grant::Role ToProto(Role role) {
  for (const auto& [ours, shown] : kRoles) {
    if (ours == role) return shown;
  }
  return v1::Grant::ROLE_UNSPECIFIED;
}

absl::StatusOr<Grant> FromProto(const v1::Grant& grant) {
  for (const auto& [ours, shown] : kRoles) {
    if (shown != grant.role()) continue;
    Grant known = {ours, ""};
    if (grant.integration().empty()) return known;
    GB_ASSIGN_OR_RETURN(known.integration, ParseIntegrationName(grant.integration()));
    return known;
  }
  return MakeFieldError("api_token.grants", "TOKEN_GRANTS_INVALID");
}

// Of what the token may touch: all of it is within the admin's reach, so nobody grants
// or takes away what is not his.
bool Administers(const Reach& reach, const std::vector<Grant>& grants) {
  if (reach.everything()) return true;
  return !grants.empty() &&
         std::all_of(grants.begin(), grants.end(), [&](const Grant& grant) {
           return !grant.integration.empty() && reach.Has(grant.integration);
         });
}

// The first object on which the admin may grant nothing.
std::string FirstOutside(const Reach& reach, const std::vector<Grant>& grants) {
  for (const Grant& grant : grants) {
    if (!grant.integration.empty() && !reach.Has(grant.integration)) {
      return IntegrationName(grant.integration);
    }
  }
  return "integrations/-";
}

bool IsAdminOfEverything(const ApiTokenRecord& token) {
  const std::vector<Grant> grants = GrantsOf(token);
  return std::any_of(grants.begin(), grants.end(), [](const Grant& grant) {
    return grant.role == Role::kAdmin && grant.integration.empty();
  });
}

google::protobuf::Timestamp ToTime(int64_t unix_seconds) {
  return ToTimestamp(absl::FromUnixSeconds(unix_seconds));
}

}  // namespace

absl::StatusOr<v1::ApiToken> TokenAdministration::View(
    Transaction& transaction, const ApiTokenEntryRecord& entry) {
  const ApiTokenRecord& token = entry.token();
  const absl::Time now = clock_.Now();
  v1::ApiToken view;
  view.set_name(ApiTokenName(token.id()));
  view.set_display_name(token.name());
  for (const Grant& grant : GrantsOf(token)) {
    v1::Grant& shown = *view.add_grants();
    shown.set_role(ToProto(grant.role));
    if (!grant.integration.empty()) {
      shown.set_integration(IntegrationName(grant.integration));
    }
  }
  if (!token.agent().empty()) view.set_agent(AgentName(token.agent()));
  *view.mutable_create_time() = ToTime(token.create_unix_seconds());
  if (token.expire_unix_seconds() != 0) {
    *view.mutable_expire_time() = ToTime(token.expire_unix_seconds());
  }
  view.set_state(IsLive(token, now) ? v1::ApiToken::ACTIVE : v1::ApiToken::EXPIRED);
  if (token.revoke_unix_seconds() != 0) {
    *view.mutable_revoke_time() = ToTime(token.revoke_unix_seconds());
    view.set_state(v1::ApiToken::REVOKED);
  }
  GB_ASSIGN_OR_RETURN(const absl::Time used, LastApiTokenUse(transaction, token.id()));
  if (used != absl::InfinitePast()) *view.mutable_last_used_time() = ToTimestamp(used);
  GB_ASSIGN_OR_RETURN(const int64_t previous,
                      PreviousApiTokenEnd(transaction, entry, now));
  if (previous != 0) *view.mutable_previous_expire_time() = ToTime(previous);
  return view;
}

absl::StatusOr<ApiTokenEntryRecord> TokenAdministration::Load(Transaction& transaction,
                                                              const TokenAdmin& admin,
                                                              const std::string& name) {
  const absl::StatusOr<std::string> id = ParseApiTokenName(name);
  if (id.ok()) {
    GB_ASSIGN_OR_RETURN(auto found, FindApiToken(transaction, *id));
    if (found.has_value() && Administers(admin.reach, GrantsOf(found->value.token()))) {
      return std::move(found->value);
    }
  }
  if (!admin.reach.everything()) return RoleMissing(admin.method, admin.caller, name);
  if (!id.ok()) return id.status();
  return MakeError("TOKEN_NOT_FOUND", {{"token", name}});
}

absl::StatusOr<v1::CreateApiTokenResponse> TokenAdministration::Create(
    const TokenAdmin& admin, const v1::CreateApiTokenRequest& request) {
  NewApiToken wanted;
  wanted.name = request.api_token().display_name();
  for (const v1::Grant& grant : request.api_token().grants()) {
    GB_ASSIGN_OR_RETURN(Grant known, FromProto(grant));
    wanted.grants.push_back(std::move(known));
  }
  if (!request.api_token().agent().empty()) {
    GB_ASSIGN_OR_RETURN(wanted.agent, ParseAgentName(request.api_token().agent()));
  }
  wanted.lifetime =
      request.has_lifetime() ? FromProtoDuration(request.lifetime()) : kDefaultLife;
  GB_RETURN_IF_ERROR(CheckNewApiToken(wanted));
  if (!Administers(admin.reach, wanted.grants)) {
    return RoleMissing(admin.method, admin.caller,
                       FirstOutside(admin.reach, wanted.grants));
  }
  const SecretString token = MintApiToken(random_);
  const std::string id = MintApiTokenId(random_);
  v1::CreateApiTokenResponse response;
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(const auto entry,
                                               PutApiToken(transaction, id, token,
                                                           wanted, clock_.Now()));
                           GB_ASSIGN_OR_RETURN(*response.mutable_api_token(),
                                               View(transaction, entry));
                           return absl::OkStatus();
                         })
                         .status());
  response.set_secret(token.Reveal());
  log::Info("api_token_created",
            {{"token", ApiTokenName(id)}, {"by", admin.caller.principal}});
  return response;
}

absl::StatusOr<v1::ListApiTokensResponse> TokenAdministration::List(
    const TokenAdmin& admin, const v1::ListApiTokensRequest& request) {
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  GB_ASSIGN_OR_RETURN(std::string last, DecodePageToken(kScope, request.page_token()));
  GB_RETURN_IF_ERROR(AdoptOldApiTokens(store_));
  v1::ListApiTokensResponse response;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    while (true) {
      GB_ASSIGN_OR_RETURN(const auto records,
                          ListRecords<ApiTokenEntryRecord>(
                              transaction, kApiTokenEntries, last, size + 1));
      for (const auto& record : records) {
        if (!Administers(admin.reach, GrantsOf(record.value.token()))) continue;
        if (response.api_tokens_size() == size) {
          // The last that was shown: the page token tells of no other.
          response.set_next_page_token(EncodePageToken(
              kScope, ApiTokenEntryKey(
                          *ParseApiTokenName(response.api_tokens(size - 1).name()))));
          return absl::OkStatus();
        }
        GB_ASSIGN_OR_RETURN(*response.add_api_tokens(),
                            View(transaction, record.value));
      }
      if (records.size() <= static_cast<size_t>(size)) return absl::OkStatus();
      last = records.back().key;
    }
  }));
  return response;
}

absl::StatusOr<v1::ApiToken> TokenAdministration::Get(const TokenAdmin& admin,
                                                      const std::string& name) {
  GB_RETURN_IF_ERROR(AdoptOldApiTokens(store_));
  v1::ApiToken view;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto entry, Load(transaction, admin, name));
    GB_ASSIGN_OR_RETURN(view, View(transaction, entry));
    return absl::OkStatus();
  }));
  return view;
}

absl::StatusOr<v1::RotateApiTokenResponse> TokenAdministration::Rotate(
    const TokenAdmin& admin, const v1::RotateApiTokenRequest& request) {
  const absl::Duration overlap =
      request.has_overlap() ? FromProtoDuration(request.overlap()) : kDefaultOverlap;
  if (overlap < absl::ZeroDuration() || overlap > kLongestOverlap) {
    return MakeFieldError("overlap", "TOKEN_OVERLAP_INVALID");
  }
  GB_RETURN_IF_ERROR(AdoptOldApiTokens(store_));
  const SecretString token = MintApiToken(random_);
  v1::RotateApiTokenResponse response;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto entry, Load(transaction, admin, request.name()));
            const absl::Time now = clock_.Now();
            if (!IsLive(entry.token(), now)) {
              return MakeError("TOKEN_ENDED", {{"token", request.name()}});
            }
            const int64_t before = entry.token().lifetime_seconds();
            absl::Duration lifetime =
                before == 0 ? absl::InfiniteDuration() : absl::Seconds(before);
            if (request.has_lifetime()) {
              lifetime = FromProtoDuration(request.lifetime());
              GB_RETURN_IF_ERROR(CheckTokenLifetime(lifetime));
            }
            GB_RETURN_IF_ERROR(
                RotateApiToken(transaction, entry, token, lifetime, overlap, now));
            GB_ASSIGN_OR_RETURN(*response.mutable_api_token(),
                                View(transaction, entry));
            return absl::OkStatus();
          })
          .status());
  response.set_secret(token.Reveal());
  log::Info("api_token_rotated",
            {{"token", request.name()}, {"by", admin.caller.principal}});
  return response;
}

absl::StatusOr<bool> TokenAdministration::AnotherAdmin(Transaction& transaction,
                                                       const std::string& id) {
  GB_ASSIGN_OR_RETURN(
      const auto records,
      ListRecords<ApiTokenEntryRecord>(transaction, kApiTokenEntries, "", 100000));
  return std::any_of(records.begin(), records.end(), [&](const auto& record) {
    const ApiTokenRecord& token = record.value.token();
    return token.id() != id && IsLive(token, clock_.Now()) &&
           IsAdminOfEverything(token);
  });
}

absl::StatusOr<v1::ApiToken> TokenAdministration::Revoke(
    const TokenAdmin& admin, const v1::RevokeApiTokenRequest& request) {
  GB_RETURN_IF_ERROR(AdoptOldApiTokens(store_));
  v1::ApiToken view;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto entry, Load(transaction, admin, request.name()));
            const ApiTokenRecord& token = entry.token();
            if (token.revoke_unix_seconds() == 0) {
              GB_ASSIGN_OR_RETURN(const bool another,
                                  AnotherAdmin(transaction, token.id()));
              if (!request.last() && !another && IsAdminOfEverything(token) &&
                  IsLive(token, clock_.Now())) {
                return MakeError("LAST_ADMIN_TOKEN", {{"token", request.name()}});
              }
              GB_RETURN_IF_ERROR(RevokeApiToken(transaction, entry, clock_.Now()));
            }
            GB_ASSIGN_OR_RETURN(view, View(transaction, entry));
            return absl::OkStatus();
          })
          .status());
  log::Info("api_token_revoked",
            {{"token", request.name()}, {"by", admin.caller.principal}});
  return view;
}

}  // namespace guestbridge::server
