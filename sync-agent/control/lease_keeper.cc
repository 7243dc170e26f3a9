#include "sync-agent/control/lease_keeper.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "google/protobuf/util/time_util.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kRenewEvery = absl::Seconds(20);
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Seconds(5);

// Asking again would bring the same answer: a person must act.
bool IsFinal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) ||
         absl::IsNotFound(status) || absl::IsPermissionDenied(status);
}

// The holder may give it back early: asked more often than the server says.
absl::Duration RetryAfter(const absl::Status& status) {
  const Parameters parameters = ParametersOf(status);
  const auto seconds = parameters.find("retry_after_seconds");
  int given = 0;
  if (seconds == parameters.end() || !absl::SimpleAtoi(seconds->second, &given)) {
    return kRetry;
  }
  return std::clamp(absl::Seconds(given), kRetry, kLongestRetry);
}

}  // namespace

LeaseKeeper::LeaseKeeper(Acquire acquire, const Clock& clock)
    : acquire_(std::move(acquire)), clock_(clock) {}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LeaseKeeper::Start() {
  thread_ = std::thread([this] {
    while (true) {
      Tick();
      std::unique_lock<std::mutex> lock(mutex_);
      const uint64_t seen = wanted_;
      const absl::Duration pause = std::min(PauseLocked(), kRenewEvery);
      changed_.wait_for(lock, absl::ToChronoNanoseconds(pause),
                        [&] { return stopping_ || wanted_ != seen; });
      if (stopping_) return;
    }
  });
}

void LeaseKeeper::Want(Claim claim, Keep keep) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++wanted_;
    claim_ = std::move(claim);
    keep_ = std::move(keep);
    begins_ = true;
    cold_ = false;
    due_ = clock_.Steady();
    word_ = Word();
  }
  changed_.notify_all();
}

bool LeaseKeeper::Renew(absl::Duration longest) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!claim_.has_value() || !word_.held) return false;
  // What is under way asked with what was known before.
  const uint64_t wanted = ++wanted_;
  due_ = clock_.Steady();
  changed_.notify_all();
  changed_.wait_for(lock, absl::ToChronoNanoseconds(longest),
                    [&] { return granted_ >= wanted || stopping_; });
  return granted_ >= wanted;
}

void LeaseKeeper::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++wanted_;
  claim_.reset();
}

absl::Duration LeaseKeeper::end() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return end_;
}

LeaseKeeper::Word LeaseKeeper::word() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return word_;
}

LeaseKeeper::Word LeaseKeeper::Await(absl::Duration longest) const {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(longest),
                    [this] { return word_.held || word_.refused || stopping_; });
  return word_;
}

absl::Duration LeaseKeeper::PauseLocked() const {
  if (!claim_.has_value() || word_.refused) return absl::InfiniteDuration();
  return std::max(absl::ZeroDuration(), due_ - clock_.Steady());
}

absl::Duration LeaseKeeper::Tick() {
  Claim claim;
  Keep keep;
  bool begins = false;
  uint64_t wanted = 0;
  const absl::Duration begun = clock_.Steady();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Duration pause = PauseLocked();
    if (pause > absl::ZeroDuration()) return pause;
    claim = *claim_;
    keep = keep_;
    begins = begins_;
    wanted = wanted_;
  }
  guestbridge::v1::AcquireLeaseRequest request = claim();
  request.set_begins(begins);
  absl::StatusOr<guestbridge::v1::Lease> lease = acquire_(request);
  bool stamped = false;
  if (lease.ok() && !lease->ledger_stamp().empty()) {
    const absl::Status kept = keep(lease->ledger_stamp(), lease->cold());
    if (kept.ok()) {
      stamped = true;
    } else {
      lease = kept;
    }
  }
  CrashPoint("agent.lease.answered");
  absl::Duration pause = kRenewEvery;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stamped && wanted == wanted_) {
      // Counts only when it was shown: until then a copy of the ledger may hold the
      // stamp before.
      begins_ = false;
      cold_ = cold_ || lease->cold();
      pause = absl::ZeroDuration();
    } else if (lease.ok()) {
      const auto ttl = google::protobuf::util::TimeUtil::DurationToMicroseconds(
          lease->time_to_live());
      end_ = begun + absl::Microseconds(ttl);
      if (wanted == wanted_) {
        // Later answers may call the ledger warm because it has grown since.
        if (!word_.held) word_.cold = cold_ || lease->cold();
        word_.held = true;
        word_.error = absl::OkStatus();
      }
    } else {
      pause = RetryAfter(lease.status());
      // Somebody else's now, or not ours any more: nothing may be created.
      const bool lost =
          IsFinal(lease.status()) || ReasonOf(lease.status()) == "LEASE_HELD";
      if (lost) end_ = -absl::InfiniteDuration();
      if (wanted == wanted_) {
        word_.error = lease.status();
        word_.refused = IsFinal(lease.status());
      }
    }
    // Counted from before the request: an answer that took long is renewed sooner.
    if (lease.ok()) granted_ = wanted;
    due_ = lease.ok() ? begun + pause : clock_.Steady() + pause;
    if (wanted != wanted_) due_ = clock_.Steady();
    pause = PauseLocked();
  }
  changed_.notify_all();
  if (!lease.ok()) log::Debug("lease_not_held", {{"error", lease.status()}});
  return pause;
}

}  // namespace guestbridge::agent
