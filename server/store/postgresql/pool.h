#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/postgresql/connection.h"

namespace guestbridge::server {

// Connections, opened when they are needed and no more than `options.connections`.
// Thread-safe.
class PostgresqlPool {
 public:
  // Gives its connection back when it goes; one that is broken or inside of a
  // transaction is closed.
  class Lease {
   public:
    Lease(PostgresqlPool& pool, std::unique_ptr<PostgresqlConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
    }
    PostgresqlConnection& operator*() const { return *connection_; }
    PostgresqlConnection* operator->() const { return connection_.get(); }

   private:
    PostgresqlPool* pool_;
    std::unique_ptr<PostgresqlConnection> connection_;
  };

  // All three outlive it.
  PostgresqlPool(const PostgresqlTarget& target, const PostgresqlOptions& options,
                 const Clock& clock)
      : target_(target), options_(options), clock_(clock) {}

  // One that waits for no answer beyond the steady time `deadline`. Errors:
  // DATABASE_SLOW when none was free in time; those of opening one.
  absl::StatusOr<Lease> Acquire(absl::Duration deadline);
  // Closes those that nobody has. Where one was dead the others are likely to be.
  void DropIdle();

 private:
  void GiveBack(std::unique_ptr<PostgresqlConnection> connection);

  const PostgresqlTarget& target_;
  const PostgresqlOptions& options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<PostgresqlConnection>> idle_;  // Last used last.
  int lent_ = 0;
};

}  // namespace guestbridge::server
