#include "server/store/sql_store.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/sql/database.h"
#include "common/status/status_macros.h"
#include "server/store/schema.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kProduct = "guestbridge-server";
constexpr absl::string_view kRevision = "#revision";
// condition_variable adds the timeout to a clock: an infinite one would overflow there.
constexpr absl::Duration kLongestWait = absl::Hours(24);

// The first string in byte order that is above all strings starting with `prefix`. Keys
// are ASCII, so the last byte can always be raised.
std::string PrefixEnd(absl::string_view prefix) {
  if (prefix.empty()) return "\xff";
  std::string end(prefix);
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

absl::StatusOr<int64_t> SequenceValue(Database& database, absl::string_view name) {
  GB_ASSIGN_OR_RETURN(Statement * select, database.Prepare("SELECT value FROM sequences"
                                                           " WHERE name = ?1"));
  select->Bind(1, name);
  GB_ASSIGN_OR_RETURN(const bool found, select->Step());
  const int64_t value = found ? select->Int(0) : 0;
  select->Reset();
  return value;
}

absl::Status SetSequenceValue(Database& database, absl::string_view name,
                              int64_t value) {
  GB_ASSIGN_OR_RETURN(
      Statement * upsert,
      database.Prepare("INSERT INTO sequences (name, value) VALUES (?1, ?2)"
                       " ON CONFLICT (name) DO UPDATE SET value = excluded.value"));
  upsert->Bind(1, name).Bind(2, value);
  return upsert->Run();
}

class SqlTransaction final : public Transaction {
 public:
  SqlTransaction(Database& database, bool writable)
      : database_(database), writable_(writable) {}

  absl::StatusOr<std::optional<Document>> Get(absl::string_view key) override {
    GB_ASSIGN_OR_RETURN(
        Statement * select,
        database_.Prepare("SELECT key, body, version FROM documents WHERE key = ?1"));
    select->Bind(1, key);
    GB_ASSIGN_OR_RETURN(const bool found, select->Step());
    std::optional<Document> document;
    if (found) document = ReadRow(*select);
    select->Reset();
    return document;
  }

  absl::StatusOr<std::vector<Document>> List(absl::string_view prefix,
                                             absl::string_view after, int limit,
                                             bool descending) override {
    const std::string end = PrefixEnd(prefix);
    GB_ASSIGN_OR_RETURN(
        Statement * select,
        descending ? database_.Prepare("SELECT key, body, version FROM documents"
                                       " WHERE key >= ?1 AND key < ?2 AND key < ?3"
                                       " ORDER BY key DESC LIMIT ?4")
                   : database_.Prepare("SELECT key, body, version FROM documents"
                                       " WHERE key >= ?1 AND key < ?2 AND key > ?3"
                                       " ORDER BY key LIMIT ?4"));
    const std::string from = descending && after.empty() ? end : std::string(after);
    select->Bind(1, prefix).Bind(2, absl::string_view(end));
    select->Bind(3, absl::string_view(from)).Bind(4, int64_t{std::max(limit, 0)});
    std::vector<Document> documents;
    while (true) {
      GB_ASSIGN_OR_RETURN(const bool row, select->Step());
      if (!row) break;
      documents.push_back(ReadRow(*select));
    }
    select->Reset();
    return documents;
  }

  absl::Status Put(absl::string_view key, absl::string_view body) override {
    GB_RETURN_IF_ERROR(PrepareWrite());
    GB_ASSIGN_OR_RETURN(
        Statement * upsert,
        database_.Prepare("INSERT INTO documents (key, body, version)"
                          " VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET"
                          " body = excluded.body, version = excluded.version"));
    // An empty message is an empty blob; a null pointer would be NULL.
    upsert->Bind(1, key).BindBlob(2, body.data() == nullptr ? "" : body);
    upsert->Bind(3, revision_);
    GB_RETURN_IF_ERROR(upsert->Run());
    return RecordChange(key, /*deleted=*/false);
  }

  absl::Status Delete(absl::string_view key) override {
    GB_ASSIGN_OR_RETURN(const auto existing, Get(key));
    if (!existing.has_value()) return writable_ ? absl::OkStatus() : ReadOnly();
    GB_RETURN_IF_ERROR(PrepareWrite());
    GB_ASSIGN_OR_RETURN(Statement * erase,
                        database_.Prepare("DELETE FROM documents WHERE key = ?1"));
    erase->Bind(1, key);
    GB_RETURN_IF_ERROR(erase->Run());
    return RecordChange(key, /*deleted=*/true);
  }

  absl::StatusOr<int64_t> NextNumber(absl::string_view sequence) override {
    if (!writable_) return ReadOnly();
    GB_ASSIGN_OR_RETURN(const int64_t last, SequenceValue(database_, sequence));
    GB_RETURN_IF_ERROR(SetSequenceValue(database_, sequence, last + 1));
    return last + 1;
  }

  // Makes the revision of this transaction part of it. Returns the store's revision.
  absl::StatusOr<int64_t> Finish() {
    if (revision_ == 0) return SequenceValue(database_, kRevision);
    GB_RETURN_IF_ERROR(SetSequenceValue(database_, kRevision, revision_));
    return revision_;
  }

 private:
  static Document ReadRow(const Statement& row) {
    return Document{.key = row.Text(0), .body = row.Text(1), .version = row.Int(2)};
  }

  static absl::Status ReadOnly() {
    return absl::InternalError("a write in a transaction that only reads");
  }

  // The write lock is held from the first statement on, so the number read here is
  // nobody else's, and numbers become visible in the order of commits.
  absl::Status PrepareWrite() {
    if (!writable_) return ReadOnly();
    if (revision_ != 0) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const int64_t last, SequenceValue(database_, kRevision));
    revision_ = last + 1;
    return absl::OkStatus();
  }

  absl::Status RecordChange(absl::string_view key, bool deleted) {
    GB_ASSIGN_OR_RETURN(
        Statement * upsert,
        database_.Prepare("INSERT INTO changes (key, revision, deleted)"
                          " VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET"
                          " revision = excluded.revision,"
                          " deleted = excluded.deleted"));
    upsert->Bind(1, key).Bind(2, revision_).Bind(3, int64_t{deleted ? 1 : 0});
    return upsert->Run();
  }

  Database& database_;
  const bool writable_;
  int64_t revision_ = 0;  // Of this transaction; 0 until it writes.
};

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<Database> database, int64_t revision)
      : database_(std::move(database)), revision_(revision) {}

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    int64_t revision = 0;
    GB_RETURN_IF_ERROR(database_->Transact([&]() -> absl::Status {
      SqlTransaction transaction(*database_, /*writable=*/true);
      GB_RETURN_IF_ERROR(body(transaction));
      GB_ASSIGN_OR_RETURN(revision, transaction.Finish());
      CrashPoint("server.store.commit");
      return absl::OkStatus();
    }));
    CrashPoint("server.store.committed");
    Announce(revision);
    return revision;
  }

  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Deferred: a snapshot from the first read on, which waits for no writer of another
    // process.
    GB_RETURN_IF_ERROR(database_->Execute("BEGIN"));
    SqlTransaction transaction(*database_, /*writable=*/false);
    absl::Status status = body(transaction);
    const absl::Status end = database_->Execute("ROLLBACK");
    return status.ok() ? end : status;
  }

  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<Change> changes;
    if (limit <= 0) return changes;
    // One more than asked for shows whether the last commit is cut.
    GB_ASSIGN_OR_RETURN(
        Statement * select,
        database_->Prepare("SELECT revision, key, deleted FROM changes"
                           " WHERE revision > ?1 ORDER BY revision, key LIMIT ?2"));
    select->Bind(1, revision).Bind(2, int64_t{limit} + 1);
    GB_RETURN_IF_ERROR(ReadChanges(*select, changes));
    if (changes.size() <= static_cast<size_t>(limit)) return changes;

    const int64_t cut = changes.back().revision;
    if (changes.front().revision != cut) {
      while (changes.back().revision == cut) changes.pop_back();
      return changes;
    }
    changes.clear();
    GB_ASSIGN_OR_RETURN(Statement * whole,
                        database_->Prepare("SELECT revision, key, deleted FROM changes"
                                           " WHERE revision = ?1 ORDER BY key"));
    whole->Bind(1, cut);
    GB_RETURN_IF_ERROR(ReadChanges(*whole, changes));
    return changes;
  }

  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override {
    std::unique_lock<std::mutex> lock(revision_mutex_);
    const int64_t wakes = wakes_;
    const auto wait = absl::ToChronoNanoseconds(
        std::clamp(timeout, absl::ZeroDuration(), kLongestWait));
    revision_changed_.wait_for(lock, wait,
                               [&] { return revision_ > revision || wakes_ != wakes; });
    return revision_;
  }

  void WakeAll() override {
    const std::lock_guard<std::mutex> lock(revision_mutex_);
    ++wakes_;
    revision_changed_.notify_all();
  }

 private:
  static absl::Status ReadChanges(Statement& select, std::vector<Change>& changes) {
    while (true) {
      GB_ASSIGN_OR_RETURN(const bool row, select.Step());
      if (!row) break;
      changes.push_back({.revision = select.Int(0),
                         .key = select.Text(1),
                         .deleted = select.Int(2) != 0});
    }
    select.Reset();
    return absl::OkStatus();
  }

  void Announce(int64_t revision) {
    const std::lock_guard<std::mutex> lock(revision_mutex_);
    if (revision <= revision_) return;
    revision_ = revision;
    revision_changed_.notify_all();
  }

  std::mutex mutex_;  // Around the connection, for a whole transaction.
  const std::unique_ptr<Database> database_;

  // Apart from mutex_, so that watches wait without holding up transactions.
  std::mutex revision_mutex_;
  std::condition_variable revision_changed_;
  int64_t revision_;
  int64_t wakes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlStore(const std::string& file) {
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<Database> database,
      Database::Open(file, Database::Durability::kFull, /*check=*/true));
  GB_RETURN_IF_ERROR(Migrate(*database, kProduct, StoreMigrations()));
  GB_ASSIGN_OR_RETURN(const int64_t revision, SequenceValue(*database, kRevision));
  return std::make_unique<SqlStore>(std::move(database), revision);
}

}  // namespace guestbridge::server
