#include "server/store/postgresql/error.h"

#include "absl/strings/match.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

struct Row {
  absl::string_view begin;  // Of the SQLSTATE.
  absl::string_view reason;
};

// The first that fits holds.
constexpr Row kReasons[] = {
    {"08", "DATABASE_UNREACHABLE"},
    {"28", "DATABASE_LOGIN_REFUSED"},
    {"3D000", "DATABASE_MISSING"},
    {"3F000", "DATABASE_RIGHTS_MISSING"},
    {"42501", "DATABASE_RIGHTS_MISSING"},
    {"25006", "DATABASE_READ_ONLY"},
    {"53100", "DATABASE_FULL"},
    {"53300", "DATABASE_CONNECTIONS_EXHAUSTED"},
    {"53", "DATABASE_SLOW"},
    {"57014", "DATABASE_SLOW"},
    {"57P", "DATABASE_RESTARTING"},
    {"55P03", "DATABASE_SLOW"},
    {"25P03", "DATABASE_SLOW"},
    {"40", "DATABASE_SLOW"},
    // A prepared statement that is another connection's.
    {"26000", "DATABASE_POOLER_UNSUPPORTED"},
    {"42P05", "DATABASE_POOLER_UNSUPPORTED"},
};

absl::string_view ReasonOfState(absl::string_view sqlstate) {
  if (sqlstate.empty()) return "DATABASE_UNREACHABLE";
  for (const Row& row : kReasons) {
    if (absl::StartsWith(sqlstate, row.begin)) return row.reason;
  }
  return "DATABASE_FAILED";
}

}  // namespace

PostgresqlFailure FailureOf(absl::string_view sqlstate) {
  if (sqlstate.empty() || absl::StartsWith(sqlstate, "08") ||
      absl::StartsWith(sqlstate, "57P") || sqlstate == "25P03") {
    return PostgresqlFailure::kLost;
  }
  if (sqlstate == "40001" || sqlstate == "40P01") return PostgresqlFailure::kConflict;
  return PostgresqlFailure::kStatement;
}

absl::Status PostgresqlError(absl::string_view sqlstate, const std::string& database) {
  return MakeError(
      ReasonOfState(sqlstate),
      {{"database", database}, {"file", database}, {"code", std::string(sqlstate)}});
}

}  // namespace guestbridge::server
