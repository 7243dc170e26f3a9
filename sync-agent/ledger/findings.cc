// The ledger's tables of a reconciliation: what it found, and, while it runs, which
// contacts it has seen (the tables of a match).
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

absl::Status Ledger::BeginFindings(int64_t run) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(Statement * drop,
                        database_->Prepare("DELETE FROM findings WHERE run <> ?"));
    return drop->Bind(1, run).Run();
  });
}

absl::StatusOr<bool> Ledger::NoteFinding(int64_t run, const FoundNote& note) {
  bool added = false;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(note.client));
    if (erased > 0) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(
        Statement * put,
        database_->Prepare("INSERT OR IGNORE INTO findings(run, kind, client, contact, "
                           "detail) VALUES(?, ?, ?, ?, ?)"));
    GB_RETURN_IF_ERROR(put->Bind(1, run)
                           .Bind(2, int64_t{note.kind})
                           .Bind(3, note.client.guid())
                           .Bind(4, note.contact.value())
                           .Bind(5, note.detail)
                           .Run());
    added = database_->Changes() > 0;
    return absl::OkStatus();
  }));
  return added;
}

absl::StatusOr<std::map<int, int>> Ledger::CountFindings(int64_t run) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(
          "SELECT kind, count(*) FROM findings WHERE run = ? GROUP BY kind"));
  query->Bind(1, run);
  std::map<int, int> counts;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    counts[static_cast<int>(row.Int(0))] = static_cast<int>(row.Int(1));
  }));
  return counts;
}

absl::StatusOr<std::vector<FoundNote>> Ledger::Findings(int64_t run, int kind,
                                                        int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT client, contact, detail FROM findings WHERE run = ? "
                         "AND kind = ? ORDER BY client LIMIT ?"));
  query->Bind(1, run).Bind(2, int64_t{kind}).Bind(3, int64_t{limit});
  std::vector<FoundNote> notes;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    notes.push_back({kind, ClientKey(row.Text(0)), ContactId(row.Int(1)), row.Text(2)});
  }));
  return notes;
}

absl::StatusOr<std::vector<Ledger::IndexEntry>> Ledger::IndexEntries(
    const IndexEntry& after, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key, contact FROM match_index WHERE (key, contact) > "
                         "(?, ?) ORDER BY key, contact LIMIT ?"));
  query->Bind(1, after.key).Bind(2, after.contact.value()).Bind(3, int64_t{limit});
  std::vector<IndexEntry> entries;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    entries.push_back({row.Text(0), ContactId(row.Int(1))});
  }));
  return entries;
}

absl::StatusOr<std::vector<WriteBackItem>> Ledger::LiveContactsNotIndexed(
    ContactId after, ContactId upto, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(
          "SELECT key, contact FROM clients WHERE link = 1 AND contact > ? AND "
          "contact <= ? AND NOT EXISTS (SELECT 1 FROM match_contacts WHERE "
          "match_contacts.contact = clients.contact) ORDER BY contact LIMIT ?"));
  query->Bind(1, after.value()).Bind(2, upto.value()).Bind(3, int64_t{limit});
  std::vector<WriteBackItem> items;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    items.push_back({ClientKey(row.Text(0)), ContactId(row.Int(1))});
  }));
  return items;
}

}  // namespace guestbridge::agent
