#pragma once

#include <memory>
#include <optional>

#include "sync-agent/export/run_context.h"
#include "sync-agent/export/window_scan.h"

namespace guestbridge::agent {

// Links the client to the contact that carries its mark, with what the stamp tells of
// its content.
void Restore(const ContactRow& row, ClientRecord* record);

// Restores links from what the portal keeps of ours: every contact of this base, by
// origin. For `ledger rebuild`, and before a ledger that is not the last writer's may
// add anything.
class Rebuilder {
 public:
  // `count`: the run reports what was found (a rebuild), or only prepares an export.
  Rebuilder(RunContext& context, bool count);

  std::optional<PortalLane::Job> Next() { return scan_.Next(); }
  bool finished() const { return scan_.finished(); }
  // Of a finished one: every contact was seen.
  bool complete() const { return scan_.complete(); }

 private:
  void Take(const ContactRow& row);
  // A contact that the ledger links, but whose content it may know from long ago (a
  // ledger that was put back).
  void Refresh(const ContactRow& row, ClientRecord known);

  RunContext& context_;
  bool count_;
  WindowScan scan_;
};

}  // namespace guestbridge::agent
