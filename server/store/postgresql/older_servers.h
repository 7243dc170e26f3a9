#pragma once

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "server/store/postgresql/target.h"

namespace guestbridge::server {

// Whether a server from before secrets were sealed with a number has this database open
// now: its connections lack a lock that those of newer ones share. One whose
// connections have just broken is not seen. Errors: those of
// PostgresqlConnection::Open.
absl::StatusOr<bool> OlderServersRun(const PostgresqlTarget& target,
                                     const Clock& clock);

}  // namespace guestbridge::server
