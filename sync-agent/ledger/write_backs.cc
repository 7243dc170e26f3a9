// The queue of contact IDs that 1C does not hold yet.

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/client_columns.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

absl::StatusOr<std::vector<WriteBackItem>> Ledger::PendingWriteBacks(
    int limit, WriteBackRank first) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key, contact FROM clients WHERE write_back = 1 AND "
                         "rank >= ? ORDER BY rank, queued LIMIT ?"));
  query->Bind(1, static_cast<int64_t>(first)).Bind(2, int64_t{limit});
  std::vector<WriteBackItem> items;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    items.push_back({ClientKey(row.Text(0)), ContactId(row.Int(1))});
  }));
  return items;
}

absl::Status Ledger::FinishWriteBack(const WriteBackItem& item,
                                     const absl::Status& status, bool parked) {
  return Write([&]() -> absl::Status {
    if (status.ok()) {
      // The contact may have changed while 1C was written: then it stays queued.
      GB_ASSIGN_OR_RETURN(
          Statement * done,
          database_->Prepare("UPDATE clients SET written = ?1, write_back_reason = '', "
                             "write_back = CASE contact WHEN ?1 THEN 2 WHEN 0 THEN "
                             "0 ELSE 1 END WHERE key = ?2"));
      GB_RETURN_IF_ERROR(
          done->Bind(1, item.contact.value()).Bind(2, item.key.guid()).Run());
      if (database_->Changes() == 0) return absl::OkStatus();  // Erased meanwhile.
      GB_ASSIGN_OR_RETURN(
          Statement * total,
          database_->Prepare("INSERT INTO notes(name, value) VALUES('written', '1') "
                             "ON CONFLICT(name) DO UPDATE SET value = value + 1"));
      GB_RETURN_IF_ERROR(total->Run());
      return SetNoteLocked("last-written",
                           absl::StrCat(item.key.guid(), " ", item.contact.value()));
    }
    GB_ASSIGN_OR_RETURN(
        Statement * failed,
        database_->Prepare("UPDATE clients SET write_back = ?, write_back_reason = ?, "
                           "queued = 1 + ifnull((SELECT max(other.queued) FROM clients "
                           "AS other WHERE other.write_back = 1 AND other.rank = "
                           "clients.rank), 0) WHERE key = ? AND contact = ?"));
    const auto state = parked ? WriteBackState::kParked : WriteBackState::kPending;
    return failed->Bind(1, static_cast<int64_t>(state))
        .Bind(2, absl::StrCat(ReasonOf(status), " ",
                              EncodeParameters(ParametersOf(status))))
        .Bind(3, item.key.guid())
        .Bind(4, item.contact.value())
        .Run();
  });
}

absl::StatusOr<WriteBackItem> Ledger::LastWritten() {
  GB_ASSIGN_OR_RETURN(const std::string note, Note("last-written"));
  const std::vector<std::string> parts = absl::StrSplit(note, ' ');
  WriteBackItem item;
  int64_t contact = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &contact)) return item;
  item.key = ClientKey(parts[0]);
  item.contact = ContactId(contact);
  // Linked anew since: 1C is about to hold another ID.
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record, Get(item.key));
  const bool current = record.has_value() && record->contact == item.contact &&
                       record->write_back == WriteBackState::kDone;
  return current ? item : WriteBackItem();
}

absl::Status Ledger::NoteEcho(const ClientKey& key, absl::string_view before,
                              absl::string_view after) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * note,
        database_->Prepare("UPDATE clients SET version = ?, echo = 1 WHERE key = ? AND "
                           "version = ? AND version <> ''"));
    return note->Bind(1, after).Bind(2, key.guid()).Bind(3, before).Run();
  });
}

absl::Status Ledger::QueueWriteBack(const ClientKey& key) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * queue,
        database_->Prepare("UPDATE clients SET write_back = 1 WHERE key = ? AND "
                           "link = 1"));
    return queue->Bind(1, key.guid()).Run();
  });
}

absl::Status Ledger::ParkWriteBacks(const absl::Status& why) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * park,
        database_->Prepare("UPDATE clients SET write_back = 3, write_back_reason = ? "
                           "WHERE write_back = 1"));
    return park
        ->Bind(1, absl::StrCat(ReasonOf(why), " ", EncodeParameters(ParametersOf(why))))
        .Run();
  });
}

absl::StatusOr<std::vector<WriteBackRefusal>> Ledger::WriteBackRefusals() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(
          "SELECT substr(write_back_reason, 1, instr(write_back_reason || ' ', ' ') - "
          "1) AS why, count(*), min(write_back_reason) FROM clients WHERE write_back = "
          "3 GROUP BY why ORDER BY count(*) DESC, why LIMIT 10"));
  std::vector<WriteBackRefusal> refusals;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    const std::vector<std::string> why =
        absl::StrSplit(row.Text(2), absl::MaxSplits(' ', 1));
    refusals.push_back({row.Text(0),
                        why.size() > 1 ? DecodeParameters(why[1]) : Parameters(),
                        static_cast<int>(row.Int(1))});
  }));
  return refusals;
}

absl::Status Ledger::UnparkWriteBacks(
    absl::FunctionRef<bool(absl::string_view)> wanted) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(Statement * query,
                        database_->Prepare("SELECT DISTINCT write_back_reason FROM "
                                           "clients WHERE write_back = 3"));
    std::vector<std::string> found;
    GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
      const std::string why = row.Text(0);
      if (wanted(why.substr(0, why.find(' ')))) found.push_back(why);
    }));
    for (const std::string& why : found) {
      GB_ASSIGN_OR_RETURN(
          Statement * queue,
          database_->Prepare("UPDATE clients SET write_back = 1 WHERE write_back = 3 "
                             "AND write_back_reason = ?"));
      GB_RETURN_IF_ERROR(queue->Bind(1, why).Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<WriteBackCounts> Ledger::CountWriteBacks() {
  WriteBackCounts counts;
  {
    std::lock_guard<std::recursive_mutex> lock(mutex_);
    GB_ASSIGN_OR_RETURN(const int64_t pending,
                        CountLocked("SELECT clients FROM write_backs WHERE state = 1"));
    GB_ASSIGN_OR_RETURN(const int64_t parked,
                        CountLocked("SELECT clients FROM write_backs WHERE state = 3"));
    GB_ASSIGN_OR_RETURN(counts.done,
                        CountLocked("SELECT value FROM notes WHERE name = 'written'"));
    counts.pending = static_cast<int>(pending);
    counts.parked = static_cast<int>(parked);
  }
  return counts;
}

}  // namespace guestbridge::agent
