#pragma once

#include <algorithm>
#include <map>

#include "absl/time/time.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {

// An addition that a look-up missed is looked for once more after this long.
inline constexpr absl::Duration kLookAgainAfter = absl::Minutes(10);

// When each doubtful attempt may be settled: the settle time after the last byte could
// have left, or after this process first saw the row; on the steady clock, never from a
// stored wall time. Lives as long as the process, across runs. One thread at a time.
class Doubts {
 public:
  // Keeps the later of two times.
  void Add(const ClientKey& key, absl::Duration due) {
    if (MutantActive(Mutant::kShortSettleTime)) due -= absl::Seconds(100);
    absl::Duration& known = due_[key];
    if (due > known) known = due;
  }
  // For a row that this process did not send: counts from now on.
  void Saw(const ClientKey& key, absl::Duration due) { due_.emplace(key, due); }
  void Remove(const ClientKey& key) { due_.erase(key); }
  // When additions that were missed are to be looked for again; infinite: not by a
  // settling of its own.
  void LookAgainAt(absl::Duration at) { look_again_ = at; }
  absl::Duration look_again() const { return look_again_; }
  // Forgets those that were settled elsewhere.
  void KeepOnly(const std::vector<Attempt>& attempts) {
    std::map<ClientKey, absl::Duration> kept;
    for (const Attempt& attempt : attempts) {
      const auto it = due_.find(attempt.intent.key);
      if (it != due_.end()) kept.insert(*it);
    }
    due_ = std::move(kept);
  }
  bool empty() const { return due_.empty(); }
  size_t size() const { return due_.size(); }
  bool IsDue(const ClientKey& key, absl::Duration now) const {
    const auto it = due_.find(key);
    return it != due_.end() && it->second <= now;
  }
  absl::Duration DueOf(const ClientKey& key) const {
    const auto it = due_.find(key);
    return it == due_.end() ? absl::InfiniteDuration() : it->second;
  }
  // InfiniteDuration when there is none.
  absl::Duration NextDue() const {
    absl::Duration next = absl::InfiniteDuration();
    for (const auto& [key, due] : due_) next = std::min(next, due);
    return next;
  }

 private:
  std::map<ClientKey, absl::Duration> due_;
  absl::Duration look_again_ = absl::InfiniteDuration();
};

}  // namespace guestbridge::agent
