#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/random/random.h"

namespace guestbridge::agent {

// How long a run asks 1C again that gives no usable answer, and how often. Counted from
// the end of the first call that failed: a call alone may take 1C two minutes.
struct SourceWaits {
  absl::Duration patience = absl::Seconds(40);
  // … of a run that nobody waits for, when 1C said that it is in maintenance or that no
  // licence is free: both take minutes, at night above all.
  absl::Duration unattended_patience = absl::Minutes(30);
  // So many calls are made, however long they take: a page that times out is asked for
  // smaller the next time.
  int fewest_calls = 3;
  absl::Duration first_pause = absl::Seconds(1);  // doubles
  absl::Duration longest_pause = absl::Seconds(8);
  absl::Duration longest_unattended_pause = absl::Minutes(1);
};

// One spell of failing calls. One thread at a time.
class SourcePatience {
 public:
  // `random` outlives the object.
  SourcePatience(const SourceWaits& waits, bool unattended, Random& random);

  // A call ended with `status`, which is not OK, at `now` of the steady clock. The
  // pause before the next one; nothing: there is no use, or it was long enough.
  std::optional<absl::Duration> AfterFailure(const absl::Status& status,
                                             absl::Duration now);

 private:
  const SourceWaits waits_;
  const bool unattended_;
  Random& random_;
  int calls_ = 0;
  std::optional<absl::Duration> since_;
  bool lasting_ =
      false;  // 1C said what takes minutes; the rest of the spell is part of it
  absl::Duration pause_;
};

}  // namespace guestbridge::agent
