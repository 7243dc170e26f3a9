// The clients' half of the ledger: records, links, and what is asked of them.

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/client_columns.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/shared_reason.h"

namespace guestbridge::agent {

std::string EncodeParameters(const Parameters& parameters) {
  if (parameters.empty()) return "";
  return nlohmann::json(parameters)
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Parameters DecodeParameters(const std::string& text) {
  Parameters parameters;
  if (text.empty()) return parameters;
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return parameters;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) parameters[name] = *value.get_ptr<const std::string*>();
  }
  return parameters;
}

ClientRecord ReadClient(const Statement& row) {
  ClientRecord record;
  record.key = ClientKey(row.Text(0));
  record.link = static_cast<LinkState>(row.Int(1));
  record.contact = ContactId(row.Int(2));
  record.dirty = row.Int(3) != 0;
  record.exported = DecodeDigest(row.Text(4));
  record.mapping_version = static_cast<int>(row.Int(5));
  record.revision = static_cast<int>(row.Int(6));
  record.attempts = static_cast<int>(row.Int(7));
  record.exported_unix = row.Int(8);
  record.reason = row.Text(9);
  record.parameters = DecodeParameters(row.Text(10));
  record.problem = static_cast<Outcome>(row.Int(11));
  record.refused_hash = row.Text(12);
  record.answered_refusals = static_cast<int>(row.Int(13));
  record.run = row.Int(14);
  record.outcome = static_cast<Outcome>(row.Int(15));
  record.proposed = ContactId(row.Int(16));
  record.write_back = static_cast<WriteBackState>(row.Int(17));
  record.written = ContactId(row.Int(18));
  const std::vector<std::string> why =
      absl::StrSplit(row.Text(19), absl::MaxSplits(' ', 1));
  record.write_back_reason = why[0];
  if (why.size() > 1) record.write_back_parameters = DecodeParameters(why[1]);
  record.version = row.Text(20);
  record.history = row.Int(21);
  return record;
}

ClientRecord NewClient(const ClientKey& key, absl::string_view version) {
  ClientRecord record;
  record.key = key;
  record.dirty = true;
  record.attempts = 1;
  record.version = std::string(version);
  return record;
}

absl::StatusOr<std::optional<ClientRecord>> Ledger::FindLocked(const ClientKey& key) {
  static const std::string& sql = *new std::string(
      absl::StrCat("SELECT ", kClientColumns, " FROM clients WHERE key = ?"));
  GB_ASSIGN_OR_RETURN(Statement * query, database_->Prepare(sql));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, key.guid()).Step());
  std::optional<ClientRecord> record;
  if (found) record = ReadClient(*query);
  query->Reset();
  return record;
}

absl::StatusOr<std::optional<ClientRecord>> Ledger::GetLocked(const ClientKey& key) {
  GB_ASSIGN_OR_RETURN(std::optional<ClientRecord> record, FindLocked(key));
  if (record.has_value()) return record;
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT version FROM attempts WHERE key = ?"));
  GB_ASSIGN_OR_RETURN(const bool under_way, query->Bind(1, key.guid()).Step());
  if (under_way) record = NewClient(key, query->Text(0));
  query->Reset();
  if (under_way) return record;
  GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(key));
  if (erased > 0) {
    record.emplace();
    record->key = key;
    record->link = LinkState::kErased;
  }
  return record;
}

absl::StatusOr<std::optional<ClientRecord>> Ledger::Get(const ClientKey& key) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(std::optional<ClientRecord> record, GetLocked(key));
  if (record.has_value() && erased_in_doubt_.contains(key)) {
    record->link = LinkState::kErased;
  }
  return record;
}

namespace {

constexpr char kPut[] =
    "INSERT INTO clients(key, link, contact, dirty, exported, mapping_version, "
    "revision, attempts, exported_unix, reason, parameters, problem, refused_hash, "
    "answered_refusals, run, outcome, proposed, version) VALUES(?, ?, ?, ?, ?, ?, ?, "
    "?, "
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET link = "
    "excluded.link, contact = excluded.contact, dirty = excluded.dirty, exported = "
    "excluded.exported, mapping_version = excluded.mapping_version, revision = "
    "excluded.revision, attempts = excluded.attempts, exported_unix = "
    "excluded.exported_unix, reason = excluded.reason, parameters = "
    "excluded.parameters, problem = excluded.problem, refused_hash = "
    "excluded.refused_hash, answered_refusals = excluded.answered_refusals, run = "
    "excluded.run, outcome = excluded.outcome, proposed = excluded.proposed, echo = "
    "CASE WHEN version = excluded.version THEN echo ELSE 0 END, version = "
    "excluded.version";

// Of a client that is there. OR FAIL: what a failure leaves half done is taken back
// with the whole transaction; without that SQLite would copy every page that this and
// its trigger touch, for each client.
constexpr char kUpdateAndQueue[] =
    "UPDATE OR FAIL clients SET link = ?2, contact = ?3, dirty = ?4, exported = ?5, "
    "mapping_version = ?6, revision = ?7, attempts = ?8, exported_unix = ?9, reason = "
    "?10, parameters = ?11, problem = ?12, refused_hash = ?13, answered_refusals = "
    "?14, run = ?15, outcome = ?16, proposed = ?17, echo = CASE WHEN version = ?18 "
    "THEN echo ELSE 0 END, version = ?18, write_back = 1, queued = ?19, rank = "
    "?20, history = ?21 WHERE key = ?1";

// Of a client that is not there. The counts of write-backs follow an update only.
constexpr char kInsertAndQueue[] =
    "INSERT OR FAIL INTO clients(key, link, contact, dirty, exported, mapping_version, "
    "revision, attempts, exported_unix, reason, parameters, problem, refused_hash, "
    "answered_refusals, run, outcome, proposed, version, write_back, queued, rank, "
    "history) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
    "?16, ?17, ?18, 1, ?19, ?20, ?21)";

Statement& BindRecord(Statement& put, const ClientRecord& record,
                      absl::string_view exported) {
  return put.Bind(1, record.key.guid())
      .Bind(2, static_cast<int64_t>(record.link))
      .Bind(3, record.contact.value())
      .Bind(4, int64_t{record.dirty ? 1 : 0})
      .Bind(5, exported)
      .Bind(6, int64_t{record.mapping_version})
      .Bind(7, int64_t{record.revision})
      .Bind(8, int64_t{record.attempts})
      .Bind(9, record.exported_unix)
      .Bind(10, record.reason)
      .Bind(11, EncodeParameters(record.parameters))
      .Bind(12, static_cast<int64_t>(record.problem))
      .Bind(13, record.refused_hash)
      .Bind(14, int64_t{record.answered_refusals})
      .Bind(15, record.run)
      .Bind(16, static_cast<int64_t>(record.outcome))
      .Bind(17, record.proposed.value())
      .Bind(18, record.version);
}

}  // namespace

absl::Status Ledger::PutLocked(const ClientRecord& record, absl::string_view exported) {
  GB_ASSIGN_OR_RETURN(Statement * put, database_->Prepare(kPut));
  return BindRecord(*put, record, exported).Run();
}

absl::Status Ledger::PutAndQueueLocked(const ClientRecord& record, bool is_new,
                                       absl::string_view exported, int64_t queued,
                                       WriteBackRank rank) {
  GB_ASSIGN_OR_RETURN(Statement * put,
                      database_->Prepare(is_new ? kInsertAndQueue : kUpdateAndQueue));
  return BindRecord(*put, record, exported)
      .Bind(19, queued)
      .Bind(20, static_cast<int64_t>(rank))
      .Bind(21, record.history)
      .Run();
}

absl::Status Ledger::Put(absl::Span<const ClientRecord> records) {
  if (records.empty()) return absl::OkStatus();
  return Write([&]() -> absl::Status {
    for (const ClientRecord& record : records) {
      GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(record.key));
      if (erased > 0) continue;
      GB_RETURN_IF_ERROR(PutLocked(record, EncodeDigest(record.exported)));
    }
    return absl::OkStatus();
  });
}

absl::Status Ledger::Link(const ClientRecord& record, ContactId held_by_source,
                          const HistoryEntry& how) {
  GB_ASSIGN_OR_RETURN(std::optional<ClientKey> owner, ClientOf(record.contact));
  if (owner.has_value() && *owner != record.key) {
    return MakeError(
        "CONTACT_LINKED_ELSEWHERE",
        {{"contact", absl::StrCat(record.contact.value())}, {"client", owner->guid()}});
  }
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(record.key));
    if (erased > 0) return absl::OkStatus();
    GB_RETURN_IF_ERROR(PutLocked(record, EncodeDigest(record.exported)));
    const bool held = held_by_source == record.contact;
    GB_ASSIGN_OR_RETURN(
        Statement * set,
        database_->Prepare("UPDATE clients SET write_back = ?, written = ?, "
                           "queued = ? WHERE key = ?"));
    const auto state = held ? WriteBackState::kDone : WriteBackState::kPending;
    GB_RETURN_IF_ERROR(set->Bind(1, static_cast<int64_t>(state))
                           .Bind(2, held ? record.contact.value() : int64_t{0})
                           .Bind(3, record.exported_unix)
                           .Bind(4, record.key.guid())
                           .Run());
    if (owner.has_value()) return absl::OkStatus();  // It was linked to it already.
    HistoryEntry entry = how;
    entry.contact = record.contact;
    return NoteHistoryLocked(record.key, entry);
  });
}

absl::Status Ledger::Unlink(const ClientKey& key) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> known, FindLocked(key));
    GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(key));
    if (!known.has_value() && erased == 0) {
      ClientRecord record;
      record.key = key;
      GB_RETURN_IF_ERROR(PutLocked(record, ""));
    }
    GB_ASSIGN_OR_RETURN(
        Statement * take,
        database_->Prepare(
            "UPDATE clients SET link = 3, contact = 0, proposed = 0, dirty = 0, reason "
            "= ?, parameters = '', problem = 7, refused_hash = '', answered_refusals = "
            "0, write_back = 0, written = 0, write_back_reason = '', version = '' "
            "WHERE key = ? AND link <> 4"));
    return take->Bind(1, kClientUnlinked).Bind(2, key.guid()).Run();
  });
}

absl::StatusOr<std::optional<ClientKey>> Ledger::ClientOf(ContactId contact) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key FROM clients WHERE contact = ? AND link = 1"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, contact.value()).Step());
  std::optional<ClientKey> key;
  if (found) key = ClientKey(query->Text(0));
  query->Reset();
  return key;
}

absl::StatusOr<std::vector<KnownVersion>> Ledger::KnownVersions(
    absl::Span<const ClientKey> keys) {
  std::vector<KnownVersion> versions;
  versions.reserve(keys.size());
  absl::Status found;
  GB_RETURN_IF_ERROR(Together([&] {
    for (const ClientKey& key : keys) {
      // 5: skipped for what its row says; every other problem is looked at each time.
      absl::StatusOr<Statement*> query = database_->Prepare(
          "SELECT version, echo, CASE outcome WHEN 0 THEN 0 ELSE run END FROM clients "
          "WHERE key = ?1 AND dirty = 0 AND problem IN (0, 5) AND NOT EXISTS (SELECT 1 "
          "FROM attempts WHERE key = ?1)");
      if (!query.ok()) found = query.status();
      if (!found.ok()) return;
      const absl::StatusOr<bool> row = (*query)->Bind(1, key.guid()).Step();
      found = row.status();
      if (!found.ok()) return;
      KnownVersion known;
      if (*row) known = {(*query)->Text(0), (*query)->Int(1) != 0, (*query)->Int(2)};
      (*query)->Reset();
      versions.push_back(std::move(known));
    }
  }));
  GB_RETURN_IF_ERROR(found);
  return versions;
}

absl::StatusOr<std::vector<ClientRecord>> Ledger::List(const ClientKey& after,
                                                       int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare(absl::StrCat(
                          "SELECT ", kClientColumns, " FROM clients WHERE key > ?1 ",
                          "UNION ALL SELECT ", kNewClientColumns,
                          " FROM new_clients WHERE key > ?1 ORDER BY 1 LIMIT ?2")));
  query->Bind(1, after.guid()).Bind(2, int64_t{limit});
  std::vector<ClientRecord> records;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { records.push_back(ReadClient(row)); }));
  return records;
}

absl::StatusOr<std::vector<WriteBackItem>> Ledger::LiveContacts(ContactId after,
                                                                int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key, contact FROM clients WHERE link = 1 AND "
                         "contact > ? ORDER BY contact LIMIT ?"));
  query->Bind(1, after.value()).Bind(2, int64_t{limit});
  std::vector<WriteBackItem> items;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    items.push_back({ClientKey(row.Text(0)), ContactId(row.Int(1))});
  }));
  return items;
}

absl::StatusOr<std::vector<ClientKey>> Ledger::Dirty(const ClientKey& after,
                                                     int64_t run, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  // What this run skipped, failed or deferred is not taken up again by it, or it would
  // never end. What it settled and then saw changed is.
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key FROM clients WHERE dirty = 1 AND key > ?1 AND "
                         "(run <> ?2 OR outcome < ?3) UNION ALL SELECT key FROM "
                         "new_clients WHERE key > ?1 ORDER BY 1 LIMIT ?4"));
  query->Bind(1, after.guid())
      .Bind(2, run)
      .Bind(3, static_cast<int64_t>(Outcome::kSkipped))
      .Bind(4, int64_t{limit});
  std::vector<ClientKey> keys;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { keys.push_back(ClientKey(row.Text(0))); }));
  return keys;
}

absl::StatusOr<int> Ledger::Requeue(absl::Span<const ClientKey> keys) {
  // 5 skipped, 6 failed; what is parked is queued whatever else is said of the client.
  const auto reset = [](absl::string_view problems) {
    return absl::StrCat(
        "UPDATE clients SET dirty = CASE WHEN problem IN ", problems,
        " THEN 1 ELSE dirty END, reason = CASE WHEN problem IN ", problems,
        " THEN '' ELSE reason END, parameters = CASE WHEN problem IN ", problems,
        " THEN '' ELSE parameters END, refused_hash = CASE WHEN problem IN ", problems,
        " THEN '' ELSE refused_hash END, answered_refusals = CASE WHEN problem IN ",
        problems, " THEN 0 ELSE answered_refusals END, problem = CASE WHEN problem IN ",
        problems,
        " THEN 0 ELSE problem END, write_back = CASE WHEN write_back = 3 "
        "THEN 1 ELSE write_back END WHERE (problem IN ",
        problems, " OR write_back = 3) AND link NOT IN (3, 4)");
  };
  int64_t changed = 0;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    if (keys.empty()) {
      GB_ASSIGN_OR_RETURN(Statement * all, database_->Prepare(reset("(6)")));
      GB_RETURN_IF_ERROR(all->Run());
      changed = database_->Changes();
      return absl::OkStatus();
    }
    for (const ClientKey& key : keys) {
      GB_ASSIGN_OR_RETURN(Statement * one, database_->Prepare(absl::StrCat(
                                               reset("(5, 6)"), " AND key = ?")));
      GB_RETURN_IF_ERROR(one->Bind(1, key.guid()).Run());
      changed += database_->Changes();
    }
    return absl::OkStatus();
  }));
  return static_cast<int>(changed);
}

absl::Status Ledger::RetryRefused(bool dropped) {
  // 6 failed, 5 skipped.
  constexpr char kRetry[] =
      "UPDATE clients SET dirty = 1, reason = '', parameters = '', problem = 0, "
      "refused_hash = '', answered_refusals = 0 WHERE ";
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * failed,
        database_->Prepare(absl::StrCat(kRetry, "problem = 6 AND link NOT IN (3, 4)")));
    GB_RETURN_IF_ERROR(failed->Run());
    if (!dropped) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(
        Statement * those,
        database_->Prepare(
            absl::StrCat(kRetry, "problem = 5 AND reason = ? AND link NOT IN (3, 4)")));
    return those->Bind(1, kClientDropped).Run();
  });
}

absl::StatusOr<std::map<Outcome, int>> Ledger::CountOutcomes(int64_t run) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT outcome, count(*) FROM clients WHERE run = ? AND "
                         "run > 0 AND outcome > 0 GROUP BY outcome"));
  query->Bind(1, run);
  std::map<Outcome, int> counts;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    counts[static_cast<Outcome>(row.Int(0))] = static_cast<int>(row.Int(1));
  }));
  return counts;
}

absl::StatusOr<int> Ledger::CountDeletions(int64_t run) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT count(*) FROM clients c JOIN history h ON h.id = "
                         "c.history WHERE c.run = ?1 AND c.run > 0 AND c.outcome = 5 "
                         "AND h.run = ?1 AND h.kind = ?2 AND h.reason = ''"));
  query->Bind(1, run).Bind(2, static_cast<int64_t>(HistoryKind::kDeleted));
  GB_ASSIGN_OR_RETURN(const bool row, query->Step());
  const int count = row ? static_cast<int>(query->Int(0)) : 0;
  query->Reset();
  return count;
}

absl::StatusOr<std::vector<ClientRecord>> Ledger::FailuresOf(int64_t run, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(absl::StrCat("SELECT ", kClientColumns,
                                      " FROM clients WHERE run = ? AND run > 0 AND "
                                      "outcome = 6 ORDER BY key LIMIT ?")));
  query->Bind(1, run).Bind(2, int64_t{limit});
  std::vector<ClientRecord> records;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { records.push_back(ReadClient(row)); }));
  return records;
}

absl::StatusOr<int> Ledger::CountLinked() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(const int64_t linked,
                      CountLocked("SELECT count(*) FROM clients WHERE link IN (1, 2)"));
  return static_cast<int>(linked);
}

absl::StatusOr<int64_t> Ledger::CountWaitingLocked() {
  GB_ASSIGN_OR_RETURN(
      const int64_t waiting,
      CountLocked("SELECT count(*) FROM clients WHERE dirty = 1 AND problem = 0"));
  GB_ASSIGN_OR_RETURN(const int64_t under_way,
                      CountLocked("SELECT count(*) FROM new_clients"));
  return waiting + under_way;
}

absl::StatusOr<int> Ledger::CountMissing() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  // Skipped clients (5) are not meant to be there. One index for each half.
  GB_ASSIGN_OR_RETURN(const int64_t refused,
                      CountLocked("SELECT count(*) FROM clients WHERE problem > 0 AND "
                                  "problem <> 5"));
  GB_ASSIGN_OR_RETURN(const int64_t waiting, CountWaitingLocked());
  return static_cast<int>(refused + waiting);
}

absl::StatusOr<std::vector<MissingClients>> Ledger::CountMissingByReason() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT reason, problem, parameters FROM clients WHERE "
                         "problem > 0 AND problem <> 5"));
  std::map<std::tuple<std::string, int64_t, Parameters>, MissingClients> groups;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    const Parameters parameters = DecodeParameters(row.Text(2));
    MissingClients& group = groups[{row.Text(0), row.Int(1), KindOf(parameters)}];
    if (group.count == 0) {
      group = {row.Text(0), parameters, static_cast<Outcome>(row.Int(1)), 0};
    }
    KeepShared(parameters, &group.parameters);
    ++group.count;
  }));
  GB_ASSIGN_OR_RETURN(const int64_t waiting, CountWaitingLocked());
  if (waiting > 0) {
    groups[{"", 0, {}}] = {"", {}, Outcome::kNone, static_cast<int>(waiting)};
  }
  std::vector<MissingClients> missing;
  for (auto& [which, group] : groups) missing.push_back(std::move(group));
  std::stable_sort(missing.begin(), missing.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  constexpr size_t kMostReasons = 20;
  if (missing.size() > kMostReasons) missing.resize(kMostReasons);
  return missing;
}

absl::StatusOr<ContactId> Ledger::Witness() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(const int64_t id,
                      CountLocked("SELECT max(contact) FROM clients WHERE link = 1"));
  return ContactId(id);
}

absl::StatusOr<std::vector<ContactId>> Ledger::Witnesses(int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT contact FROM clients WHERE link = 1 "
                                         "ORDER BY contact DESC LIMIT ?"));
  query->Bind(1, int64_t{limit});
  std::vector<ContactId> witnesses;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { witnesses.push_back(ContactId(row.Int(0))); }));
  return witnesses;
}

}  // namespace guestbridge::agent
