// Additions that a complete look-up did not find, for as long as they are looked for.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {
namespace {

// Before the hash of a client that was erased, in place of the client's key.
constexpr absl::string_view kErased = "erased:";

// Of a client's history: more than two days make.
constexpr int kEntriesLookedAt = 1000;

std::string KeyText(const WatchedAdd& watched) {
  return watched.erased.empty() ? watched.key.guid()
                                : absl::StrCat(kErased, watched.erased);
}

}  // namespace

// What came late is told at an erasure as the client's contact, or as one that it was
// taken off; unless the client has another one, which an addition of ours made.
absl::Status Ledger::EraseWatchLocked(const ClientKey& key, const std::string& hash) {
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record, GetLocked(key));
  bool told = false;
  if (record.has_value() && record->link == LinkState::kLive) {
    GB_ASSIGN_OR_RETURN(const HistoryPage history, History(key, 0, kEntriesLookedAt));
    told = std::none_of(history.entries.begin(), history.entries.end(),
                        [&](const HistoryEntry& entry) {
                          return entry.contact == record->contact &&
                                 (entry.kind == HistoryKind::kAdded ||
                                  entry.kind == HistoryKind::kRecreated);
                        });
  } else {
    GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair, Pair(key));
    told = pair.has_value() && !pair->refused.empty();
  }
  if (told) {
    GB_ASSIGN_OR_RETURN(
        Statement * forget,
        database_->Prepare("DELETE FROM watched_adds WHERE key = ? AND late = 1"));
    GB_RETURN_IF_ERROR(forget->Bind(1, key.guid()).Run());
  }
  GB_ASSIGN_OR_RETURN(
      Statement * erase,
      database_->Prepare("UPDATE watched_adds SET key = ? WHERE key = ?"));
  return erase->Bind(1, absl::StrCat(kErased, hash)).Bind(2, key.guid()).Run();
}

absl::Status Ledger::WatchLocked(const Attempt& attempt, int64_t unix_time) {
  GB_ASSIGN_OR_RETURN(
      Statement * watch,
      database_->Prepare("INSERT OR REPLACE INTO watched_adds(key, nonce, high, "
                         "missed_unix, late) VALUES(?, ?, ?, ?, 0)"));
  return watch->Bind(1, attempt.intent.key.guid())
      .Bind(2, attempt.intent.nonce)
      .Bind(3, attempt.high.value())
      .Bind(4, unix_time)
      .Run();
}

absl::StatusOr<std::vector<WatchedAdd>> Ledger::WatchedAdds() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key, nonce, high, missed_unix, late FROM watched_adds "
                         "ORDER BY key, nonce"));
  std::vector<WatchedAdd> watched;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    const std::string key = row.Text(0);
    WatchedAdd one;
    if (absl::string_view hash = key; absl::ConsumePrefix(&hash, kErased)) {
      one.erased = std::string(hash);
    } else {
      one.key = ClientKey(key);
    }
    one.nonce = row.Text(1);
    one.high = ContactId(row.Int(2));
    one.missed_unix = row.Int(3);
    one.late = row.Int(4) != 0;
    watched.push_back(std::move(one));
  }));
  return watched;
}

absl::Status Ledger::NoteLate(const WatchedAdd& watched) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * note,
        database_->Prepare(
            "UPDATE watched_adds SET late = 1 WHERE key = ? AND nonce = ?"));
    return note->Bind(1, KeyText(watched)).Bind(2, watched.nonce).Run();
  });
}

absl::Status Ledger::EndWatch(int64_t before_unix, int64_t after_unix) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * end,
        database_->Prepare("DELETE FROM watched_adds WHERE missed_unix < ? OR "
                           "missed_unix > ?"));
    return end->Bind(1, before_unix).Bind(2, after_unix).Run();
  });
}

}  // namespace guestbridge::agent
