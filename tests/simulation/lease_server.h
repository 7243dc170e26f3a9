#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/model/erasure.h"

namespace guestbridge::simulation {

// The server's half of the lease, by the rules of server/api/leases.cc.
class LeaseServer {
 public:
  enum class Verdict { kGranted, kHeld, kRefused };
  struct Claim {
    int installation = 0;
    std::string ledger;
    int64_t sequence = 0;
    std::string stamp;  // that the ledger holds
    bool begins = false;
  };
  struct Word {
    Verdict verdict = Verdict::kRefused;
    bool cold = false;
    absl::Duration retry_after = {};
    std::string stamp = {};  // a new one, when a run begins
  };

  static constexpr absl::Duration kLife = absl::Seconds(60);

  Word Acquire(const Claim& claim, absl::Duration settle_time, absl::Duration now) {
    if (claim.installation != assigned) return {};
    const bool fits = stamp_.empty() || claim.stamp == stamp_ ||
                      (claim.begins && stamp_unseen_ && claim.stamp == stamp_before_);
    const bool same = !first_ && fits && installation_ == claim.installation &&
                      ledger_ == claim.ledger && claim.sequence >= sequence_;
    if (same) {
      if (claim.stamp == stamp_) {
        cold_ = false;
        stamp_before_.clear();
        stamp_unseen_ = false;
      }
    } else {
      if (!first_ && now < expires_ + settle_) {
        return {.verdict = Verdict::kHeld, .retry_after = expires_ + settle_ - now};
      }
      installation_ = claim.installation;
      ledger_ = claim.ledger;
      cold_ = !first_;
    }
    Word word{.verdict = Verdict::kGranted, .cold = cold_};
    if (claim.begins) {
      stamp_before_ = claim.stamp;
      stamp_ = std::to_string(++stamps_);
      stamp_unseen_ = true;
      word.stamp = stamp_;
    }
    first_ = false;
    sequence_ = claim.sequence;
    expires_ = now + kLife;
    settle_ = settle_time;
    return word;
  }

  int assigned = 0;  // the installation that is in charge
  // As server/api/erasures.h keeps them; a list may stand under one secret twice.
  std::vector<agent::ErasureList> erasures;
  absl::Duration away_until;

 private:
  bool first_ = true;
  int installation_ = -1;
  std::string ledger_;
  int64_t sequence_ = 0;
  int stamps_ = 0;
  std::string stamp_;
  std::string stamp_before_;
  bool stamp_unseen_ = false;
  bool cold_ = false;
  absl::Duration expires_;
  absl::Duration settle_;
};

}  // namespace guestbridge::simulation
