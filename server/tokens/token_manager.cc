#include "server/tokens/token_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"
#include "server/tokens/token_keys.h"
#include "server/tokens/token_trouble.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kDefaultOAuthServer = "https://oauth.bitrix.info";
// An access token this near to its end would end on its way; a short-lived one is used
// for most of its life all the same.
constexpr absl::Duration kMargin = absl::Seconds(60);
constexpr int kMarginShare = 10;
// A refusal that somebody may lift on the portal, and a server that may be back.
constexpr absl::Duration kAfterRefusal = absl::Minutes(10);
constexpr absl::Duration kAfterTrouble = absl::Seconds(5);
constexpr size_t kDigestDigits = 8;
// No request begins later after the claim: each takes at most 30 s.
constexpr absl::Duration kLastAsk = absl::Seconds(100);
// Several servers may race; a next look finds what the winner stored.
constexpr int kLooks = 5;

// These two end only with a new refresh token.
bool NeedsNewToken(absl::string_view reason) {
  return reason == "REFRESH_TOKEN_REFUSED" || reason == "REFRESH_ANSWER_LOST" ||
         reason == "REAUTHORIZATION_NEEDED";
}

absl::Status ForPortal(absl::string_view reason, const std::string& portal) {
  return MakeError(reason, {{"host", portal}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenManager>> TokenManager::Create(
    TokenManagerOptions options, Store& store, Sealer& sealer, const Clock& clock,
    HttpClientFactory make_client) {
  std::optional<Endpoint> named;
  if (!options.oauth_url.empty()) {
    named = ParseEndpoint(options.oauth_url);
    if (!named.has_value()) {
      return MakeError("OAUTH_URL_INVALID", {{"given", options.oauth_url}});
    }
  }
  const std::string predecessor = options.predecessor;
  std::unique_ptr<TokenManager> manager(
      new TokenManager(std::move(options), std::move(named), store, sealer, clock,
                       std::move(make_client)));
  if (!predecessor.empty()) GB_RETURN_IF_ERROR(manager->GiveUpNotesOf(predecessor));
  return manager;
}

TokenManager::TokenManager(TokenManagerOptions options,
                           std::optional<Endpoint> named_server, Store& store,
                           Sealer& sealer, const Clock& clock,
                           HttpClientFactory make_client)
    : named_server_(std::move(named_server)),
      server_(std::move(options.server)),
      pause_(std::move(options.pause)),
      store_(store),
      sealer_(sealer),
      clock_(clock),
      client_(std::move(make_client), std::move(options.extra_ca_file), clock) {}

std::shared_ptr<TokenManager::Flight> TokenManager::FlightOf(
    const std::string& integration_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Flight>& flight = flights_[integration_id];
  if (flight == nullptr) flight = std::make_shared<Flight>();
  return flight;
}

absl::StatusOr<std::vector<SecretString>> TokenManager::OpenRefreshTokens(
    const std::string& integration_id, const store::TokenRecord& record) {
  std::vector<SecretString> tokens;
  if (!record.sealed_refresh_token().empty()) {
    GB_ASSIGN_OR_RETURN(SecretString token,
                        sealer_.Open(record.sealed_refresh_token(),
                                     TokenPlace(integration_id, "refresh_token")));
    tokens.push_back(std::move(token));
  }
  if (!record.sealed_previous_refresh_token().empty()) {
    GB_ASSIGN_OR_RETURN(
        SecretString token,
        sealer_.Open(record.sealed_previous_refresh_token(),
                     TokenPlace(integration_id, "previous_refresh_token")));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

RefreshAnswer TokenManager::Ask(const Chain& chain, const SecretString& refresh_token) {
  OAuthClient::Request request;
  if (named_server_.has_value()) {
    request.server = *named_server_;
    request.named_by_operator = true;
  } else {
    // Judged again at each use: what is stored came from outside.
    std::optional<Endpoint> server = TrustedOAuthServer(chain.record.server_endpoint());
    if (!server.has_value()) server = ParseEndpoint(kDefaultOAuthServer);
    request.server = *server;
  }
  request.client_id = chain.client_id;
  request.client_secret = chain.client_secret;
  request.refresh_token = refresh_token;
  request.portal = chain.portal;
  return client_.Refresh(request);
}

absl::StatusOr<store::TokenRecord> TokenManager::Refresh(
    const std::string& integration_id, const Chain& chain, absl::Duration claimed,
    bool* answer_lost) {
  bool retried = false;
  bool all_refused = true;
  bool in_doubt = chain.answer_was_lost;
  absl::Status error = ForPortal("REAUTHORIZATION_NEEDED", chain.portal);
  // Once others may have taken over, a token is no longer ours to use up.
  const absl::Duration last_ask = claimed + kLastAsk;
  for (const SecretString& token : chain.refresh_tokens) {
    if (clock_.Steady() > last_ask) {
      *answer_lost = in_doubt;
      return UnderWay(chain.portal);
    }
    RefreshAnswer answer = Ask(chain, token);
    if (answer.outcome == RefreshOutcome::kAnswerLost && !retried &&
        clock_.Steady() <= last_ask) {
      retried = in_doubt = true;
      answer = Ask(chain, token);
    }
    switch (answer.outcome) {
      case RefreshOutcome::kGranted:
        *answer_lost = false;
        return Seal(integration_id, chain, answer.grant, token);
      case RefreshOutcome::kTokenRefused:
        error = answer.error;
        continue;
      case RefreshOutcome::kAnswerLost:
        // The next token is the last chance of this call.
        in_doubt = true;
        all_refused = false;
        error = answer.error;
        continue;
      case RefreshOutcome::kAnswerUnknown:
        in_doubt = true;
        break;
      case RefreshOutcome::kRefused:
      case RefreshOutcome::kNotSent:
        break;
    }
    *answer_lost = in_doubt;
    return answer.error;
  }
  *answer_lost = in_doubt;
  if (all_refused && in_doubt && !chain.refresh_tokens.empty()) {
    return ForPortal("REFRESH_ANSWER_LOST", chain.portal);
  }
  return error;
}

store::TokenRecord TokenManager::Seal(const std::string& integration_id,
                                      const Chain& chain, const TokenGrant& grant,
                                      const SecretString& used) {
  store::TokenRecord record = chain.record;
  const SecretString& next = grant.refresh_token.empty() ? used : grant.refresh_token;
  record.set_sealed_refresh_token(
      sealer_.Seal(next, TokenPlace(integration_id, "refresh_token")));
  record.set_sealed_previous_refresh_token(
      sealer_.Seal(used, TokenPlace(integration_id, "previous_refresh_token")));
  record.set_sealed_access_token(
      sealer_.Seal(grant.access_token, TokenPlace(integration_id, "access_token")));
  record.set_expire_unix_seconds(absl::ToUnixSeconds(clock_.Now() + grant.lifetime));
  record.set_lifetime_seconds(absl::ToInt64Seconds(grant.lifetime));
  record.clear_scopes();
  for (const std::string& scope : grant.scopes) record.add_scopes(scope);
  if (const auto portal = ParseEndpoint(grant.client_endpoint)) {
    record.set_client_endpoint(portal->host);
  }
  if (const auto server = TrustedOAuthServer(grant.server_endpoint)) {
    record.set_server_endpoint(grant.server_endpoint);
  }
  if (!grant.member_id.empty()) record.set_member_id(PrintableCode(grant.member_id));
  record.set_client_id(chain.client_id);
  record.clear_reason();
  record.clear_refresh_sent_unix_seconds();
  record.clear_refreshing_server();
  return record;
}

absl::StatusOr<std::optional<AccessToken>> TokenManager::Usable(
    const std::string& integration_id, const store::TokenRecord& record,
    absl::string_view refused_token_digest) {
  if (record.sealed_access_token().empty()) return std::nullopt;
  const absl::Time expire = absl::FromUnixSeconds(record.expire_unix_seconds());
  const absl::Duration margin =
      std::min(kMargin, absl::Seconds(record.lifetime_seconds()) / kMarginShare);
  if (clock_.Now() + margin >= expire) return std::nullopt;
  GB_ASSIGN_OR_RETURN(SecretString token,
                      sealer_.Open(record.sealed_access_token(),
                                   TokenPlace(integration_id, "access_token")));
  if (!refused_token_digest.empty() &&
      absl::EqualsIgnoreCase(Sha256Hex(token.Reveal()).substr(0, kDigestDigits),
                             refused_token_digest.substr(0, kDigestDigits))) {
    return std::nullopt;
  }
  return AccessToken{.token = std::move(token), .expire_time = expire};
}

absl::StatusOr<AccessToken> TokenManager::GetAccessToken(
    const std::string& integration_id, absl::string_view refused_token_digest) {
  const std::shared_ptr<Flight> flight = FlightOf(integration_id);
  const std::lock_guard<std::mutex> lock(flight->mutex);
  GB_RETURN_IF_ERROR(StoreUnsaved(integration_id, *flight).status());

  const absl::Duration give_up = clock_.Steady() + kPatience;
  std::string portal;
  for (int look = 0; look < kLooks;) {
    std::optional<Record<store::ConnectionRecord>> connection;
    std::optional<Record<store::TokenRecord>> stored;
    GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
      GB_ASSIGN_OR_RETURN(
          connection, GetRecord<store::ConnectionRecord>(
                          transaction, absl::StrCat("connections/", integration_id)));
      GB_ASSIGN_OR_RETURN(stored, GetRecord<store::TokenRecord>(
                                      transaction, TokensKey(integration_id)));
      if (connection.has_value()) {
        GB_RETURN_IF_ERROR(
            CheckSeals(transaction, sealer_, connection->key, connection->value));
      }
      if (!stored.has_value()) return absl::OkStatus();
      return CheckSeals(transaction, sealer_, stored->key, stored->value);
    }));
    if (!connection.has_value()) {
      return MakeError("CONNECTION_NOT_SET", {{"integration", integration_id}});
    }
    const v1::Connection& settings = connection->value.connection();
    portal = settings.api_server();
    if (!settings.has_oauth()) {
      return MakeError("OAUTH_NOT_USED", {{"integration", integration_id}});
    }
    if (!stored.has_value() || stored->value.sealed_refresh_token().empty()) {
      return ForPortal("REAUTHORIZATION_NEEDED", portal);
    }
    GB_ASSIGN_OR_RETURN(std::optional<AccessToken> token,
                        Usable(integration_id, stored->value, refused_token_digest));
    if (token.has_value()) return *std::move(token);
    if (NeedsNewToken(stored->value.reason())) {
      return ForPortal(stored->value.reason(), portal);
    }
    if (!flight->failure.ok() && clock_.Steady() < flight->retry_at &&
        flight->failed_grant == stored->value.grant()) {
      return flight->failure;
    }
    if (IsUnderWay(*flight, *stored)) {
      if (clock_.Steady() < give_up) {
        pause_(kPoll);
        continue;
      }
      // Those who wait for this flight have waited long enough, too.
      flight->failure = UnderWay(portal);
      flight->failed_grant = stored->value.grant();
      flight->retry_at = clock_.Steady() + kAfterTrouble;
      return flight->failure;
    }
    ++look;
    GB_ASSIGN_OR_RETURN(token,
                        RefreshStored(integration_id, *flight, connection->value,
                                      std::move(stored->value), stored->version));
    if (token.has_value()) return *std::move(token);
  }
  return SettingsChanged(portal);
}

absl::StatusOr<std::optional<AccessToken>> TokenManager::RefreshStored(
    const std::string& integration_id, Flight& flight,
    const store::ConnectionRecord& connection, store::TokenRecord record,
    int64_t version) {
  Chain chain{.client_id = connection.connection().oauth().client_id(),
              .client_secret = {},
              .portal = connection.connection().api_server(),
              .record = record,
              .refresh_tokens = {}};
  GB_ASSIGN_OR_RETURN(chain.client_secret,
                      sealer_.Open(connection.sealed_client_secret(),
                                   TokenPlace(integration_id, "client_secret")));
  GB_ASSIGN_OR_RETURN(chain.refresh_tokens, OpenRefreshTokens(integration_id, record));
  chain.answer_was_lost = record.refresh_sent_unix_seconds() != 0;

  const absl::Duration claim_time = clock_.Steady();
  // Durable before the first byte leaves: after a crash the old token may be dead.
  GB_ASSIGN_OR_RETURN(const bool mine, Claim(integration_id, &version, &record));
  if (!mine) return std::nullopt;

  CrashPoint("server.token.noted");
  bool answer_lost = false;
  absl::StatusOr<store::TokenRecord> refreshed =
      Refresh(integration_id, chain, claim_time, &answer_lost);
  if (refreshed.ok()) {
    log::Info("tokens_refreshed", {{"integration", integration_id}});
    flight.failure = absl::OkStatus();
    CrashPoint("server.token.granted");
    // Not handed out before it is stored: the next refresh needs the new token.
    flight.unsaved = *refreshed;
    flight.unsaved_follows = record.sealed_refresh_token();
    GB_ASSIGN_OR_RETURN(const bool in_place, StoreUnsaved(integration_id, flight));
    CrashPoint("server.token.saved");
    if (!in_place) return std::nullopt;
    GB_ASSIGN_OR_RETURN(SecretString token,
                        sealer_.Open(refreshed->sealed_access_token(),
                                     TokenPlace(integration_id, "access_token")));
    return AccessToken{
        .token = std::move(token),
        .expire_time = absl::FromUnixSeconds(refreshed->expire_unix_seconds())};
  }

  const absl::Status& error = refreshed.status();
  const bool passing = absl::IsUnavailable(error);
  if (!passing) record.set_reason(ReasonOf(error));
  const auto settled = Settle(integration_id, version, answer_lost, record);
  // Another server has taken over: its word counts.
  if (settled.ok() && !*settled) return std::nullopt;
  log::Warning("tokens_not_refreshed",
               {{"integration", integration_id}, {"error", error}});
  flight.failure = error;
  flight.failed_grant = record.grant();
  flight.retry_at = clock_.Steady() + (passing ? kAfterTrouble : kAfterRefusal);
  // A note that can't be kept must not stop the next try.
  if (!settled.ok()) LogUnsettled(integration_id, settled.status());
  return error;
}

absl::StatusOr<v1::TokenState> TokenManager::State(const std::string& integration_id) {
  v1::TokenState state;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto connection,
                        GetRecord<store::ConnectionRecord>(
                            transaction, absl::StrCat("connections/", integration_id)));
    if (!connection.has_value()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const auto tokens, GetRecord<store::TokenRecord>(
                                               transaction, TokensKey(integration_id)));
    state = DescribeTokens(connection->value.connection(),
                           tokens.has_value() ? &tokens->value : nullptr);
    return absl::OkStatus();
  }));
  return state;
}

}  // namespace guestbridge::server
