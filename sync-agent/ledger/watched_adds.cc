// Additions that a complete look-up did not find, for as long as they are looked for.

#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

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
    watched.push_back({ClientKey(row.Text(0)), row.Text(1), ContactId(row.Int(2)),
                       row.Int(3), row.Int(4) != 0});
  }));
  return watched;
}

absl::Status Ledger::NoteLate(const WatchedAdd& watched) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * note,
        database_->Prepare(
            "UPDATE watched_adds SET late = 1 WHERE key = ? AND nonce = ?"));
    return note->Bind(1, watched.key.guid()).Bind(2, watched.nonce).Run();
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
