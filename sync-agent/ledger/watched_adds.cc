// Additions that a complete look-up did not find, for as long as they are looked for.

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {
namespace {

// Before the hash of a client that was erased, in place of the client's key.
constexpr absl::string_view kErased = "erased:";

std::string KeyText(const WatchedAdd& watched) {
  return watched.erased.empty() ? watched.key.guid()
                                : absl::StrCat(kErased, watched.erased);
}

}  // namespace

absl::Status Ledger::EraseWatchLocked(const ClientKey& key, const std::string& hash) {
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
