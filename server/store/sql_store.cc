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

// How soon after the last one a new generation may begin without a write that needs it:
// for what this server knows, and for what somebody else says.
constexpr absl::Duration kOwnPause = absl::Minutes(1);
constexpr absl::Duration kForeignPause = absl::Hours(1);
// Nobody's revision is so far ahead.
constexpr int64_t kFurthest = int64_t{1} << 40;

// What is known here of the database.
struct Knowledge {
  int64_t revision = 0;  // The highest that was met.
  StorePosition commit;  // The highest of which is known what was written.
};

// For those who wait for the next revision.
class RevisionSignal {
 public:
  void Announce(StorePosition position) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // One that another thread has overtaken says nothing of the generation either.
    if (position.revision < known_.revision) return;
    const bool rewound = position.generation != known_.commit.generation;
    const bool news = rewound || position.revision > known_.revision;
    if (rewound) ++rewinds_;
    known_.revision = position.revision;
    if (news || position.tag != 0) known_.commit = position;
    if (news) changed_.notify_all();
  }

  // Of a generation and a commit that are not known.
  void Announce(int64_t revision) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (revision <= known_.revision) return;
    known_.revision = revision;
    changed_.notify_all();
  }

  void Begin(StorePosition position) {
    const std::lock_guard<std::mutex> lock(mutex_);
    known_ = {.revision = position.revision, .commit = position};
  }

  Knowledge known() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return known_;
  }

  int64_t rewinds() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return rewinds_;
  }

  int64_t Wait(int64_t revision, absl::Duration timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    const int64_t wakes = wakes_;
    const auto wait = absl::ToChronoNanoseconds(
        std::clamp(timeout, absl::ZeroDuration(), kLongestWait));
    changed_.wait_for(lock, wait,
                      [&] { return known_.revision > revision || wakes_ != wakes; });
    return known_.revision;
  }

  void WakeAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++wakes_;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Knowledge known_;
  int64_t rewinds_ = 0;
  int64_t wakes_ = 0;
};

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<SqlBackend> backend, Random& random, const Clock& clock)
      : random_(random), clock_(clock), backend_(std::move(backend)) {}

  absl::Status Start() {
    GB_RETURN_IF_ERROR(backend_->Snapshot([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const StorePosition position, StoredPosition(session));
      signal_.Begin(position);
      return absl::OkStatus();
    }));
    backend_->Watch([this](int64_t revision) { Seen(revision); });
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    // Known before the transaction began: a commit that it does not see is lost.
    const Knowledge known = signal_.known();
    StorePosition position;
    GB_RETURN_IF_ERROR(backend_->Transact([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(position, StoredPosition(session));
      GB_ASSIGN_OR_RETURN(const bool behind, IsBehind(session, position, known));
      if (behind) {
        GB_ASSIGN_OR_RETURN(
            position, BeginGeneration(session, known.revision, random_, clock_.Now()));
      }
      SqlTransaction transaction(session, position.revision, random_);
      GB_RETURN_IF_ERROR(body(transaction));
      GB_ASSIGN_OR_RETURN(const StorePosition finished,
                          transaction.Finish(position.generation));
      if (transaction.wrote()) position = finished;
      if (behind || transaction.wrote()) {
        GB_RETURN_IF_ERROR(backend_->NotifyOthers(session));
      }
      CrashPoint("server.store.commit");
      return absl::OkStatus();
    }));
    CrashPoint("server.store.committed");
    signal_.Announce(position);
    return position.revision;
  }

  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    return backend_->Snapshot([&](SqlSession& session) {
      SqlTransaction transaction(session);
      return body(transaction);
    });
  }

  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override {
    const Knowledge known = signal_.known();
    StorePosition position;
    bool behind = false;
    std::vector<Change> changes;
    GB_RETURN_IF_ERROR(backend_->Snapshot([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(position, StoredPosition(session));
      GB_ASSIGN_OR_RETURN(behind, IsBehind(session, position, known));
      GB_ASSIGN_OR_RETURN(changes, ReadChanges(session, revision, limit));
      return absl::OkStatus();
    }));
    if (behind) {
      GB_RETURN_IF_ERROR(Surpass(known, kOwnPause).status());
    } else {
      signal_.Announce(position);
    }
    return changes;
  }

  int64_t Rewinds() const override { return signal_.rewinds(); }

  absl::StatusOr<bool> Outrun(CommitMark told) override {
    if (told.tag == 0 && told.revision <= signal_.known().revision) return true;
    return Surpass({.revision = told.revision,
                    .commit = {.revision = told.revision, .tag = told.tag}},
                   kForeignPause);
  }

  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override {
    return signal_.Wait(revision, timeout);
  }

  void WakeAll() override { signal_.WakeAll(); }

 private:
  static absl::StatusOr<bool> IsBehind(SqlSession& session, const StorePosition& stored,
                                       const Knowledge& known) {
    if (stored.revision < known.revision) return true;
    GB_ASSIGN_OR_RETURN(const bool holds, Holds(session, stored, known.commit));
    return !holds;
  }

  // From the backend's watch. A lower revision than the highest may have been read
  // before that was written, or be that of a database that was set back.
  void Seen(int64_t revision) {
    const Knowledge known = signal_.known();
    if (revision >= known.revision) {
      signal_.Announce(revision);
      return;
    }
    // One that fails is followed by the next poll.
    Surpass(known, kOwnPause).status().IgnoreError();
  }

  // A new generation if the store is behind `known` and the present one is older than
  // `pause`. Whoever comes second finds it.
  absl::StatusOr<bool> Surpass(const Knowledge& known, absl::Duration pause) {
    StorePosition position;
    bool behind = false;
    GB_RETURN_IF_ERROR(backend_->Snapshot([&](SqlSession& session) -> absl::Status {
      GB_ASSIGN_OR_RETURN(position, StoredPosition(session));
      GB_ASSIGN_OR_RETURN(behind, IsBehind(session, position, known));
      return absl::OkStatus();
    }));
    if (known.revision - position.revision > kFurthest) return false;
    if (behind) {
      GB_RETURN_IF_ERROR(backend_->Transact([&](SqlSession& session) -> absl::Status {
        GB_ASSIGN_OR_RETURN(position, StoredPosition(session));
        GB_ASSIGN_OR_RETURN(behind, IsBehind(session, position, known));
        if (!behind) return absl::OkStatus();
        GB_ASSIGN_OR_RETURN(const absl::Time begun, GenerationTime(session));
        const absl::Time now = clock_.Now();
        // One that begins in the future was noted by a clock that was wrong.
        if (begun <= now && now - begun < pause) return absl::OkStatus();
        GB_ASSIGN_OR_RETURN(position,
                            BeginGeneration(session, known.revision, random_, now));
        behind = false;
        return backend_->NotifyOthers(session);
      }));
    }
    // What is missed now is still missed at the next look.
    if (behind) return true;
    signal_.Announce(position);
    return true;
  }

  Random& random_;
  const Clock& clock_;
  RevisionSignal signal_;  // Outlives the backend's watch.
  const std::unique_ptr<SqlBackend> backend_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlStore(std::unique_ptr<SqlBackend> backend,
                                                    Random& random,
                                                    const Clock& clock) {
  auto store = std::make_unique<SqlStore>(std::move(backend), random, clock);
  GB_RETURN_IF_ERROR(store->Start());
  return store;
}

}  // namespace guestbridge::server
