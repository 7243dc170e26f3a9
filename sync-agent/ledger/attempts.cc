// The ledger's attempts: what was sent and is not settled yet.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/client_columns.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {
namespace {

constexpr char kAttemptColumns[] =
    "a.chunk, a.ordinal, a.key, a.kind, a.nonce, a.digest, a.mapping_version, "
    "a.recreate, a.answered, c.high, a.fields, a.code, a.version";

// With `digest` its text goes there, undecoded.
Attempt ReadAttempt(const Statement& row, std::string* digest = nullptr) {
  Attempt attempt;
  attempt.chunk = row.Int(0);
  attempt.ordinal = static_cast<int>(row.Int(1));
  attempt.intent.key = ClientKey(row.Text(2));
  attempt.intent.kind = static_cast<AttemptKind>(row.Int(3));
  attempt.intent.nonce = row.Text(4);
  if (digest != nullptr) {
    *digest = row.Text(5);
  } else {
    attempt.intent.digest = DecodeDigest(row.Text(5));
  }
  attempt.intent.mapping_version = static_cast<int>(row.Int(6));
  attempt.intent.recreate = row.Int(7) != 0;
  attempt.answered = row.Int(8) != 0;
  attempt.high = ContactId(row.Int(9));
  attempt.intent.fields = absl::StrSplit(row.Text(10), ',', absl::SkipEmpty());
  attempt.code = row.Text(11);
  attempt.intent.version = row.Text(12);
  return attempt;
}

// A text of the portal's may be anything, and here nothing of a guest is kept.
bool IsCode(absl::string_view text) {
  constexpr size_t kLongestCode = 64;
  return text.size() <= kLongestCode &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isupper(static_cast<unsigned char>(c)) || c == '_';
         });
}

}  // namespace

absl::Status Ledger::NoteAnswered(absl::Span<const AnsweredAttempt> answered) {
  return Write([&]() -> absl::Status {
    for (const AnsweredAttempt& one : answered) {
      GB_ASSIGN_OR_RETURN(
          Statement * note,
          database_->Prepare(
              "UPDATE attempts SET answered = 1, code = ?2 WHERE key = ?1"));
      GB_RETURN_IF_ERROR(note->Bind(1, one.key.guid())
                             .Bind(2, IsCode(one.code) ? one.code : "")
                             .Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<Attempt>> Ledger::AttemptOfLocked(const ClientKey& key,
                                                               std::string* digest,
                                                               bool* has_row) {
  static const std::string& sql = *new std::string(
      absl::StrCat("SELECT ", kAttemptColumns,
                   ", EXISTS (SELECT 1 FROM clients k WHERE k.key = a.key) FROM "
                   "attempts a JOIN chunks c USING(chunk) WHERE a.key = ?"));
  GB_ASSIGN_OR_RETURN(Statement * query, database_->Prepare(sql));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, key.guid()).Step());
  std::optional<Attempt> attempt;
  if (found) attempt = ReadAttempt(*query, digest);
  if (found && has_row != nullptr) *has_row = query->Int(13) != 0;
  query->Reset();
  return attempt;
}

absl::StatusOr<std::optional<Attempt>> Ledger::AttemptOf(const ClientKey& key) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  return AttemptOfLocked(key, nullptr, nullptr);
}

absl::StatusOr<std::vector<Attempt>> Ledger::Attempts() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(absl::StrCat("SELECT ", kAttemptColumns,
                                      " FROM attempts a JOIN chunks c USING(chunk) "
                                      "ORDER BY a.chunk, a.ordinal")));
  std::vector<Attempt> attempts;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { attempts.push_back(ReadAttempt(row)); }));
  return attempts;
}

absl::StatusOr<int> Ledger::CountAttempts() {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(const int64_t count,
                      CountLocked("SELECT count(*) FROM attempts"));
  return static_cast<int>(count);
}

}  // namespace guestbridge::agent
