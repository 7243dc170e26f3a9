#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/sql/database.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

// The table `schema_migration` holds one row per applied migration and, as number 0,
// the product that owns the file.
namespace guestbridge {
namespace {

absl::StatusOr<bool> HasTable(Database& database, absl::string_view condition_sql) {
  GB_ASSIGN_OR_RETURN(Statement * found, database.Prepare(condition_sql));
  GB_ASSIGN_OR_RETURN(const bool row, found->Step());
  const bool any = row && found->Int(0) > 0;
  found->Reset();
  return any;
}

absl::Status CheckOwner(Database& database, absl::string_view product) {
  const absl::Status foreign =
      MakeError("NOT_OUR_DATABASE",
                {{"file", database.file()}, {"product", std::string(product)}});
  GB_ASSIGN_OR_RETURN(
      const bool migrated,
      HasTable(database,
               "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
               "AND name = 'schema_migration'"));
  if (!migrated) {
    GB_ASSIGN_OR_RETURN(
        const bool occupied,
        HasTable(database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"));
    return occupied ? foreign : absl::OkStatus();
  }
  absl::StatusOr<Statement*> owner =
      database.Prepare("SELECT name FROM schema_migration WHERE number = 0");
  // Another product's table of the same name has other columns.
  if (!owner.ok()) {
    return ReasonOf(owner.status()) == "DATABASE_FAILED" ? foreign : owner.status();
  }
  GB_ASSIGN_OR_RETURN(const bool row, (*owner)->Step());
  const bool ours = row && (*owner)->Text(0) == product;
  (*owner)->Reset();
  return ours ? absl::OkStatus() : foreign;
}

absl::Status Record(Database& database, int64_t number, absl::string_view name) {
  GB_ASSIGN_OR_RETURN(
      Statement * insert,
      database.Prepare("INSERT INTO schema_migration (number, name) VALUES (?, ?)"));
  return insert->Bind(1, number).Bind(2, name).Run();
}

absl::StatusOr<int64_t> LastApplied(Database& database) {
  GB_ASSIGN_OR_RETURN(Statement * last,
                      database.Prepare("SELECT max(number) FROM schema_migration"));
  GB_ASSIGN_OR_RETURN(const bool row, last->Step());
  const int64_t number = row ? last->Int(0) : 0;
  last->Reset();
  return number;
}

}  // namespace

absl::Status Migrate(Database& database, absl::string_view product,
                     absl::Span<const Migration> migrations) {
  // The owner is looked at inside the transaction: of two processes that start on an
  // empty file, the second finds the work done.
  GB_RETURN_IF_ERROR(database.Transact([&]() -> absl::Status {
    GB_RETURN_IF_ERROR(CheckOwner(database, product));
    GB_RETURN_IF_ERROR(
        database.Execute("CREATE TABLE IF NOT EXISTS schema_migration ("
                         "number INTEGER PRIMARY KEY, name TEXT NOT NULL)"));
    GB_ASSIGN_OR_RETURN(Statement * insert,
                        database.Prepare("INSERT OR IGNORE INTO schema_migration "
                                         "(number, name) VALUES (0, ?)"));
    return insert->Bind(1, product).Run();
  }));
  const int64_t known = migrations.empty() ? 0 : migrations.back().number;
  GB_ASSIGN_OR_RETURN(const int64_t found, LastApplied(database));
  if (found > known) {
    return MakeError("SCHEMA_TOO_NEW", {{"file", database.file()},
                                        {"found", absl::StrCat(found)},
                                        {"known", absl::StrCat(known)}});
  }
  // A new file has it already; this one may be a copy that somebody made.
  GB_RETURN_IF_ERROR(database.Execute("PRAGMA journal_mode = WAL;"));
  for (const Migration& migration : migrations) {
    GB_RETURN_IF_ERROR(database.Transact([&]() -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t last, LastApplied(database));
      if (migration.number <= last) return absl::OkStatus();
      GB_RETURN_IF_ERROR(database.Execute(migration.script));
      CrashPoint("sql.migration.record");
      return Record(database, migration.number, migration.name);
    }));
    CrashPoint("sql.migration.committed");
  }
  return absl::OkStatus();
}

}  // namespace guestbridge
