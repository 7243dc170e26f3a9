#include "server/store/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "common/sql/database.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/schema.h"
#include "server/store/sql_store.h"

namespace guestbridge::server {
namespace {

class StatementRow final : public SqlRow {
 public:
  explicit StatementRow(const Statement& statement) : statement_(statement) {}
  int64_t Int(int column) const override { return statement_.Int(column); }
  std::string Text(int column) const override { return statement_.Text(column); }

 private:
  const Statement& statement_;
};

class SqliteSession final : public SqlSession {
 public:
  explicit SqliteSession(Database& database) : database_(database) {}

  absl::Status Run(absl::string_view sql, absl::Span<const SqlValue> values,
                   absl::FunctionRef<void(const SqlRow&)> row) override {
    GB_ASSIGN_OR_RETURN(Statement * statement, database_.Prepare(sql));
    int index = 0;
    for (const SqlValue& value : values) {
      ++index;
      if (const auto* const number = std::get_if<int64_t>(&value)) {
        statement->Bind(index, *number);
      } else if (const auto* const blob = std::get_if<Blob>(&value)) {
        statement->BindBlob(index, blob->bytes);
      } else {
        statement->Bind(index, std::get<absl::string_view>(value));
      }
    }
    return statement->ForEach(
        [&](const Statement& found) { row(StatementRow(found)); });
  }

 private:
  Database& database_;
};

// Held by whoever has a database open. A file of its own: to close one more descriptor
// of the database itself would let go of SQLite's locks.
class UseLock {
 public:
  static absl::StatusOr<UseLock> Take(const std::string& file, bool alone) {
    const int lock = open((file + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0) {
      return MakeError(errno == ENOSPC ? "DATABASE_FULL" : "DATABASE_UNWRITABLE",
                       {{"file", file}});
    }
    UseLock taken(lock);
    if (flock(lock, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return taken;
    return MakeError("DATABASE_BUSY", {{"file", file}});
  }

  UseLock(UseLock&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}
  UseLock& operator=(UseLock&&) = delete;
  ~UseLock() {
    if (lock_ >= 0) close(lock_);
  }

 private:
  explicit UseLock(int lock) : lock_(lock) {}
  int lock_;
};

class SqliteBackend final : public SqlBackend {
 public:
  SqliteBackend(UseLock lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)), session_(*database_) {}

  absl::Status Transact(absl::FunctionRef<absl::Status(SqlSession&)> body) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return database_->Transact([&] { return body(session_); });
  }

  absl::Status Snapshot(absl::FunctionRef<absl::Status(SqlSession&)> body) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Deferred: a snapshot from the first read on, which waits for no writer of another
    // process.
    GB_RETURN_IF_ERROR(database_->Execute("BEGIN"));
    absl::Status status = body(session_);
    const absl::Status end = database_->Execute("ROLLBACK");
    return status.ok() ? end : status;
  }

  absl::Status NotifyOthers(SqlSession&) override { return absl::OkStatus(); }
  void Watch(std::function<void(int64_t)>) override {}

 private:
  const UseLock lock_;
  std::mutex mutex_;  // Around the connection, for a whole transaction.
  const std::unique_ptr<Database> database_;
  SqliteSession session_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqlBackend>> OpenSqliteBackend(const std::string& file,
                                                              bool alone) {
  GB_ASSIGN_OR_RETURN(UseLock lock, UseLock::Take(file, alone));
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<Database> database,
      Database::Open(file, Database::Durability::kFull, /*check=*/true));
  GB_RETURN_IF_ERROR(Migrate(*database, kStoreProduct, StoreMigrations()));
  return std::make_unique<SqliteBackend>(std::move(lock), std::move(database));
}

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& file,
                                                       const Clock& clock) {
  GB_ASSIGN_OR_RETURN(std::unique_ptr<SqlBackend> backend, OpenSqliteBackend(file));
  return OpenSqlStore(std::move(backend), SystemRandom(), clock);
}

}  // namespace guestbridge::server
