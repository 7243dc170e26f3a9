#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct sqlite3;
struct sqlite3_stmt;

// A thin, safe layer over SQLite: prepared statements only, one connection, one thread
// at a time (owners lock around it).
//
// Errors: DATABASE_FULL (RESOURCE_EXHAUSTED), DATABASE_CORRUPT (DATA_LOSS),
// DATABASE_UNWRITABLE (FAILED_PRECONDITION), DATABASE_BUSY (UNAVAILABLE),
// DATABASE_FAILED (INTERNAL); parameter "file".
namespace guestbridge {

class Statement {
 public:
  // Binds by position, from 1. Text and blobs are copied.
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, absl::string_view text);
  Statement& BindBlob(int index, absl::string_view bytes);
  Statement& BindNull(int index);

  // True: a row is there to be read. False: done.
  absl::StatusOr<bool> Step();
  // Runs a statement that returns no rows, and resets it.
  absl::Status Run();
  // Hands over each row, and resets it. `row` does not use this statement otherwise.
  absl::Status ForEach(absl::FunctionRef<void(const Statement& row)> row);
  // Makes the statement ready for new values.
  void Reset();

  int64_t Int(int column) const;
  std::string Text(int column) const;  // Also for blobs.
  bool IsNull(int column) const;

  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

 private:
  friend class Database;
  Statement(sqlite3_stmt* handle, const std::string* file)
      : handle_(handle), file_(file) {}
  sqlite3_stmt* handle_;
  const std::string* file_;
  absl::Status bind_error_;
};

class Database {
 public:
  enum class Durability { kFull, kNormal };

  // Opens or creates `file` with foreign keys on, and checks it (PRAGMA quick_check)
  // when `check` is set. A new file is in WAL mode; one that holds something already is
  // left as it is until Migrate knows whose it is.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& file,
                                                        Durability durability,
                                                        bool check);
  ~Database();

  // A cached prepared statement: reset and without bindings. Valid until the next
  // Prepare of the same text. `sql` is a literal of the program, never built from data.
  absl::StatusOr<Statement*> Prepare(absl::string_view sql);
  absl::Status Execute(absl::string_view script);

  // BEGIN IMMEDIATE … COMMIT; an error of `body` or of the commit rolls back.
  absl::Status Transact(absl::FunctionRef<absl::Status()> body);
  // The same, but takes the file for writing only with the first write: cheap when
  // `body` only reads. For files that no other connection writes to.
  absl::Status TransactLazily(absl::FunctionRef<absl::Status()> body);

  // Makes `other` hold what this one has committed, in place of all that it held. Not
  // inside of a transaction of either.
  absl::Status CopyTo(Database& other);

  // What SQLite says it does at each commit. kNormal: a power cut may take the last
  // ones.
  absl::StatusOr<Durability> durability();

  // False inside of Transact once SQLite has rolled back by itself (a full disk).
  bool InTransaction() const;
  int64_t LastInsertId() const;
  // Rows changed by the last statement; by all of them.
  int64_t Changes() const;
  int64_t TotalChanges() const;
  const std::string& file() const { return file_; }

 private:
  Database(sqlite3* handle, std::string file);
  struct Cache;
  absl::Status RunOnce(absl::string_view sql);
  absl::Status TransactFrom(absl::string_view begin,
                            absl::FunctionRef<absl::Status()> body);
  sqlite3* handle_;
  std::string file_;
  std::unique_ptr<Cache> cache_;
};

struct Migration {
  int number;              // 1, 2, 3 …
  absl::string_view name;  // what it does
  absl::string_view script;
};

// Turns WAL mode on, brings the schema to the last migration, each in its own
// transaction, and records it. Errors: SCHEMA_TOO_NEW (FAILED_PRECONDITION) when the
// file knows a later migration; NOT_OUR_DATABASE when it holds another product's
// tables; both leave every byte of it. `product` names ours, e.g. "guestbridge-server".
absl::Status Migrate(Database& database, absl::string_view product,
                     absl::Span<const Migration> migrations);

}  // namespace guestbridge
