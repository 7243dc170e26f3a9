#include "common/sql/database.h"

#include <sqlite3.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/sql/error.h"
#include "common/status/status_macros.h"

namespace guestbridge {
namespace {

using sql_internal::ErrorOf;

// How long to wait for another process, e.g. `token create` beside a running server.
constexpr int kBusyTimeoutMs = 5000;

// sqlite3_bind_* takes a null pointer for NULL, and an empty view may have one.
const char* NonNull(absl::string_view text) {
  return text.data() == nullptr ? "" : text.data();
}

absl::StatusOr<bool> IsEmpty(Database& database) {
  GB_ASSIGN_OR_RETURN(Statement * count,
                      database.Prepare("SELECT count(*) FROM sqlite_schema"));
  GB_ASSIGN_OR_RETURN(const bool row, count->Step());
  const bool empty = row && count->Int(0) == 0;
  count->Reset();
  return empty;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      file_(other.file_),
      bind_error_(std::move(other.bind_error_)) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::Bind(int index, int64_t value) {
  const int code = sqlite3_bind_int64(handle_, index, value);
  if (code != SQLITE_OK) bind_error_ = ErrorOf(code, *file_);
  return *this;
}

Statement& Statement::Bind(int index, absl::string_view text) {
  // Of an empty text nothing is to be copied.
  const int code =
      text.empty()
          ? sqlite3_bind_text64(handle_, index, "", 0, SQLITE_STATIC, SQLITE_UTF8)
          : sqlite3_bind_text64(handle_, index, text.data(), text.size(),
                                SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = ErrorOf(code, *file_);
  return *this;
}

Statement& Statement::BindBlob(int index, absl::string_view bytes) {
  const int code = sqlite3_bind_blob64(handle_, index, NonNull(bytes), bytes.size(),
                                       SQLITE_TRANSIENT);
  if (code != SQLITE_OK) bind_error_ = ErrorOf(code, *file_);
  return *this;
}

Statement& Statement::BindNull(int index) {
  const int code = sqlite3_bind_null(handle_, index);
  if (code != SQLITE_OK) bind_error_ = ErrorOf(code, *file_);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  GB_RETURN_IF_ERROR(bind_error_);
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  // Ends the read at once: a statement left open would hold back the WAL.
  sqlite3_reset(handle_);
  if (code == SQLITE_DONE) return false;
  return ErrorOf(sqlite3_extended_errcode(sqlite3_db_handle(handle_)), *file_);
}

absl::Status Statement::Run() {
  return ForEach([](const Statement&) {});
}

absl::Status Statement::ForEach(absl::FunctionRef<void(const Statement& row)> row) {
  absl::Status result;
  while (true) {
    const absl::StatusOr<bool> found = Step();
    if (!found.ok()) result = found.status();
    if (!found.ok() || !*found) break;
    row(*this);
  }
  Reset();
  return result;
}

void Statement::Reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  bind_error_ = absl::OkStatus();
}

int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::Text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (bytes == nullptr || size <= 0) return "";
  return std::string(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

struct Database::Cache {
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements;
};

Database::Database(sqlite3* handle, std::string file)
    : handle_(handle), file_(std::move(file)), cache_(std::make_unique<Cache>()) {}

Database::~Database() {
  cache_.reset();
  sqlite3_close_v2(handle_);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& file,
                                                         Durability durability,
                                                         bool check) {
  // Before the first connection, or not at all: SQLite's own count of its memory takes
  // a lock for each allocation.
  static const int unused = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(unused);
  sqlite3* handle = nullptr;
  // The owner's lock is the only one that is needed.
  const int code = sqlite3_open_v2(
      file.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, file));
  if (code != SQLITE_OK) return ErrorOf(code, file);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (sqlite3_db_readonly(handle, "main") == 1) {
    return ErrorOf(SQLITE_READONLY, file);
  }
  GB_ASSIGN_OR_RETURN(const bool is_new, IsEmpty(*database));
  // Of a file with something in it the pragma would change the header.
  if (is_new) GB_RETURN_IF_ERROR(database->Execute("PRAGMA journal_mode = WAL;"));
  GB_RETURN_IF_ERROR(database->Execute(durability == Durability::kFull
                                           ? "PRAGMA synchronous = FULL;"
                                           : "PRAGMA synchronous = NORMAL;"));
  GB_RETURN_IF_ERROR(database->Execute("PRAGMA foreign_keys = ON;"));
  // The log stays near 1 MiB: on a small disk it must not take what the file needs.
  GB_RETURN_IF_ERROR(database->Execute("PRAGMA wal_autocheckpoint = 256;"));
  // 8 MiB; of a ledger's million clients all but the leaves.
  GB_RETURN_IF_ERROR(database->Execute("PRAGMA cache_size = -8192;"));
  if (check) {
    GB_ASSIGN_OR_RETURN(Statement * verdict,
                        database->Prepare("PRAGMA quick_check(1)"));
    GB_ASSIGN_OR_RETURN(const bool row, verdict->Step());
    const bool sound = row && verdict->Text(0) == "ok";
    verdict->Reset();
    if (!sound) return ErrorOf(SQLITE_CORRUPT, file);
  }
  return database;
}

absl::StatusOr<Statement*> Database::Prepare(absl::string_view sql) {
  const auto found = cache_->statements.find(sql);
  if (found != cache_->statements.end()) {
    found->second->Reset();
    return found->second.get();
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return ErrorOf(code, file_);
  std::unique_ptr<Statement> statement(new Statement(handle, &file_));
  Statement* const prepared = statement.get();
  cache_->statements.emplace(std::string(sql), std::move(statement));
  return prepared;
}

absl::Status Database::Execute(absl::string_view script) {
  const int code =
      sqlite3_exec(handle_, std::string(script).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return ErrorOf(sqlite3_extended_errcode(handle_), file_);
  return absl::OkStatus();
}

absl::Status Database::Transact(absl::FunctionRef<absl::Status()> body) {
  return TransactFrom("BEGIN IMMEDIATE", body);
}

absl::Status Database::TransactLazily(absl::FunctionRef<absl::Status()> body) {
  return TransactFrom("BEGIN", body);
}

absl::Status Database::RunOnce(absl::string_view sql) {
  GB_ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
  return statement->Run();
}

absl::Status Database::TransactFrom(absl::string_view begin,
                                    absl::FunctionRef<absl::Status()> body) {
  GB_RETURN_IF_ERROR(RunOnce(begin));
  absl::Status result = body();
  if (result.ok()) result = RunOnce("COMMIT");
  // A full disk may have rolled back by itself already.
  if (!result.ok() && sqlite3_get_autocommit(handle_) == 0) {
    Execute("ROLLBACK").IgnoreError();
  }
  if (absl::IsResourceExhausted(result)) {
    // The log may hold megabytes that the file itself has room for.
    Execute("PRAGMA wal_checkpoint(TRUNCATE)").IgnoreError();
  }
  return result;
}

absl::Status Database::CopyTo(Database& other) {
  sqlite3_backup* const copy =
      sqlite3_backup_init(other.handle_, "main", handle_, "main");
  if (copy == nullptr) {
    return ErrorOf(sqlite3_extended_errcode(other.handle_), other.file_);
  }
  const int code = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);
  if (code != SQLITE_DONE) return ErrorOf(code, file_);
  return finished == SQLITE_OK ? absl::OkStatus() : ErrorOf(finished, other.file_);
}

absl::StatusOr<Database::Durability> Database::durability() {
  constexpr int64_t kSynchronousFull = 2;
  GB_ASSIGN_OR_RETURN(Statement * query, Prepare("PRAGMA synchronous"));
  GB_ASSIGN_OR_RETURN(const bool row, query->Step());
  const bool full = row && query->Int(0) >= kSynchronousFull;
  query->Reset();
  return full ? Durability::kFull : Durability::kNormal;
}

bool Database::InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }

int64_t Database::LastInsertId() const { return sqlite3_last_insert_rowid(handle_); }

int64_t Database::Changes() const { return sqlite3_changes64(handle_); }

int64_t Database::TotalChanges() const { return sqlite3_total_changes64(handle_); }

}  // namespace guestbridge
