#include "server/store/postgresql/pool.h"

#include <utility>

namespace guestbridge::server {

absl::StatusOr<PostgresqlPool::Lease> PostgresqlPool::Acquire() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!freed_.wait_for(lock, absl::ToChronoNanoseconds(options_.acquire_timeout),
                         [&] { return lent_ < options_.connections; })) {
      return PostgresqlError("57014", target_.name);
    }
    ++lent_;
    while (!idle_.empty()) {
      std::unique_ptr<PostgresqlConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->StillThere()) return Lease(*this, std::move(connection));
    }
  }
  absl::StatusOr<std::unique_ptr<PostgresqlConnection>> opened =
      PostgresqlConnection::Open(target_, options_, clock_);
  if (!opened.ok()) {
    GiveBack(nullptr);
    return opened.status();
  }
  return Lease(*this, *std::move(opened));
}

void PostgresqlPool::GiveBack(std::unique_ptr<PostgresqlConnection> connection) {
  const std::lock_guard<std::mutex> lock(mutex_);
  --lent_;
  if (connection != nullptr && connection->Idle()) {
    idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

}  // namespace guestbridge::server
