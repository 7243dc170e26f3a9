#pragma once

#include "absl/status/statusor.h"
#include "server/store/postgresql/connection.h"

namespace guestbridge::server {

// Brings the schema up to date, all of it or nothing; what is applied already is left
// alone, and of several processes one does it. Returns how many migrations were
// applied.
//
// Errors: SCHEMA_TOO_NEW, NOT_OUR_DATABASE, DATABASE_SCHEMA_OLD (this role may not
// change the schema, or the database is read-only), those of the connection.
absl::StatusOr<int> MigratePostgresql(PostgresqlConnection& connection,
                                      const std::string& database);

}  // namespace guestbridge::server
