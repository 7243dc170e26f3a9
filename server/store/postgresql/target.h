#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"

namespace guestbridge::server {

// Which database, as whom.
struct PostgresqlTarget {
  SecretString url;       // postgresql://…; a password may stand in it.
  SecretString password;  // Goes before the URL's; empty: none given.
  std::string name;       // For people: host and database.
};

// Errors: DATABASE_URL_MALFORMED, without the URL in it.
absl::StatusOr<PostgresqlTarget> ParsePostgresqlUrl(const std::string& url);

struct PostgresqlOptions {
  int connections = 8;  // At most, beside the one that listens.
  // A call fails with UNAVAILABLE after about one of these.
  absl::Duration connect_timeout = absl::Seconds(3);  // Of each host. Whole seconds.
  absl::Duration acquire_timeout = absl::Seconds(5);  // For one of the connections.
  absl::Duration lock_timeout = absl::Seconds(5);     // For the turn to write.
  absl::Duration statement_timeout = absl::Seconds(10);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(30);
  absl::Duration commit_inquiry = absl::Seconds(5);  // For what became of a commit.
  // How late a change is seen whose notification was lost, and how often a lost
  // connection of the listener is tried again.
  absl::Duration poll_interval = absl::Seconds(1);
};

}  // namespace guestbridge::server
