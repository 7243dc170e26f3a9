// What was done about each client: rows that are appended in the order of time, each
// with the number of its client's one before. So an entry costs an insert at the end of
// the table and no index, and a client's entries are found from its newest one.
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/client_columns.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {
namespace {

// Entries up to this one are about an earlier portal.
constexpr char kEarlierPortalNote[] = "history-of-earlier-portal";

int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// A GUID as its 16 bytes; other keys as they are.
std::string Packed(const ClientKey& key) {
  const std::string& guid = key.guid();
  std::string packed;
  packed.reserve(16);
  int high = -1;
  for (const char c : guid) {
    if (c == '-') continue;
    const int nibble = Nibble(c);
    if (nibble < 0) return guid;
    if (high < 0) {
      high = nibble;
    } else {
      packed.push_back(static_cast<char>(high * 16 + nibble));
      high = -1;
    }
  }
  return guid.size() == 36 && packed.size() == 16 ? packed : guid;
}

std::string Unpacked(const std::string& packed) {
  if (packed.size() != 16) return packed;
  std::string guid = absl::BytesToHexString(packed);
  for (const size_t dash : {8, 13, 18, 23}) guid.insert(dash, 1, '-');
  return guid;
}

HistoryEntry ReadEntry(const Statement& row) {
  HistoryEntry entry;
  entry.unix_time = row.Int(1);
  entry.kind = static_cast<HistoryKind>(row.Int(2));
  entry.run = row.Int(3);
  entry.mapping_version = static_cast<int>(row.Int(4));
  entry.contact = ContactId(row.Int(5));
  entry.fields = absl::StrSplit(row.Text(6), ',', absl::SkipEmpty());
  entry.reason = row.Text(7);
  entry.parameters = DecodeParameters(row.Text(8));
  entry.run_name = row.Text(9);
  return entry;
}

}  // namespace

absl::StatusOr<int64_t> Ledger::AppendHistoryLocked(const ClientKey& key,
                                                    int64_t newest,
                                                    const HistoryEntry& entry) {
  const std::string client = Packed(key);
  int64_t ordinal = 1;
  if (newest > 0) {
    GB_ASSIGN_OR_RETURN(
        Statement * last,
        database_->Prepare("SELECT ordinal FROM history WHERE id = ? AND client = ?"));
    GB_ASSIGN_OR_RETURN(const bool there,
                        last->Bind(1, newest).BindBlob(2, client).Step());
    if (there) {
      ordinal = last->Int(0) + 1;
    } else {
      newest = 0;  // Forgotten since.
    }
    last->Reset();
  }
  GB_ASSIGN_OR_RETURN(
      Statement * append,
      database_->Prepare("INSERT INTO history(client, previous, ordinal, unix_time, "
                         "kind, run, mapping_version, contact, fields, reason, "
                         "parameters) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  GB_RETURN_IF_ERROR(append->BindBlob(1, client)
                         .Bind(2, newest)
                         .Bind(3, ordinal)
                         .Bind(4, entry.unix_time)
                         .Bind(5, static_cast<int64_t>(entry.kind))
                         .Bind(6, entry.run)
                         .Bind(7, int64_t{entry.mapping_version})
                         .Bind(8, entry.contact.value())
                         .Bind(9, absl::StrJoin(entry.fields, ","))
                         .Bind(10, entry.reason)
                         .Bind(11, EncodeParameters(entry.parameters))
                         .Run());
  return database_->LastInsertId();
}

absl::Status Ledger::NoteHistoryLocked(const ClientKey& key,
                                       const HistoryEntry& entry) {
  if (entry.kind == HistoryKind::kNone) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(Statement * newest,
                      database_->Prepare("SELECT history FROM clients WHERE key = ?"));
  GB_ASSIGN_OR_RETURN(const bool known, newest->Bind(1, key.guid()).Step());
  const int64_t before = known ? newest->Int(0) : 0;
  newest->Reset();
  if (!known) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const int64_t id, AppendHistoryLocked(key, before, entry));
  return SetHistoryLocked(key, id);
}

absl::Status Ledger::SetHistoryLocked(const ClientKey& key, int64_t newest) {
  GB_ASSIGN_OR_RETURN(
      Statement * set,
      database_->Prepare("UPDATE clients SET history = ? WHERE key = ?"));
  return set->Bind(1, newest).Bind(2, key.guid()).Run();
}

absl::Status Ledger::NoteHistory(const ClientKey& key, const HistoryEntry& entry) {
  return Write([&] { return NoteHistoryLocked(key, entry); });
}

absl::Status Ledger::NameRun(int64_t run, absl::string_view name) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * note,
        database_->Prepare("INSERT OR IGNORE INTO runs(number, name) VALUES(?, ?)"));
    return note->Bind(1, run).Bind(2, name).Run();
  });
}

absl::StatusOr<HistoryPage> Ledger::History(const ClientKey& key, int64_t from,
                                            int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  HistoryPage page;
  page.next = from;
  if (page.next == 0) {
    GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record, GetLocked(key));
    if (record.has_value()) page.next = record->history;
  }
  const std::string client = Packed(key);
  GB_ASSIGN_OR_RETURN(const std::string earlier, Note(kEarlierPortalNote));
  int64_t earlier_to = 0;
  if (!absl::SimpleAtoi(earlier, &earlier_to)) earlier_to = 0;
  while (page.next > 0 && page.entries.size() < static_cast<size_t>(limit)) {
    GB_ASSIGN_OR_RETURN(
        Statement * query,
        database_->Prepare("SELECT previous, unix_time, kind, run, mapping_version, "
                           "contact, fields, reason, parameters, ifnull(name, '') "
                           "FROM history LEFT JOIN runs ON runs.number = history.run "
                           "WHERE id = ? AND client = ?"));
    GB_ASSIGN_OR_RETURN(const bool there,
                        query->Bind(1, page.next).BindBlob(2, client).Step());
    int64_t previous = 0;
    if (there) {
      page.entries.push_back(ReadEntry(*query));
      page.entries.back().earlier_portal = page.next <= earlier_to;
      previous = query->Int(0);
    }
    query->Reset();
    // The number of a forgotten entry may have been given anew.
    page.next = previous < page.next ? previous : 0;
  }
  return page;
}

absl::StatusOr<int64_t> Ledger::PruneHistory(int64_t after, const HistoryLimits& limits,
                                             int most) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  struct Entry {
    int64_t id = 0;
    std::string client;
    int64_t ordinal = 0;
    bool forget = false;
  };
  std::vector<Entry> entries;
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT id, client, ordinal, unix_time FROM history WHERE id "
                         "> ? ORDER BY id LIMIT ?"));
  query->Bind(1, after).Bind(2, int64_t{most});
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    entries.push_back({row.Int(0), Unpacked(row.Text(1)), row.Int(2),
                       row.Int(3) < limits.not_before_unix});
  }));
  bool any = false;
  for (Entry& entry : entries) {
    GB_ASSIGN_OR_RETURN(
        Statement * newest,
        database_->Prepare("SELECT h.ordinal FROM clients c JOIN history h ON h.id = "
                           "c.history WHERE c.key = ?"));
    GB_ASSIGN_OR_RETURN(const bool there, newest->Bind(1, entry.client).Step());
    if (there) {
      const int64_t newer = newest->Int(0) - entry.ordinal;
      // What was done last about a client is told for as long as it is known.
      entry.forget = newer > 0 && (entry.forget || newer >= limits.most_per_client);
    }
    newest->Reset();
    any |= entry.forget;
  }
  if (any) {
    GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
      for (const Entry& entry : entries) {
        if (!entry.forget) continue;
        GB_ASSIGN_OR_RETURN(Statement * forget,
                            database_->Prepare("DELETE FROM history WHERE id = ?"));
        GB_RETURN_IF_ERROR(forget->Bind(1, entry.id).Run());
      }
      // The number is the microsecond at which the run was made; what an entry that
      // stays names is named still.
      GB_ASSIGN_OR_RETURN(
          Statement * forget_runs,
          database_->Prepare("DELETE FROM runs WHERE number < min(?1, ifnull((SELECT "
                             "run FROM history WHERE run > 0 ORDER BY id LIMIT 1), "
                             "?1))"));
      GB_RETURN_IF_ERROR(
          forget_runs->Bind(1, limits.not_before_unix * 1'000'000).Run());
      return absl::OkStatus();
    }));
  }
  return entries.size() < static_cast<size_t>(most) ? 0 : entries.back().id;
}

absl::StatusOr<int> Ledger::EraseHistoryLocked(absl::Span<const ClientKey> keys) {
  const std::string clients =
      absl::StrJoin(keys, ",", [](std::string* out, const ClientKey& key) {
        absl::StrAppend(out, "x'", absl::BytesToHexString(Packed(key)), "'");
      });
  // Not along the chain: what is cut off from it goes too.
  GB_RETURN_IF_ERROR(database_->Execute(
      absl::StrCat("DELETE FROM history WHERE client IN (", clients, ")")));
  return static_cast<int>(database_->Changes());
}

absl::Status Ledger::EndHistoryOfPortalLocked() {
  GB_ASSIGN_OR_RETURN(const int64_t last, CountLocked("SELECT max(id) FROM history"));
  return SetNoteLocked(kEarlierPortalNote, absl::StrCat(last));
}

}  // namespace guestbridge::agent
