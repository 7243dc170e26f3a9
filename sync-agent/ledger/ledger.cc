#include "sync-agent/ledger/ledger.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/client_columns.h"
#include "sync-agent/ledger/schema.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

// A clear no to one content, twice, each time alone: not sent a third time.
constexpr int kRefusalsToPark = 2;

bool IsOfTheDatabase(const absl::Status& status) {
  return absl::StartsWith(ReasonOf(status), "DATABASE_");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::string& file,
                                                     Random& random) {
  auto opened = Database::Open(file, Database::Durability::kFull, /*check=*/true);
  if (!opened.ok()) {
    if (ReasonOf(opened.status()) == "DATABASE_CORRUPT") {
      return MakeError("LEDGER_CORRUPT", {{"file", file}});
    }
    return opened.status();
  }
  std::unique_ptr<Database> database = *std::move(opened);
  GB_RETURN_IF_ERROR(Migrate(*database, "guestbridge-ledger", kLedgerMigrations));
  CrashPoint("agent.ledger.migrated");
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(database), ""));
  GB_ASSIGN_OR_RETURN(ledger->id_, ledger->Note("ledger-id"));
  if (ledger->id_.empty()) {
    ledger->id_ = RandomUuid(random);
    GB_RETURN_IF_ERROR(ledger->SetNote("ledger-id", ledger->id_));
  }
  GB_RETURN_IF_ERROR(ledger->LoadErased(random));
  return ledger;
}

Ledger::Ledger(std::unique_ptr<Database> database, std::string id)
    : database_(std::move(database)), id_(std::move(id)) {}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Copy() {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<Database> database,
      Database::Open("", Database::Durability::kNormal, /*check=*/false));
  GB_RETURN_IF_ERROR(database_->CopyTo(*database));
  std::unique_ptr<Ledger> copy(new Ledger(std::move(database), id_));
  copy->erasure_secrets_ = erasure_secrets_;
  copy->erased_count_ = erased_count_;
  copy->erased_in_doubt_ = erased_in_doubt_;
  return copy;
}

absl::StatusOr<Database::Durability> Ledger::durability() {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  return database_->durability();
}

absl::Status Ledger::Together(absl::FunctionRef<void()> body) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (together_) {
    body();
    return absl::OkStatus();
  }
  together_ = true;
  bumped_ = false;
  database_failure_ = absl::OkStatus();
  const absl::Status kept = database_->TransactLazily([&]() -> absl::Status {
    body();
    if (bumped_) CrashPoint("agent.ledger.commit");
    return database_failure_;
  });
  together_ = false;
  if (bumped_) CrashPoint("agent.ledger.committed");
  return kept;
}

absl::Status Ledger::Bump() {
  GB_ASSIGN_OR_RETURN(
      Statement * bump,
      database_->Prepare("INSERT INTO notes(name, value) VALUES('sequence', '1') "
                         "ON CONFLICT(name) DO UPDATE SET value = value + 1"));
  return bump->Run();
}

absl::Status Ledger::Write(absl::FunctionRef<absl::Status()> body) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!together_) {
    absl::Status written;
    const absl::Status kept = Together([&] { written = Write(body); });
    return written.ok() ? kept : written;
  }
  // After a failure the transaction may be gone, and what is written now would stay.
  if (database_failure_.ok() && !database_->InTransaction()) {
    // A read has met a full disk.
    database_failure_ = MakeError("DATABASE_FULL", {{"file", database_->file()}});
  }
  GB_RETURN_IF_ERROR(database_failure_);
  const int64_t before = database_->TotalChanges();
  absl::Status written = body();
  if (written.ok() && !std::exchange(bumped_, true)) written = Bump();
  // A call that has begun to write and did not finish takes everything back: there is
  // no undo within a transaction, for SQLite would copy each page that it touches.
  const bool half_done = !written.ok() && database_->TotalChanges() != before;
  if (IsOfTheDatabase(written) || half_done) database_failure_ = written;
  return written;
}

int64_t Ledger::sequence() {
  const absl::StatusOr<std::string> text = Note("sequence");
  int64_t sequence = 0;
  if (text.ok() && !absl::SimpleAtoi(*text, &sequence)) sequence = 0;
  return sequence;
}

absl::StatusOr<std::vector<bool>> Ledger::CheckNoneOutstanding(
    absl::Span<const Intent> intents) {
  absl::flat_hash_set<absl::string_view> own;
  std::vector<bool> known;
  known.reserve(intents.size());
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(
          "SELECT EXISTS (SELECT 1 FROM attempts WHERE key = ?1), EXISTS "
          "(SELECT 1 FROM clients WHERE key = ?1)"));
  for (const Intent& intent : intents) {
    GB_RETURN_IF_ERROR(query->Bind(1, intent.key.guid()).Step().status());
    const bool outstanding = query->Int(0) != 0;
    known.push_back(query->Int(1) != 0);
    query->Reset();
    GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(intent.key));
    if (erased > 0)
      return MakeError("CLIENT_NOT_FOUND", {{"client", intent.key.guid()}});
    if (outstanding || !own.insert(intent.key.guid()).second) {
      return MakeError("ATTEMPT_OUTSTANDING", {{"client", intent.key.guid()}});
    }
  }
  return known;
}

absl::StatusOr<CommittedChunk> Ledger::CommitIntents(absl::Span<const Intent> intents,
                                                     ContactId high) {
  int64_t chunk = 0;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const std::vector<bool> known, CheckNoneOutstanding(intents));
    GB_ASSIGN_OR_RETURN(Statement * add_chunk,
                        database_->Prepare("INSERT INTO chunks(high) VALUES(?)"));
    GB_RETURN_IF_ERROR(add_chunk->Bind(1, high.value()).Run());
    chunk = database_->LastInsertId();
    GB_ASSIGN_OR_RETURN(
        Statement * add,
        database_->Prepare(
            "INSERT INTO attempts(key, chunk, ordinal, kind, nonce, digest, "
            "mapping_version, recreate, fields, version) VALUES(?, ?, ?, ?, ?, ?, ?, "
            "?, "
            "?, ?)"));
    // A client that is known stays to be exported until the attempt is settled: a crash
    // between here and the answer loses nothing. Of a new one the attempt tells all:
    // its row is written once, whole, when it is settled.
    GB_ASSIGN_OR_RETURN(
        Statement * mark,
        database_->Prepare(
            "UPDATE clients SET dirty = 1, attempts = attempts + ?2, echo = CASE WHEN "
            "version = ?3 THEN echo ELSE 0 END, version = ?3 WHERE key = ?1"));
    for (size_t ordinal = 0; ordinal < intents.size(); ++ordinal) {
      const Intent& intent = intents[ordinal];
      GB_RETURN_IF_ERROR(add->Bind(1, intent.key.guid())
                             .Bind(2, chunk)
                             .Bind(3, static_cast<int64_t>(ordinal))
                             .Bind(4, static_cast<int64_t>(intent.kind))
                             .Bind(5, intent.nonce)
                             .Bind(6, EncodeDigest(intent.digest))
                             .Bind(7, int64_t{intent.mapping_version})
                             .Bind(8, int64_t{intent.recreate ? 1 : 0})
                             .Bind(9, absl::StrJoin(intent.fields, ","))
                             .Bind(10, intent.version)
                             .Run());
      if (!known[ordinal]) continue;
      GB_RETURN_IF_ERROR(mark->Bind(1, intent.key.guid())
                             .Bind(2, int64_t{intent.kind == AttemptKind::kAdd ? 1 : 0})
                             .Bind(3, intent.version)
                             .Run());
    }
    return absl::OkStatus();
  }));
  return CommittedChunk(chunk);
}

absl::StatusOr<std::vector<Outcome>> Ledger::Settle(
    absl::Span<const Settlement> settlements) {
  std::vector<Outcome> before;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    Settled settled;
    for (const Settlement& settlement : settlements) {
      GB_ASSIGN_OR_RETURN(const Outcome counted, SettleLocked(settlement, &settled));
      before.push_back(counted);
    }
    if (settled.queued > 0) {
      GB_ASSIGN_OR_RETURN(
          Statement * count,
          database_->Prepare("UPDATE write_backs SET clients = clients + ? WHERE state "
                             "= 1"));
      GB_RETURN_IF_ERROR(count->Bind(1, settled.queued).Run());
    }
    for (const int64_t chunk : settled.chunks) {
      GB_ASSIGN_OR_RETURN(
          Statement * remove,
          database_->Prepare("DELETE FROM chunks WHERE chunk = ?1 AND NOT EXISTS "
                             "(SELECT 1 FROM attempts WHERE chunk = ?1)"));
      GB_RETURN_IF_ERROR(remove->Bind(1, chunk).Run());
    }
    return absl::OkStatus();
  }));
  return before;
}

absl::StatusOr<Outcome> Ledger::SettleLocked(const Settlement& settlement,
                                             Settled* settled) {
  const Evidence& evidence = settlement.evidence;
  if (!evidence.proves_something()) return Outcome::kNone;
  std::string digest;
  bool has_row = false;
  GB_ASSIGN_OR_RETURN(std::optional<Attempt> attempt,
                      AttemptOfLocked(settlement.key, &digest, &has_row));
  if (!attempt.has_value()) return Outcome::kNone;  // Settled before.
  std::optional<ClientRecord> known;
  if (has_row) {
    GB_ASSIGN_OR_RETURN(known, FindLocked(settlement.key));
  }
  const bool is_new = !known.has_value();
  ClientRecord record =
      is_new ? NewClient(settlement.key, attempt->intent.version) : *std::move(known);
  const Outcome before = record.run == settlement.run ? record.outcome : Outcome::kNone;
  if (settlement.outcome != Outcome::kNone) {
    record.run = settlement.run;
    record.outcome = settlement.outcome;
  }
  const bool deletion = attempt->intent.kind == AttemptKind::kDelete;
  // Nearly always: what was sent is what stands there, and is copied as text.
  const bool as_sent = (evidence.kind() == Evidence::Kind::kDone ||
                        evidence.kind() == Evidence::Kind::kFound) &&
                       !evidence.other() && !deletion;
  if (!as_sent) attempt->intent.digest = DecodeDigest(digest);
  bool queue_write_back = false;
  HistoryEntry entry;
  entry.unix_time = settlement.unix_time;
  entry.run = settlement.run > 0 ? settlement.run : record.run;
  entry.mapping_version = attempt->intent.mapping_version;
  switch (evidence.kind()) {
    case Evidence::Kind::kDone:
    case Evidence::Kind::kFound: {
      if (deletion) {
        // What the contact held stays known: a survivor may be looked for by it.
        record.link = LinkState::kLost;
        record.dirty = false;
        record.reason = kMarkedContactGone;
        record.parameters = {{"contact", absl::StrCat(record.contact.value())}};
        record.problem = Outcome::kSkipped;
        record.refused_hash.clear();
        record.answered_refusals = 0;
        entry.kind = HistoryKind::kDeleted;
        GB_ASSIGN_OR_RETURN(
            Statement * cancel,
            database_->Prepare("UPDATE clients SET write_back = 0, write_back_reason = "
                               "'' WHERE key = ? AND write_back IN (1, 3)"));
        GB_RETURN_IF_ERROR(cancel->Bind(1, record.key.guid()).Run());
        break;
      }
      const bool new_contact = record.contact != evidence.id();
      record.link = LinkState::kLive;
      record.contact = evidence.id();
      record.dirty =
          evidence.kind() == Evidence::Kind::kFound && record.reason == kInDoubt;
      if (evidence.other()) {
        record.exported = attempt->intent.digest;
        // To be read before the next write, which must come.
        record.dirty = true;
        record.exported.fields_known = false;
        record.exported.hash.clear();
        record.version.clear();
        record.exported.values.insert(evidence.values().begin(),
                                      evidence.values().end());
      }
      record.mapping_version = attempt->intent.mapping_version;
      ++record.revision;
      record.exported_unix = settlement.unix_time;
      record.reason.clear();
      record.parameters.clear();
      record.problem = Outcome::kNone;
      record.refused_hash.clear();
      record.answered_refusals = 0;
      record.proposed = ContactId();
      queue_write_back = new_contact || record.written != record.contact;
      if (attempt->intent.kind == AttemptKind::kUpdate) {
        // Nothing but the mark: what linked the client tells of that.
        if (!attempt->intent.fields.empty()) entry.kind = HistoryKind::kUpdated;
        entry.fields = std::move(attempt->intent.fields);
      } else if (evidence.other()) {
        entry.kind = HistoryKind::kAdopted;
        entry.reason = "MATCHED_BY_ORIGIN";
      } else {
        entry.kind =
            attempt->intent.recreate ? HistoryKind::kRecreated : HistoryKind::kAdded;
      }
      break;
    }
    case Evidence::Kind::kNotExecuted:
      break;
    case Evidence::Kind::kRefused:
      record.dirty = false;
      record.reason = evidence.reason();
      record.parameters = evidence.parameters();
      record.problem = Outcome::kFailed;
      record.refused_hash = attempt->intent.digest.hash;
      record.answered_refusals = 0;
      entry.kind = HistoryKind::kFailed;
      entry.reason = record.reason;
      entry.parameters = record.parameters;
      break;
    case Evidence::Kind::kCompleteMiss:
      if (attempt->intent.kind == AttemptKind::kAdd) {
        GB_RETURN_IF_ERROR(WatchLocked(*attempt, settlement.unix_time));
      }
      if (record.reason == kInDoubt) {
        record.reason.clear();
        record.problem = Outcome::kNone;
      }
      if (attempt->answered) {
        record.answered_refusals = record.refused_hash == attempt->intent.digest.hash
                                       ? record.answered_refusals + 1
                                       : 1;
        record.refused_hash = attempt->intent.digest.hash;
        if (record.answered_refusals >= kRefusalsToPark) {
          record.dirty = false;
          record.reason = "PORTAL_REFUSED";
          record.parameters = RefusalOf(*attempt);
          if (deletion) {
            record.reason = kMarkedContactNotDeleted;
            record.parameters = {{"contact", absl::StrCat(record.contact.value())}};
          }
          record.problem = Outcome::kFailed;
          entry.kind = HistoryKind::kFailed;
          entry.reason = record.reason;
          entry.parameters = record.parameters;
        }
      }
      if (entry.kind == HistoryKind::kNone && !attempt->intent.fields.empty()) {
        entry.kind = HistoryKind::kUpdated;
        entry.reason = "UPDATE_UNCERTAIN";
        entry.fields = std::move(attempt->intent.fields);
      }
      if (entry.kind == HistoryKind::kNone && deletion) {
        entry.kind = HistoryKind::kDeleted;
        entry.reason = "DELETION_UNCERTAIN";
      }
      if (attempt->intent.kind == AttemptKind::kUpdate &&
          !MutantActive(Mutant::kDoubtfulUpdateTrusted)) {
        // Carried out or not: what the contact holds must be read before the next
        // write, and either content's values are ours.
        record.exported.values.insert(attempt->intent.digest.values.begin(),
                                      attempt->intent.digest.values.end());
        record.exported.fields_known = false;
        record.exported.hash.clear();
      }
      break;
    case Evidence::Kind::kNone:
      return Outcome::kNone;
  }
  GB_ASSIGN_OR_RETURN(Statement * remove,
                      database_->Prepare("DELETE FROM attempts WHERE key = ?"));
  GB_RETURN_IF_ERROR(remove->Bind(1, settlement.key.guid()).Run());
  settled->chunks.insert(attempt->chunk);
  const std::string exported = as_sent ? digest : EncodeDigest(record.exported);
  if (entry.kind != HistoryKind::kNone) {
    entry.contact = record.contact;
    GB_ASSIGN_OR_RETURN(record.history,
                        AppendHistoryLocked(record.key, record.history, entry));
  }
  if (queue_write_back) {
    GB_RETURN_IF_ERROR(PutAndQueueLocked(record, is_new, exported, settlement.unix_time,
                                         settlement.rank));
    if (is_new) ++settled->queued;
  } else {
    GB_RETURN_IF_ERROR(PutLocked(record, exported));
    if (entry.kind != HistoryKind::kNone) {
      GB_RETURN_IF_ERROR(SetHistoryLocked(record.key, record.history));
    }
  }
  return before;
}

Parameters RefusalOf(const Attempt& attempt) {
  if (attempt.code.empty()) return {};
  return {{"code", attempt.code}};
}

absl::StatusOr<int64_t> Ledger::CountLocked(absl::string_view sql) {
  GB_ASSIGN_OR_RETURN(Statement * query, database_->Prepare(sql));
  GB_ASSIGN_OR_RETURN(const bool found, query->Step());
  const int64_t count = found && !query->IsNull(0) ? query->Int(0) : 0;
  query->Reset();
  return count;
}

absl::StatusOr<std::string> Ledger::Note(absl::string_view name) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT value FROM notes WHERE name = ?"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, name).Step());
  std::string value = found ? query->Text(0) : "";
  query->Reset();
  return value;
}

absl::Status Ledger::SetNoteLocked(absl::string_view name, absl::string_view value) {
  GB_ASSIGN_OR_RETURN(
      Statement * set,
      database_->Prepare("INSERT INTO notes(name, value) VALUES(?, ?) "
                         "ON CONFLICT(name) DO UPDATE SET value = excluded.value"));
  return set->Bind(1, name).Bind(2, value).Run();
}

absl::Status Ledger::SetNote(absl::string_view name, absl::string_view value) {
  return Write([&] { return SetNoteLocked(name, value); });
}

}  // namespace guestbridge::agent
