#include "server/store/sql_transaction.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kRevision = "#revision";
constexpr absl::string_view kGeneration = "#generation";
// Farther than anybody counts on unseen, and not the same twice from one backup.
constexpr int64_t kLeap = 1'000'000;
// So many commits have their tags kept.
constexpr int64_t kTags = 1024;

std::string TagRow(int64_t revision) { return absl::StrCat("#tag/", revision % kTags); }

// The first string in byte order that is above all strings starting with `prefix`. Keys
// are printable ASCII, so the last byte can always be raised.
std::string PrefixEnd(absl::string_view prefix) {
  if (prefix.empty()) return "\x7f";
  std::string end(prefix);
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

absl::Status ReadOnly() {
  return absl::InternalError("a write in a transaction that only reads");
}

Document ReadDocument(const SqlRow& row) {
  return {.key = row.Text(0), .body = row.Text(1), .version = row.Int(2)};
}

// Nothing: it was never used, for all that the database knows.
absl::StatusOr<std::optional<int64_t>> SequenceValue(SqlSession& session,
                                                     absl::string_view name) {
  std::optional<int64_t> value;
  GB_RETURN_IF_ERROR(session.Run("SELECT value FROM sequences WHERE name = $1", {name},
                                 [&](const SqlRow& row) { value = row.Int(0); }));
  return value;
}

absl::StatusOr<int64_t> TagOf(SqlSession& session, int64_t revision) {
  GB_ASSIGN_OR_RETURN(const auto tag, SequenceValue(session, TagRow(revision)));
  return tag.value_or(0);
}

absl::Status SetSequenceValue(SqlSession& session, absl::string_view name,
                              int64_t value) {
  return session.Run(
      "INSERT INTO sequences (name, value) VALUES ($1, $2)"
      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      {name, value});
}

}  // namespace

absl::StatusOr<int64_t> StoredRevision(SqlSession& session) {
  GB_ASSIGN_OR_RETURN(const auto value, SequenceValue(session, kRevision));
  return value.value_or(0);
}

absl::StatusOr<StorePosition> StoredPosition(SqlSession& session) {
  StorePosition position;
  GB_RETURN_IF_ERROR(session.Run(
      "SELECT name, value FROM sequences WHERE name = $1 OR name = $2",
      {kRevision, kGeneration}, [&](const SqlRow& row) {
        (row.Text(0) == kRevision ? position.revision : position.generation) =
            row.Int(1);
      }));
  GB_ASSIGN_OR_RETURN(position.tag, TagOf(session, position.revision));
  return position;
}

absl::StatusOr<bool> Holds(SqlSession& session, const StorePosition& stored,
                           const StorePosition& known) {
  if (stored.revision < known.revision) return false;
  if (known.tag == 0 || stored.revision - known.revision >= kTags) return true;
  GB_ASSIGN_OR_RETURN(const int64_t tag, TagOf(session, known.revision));
  return tag == known.tag;
}

absl::StatusOr<StorePosition> BeginGeneration(SqlSession& session, int64_t known,
                                              Random& random, absl::Time now) {
  const int64_t leap = kLeap + static_cast<int64_t>(random.Next64() % kLeap);
  GB_ASSIGN_OR_RETURN(const int64_t stored, StoredRevision(session));
  // Those with a # are the store's own, and no counters of what was given.
  GB_RETURN_IF_ERROR(session.Run(
      "UPDATE sequences SET value = value + $1 WHERE name NOT LIKE '#%'", {leap}));
  SqlTransaction transaction(session, std::max(stored, known) + leap, random);
  GB_RETURN_IF_ERROR(
      transaction.Put(kGenerationKey, absl::StrCat(absl::ToUnixMillis(now))));
  GB_ASSIGN_OR_RETURN(StorePosition position, transaction.Finish(0));
  position.generation = position.revision;
  GB_RETURN_IF_ERROR(SetSequenceValue(session, kGeneration, position.generation));
  return position;
}

absl::StatusOr<absl::Time> GenerationTime(SqlSession& session) {
  GB_ASSIGN_OR_RETURN(const auto generation,
                      SqlTransaction(session).Get(kGenerationKey));
  int64_t millis = 0;
  if (!generation.has_value() || !absl::SimpleAtoi(generation->body, &millis)) {
    return absl::UnixEpoch();
  }
  return absl::FromUnixMillis(millis);
}

absl::StatusOr<std::vector<Change>> ReadChanges(SqlSession& session, int64_t revision,
                                                int limit) {
  std::vector<Change> changes;
  if (limit <= 0) return changes;
  const auto add = [&](const SqlRow& row) {
    changes.push_back(
        {.revision = row.Int(0), .key = row.Text(1), .deleted = row.Int(2) != 0});
  };
  // One more than asked for shows whether the last commit is cut.
  GB_RETURN_IF_ERROR(
      session.Run("SELECT revision, key, deleted FROM changes WHERE revision > $1"
                  " ORDER BY revision, key LIMIT $2",
                  {revision, int64_t{limit} + 1}, add));
  if (changes.size() <= static_cast<size_t>(limit)) return changes;

  const int64_t cut = changes.back().revision;
  if (changes.front().revision != cut) {
    while (changes.back().revision == cut) changes.pop_back();
    return changes;
  }
  changes.clear();
  GB_RETURN_IF_ERROR(session.Run(
      "SELECT revision, key, deleted FROM changes WHERE revision = $1 ORDER BY key",
      {cut}, add));
  return changes;
}

SqlTransaction::SqlTransaction(SqlSession& session, int64_t last, Random& random)
    : session_(session),
      writable_(true),
      last_(last),
      tag_(static_cast<int64_t>((random.Next64() >> 1U) | 1U)) {}

absl::StatusOr<std::optional<Document>> SqlTransaction::Get(absl::string_view key) {
  std::optional<Document> document;
  GB_RETURN_IF_ERROR(
      session_.Run("SELECT key, body, version FROM documents WHERE key = $1", {key},
                   [&](const SqlRow& row) { document = ReadDocument(row); }));
  return document;
}

absl::StatusOr<std::vector<Document>> SqlTransaction::List(absl::string_view prefix,
                                                           absl::string_view after,
                                                           int limit, bool descending) {
  const std::string end = PrefixEnd(prefix);
  const std::string from = descending && after.empty() ? end : std::string(after);
  const absl::string_view sql = descending
                                    ? "SELECT key, body, version FROM documents"
                                      " WHERE key >= $1 AND key < $2 AND key < $3"
                                      " ORDER BY key DESC LIMIT $4"
                                    : "SELECT key, body, version FROM documents"
                                      " WHERE key >= $1 AND key < $2 AND key > $3"
                                      " ORDER BY key LIMIT $4";
  std::vector<Document> documents;
  GB_RETURN_IF_ERROR(
      session_.Run(sql,
                   {prefix, absl::string_view(end), absl::string_view(from),
                    int64_t{std::max(limit, 0)}},
                   [&](const SqlRow& row) { documents.push_back(ReadDocument(row)); }));
  return documents;
}

absl::Status SqlTransaction::Put(absl::string_view key, absl::string_view body) {
  GB_RETURN_IF_ERROR(PrepareWrite());
  GB_RETURN_IF_ERROR(
      session_.Run("INSERT INTO documents (key, body, version) VALUES ($1, $2, $3)"
                   " ON CONFLICT (key) DO UPDATE SET"
                   " body = excluded.body, version = excluded.version",
                   {key, Blob{body}, revision_}));
  return RecordChange(key, /*deleted=*/false);
}

absl::Status SqlTransaction::Delete(absl::string_view key) {
  GB_ASSIGN_OR_RETURN(const auto existing, Get(key));
  if (!existing.has_value()) return writable_ ? absl::OkStatus() : ReadOnly();
  GB_RETURN_IF_ERROR(PrepareWrite());
  GB_RETURN_IF_ERROR(session_.Run("DELETE FROM documents WHERE key = $1", {key}));
  return RecordChange(key, /*deleted=*/true);
}

absl::StatusOr<int64_t> SqlTransaction::NextNumber(absl::string_view sequence) {
  if (!writable_) return ReadOnly();
  GB_ASSIGN_OR_RETURN(std::optional<int64_t> last, SequenceValue(session_, sequence));
  if (!last.has_value()) {
    // First used in commits that were lost, maybe: no more often than they were many.
    GB_ASSIGN_OR_RETURN(last, SequenceValue(session_, kGeneration));
  }
  const int64_t next = last.value_or(0) + 1;
  GB_RETURN_IF_ERROR(SetSequenceValue(session_, sequence, next));
  return next;
}

absl::StatusOr<CommitMark> SqlTransaction::Mark() {
  if (writable_) return CommitMark{.revision = last_ + 1, .tag = tag_};
  GB_ASSIGN_OR_RETURN(const StorePosition position, StoredPosition(session_));
  return CommitMark{.revision = position.revision, .tag = position.tag};
}

absl::StatusOr<StorePosition> SqlTransaction::Finish(int64_t generation) {
  if (!wrote()) return StorePosition{.generation = generation, .revision = last_};
  GB_RETURN_IF_ERROR(SetSequenceValue(session_, kRevision, revision_));
  GB_RETURN_IF_ERROR(SetSequenceValue(session_, TagRow(revision_), tag_));
  return StorePosition{.generation = generation, .revision = revision_, .tag = tag_};
}

// No other writer runs beside this one, so the next number is nobody else's, and
// numbers become visible in the order of commits.
absl::Status SqlTransaction::PrepareWrite() {
  if (!writable_) return ReadOnly();
  revision_ = last_ + 1;
  return absl::OkStatus();
}

absl::Status SqlTransaction::RecordChange(absl::string_view key, bool deleted) {
  return session_.Run(
      "INSERT INTO changes (key, revision, deleted) VALUES ($1, $2, $3)"
      " ON CONFLICT (key) DO UPDATE SET"
      " revision = excluded.revision, deleted = excluded.deleted",
      {key, revision_, int64_t{deleted ? 1 : 0}});
}

}  // namespace guestbridge::server
