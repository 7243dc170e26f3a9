#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "sync-agent/portal/portal.h"
#include "tests/simulation/faults.h"

namespace guestbridge::simulation {

// The tokens of an application, by the rules of sync-agent/control/access_tokens.h (who
// keeps one), server/tokens (who refreshes it) and the portal (who takes it).
class Tokens {
 public:
  explicit Tokens(Faults& faults) : faults_(faults) {}

  struct Word {
    // kAnswered: there is a token; else what becomes of the request, unsent.
    agent::RequestFate fate = agent::RequestFate::kAnswered;
    const char* reason = "";
  };
  // What a request leaves with. `refused`: the portal has just refused the one that is
  // held.
  Word Get(bool refused, absl::Duration now) {
    if (!refused && now < fresh_until_) return {};
    if (now < dead_until_) return {agent::RequestFate::kRefused, why_dead_};
    if (now < again_at_) return kUnreachable;
    if (faults_.Strikes(FaultKind::kRefreshLost)) {
      Chance chance = faults_.Particulars();
      if (chance.Roll(0.4)) {
        // The lost answer held the only token that is still good.
        Die(now + absl::Seconds(chance.LogBetween(600, 100'000)),
            "REFRESH_ANSWER_LOST");
        return {agent::RequestFate::kRefused, why_dead_};
      }
      if (chance.Roll(0.5)) {
        again_at_ = now + kAfterTrouble;
        return kUnreachable;
      }
      // Asked once more at once, and heard.
    }
    ends_ = now + kLife;
    fresh_until_ = ends_ - kMargin;
    return {};
  }
  // Whether the portal takes the one that is held.
  bool IsGood(absl::Duration now) const { return now < ends_; }
  // Ends it, which nobody here knows.
  void Expire() { ends_ = -absl::InfiniteDuration(); }
  // Until then, when somebody enters another, no refresh is granted.
  void Revoke(absl::Duration until) { Die(until, "REFRESH_TOKEN_REFUSED"); }
  // Somebody enters another.
  void Enter() { dead_until_ = again_at_ = fresh_until_ = -absl::InfiniteDuration(); }

 private:
  static constexpr absl::Duration kLife = absl::Hours(1);
  static constexpr absl::Duration kMargin = absl::Minutes(2);
  static constexpr absl::Duration kAfterTrouble = absl::Seconds(5);
  static constexpr Word kUnreachable = {agent::RequestFate::kNotSent,
                                        "OAUTH_UNREACHABLE"};

  void Die(absl::Duration until, const char* why) {
    dead_until_ = std::max(dead_until_, until);
    why_dead_ = why;
  }

  Faults& faults_;
  absl::Duration ends_ = -absl::InfiniteDuration();         // for the portal
  absl::Duration fresh_until_ = -absl::InfiniteDuration();  // for the agent
  absl::Duration again_at_ = -absl::InfiniteDuration();
  absl::Duration dead_until_ = -absl::InfiniteDuration();
  const char* why_dead_ = "";
};

}  // namespace guestbridge::simulation
