#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace guestbridge::server {

// What a failed statement leaves behind.
enum class PostgresqlFailure {
  kNone,
  kStatement,  // The transaction is dead, the connection is not.
  kConflict,   // The same once more may succeed.
  kLost,       // The connection is gone.
  kTimedOut,   // No answer in time; the connection was given up.
};

// `sqlstate`: five characters; empty when there was no answer.
PostgresqlFailure FailureOf(absl::string_view sqlstate);

// Errors by SQLSTATE, for an administrator: what the server said itself is left out, as
// it may hold values. `database` is its name for people.
absl::Status PostgresqlError(absl::string_view sqlstate, const std::string& database);

}  // namespace guestbridge::server
