#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "server/store/copy.h"
#include "server/store/sql_backend.h"
#include "server/store/store.h"

// Which database a flag names: `sqlite:PATH` or `postgresql://…`.
namespace guestbridge::server {

struct DatabaseChoice {
  std::string url;
  // Holds the password of PostgreSQL's role; empty: none is given here.
  std::string password_file;

  bool is_postgresql() const;
};

// `url` as it was given; without one the file in the data directory.
DatabaseChoice ChooseDatabase(const std::string& url, const std::string& password_file,
                              const std::string& data_dir);

// Errors: DATABASE_URL_UNSUPPORTED, PASSWORD_FILE_UNREADABLE,
// PASSWORD_FILE_READABLE_BY_OTHERS; those of OpenSqliteStore and OpenPostgresqlStore.
// `clock` outlives what is opened.
absl::StatusOr<std::unique_ptr<Store>> OpenDatabase(const DatabaseChoice& choice,
                                                    const Clock& clock);

// Brings the schema up to date and returns how many migrations were applied; 0 of
// SQLite, whose schema every start brings up to date.
absl::StatusOr<int> MigrateDatabase(const DatabaseChoice& choice, const Clock& clock);

// Whether a server from before secrets were sealed with a number has the database open
// beside this one. False of SQLite: a file is one server's.
absl::StatusOr<bool> OlderServersRun(const DatabaseChoice& choice, const Clock& clock);

// As CopyStore, with both databases alone. A SQLite source must be there. Errors also:
// COPY_DATABASE_IN_USE (FAILED_PRECONDITION) when a server has one of them open.
absl::StatusOr<CopyCounts> CopyDatabase(const DatabaseChoice& from,
                                        const DatabaseChoice& to, const Clock& clock);

}  // namespace guestbridge::server
