#include "server/store/postgresql/pool.h"

#include <algorithm>
#include <utility>

namespace guestbridge::server {

absl::StatusOr<PostgresqlPool::Lease> PostgresqlPool::Acquire(absl::Duration deadline) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    const absl::Duration wait = std::clamp(
        deadline - clock_.Steady(), absl::ZeroDuration(), options_.acquire_timeout);
    if (!freed_.wait_for(lock, absl::ToChronoNanoseconds(wait),
                         [&] { return lent_ < options_.connections; })) {
      return PostgresqlError("57014", target_.name);
    }
    ++lent_;
    while (!idle_.empty()) {
      std::unique_ptr<PostgresqlConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (!connection->StillThere()) continue;
      connection->SetDeadline(deadline);
      return Lease(*this, std::move(connection));
    }
  }
  absl::StatusOr<std::unique_ptr<PostgresqlConnection>> opened =
      PostgresqlConnection::Open(target_, options_, clock_, deadline);
  if (!opened.ok()) {
    GiveBack(nullptr);
    return opened.status();
  }
  (*opened)->SetDeadline(deadline);
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

void PostgresqlPool::DropIdle() {
  std::vector<std::unique_ptr<PostgresqlConnection>> dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  dropped.swap(idle_);
}

}  // namespace guestbridge::server
