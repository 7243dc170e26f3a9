#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"
#include "server/tokens/token_keys.h"
#include "server/tokens/token_manager.h"
#include "server/tokens/token_trouble.h"

// What a save of the connection does to tokens: a chain goes on or begins, or ends.
namespace guestbridge::server {
namespace {

constexpr absl::string_view kScope = "crm";

absl::Status CheckScopes(const store::TokenRecord& record, const std::string& portal) {
  // An answer without scopes says nothing against them.
  if (record.scopes().empty()) return absl::OkStatus();
  for (const std::string& scope : record.scopes()) {
    if (absl::EqualsIgnoreCase(scope, kScope)) return absl::OkStatus();
  }
  return MakeError("SCOPE_MISSING", {{"host", portal}, {"scope", std::string(kScope)}});
}

}  // namespace

absl::StatusOr<store::TokenRecord> TokenManager::RefreshForSave(
    const std::string& integration_id, const OAuthCredentials& credentials) {
  const std::shared_ptr<Flight> flight = FlightOf(integration_id);
  const std::lock_guard<std::mutex> lock(flight->mutex);
  GB_RETURN_IF_ERROR(StoreUnsaved(integration_id, *flight).status());

  const std::string digest = credentials.refresh_token.has_value()
                                 ? Sha256Hex(credentials.refresh_token->Reveal())
                                 : "";
  const auto continues = [&](const store::TokenRecord& record) {
    return record.client_id() == credentials.client_id &&
           (digest.empty() || record.given_digest() == digest);
  };
  std::optional<Record<store::TokenRecord>> stored;
  std::optional<Record<store::PendingTokenRecord>> pending;
  bool in_force = false;
  const absl::Duration give_up = clock_.Steady() + kPatience;
  while (true) {
    GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
      GB_ASSIGN_OR_RETURN(stored, GetRecord<store::TokenRecord>(
                                      transaction, TokensKey(integration_id)));
      GB_ASSIGN_OR_RETURN(pending, GetRecord<store::PendingTokenRecord>(
                                       transaction, PendingKey(integration_id)));
      in_force = stored.has_value() && !stored->value.sealed_refresh_token().empty() &&
                 continues(stored->value);
      // What is not gone on with is not opened either.
      if (in_force) {
        return CheckSeals(transaction, sealer_, TokensKey(integration_id),
                          stored->value);
      }
      if (pending.has_value() && continues(pending->value.tokens())) {
        return CheckSeals(transaction, sealer_, PendingKey(integration_id),
                          pending->value);
      }
      return absl::OkStatus();
    }));
    if (!in_force || !IsUnderWay(*flight, *stored)) break;
    if (clock_.Steady() >= give_up) return UnderWay(credentials.portal);
    pause_(kPoll);
  }

  Chain chain{.client_id = credentials.client_id,
              .client_secret = credentials.client_secret,
              .portal = credentials.portal,
              .record = {},
              .refresh_tokens = {}};
  if (in_force) {
    chain.record = stored->value;
  } else if (pending.has_value() && continues(pending->value.tokens())) {
    chain.record = pending->value.tokens();
  }
  GB_ASSIGN_OR_RETURN(chain.refresh_tokens,
                      OpenRefreshTokens(integration_id, chain.record));
  if (credentials.refresh_token.has_value()) {
    // Of a chain that goes on it is the oldest token, and mostly dead.
    const bool held =
        std::any_of(chain.refresh_tokens.begin(), chain.refresh_tokens.end(),
                    [&](const SecretString& token) {
                      return ConstantTimeEquals(token.Reveal(),
                                                credentials.refresh_token->Reveal());
                    });
    if (!held) chain.refresh_tokens.push_back(*credentials.refresh_token);
    chain.record.set_given_digest(digest);
  }
  chain.answer_was_lost = chain.record.refresh_sent_unix_seconds() != 0;

  store::TokenRecord claimed;
  int64_t version = 0;
  // Before the claim: whoever sees it counts from then, however long it takes here.
  const absl::Duration claim_time = clock_.Steady();
  if (in_force) {
    claimed = stored->value;
    version = stored->version;
    GB_ASSIGN_OR_RETURN(const bool mine, Claim(integration_id, &version, &claimed));
    if (!mine) return UnderWay(credentials.portal);
  }
  bool answer_lost = false;
  absl::StatusOr<store::TokenRecord> refreshed =
      Refresh(integration_id, chain, claim_time, &answer_lost);
  if (!refreshed.ok()) {
    if (in_force) {
      const auto settled = Settle(integration_id, version, answer_lost, claimed);
      if (!settled.ok()) LogUnsettled(integration_id, settled.status());
    }
    return refreshed.status();
  }
  if (in_force) {
    flight->unsaved = *refreshed;
    flight->unsaved_follows = claimed.sealed_refresh_token();
  } else {
    flight->unsaved_aside.emplace();
    *flight->unsaved_aside->mutable_tokens() = *refreshed;
  }
  GB_ASSIGN_OR_RETURN(const bool in_place, StoreUnsaved(integration_id, *flight));
  if (in_force && !in_place) return SettingsChanged(credentials.portal);
  GB_RETURN_IF_ERROR(CheckScopes(*refreshed, credentials.portal));
  flight->failure = absl::OkStatus();
  return refreshed;
}

absl::Status TokenManager::AdoptTokens(Transaction& transaction,
                                       const std::string& integration_id,
                                       const store::TokenRecord& refreshed) {
  GB_ASSIGN_OR_RETURN(const auto pending, GetRecord<store::PendingTokenRecord>(
                                              transaction, PendingKey(integration_id)));
  // What lies aside may be from another save that failed; a chain that was in force
  // before is in its place already.
  if (!pending.has_value() ||
      !IsSameToken(integration_id, pending->value.tokens().sealed_refresh_token(),
                   refreshed.sealed_refresh_token())) {
    return absl::OkStatus();
  }
  GB_RETURN_IF_ERROR(
      PutRecord(transaction, TokensKey(integration_id), pending->value.tokens()));
  GB_RETURN_IF_ERROR(NoteSeals(transaction, sealer_, TokensKey(integration_id),
                               pending->value.tokens()));
  GB_RETURN_IF_ERROR(NoteSeals(transaction, sealer_, PendingKey(integration_id),
                               store::PendingTokenRecord()));
  return transaction.Delete(PendingKey(integration_id));
}

bool TokenManager::IsSameToken(const std::string& integration_id,
                               const std::string& sealed, const std::string& other) {
  if (sealed == other) return true;
  const std::string place = TokenPlace(integration_id, "refresh_token");
  const absl::StatusOr<SecretString> one = sealer_.Open(sealed, place);
  const absl::StatusOr<SecretString> two = sealer_.Open(other, place);
  return one.ok() && two.ok() && ConstantTimeEquals(one->Reveal(), two->Reveal());
}

absl::Status TokenManager::ForgetTokens(Transaction& transaction,
                                        const std::string& integration_id) {
  for (const std::string& key :
       {PendingKey(integration_id), TokensKey(integration_id)}) {
    GB_RETURN_IF_ERROR(transaction.Delete(key));
    GB_RETURN_IF_ERROR(NoteSeals(transaction, sealer_, key, store::TokenRecord()));
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
