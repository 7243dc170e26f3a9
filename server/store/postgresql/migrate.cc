#include "server/store/postgresql/migrate.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/schema.h"

namespace guestbridge::server {
namespace {

// Any number will do that nobody else takes.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(7167041)";
// A large table takes its time, and so does another process that migrates.
constexpr char kPatient[] =
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'";
constexpr absl::Duration kLongest = absl::Hours(1);

// The owner's default rights let the servers write each of its tables, and what this
// one says decides which program may use the others: only who migrates writes it.
constexpr char kOthersOnlyRead[] =
    "DO $$ DECLARE other text; BEGIN"
    " FOR other IN SELECT DISTINCT right_.grantee::regrole::text"
    " FROM pg_class, aclexplode(relacl) AS right_"
    " WHERE oid = 'schema_migration'::regclass AND right_.grantee <> relowner"
    " AND right_.grantee <> 0 LOOP"
    " EXECUTE 'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_migration FROM '"
    " || other; END LOOP; END $$";

// The migrations speak of types as SQLite has them. Keys are in byte order, whatever
// the order of the database.
std::string InPostgresql(absl::string_view script) {
  return absl::StrReplaceAll(
      script, {{" TEXT ", " TEXT COLLATE \"C\" "}, {" BLOB ", " BYTEA "}});
}

struct Found {
  bool ours = false;
  int64_t last = 0;
};

absl::StatusOr<int64_t> Number(PostgresqlConnection& connection,
                               absl::string_view sql) {
  int64_t number = 0;
  GB_RETURN_IF_ERROR(
      connection.Run(sql, {}, [&](const SqlRow& row) { number = row.Int(0); }));
  return number;
}

absl::StatusOr<Found> Look(PostgresqlConnection& connection,
                           const std::string& database) {
  const absl::Status foreign =
      MakeError("NOT_OUR_DATABASE",
                {{"file", database}, {"product", std::string(kStoreProduct)}});
  GB_ASSIGN_OR_RETURN(
      const int64_t migrated,
      Number(connection,
             "SELECT count(*) FROM pg_attribute"
             " WHERE attrelid = to_regclass('schema_migration') AND NOT attisdropped"
             " AND attname IN ('number', 'name')"));
  if (migrated == 0) {
    GB_ASSIGN_OR_RETURN(
        const int64_t tables,
        Number(connection,
               "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')"
               " AND relnamespace = current_schema()::regnamespace"));
    if (tables > 0) return foreign;
    return Found();
  }
  if (migrated != 2) return foreign;
  Found found;
  GB_RETURN_IF_ERROR(connection.Run(
      "SELECT name FROM schema_migration WHERE number = 0", {},
      [&](const SqlRow& row) { found.ours = row.Text(0) == kStoreProduct; }));
  if (!found.ours) return foreign;
  GB_ASSIGN_OR_RETURN(found.last,
                      Number(connection, "SELECT max(number) FROM schema_migration"));
  const int known = StoreMigrations().back().number;
  if (found.last > known) {
    return MakeError("SCHEMA_TOO_NEW", {{"file", database},
                                        {"found", absl::StrCat(found.last)},
                                        {"known", absl::StrCat(known)}});
  }
  return found;
}

absl::StatusOr<int> Apply(PostgresqlConnection& connection,
                          const std::string& database) {
  GB_RETURN_IF_ERROR(connection.Execute(kPatient).status());
  GB_RETURN_IF_ERROR(connection.Execute(kLock, kLongest).status());
  // Another process may have done it while this one waited.
  GB_ASSIGN_OR_RETURN(const Found found, Look(connection, database));
  if (!found.ours) {
    GB_RETURN_IF_ERROR(connection
                           .Execute("CREATE TABLE schema_migration ("
                                    "number BIGINT PRIMARY KEY, name TEXT NOT NULL)")
                           .status());
    GB_RETURN_IF_ERROR(connection.Run(
        "INSERT INTO schema_migration (number, name) VALUES (0, $1)", {kStoreProduct}));
  }
  int applied = 0;
  for (const Migration& migration : StoreMigrations()) {
    if (migration.number <= found.last) continue;
    GB_RETURN_IF_ERROR(
        connection.Execute(InPostgresql(migration.script), kLongest).status());
    GB_RETURN_IF_ERROR(
        connection.Run("INSERT INTO schema_migration (number, name) VALUES ($1, $2)",
                       {int64_t{migration.number}, migration.name}));
    ++applied;
  }
  GB_RETURN_IF_ERROR(connection.Execute(kOthersOnlyRead).status());
  return applied;
}

}  // namespace

absl::StatusOr<int> MigratePostgresql(PostgresqlConnection& connection,
                                      const std::string& database) {
  // One view: another process may be migrating between two of the questions.
  GB_RETURN_IF_ERROR(
      connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").status());
  const absl::StatusOr<Found> looked = Look(connection, database);
  connection.Execute("ROLLBACK").status().IgnoreError();
  GB_ASSIGN_OR_RETURN(const Found found, looked);
  const int known = StoreMigrations().back().number;
  if (found.ours && found.last == known) return 0;

  GB_RETURN_IF_ERROR(connection.Execute("BEGIN").status());
  absl::StatusOr<int> applied = Apply(connection, database);
  if (applied.ok()) {
    GB_RETURN_IF_ERROR(connection.Execute("COMMIT").status());
    return applied;
  }
  connection.Execute("ROLLBACK").status().IgnoreError();
  const std::string reason = ReasonOf(applied.status());
  if (reason == "DATABASE_RIGHTS_MISSING" || reason == "DATABASE_READ_ONLY") {
    return MakeError("DATABASE_SCHEMA_OLD", {{"database", database},
                                             {"found", absl::StrCat(found.last)},
                                             {"known", absl::StrCat(known)}});
  }
  return applied;
}

}  // namespace guestbridge::server
