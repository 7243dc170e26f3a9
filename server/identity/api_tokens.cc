#include "server/identity/api_tokens.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/resource/resource_name.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {
namespace {

using store::ApiTokenEntryRecord;
using store::ApiTokenRecord;

constexpr absl::string_view kTokenPrefix = "gbt_";
constexpr int kTokenCharacters = 52;  // 36^52 is above 2^268.
constexpr int kIdCharacters = 16;
constexpr size_t kLongestName = 200;
constexpr size_t kMostGrants = 500;
constexpr absl::Duration kShortestLife = absl::Minutes(1);
constexpr absl::Duration kUseNotedEvery = absl::Hours(1);

std::string SecretKey(absl::string_view digest) {
  return absl::StrCat(kApiTokenKeys, digest);
}
std::string UseKey(absl::string_view id) { return absl::StrCat("api-token-uses/", id); }

std::string IdOf(const ApiTokenRecord& record, const std::string& digest) {
  return record.id().empty() ? digest.substr(0, kIdCharacters) : record.id();
}

absl::Status CheckGrants(const NewApiToken& wanted) {
  if (wanted.grants.empty() || wanted.grants.size() > kMostGrants) {
    return MakeFieldError("grants", "TOKEN_GRANTS_INVALID");
  }
  bool agent = false;
  for (const Grant& grant : wanted.grants) {
    if (!grant.integration.empty() && !IsIntegrationId(grant.integration)) {
      return MakeFieldError("grants", "INTEGRATION_ID_INVALID",
                            {{"id", grant.integration}});
    }
    if (grant.role != Role::kAgent) continue;
    agent = true;
    // Which integrations are an agent's, their connections say.
    if (!grant.integration.empty() || wanted.grants.size() > 1) {
      return MakeFieldError("grants", "TOKEN_GRANTS_INVALID");
    }
  }
  if (wanted.agent.empty()) return absl::OkStatus();
  if (!agent) return MakeFieldError("agent", "TOKEN_GRANTS_INVALID");
  if (IsAgentId(wanted.agent)) return absl::OkStatus();
  return MakeFieldError("agent", "AGENT_NAME_INVALID", {{"agent", wanted.agent}});
}

// What older servers understand too, and only where they take it for no more.
void SetRoleForOldServers(ApiTokenRecord& record) {
  record.clear_role();
  if (record.grants_size() == 1 && record.grants(0).integration().empty() &&
      record.agent().empty() && record.expire_unix_seconds() == 0 &&
      record.revoke_unix_seconds() == 0) {
    record.set_role(record.grants(0).role());
  }
}

void SetLife(ApiTokenRecord& record, absl::Duration lifetime, absl::Time now) {
  record.clear_lifetime_seconds();
  record.clear_expire_unix_seconds();
  if (lifetime == absl::InfiniteDuration()) return;
  record.set_lifetime_seconds(absl::ToInt64Seconds(lifetime));
  record.set_expire_unix_seconds(absl::ToUnixSeconds(now + lifetime));
}

absl::Status PutSecret(Transaction& transaction, const std::string& digest,
                       ApiTokenRecord record) {
  SetRoleForOldServers(record);
  return PutRecord(transaction, SecretKey(digest), record);
}

std::string TimeOf(int64_t unix_seconds) {
  return absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(unix_seconds),
                          absl::UTCTimeZone());
}

// An old one, as it would be made now.
ApiTokenRecord Modern(ApiTokenRecord record, const std::string& digest) {
  record.set_id(IdOf(record, digest));
  if (record.grants().empty() && !record.role().empty()) {
    record.add_grants()->set_role(record.role());
  }
  return record;
}

}  // namespace

std::string ApiTokenEntryKey(absl::string_view id) {
  return absl::StrCat(kApiTokenEntries, id);
}

absl::Status CheckTokenLifetime(absl::Duration lifetime) {
  if (lifetime == absl::InfiniteDuration() ||
      (lifetime >= kShortestLife && lifetime <= kLongestTokenLife)) {
    return absl::OkStatus();
  }
  return MakeFieldError("lifetime", "TOKEN_LIFETIME_INVALID");
}

absl::Status CheckNewApiToken(const NewApiToken& wanted) {
  if (wanted.name.size() > kLongestName ||
      std::any_of(wanted.name.begin(), wanted.name.end(),
                  [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return MakeError("TOKEN_NAME_INVALID");
  }
  GB_RETURN_IF_ERROR(CheckTokenLifetime(wanted.lifetime));
  return CheckGrants(wanted);
}

SecretString MintApiToken(Random& random) {
  return SecretString(
      absl::StrCat(kTokenPrefix, RandomToken(random, kTokenCharacters)));
}

std::string MintApiTokenId(Random& random) {
  return RandomToken(random, kIdCharacters);
}

absl::StatusOr<ApiTokenEntryRecord> PutApiToken(Transaction& transaction,
                                                const std::string& id,
                                                const SecretString& token,
                                                const NewApiToken& wanted,
                                                absl::Time now) {
  ApiTokenEntryRecord entry;
  ApiTokenRecord& record = *entry.mutable_token();
  record.set_id(id);
  record.set_name(wanted.name);
  record.set_agent(wanted.agent);
  record.set_create_unix_seconds(absl::ToUnixSeconds(now));
  for (const Grant& grant : wanted.grants) {
    ApiTokenRecord::Grant& stored = *record.add_grants();
    stored.set_role(std::string(RoleName(grant.role)));
    stored.set_integration(grant.integration);
  }
  SetLife(record, wanted.lifetime, now);
  entry.add_digests(DigestOf(token));
  GB_RETURN_IF_ERROR(PutSecret(transaction, DigestOf(token), record));
  GB_RETURN_IF_ERROR(PutRecord(transaction, ApiTokenEntryKey(id), entry));
  return entry;
}

absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock,
                                            const NewApiToken& wanted) {
  GB_RETURN_IF_ERROR(CheckNewApiToken(wanted));
  SecretString token = MintApiToken(random);
  const std::string id = MintApiTokenId(random);
  const auto written = store.Write([&](Transaction& transaction) {
    return PutApiToken(transaction, id, token, wanted, clock.Now()).status();
  });
  if (!written.ok()) return written.status();
  return token;
}

absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock, Role role,
                                            absl::string_view name) {
  return CreateApiToken(
      store, random, clock,
      NewApiToken{.name = std::string(name), .grants = {{role, ""}}, .agent = ""});
}

// The digest is looked up whole, so timing tells nothing about stored tokens.
std::string DigestOf(const SecretString& token) { return Sha256Hex(token.Reveal()); }

absl::StatusOr<std::optional<Caller>> FindCaller(Store& store,
                                                 const std::string& digest,
                                                 absl::Time now) {
  std::optional<Caller> caller;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    caller.reset();
    GB_ASSIGN_OR_RETURN(const auto found,
                        GetRecord<ApiTokenRecord>(transaction, SecretKey(digest)));
    if (!found.has_value()) return absl::OkStatus();
    const ApiTokenRecord& record = found->value;
    Caller known;
    known.principal = ApiTokenName(IdOf(record, digest));
    known.name = record.name();
    known.agent = record.agent();
    known.grants = GrantsOf(record);
    if (record.revoke_unix_seconds() != 0) {
      return MakeError(
          "TOKEN_REVOKED",
          {{"token", known.principal}, {"time", TimeOf(record.revoke_unix_seconds())}});
    }
    if (record.expire_unix_seconds() != 0) {
      known.expire_time = absl::FromUnixSeconds(record.expire_unix_seconds());
      if (now >= known.expire_time) {
        return MakeError("TOKEN_EXPIRED",
                         {{"token", known.principal},
                          {"time", TimeOf(record.expire_unix_seconds())}});
      }
    }
    caller = std::move(known);
    return absl::OkStatus();
  }));
  return caller;
}

std::vector<Grant> GrantsOf(const ApiTokenRecord& record) {
  std::vector<Grant> grants;
  const auto add = [&](const std::string& role, const std::string& integration) {
    // A newer server's role gives nothing here.
    const absl::StatusOr<Role> known = ParseRole(role);
    if (known.ok()) grants.push_back({*known, integration});
  };
  for (const auto& grant : record.grants()) add(grant.role(), grant.integration());
  if (record.grants().empty()) add(record.role(), "");
  return grants;
}

absl::Status AdoptOldApiTokens(Store& store) {
  const auto old = [](const Record<ApiTokenRecord>& record) {
    return record.value.id().empty();
  };
  bool any = false;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        const auto records,
        ListRecords<ApiTokenRecord>(transaction, kApiTokenKeys, "", 100000));
    any = std::any_of(records.begin(), records.end(), old);
    return absl::OkStatus();
  }));
  if (!any) return absl::OkStatus();
  return store
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(
            const auto records,
            ListRecords<ApiTokenRecord>(transaction, kApiTokenKeys, "", 100000));
        for (const auto& record : records) {
          if (!old(record)) continue;
          const std::string digest = record.key.substr(kApiTokenKeys.size());
          ApiTokenEntryRecord entry;
          *entry.mutable_token() = Modern(record.value, digest);
          entry.add_digests(digest);
          GB_RETURN_IF_ERROR(PutSecret(transaction, digest, entry.token()));
          GB_RETURN_IF_ERROR(
              PutRecord(transaction, ApiTokenEntryKey(entry.token().id()), entry));
        }
        return absl::OkStatus();
      })
      .status();
}

absl::StatusOr<std::optional<Record<ApiTokenEntryRecord>>> FindApiToken(
    Transaction& transaction, const std::string& id) {
  return GetRecord<ApiTokenEntryRecord>(transaction, ApiTokenEntryKey(id));
}

absl::Status RotateApiToken(Transaction& transaction, ApiTokenEntryRecord& entry,
                            const SecretString& token, absl::Duration lifetime,
                            absl::Duration overlap, absl::Time now) {
  std::vector<std::string> digests = {DigestOf(token)};
  for (const std::string& digest : entry.digests()) {
    GB_ASSIGN_OR_RETURN(const auto found,
                        GetRecord<ApiTokenRecord>(transaction, SecretKey(digest)));
    if (!found.has_value() || !IsLive(found->value, now)) continue;
    digests.push_back(digest);
    ApiTokenRecord before = found->value;
    const int64_t end = absl::ToUnixSeconds(now + overlap);
    if (before.expire_unix_seconds() != 0 && before.expire_unix_seconds() <= end) {
      continue;
    }
    before.set_expire_unix_seconds(end);
    GB_RETURN_IF_ERROR(PutSecret(transaction, digest, std::move(before)));
  }
  SetLife(*entry.mutable_token(), lifetime, now);
  *entry.mutable_digests() = {digests.begin(), digests.end()};
  GB_RETURN_IF_ERROR(PutSecret(transaction, digests.front(), entry.token()));
  return PutRecord(transaction, ApiTokenEntryKey(entry.token().id()), entry);
}

absl::Status RevokeApiToken(Transaction& transaction, ApiTokenEntryRecord& entry,
                            absl::Time now) {
  entry.mutable_token()->set_revoke_unix_seconds(absl::ToUnixSeconds(now));
  for (const std::string& digest : entry.digests()) {
    GB_ASSIGN_OR_RETURN(const auto found,
                        GetRecord<ApiTokenRecord>(transaction, SecretKey(digest)));
    if (!found.has_value()) continue;
    ApiTokenRecord revoked = found->value;
    revoked.set_revoke_unix_seconds(absl::ToUnixSeconds(now));
    GB_RETURN_IF_ERROR(PutSecret(transaction, digest, std::move(revoked)));
  }
  return PutRecord(transaction, ApiTokenEntryKey(entry.token().id()), entry);
}

absl::StatusOr<int64_t> PreviousApiTokenEnd(Transaction& transaction,
                                            const ApiTokenEntryRecord& entry,
                                            absl::Time now) {
  int64_t end = 0;
  for (int i = 1; i < entry.digests_size(); ++i) {
    GB_ASSIGN_OR_RETURN(
        const auto found,
        GetRecord<ApiTokenRecord>(transaction, SecretKey(entry.digests(i))));
    if (!found.has_value() || !IsLive(found->value, now)) continue;
    end = std::max(end, found->value.expire_unix_seconds());
  }
  return end;
}

bool IsLive(const ApiTokenRecord& token, absl::Time now) {
  return token.revoke_unix_seconds() == 0 &&
         (token.expire_unix_seconds() == 0 ||
          now < absl::FromUnixSeconds(token.expire_unix_seconds()));
}

absl::Status NoteApiTokenUse(Store& store, const std::string& id, absl::Time now) {
  absl::Time last;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(last, LastApiTokenUse(transaction, id));
    return absl::OkStatus();
  }));
  // Another server, or this one before it was restarted.
  if (now >= last && now - last < kUseNotedEvery) return absl::OkStatus();
  return store
      .Write([&](Transaction& transaction) {
        store::ApiTokenUseRecord use;
        use.set_use_unix_seconds(absl::ToUnixSeconds(now));
        return PutRecord(transaction, UseKey(id), use);
      })
      .status();
}

absl::StatusOr<absl::Time> LastApiTokenUse(Transaction& transaction,
                                           const std::string& id) {
  GB_ASSIGN_OR_RETURN(const auto use,
                      GetRecord<store::ApiTokenUseRecord>(transaction, UseKey(id)));
  if (!use.has_value()) return absl::InfinitePast();
  return absl::FromUnixSeconds(use->value.use_unix_seconds());
}

}  // namespace guestbridge::server
