// Clients that were erased: a hash stands for each, and nothing else is kept, but for a
// day and a half the nonces of additions that may still come.
#include "sync-agent/ledger/erasure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/erasure.h"

namespace guestbridge::agent {
namespace {

constexpr char kLastWrittenNote[] = "last-written";

}  // namespace

absl::Status Ledger::LoadErased(Random& random) {
  GB_ASSIGN_OR_RETURN(erasure_secret_, Note("erasure-secret"));
  if (erasure_secret_.empty()) {
    erasure_secret_ = RandomToken(random, 32);
    GB_RETURN_IF_ERROR(SetNote("erasure-secret", erasure_secret_));
  }
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(const int64_t count, CountLocked("SELECT count(*) FROM erased"));
  any_erased_ = count > 0;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Ledger::ErasedAtLocked(const ClientKey& key) {
  // Most ledgers have none, and a first export asks for every client.
  if (!any_erased_) return 0;
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT unix_time FROM erased WHERE hash = ?"));
  GB_ASSIGN_OR_RETURN(const bool found,
                      query->Bind(1, ErasureHash(erasure_secret_, key)).Step());
  const int64_t at = found ? query->Int(0) : 0;
  query->Reset();
  return at;
}

absl::StatusOr<Erasure> Ledger::Erase(const ClientKey& key, int64_t unix_time) {
  Erasure erasure;
  erasure.hash = ErasureHash(erasure_secret_, key);
  erasure.unix_time = unix_time;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto attempt, AttemptOf(key));
    if (attempt.has_value()) {
      return MakeError("ATTEMPT_OUTSTANDING", {{"client", key.guid()}});
    }
    // What a match or a reconciliation that did not end has left: whose it is can't be
    // told from digests.
    GB_RETURN_IF_ERROR(ClearIndex());
    GB_ASSIGN_OR_RETURN(const int64_t before, ErasedAtLocked(key));
    if (before > 0) {
      erasure.unix_time = before;
      return absl::OkStatus();
    }
    // What comes of them is the guest's data, and somebody is to hear of it.
    GB_RETURN_IF_ERROR(EraseWatchLocked(key, erasure.hash));
    GB_ASSIGN_OR_RETURN(erasure.history, EraseHistoryLocked(key));
    // The counts of write-backs follow an update, not a delete.
    for (const char* sql :
         {"DELETE FROM pairs WHERE client = ?", "DELETE FROM findings WHERE client = ?",
          "UPDATE clients SET write_back = 0 WHERE key = ?",
          "DELETE FROM clients WHERE key = ?"}) {
      GB_ASSIGN_OR_RETURN(Statement * remove, database_->Prepare(sql));
      GB_RETURN_IF_ERROR(remove->Bind(1, key.guid()).Run());
    }
    GB_ASSIGN_OR_RETURN(const std::string written, Note(kLastWrittenNote));
    if (absl::StartsWith(written, key.guid())) {
      GB_RETURN_IF_ERROR(SetNoteLocked(kLastWrittenNote, ""));
    }
    GB_ASSIGN_OR_RETURN(
        Statement * keep,
        database_->Prepare("INSERT INTO erased(hash, unix_time) VALUES(?, ?)"));
    GB_RETURN_IF_ERROR(keep->Bind(1, erasure.hash).Bind(2, unix_time).Run());
    return absl::OkStatus();
  }));
  any_erased_ = true;
  // Rows that were changed or removed, now or earlier, are still readable in the free
  // space of the file and in what was appended to it: all of it is written anew.
  GB_RETURN_IF_ERROR(database_->Execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"));
  return erasure;
}

}  // namespace guestbridge::agent
