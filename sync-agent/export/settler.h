#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sync-agent/export/late_arrivals.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/sweep.h"
#include "sync-agent/export/window_scan.h"

namespace guestbridge::agent {

// Settles doubts by evidence only: looks through the IDs above those known before the
// doubtful requests left, and compares origins on our side. Found: linked. Not found in
// a complete look-up that began late enough: to be exported again. Anything else: still
// in doubt.
class Settler {
 public:
  Settler(RunContext& context, Sweep& sweep)
      : context_(context), sweep_(sweep), late_(context) {}

  // Takes the doubts that are due now, and, when it `looks_again` or the time for that
  // has come, what was missed before; does nothing when there are none or a look-up is
  // under way.
  void Begin(bool looks_again);
  bool idle() const { return scan_ == nullptr; }
  std::optional<PortalLane::Job> Next();
  // To be called after each event: finishes a look-up whose last answer came.
  void Conclude();

 private:
  struct Suspect {
    Attempt attempt;
    std::vector<ContactRow> hits;
  };
  void Settle(Suspect& suspect);
  // Nothing was proven. Asked again when a while has passed, which grows; a run that
  // waits for its doubts ends when nothing was proven for too long.
  void LookLater();
  // The contact that was to bear witness was not shown. Is it gone, the next look has
  // another one.
  void AskAfter(ContactId witness);

  RunContext& context_;
  Sweep& sweep_;
  LateArrivals late_;
  std::map<ClientKey, Suspect> suspects_;
  std::unique_ptr<WindowScan> scan_;
  std::optional<absl::Duration> unproven_since_;
};

}  // namespace guestbridge::agent
