#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "server/store/sql_backend.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Opens or creates the SQLite database `file`, checks it and brings its schema up to
// date. Several processes may have one file open: each sees what another committed at
// once, but is not told of it. `alone`: nobody else may have it open, and nobody can
// until it is closed; FILE.lock says so.
//
// Errors: those of common/sql/database.h; DATABASE_BUSY also when it is open elsewhere
// and asked for alone, or the reverse.
absl::StatusOr<std::unique_ptr<SqlBackend>> OpenSqliteBackend(const std::string& file,
                                                              bool alone = false);

// The store in it. `clock` outlives it.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(
    const std::string& file, const Clock& clock = SystemClock());

}  // namespace guestbridge::server
