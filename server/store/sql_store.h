#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "server/store/sql_backend.h"
#include "server/store/store.h"

namespace guestbridge::server {

// The store in a SQL database. Transactions that write run one after the other; a body
// must not call its own Store. ChangesAfter never cuts a commit in two: when the
// changes of its first commit alone exceed `limit`, all of them are returned.
//
// It remembers the highest revision that it has met. A database that is behind it has
// lost commits, and whoever finds that first begins the new generation, in a
// transaction of his own or in that of a write; the others find the new one.
//
// Where two databases answer in turns (a split brain), only a write begins a generation
// within a minute of the last.
//
// `random` and `clock` outlive the store. Errors: those of the backend.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlStore(std::unique_ptr<SqlBackend> backend,
                                                    Random& random = SystemRandom(),
                                                    const Clock& clock = SystemClock());

}  // namespace guestbridge::server
