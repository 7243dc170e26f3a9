#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "server/store/postgresql/target.h"
#include "server/store/sql_backend.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Brings the schema up to date when it is not and this role may.
//
// Any number of processes may have one database open: what one has committed the next
// read of each sees, and all are told of it. A write whose COMMIT had no answer, or of
// which PostgreSQL warned that a standby may not have it, is OK once the database shows
// it for good, and is done again when it was not committed.
//
// Errors: DATABASE_UNREACHABLE, DATABASE_RESTARTING, DATABASE_READ_ONLY,
// DATABASE_CONNECTIONS_EXHAUSTED, DATABASE_SLOW (UNAVAILABLE; nothing was written),
// DATABASE_COMMIT_UNKNOWN (UNAVAILABLE; it may have been), DATABASE_LOGIN_REFUSED,
// DATABASE_MISSING, DATABASE_RIGHTS_MISSING, DATABASE_SCHEMA_OLD, SCHEMA_TOO_NEW,
// NOT_OUR_DATABASE, DATABASE_VERSION_UNSUPPORTED, DATABASE_POOLER_UNSUPPORTED
// (FAILED_PRECONDITION), DATABASE_FULL (RESOURCE_EXHAUSTED), DATABASE_FAILED
// (INTERNAL).
//
// `clock` outlives what is opened.
absl::StatusOr<std::unique_ptr<SqlBackend>> OpenPostgresqlBackend(
    PostgresqlTarget target, PostgresqlOptions options, const Clock& clock);

// The store in it.
absl::StatusOr<std::unique_ptr<Store>> OpenPostgresqlStore(PostgresqlTarget target,
                                                           PostgresqlOptions options,
                                                           const Clock& clock);

// Brings the schema up to date, and no more. Returns how many migrations were applied.
absl::StatusOr<int> MigratePostgresql(const PostgresqlTarget& target,
                                      const Clock& clock);

}  // namespace guestbridge::server
