#include "server/store/sql_store.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/status/status_macros.h"
#include "server/store/sql_transaction.h"

namespace guestbridge::server {
namespace {

// condition_variable adds the timeout to a clock: an infinite one would overflow there.
constexpr absl::Duration kLongestWait = absl::Hours(24);

// The highest revision that is known here, for those who wait for the next.
class RevisionSignal {
 public:
  void Announce(int64_t revision) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (revision <= revision_) return;
    revision_ = revision;
    changed_.notify_all();
  }

  int64_t Wait(int64_t revision, absl::Duration timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    const int64_t wakes = wakes_;
    const auto wait = absl::ToChronoNanoseconds(
        std::clamp(timeout, absl::ZeroDuration(), kLongestWait));
    changed_.wait_for(lock, wait,
                      [&] { return revision_ > revision || wakes_ != wakes; });
    return revision_;
  }

  void WakeAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++wakes_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t revision_ = 0;
  int64_t wakes_ = 0;
};

class SqlStore final : public Store {
 public:
  explicit SqlStore(std::unique_ptr<SqlBackend> backend)
      : backend_(std::move(backend)) {}

  absl::Status Start() {
    GB_RETURN_IF_ERROR(backend_->Snapshot([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t revision, StoredRevision(session));
      signal_.Announce(revision);
      return absl::OkStatus();
    }));
    backend_->Watch([this](int64_t revision) { signal_.Announce(revision); });
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    int64_t revision = 0;
    GB_RETURN_IF_ERROR(backend_->Transact([&](SqlSession& session) -> absl::Status {
      SqlTransaction transaction(session, /*writable=*/true);
      GB_RETURN_IF_ERROR(body(transaction));
      GB_ASSIGN_OR_RETURN(revision, transaction.Finish());
      if (transaction.wrote()) GB_RETURN_IF_ERROR(backend_->NotifyOthers(session));
      CrashPoint("server.store.commit");
      return absl::OkStatus();
    }));
    CrashPoint("server.store.committed");
    signal_.Announce(revision);
    return revision;
  }

  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    return backend_->Snapshot([&](SqlSession& session) {
      SqlTransaction transaction(session, /*writable=*/false);
      return body(transaction);
    });
  }

  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override {
    std::vector<Change> changes;
    GB_RETURN_IF_ERROR(backend_->Snapshot([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(changes, ReadChanges(session, revision, limit));
      return absl::OkStatus();
    }));
    return changes;
  }

  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override {
    return signal_.Wait(revision, timeout);
  }

  void WakeAll() override { signal_.WakeAll(); }

 private:
  RevisionSignal signal_;  // Outlives the backend's watch.
  const std::unique_ptr<SqlBackend> backend_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlStore(
    std::unique_ptr<SqlBackend> backend) {
  auto store = std::make_unique<SqlStore>(std::move(backend));
  GB_RETURN_IF_ERROR(store->Start());
  return store;
}

}  // namespace guestbridge::server
