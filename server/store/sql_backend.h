#pragma once

#include <cstdint>
#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "server/store/sql_session.h"

namespace guestbridge::server {

// What a database must be able to do to hold a store: everything in which SQLite and
// PostgreSQL differ. Its schema is up to date. Thread-safe.
class SqlBackend {
 public:
  virtual ~SqlBackend() = default;

  // Runs `body` in a transaction that sees all that was committed before and runs
  // beside no other writer, and commits when it returns OK. `body` may be run more than
  // once.
  virtual absl::Status Transact(absl::FunctionRef<absl::Status(SqlSession&)> body) = 0;

  // Runs `body` once, on a consistent view.
  virtual absl::Status Snapshot(absl::FunctionRef<absl::Status(SqlSession&)> body) = 0;

  // Inside of Transact: other processes will hear of its commit. Nothing, where they
  // can't.
  virtual absl::Status NotifyOthers(SqlSession& session) = 0;

  // From now on calls `seen` with revisions that other processes committed, from a
  // thread of its own, until the backend goes. At most once.
  virtual void Watch(std::function<void(int64_t revision)> seen) = 0;
};

}  // namespace guestbridge::server
