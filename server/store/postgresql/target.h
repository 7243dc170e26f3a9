#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"

namespace guestbridge::server {

struct PostgresqlHost {
  std::string name;  // Empty: whatever the URL says.
  std::string port;
};

// Which database, as whom.
struct PostgresqlTarget {
  SecretString url;                   // postgresql://…; a password may stand in it.
  SecretString password;              // Goes before the URL's; empty: none given.
  std::string name;                   // For people: host and database.
  std::vector<PostgresqlHost> hosts;  // At least one; tried in this order.
};

// Errors: DATABASE_URL_MALFORMED, without the URL in it.
absl::StatusOr<PostgresqlTarget> ParsePostgresqlUrl(const std::string& url);

struct PostgresqlOptions {
  int connections = 8;  // At most, beside the one that listens.
  // Fails with DATABASE_BUSY while anyone else has the database open, and nobody else
  // can open it during a transaction.
  bool alone = false;
  // Everything that one call does, trying again included: it fails with UNAVAILABLE
  // then. A write has three fifths of it for its statements; the rest is for its COMMIT
  // and, should the answer be lost, for finding out what became of it.
  absl::Duration call_timeout = absl::Seconds(5);
  // Each of the following within the call.
  absl::Duration connect_timeout = absl::Seconds(2);  // Of each host.
  // Until a connection that was used before has answered; one whose other end is gone
  // does not.
  absl::Duration reuse_timeout = absl::Seconds(1);
  absl::Duration acquire_timeout = absl::Seconds(3);  // For one of the connections.
  absl::Duration lock_timeout = absl::Seconds(3);     // For the turn to write.
  absl::Duration statement_timeout = absl::Seconds(5);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(30);
  absl::Duration commit_inquiry = absl::Seconds(5);  // For what became of a commit.
  // How late a change is seen whose notification was lost, and how often a lost
  // connection of the listener is tried again.
  absl::Duration poll_interval = absl::Seconds(1);
};

}  // namespace guestbridge::server
