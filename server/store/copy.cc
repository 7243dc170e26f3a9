#include "server/store/copy.h"

#include <tuple>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/sql_transaction.h"

namespace guestbridge::server {
namespace {

constexpr int64_t kPage = 500;

// A row of any table: its key, and what else it has.
struct Row {
  std::string key;
  std::string body;
  int64_t first = 0;
  int64_t second = 0;

  bool operator==(const Row& other) const {
    return std::tie(key, body, first, second) ==
           std::tie(other.key, other.body, other.first, other.second);
  }
};

struct Table {
  absl::string_view name;
  absl::string_view count;
  // The next page after the key $1, in the order of keys.
  absl::string_view page;
  Row (*read)(const SqlRow& row);
  absl::Status (*insert)(SqlSession& session, const Row& row);
};

constexpr Table kDocuments = {
    "documents", "SELECT count(*) FROM documents",
    "SELECT key, body, version FROM documents WHERE key > $1 ORDER BY key LIMIT $2",
    [](const SqlRow& row) {
      return Row{.key = row.Text(0), .body = row.Text(1), .first = row.Int(2)};
    },
    [](SqlSession& session, const Row& row) {
      return session.Run(
          "INSERT INTO documents (key, body, version) VALUES ($1, $2, $3)",
          {absl::string_view(row.key), Blob{row.body}, row.first});
    }};

constexpr Table kChanges = {
    "changes", "SELECT count(*) FROM changes",
    "SELECT key, revision, deleted FROM changes WHERE key > $1 ORDER BY key LIMIT $2",
    [](const SqlRow& row) {
      return Row{
          .key = row.Text(0), .body = "", .first = row.Int(1), .second = row.Int(2)};
    },
    [](SqlSession& session, const Row& row) {
      return session.Run(
          "INSERT INTO changes (key, revision, deleted) VALUES ($1, $2, $3)",
          {absl::string_view(row.key), row.first, row.second});
    }};

// But not what PostgreSQL's servers note of their own last writes, and no tags: nobody
// knows this place yet.
constexpr Table kSequences = {
    "sequences",
    "SELECT count(*) FROM sequences WHERE value > 0 AND name NOT LIKE '#writer/%'"
    " AND name NOT LIKE '#tag/%'",
    "SELECT name, value FROM sequences WHERE name > $1 AND name NOT LIKE '#writer/%'"
    " AND name NOT LIKE '#tag/%'"
    " ORDER BY name LIMIT $2",
    [](const SqlRow& row) {
      return Row{.key = row.Text(0), .body = "", .first = row.Int(1)};
    },
    // The schema has made that of the revision.
    [](SqlSession& session, const Row& row) {
      return session.Run(
          "INSERT INTO sequences (name, value) VALUES ($1, $2)"
          " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
          {absl::string_view(row.key), row.first});
    }};

constexpr const Table* kTables[] = {&kDocuments, &kChanges, &kSequences};

absl::StatusOr<std::vector<Row>> ReadPage(SqlSession& session, const Table& table,
                                          const std::string& after) {
  std::vector<Row> rows;
  GB_RETURN_IF_ERROR(
      session.Run(table.page, {absl::string_view(after), kPage},
                  [&](const SqlRow& row) { rows.push_back(table.read(row)); }));
  return rows;
}

absl::Status CheckEmpty(SqlSession& session, const std::string& name) {
  for (const Table* table : kTables) {
    int64_t rows = 0;
    GB_RETURN_IF_ERROR(
        session.Run(table->count, {}, [&](const SqlRow& row) { rows = row.Int(0); }));
    if (rows > 0) return MakeError("COPY_TARGET_NOT_EMPTY", {{"database", name}});
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CopyTable(SqlSession& from, SqlSession& to,
                                  const Table& table) {
  int64_t copied = 0;
  std::string after;
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::vector<Row> rows, ReadPage(from, table, after));
    if (rows.empty()) return copied;
    for (const Row& row : rows) GB_RETURN_IF_ERROR(table.insert(to, row));
    copied += static_cast<int64_t>(rows.size());
    after = rows.back().key;
  }
}

absl::Status CompareTable(SqlSession& from, SqlSession& to, const Table& table,
                          const std::string& name) {
  std::string after;
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::vector<Row> mine, ReadPage(from, table, after));
    GB_ASSIGN_OR_RETURN(const std::vector<Row> theirs, ReadPage(to, table, after));
    if (mine != theirs) {
      return MakeError("COPY_DIFFERS",
                       {{"database", name}, {"table", std::string(table.name)}});
    }
    if (mine.empty()) return absl::OkStatus();
    after = mine.back().key;
  }
}

}  // namespace

absl::StatusOr<CopyCounts> CopyStore(SqlBackend& from, SqlBackend& to,
                                     const std::string& to_name) {
  CopyCounts counts;
  GB_RETURN_IF_ERROR(from.Snapshot([&](SqlSession& source) -> absl::Status {
    return to.Transact([&](SqlSession& target) -> absl::Status {
      GB_RETURN_IF_ERROR(CheckEmpty(target, to_name));
      GB_ASSIGN_OR_RETURN(counts.documents, CopyTable(source, target, kDocuments));
      GB_ASSIGN_OR_RETURN(counts.changes, CopyTable(source, target, kChanges));
      GB_ASSIGN_OR_RETURN(counts.sequences, CopyTable(source, target, kSequences));
      // What differs is rolled back.
      for (const Table* table : kTables) {
        GB_RETURN_IF_ERROR(CompareTable(source, target, *table, to_name));
      }
      return to.NotifyOthers(target);
    });
  }));
  return counts;
}

}  // namespace guestbridge::server
