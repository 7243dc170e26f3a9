#include <utility>

#include "common/status/status_macros.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"
#include "server/tokens/token_keys.h"
#include "server/tokens/token_manager.h"

// Single flight among servers: who refreshes now, and whose tokens are in force.
namespace guestbridge::server {
namespace {

constexpr absl::string_view kGrants = "token-grants";
// So old a note is overdue also to a server that has only just seen it; far more than
// clocks of servers differ.
constexpr absl::Duration kSurelyOver = absl::Minutes(10);
constexpr int kMostIntegrations = 100000;

}  // namespace

absl::Status TokenManager::GiveUpNotesOf(const std::string& server) {
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(auto documents,
                            transaction.List(TokensKey(""), "", kMostIntegrations));
        for (Document& document : documents) {
          auto stored = DecodeRecord<store::TokenRecord>(std::move(document));
          // One that is damaged is told about when it is used.
          if (!stored.ok() || stored->value.refreshing_server() != server) continue;
          // That it was sent stays: an answer may be lost.
          stored->value.clear_refreshing_server();
          GB_RETURN_IF_ERROR(PutRecord(transaction, stored->key, stored->value));
        }
        return absl::OkStatus();
      })
      .status();
}

bool TokenManager::IsUnderWay(Flight& flight,
                              const Record<store::TokenRecord>& stored) const {
  const std::string& by = stored.value.refreshing_server();
  // A note of our own was not settled for want of the store: we hold the flight.
  if (by.empty() || by == server_) return false;
  if (flight.foreign_version != stored.version) {
    flight.foreign_version = stored.version;
    flight.foreign_since = clock_.Steady();
  }
  const absl::Time sent =
      absl::FromUnixSeconds(stored.value.refresh_sent_unix_seconds());
  return clock_.Steady() - flight.foreign_since < kTakeOver &&
         clock_.Now() - sent < kSurelyOver;
}

// Newer tokens, another chain, or a webhook. A note of a server that took over does not
// count: the token that it uses died with ours. Nor does what a database that was set
// back has: ours came after it.
bool TokenManager::Outdates(const store::TokenRecord& stored, const Flight& flight) {
  if (stored.sealed_refresh_token().empty()) return true;
  const int64_t grant = flight.unsaved->grant();
  if (stored.grant() != 0 || grant != 0) return stored.grant() > grant;
  // From before grants were counted.
  return stored.sealed_refresh_token() != flight.unsaved_follows;
}

absl::StatusOr<bool> TokenManager::StoreUnsaved(const std::string& integration_id,
                                                Flight& flight) {
  if (!flight.unsaved.has_value() && !flight.unsaved_aside.has_value()) return false;
  bool replaced = false;
  const auto written = store_.Write([&](Transaction& transaction) -> absl::Status {
    replaced = false;
    if (flight.unsaved_aside.has_value()) {
      GB_ASSIGN_OR_RETURN(const int64_t grant, transaction.NextNumber(kGrants));
      store::PendingTokenRecord record = *flight.unsaved_aside;
      record.mutable_tokens()->set_grant(grant);
      GB_RETURN_IF_ERROR(PutRecord(transaction, PendingKey(integration_id), record));
      GB_RETURN_IF_ERROR(
          NoteSeals(transaction, sealer_, PendingKey(integration_id), record));
    }
    if (!flight.unsaved.has_value()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(
        const auto current,
        GetRecord<store::TokenRecord>(transaction, TokensKey(integration_id)));
    if (!current.has_value() || Outdates(current->value, flight)) {
      return absl::OkStatus();
    }
    replaced = true;
    GB_ASSIGN_OR_RETURN(const int64_t grant, transaction.NextNumber(kGrants));
    store::TokenRecord record = *flight.unsaved;
    record.set_grant(grant);
    GB_RETURN_IF_ERROR(PutRecord(transaction, TokensKey(integration_id), record));
    return NoteSeals(transaction, sealer_, TokensKey(integration_id), record);
  });
  if (!written.ok()) return written.status();
  flight.unsaved.reset();
  flight.unsaved_aside.reset();
  return replaced;
}

absl::StatusOr<int64_t> TokenManager::Replace(const std::string& integration_id,
                                              int64_t version,
                                              const store::TokenRecord& record) {
  bool replaced = false;
  GB_ASSIGN_OR_RETURN(const int64_t revision,
                      store_.Write([&](Transaction& transaction) -> absl::Status {
                        GB_ASSIGN_OR_RETURN(const auto current,
                                            transaction.Get(TokensKey(integration_id)));
                        replaced = current.has_value() && current->version == version;
                        if (!replaced) return absl::OkStatus();
                        return PutRecord(transaction, TokensKey(integration_id),
                                         record);
                      }));
  return replaced ? revision : 0;
}

absl::StatusOr<bool> TokenManager::Claim(const std::string& integration_id,
                                         int64_t* version, store::TokenRecord* record) {
  record->set_refresh_sent_unix_seconds(absl::ToUnixSeconds(clock_.Now()));
  record->set_refreshing_server(server_);
  GB_ASSIGN_OR_RETURN(*version, Replace(integration_id, *version, *record));
  return *version != 0;
}

absl::StatusOr<bool> TokenManager::Settle(const std::string& integration_id,
                                          int64_t version, bool answer_lost,
                                          store::TokenRecord record) {
  record.clear_refreshing_server();
  if (!answer_lost) record.clear_refresh_sent_unix_seconds();
  GB_ASSIGN_OR_RETURN(const int64_t written, Replace(integration_id, version, record));
  return written != 0;
}

}  // namespace guestbridge::server
