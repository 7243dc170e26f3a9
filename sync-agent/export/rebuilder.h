#pragma once

#include <memory>
#include <optional>

#include "sync-agent/export/run_context.h"
#include "sync-agent/export/window_scan.h"

namespace guestbridge::agent {

// Links the client to the contact that carries its mark, with what the stamp tells of
// its content.
void Restore(const ContactRow& row, ClientRecord* record);

// Of a client that is linked, and of a contact that carries its mark: the linked one,
// or one that is taken in its place when that is gone. True: another ledger has written
// it since, and what this one knows of its content (a ledger that was put back) is old.
bool Refresh(const ContactRow& row, ClientRecord* record);

// Restores links from what the portal keeps of ours: every contact of this base, by
// origin. For `ledger rebuild`, and before a ledger that is not the last writer's may
// add anything.
class Rebuilder {
 public:
  // `count`: the run reports what was found (a rebuild), or only prepares an export.
  Rebuilder(RunContext& context, bool count);

  std::optional<PortalLane::Job> Next();
  bool finished() const {
    return scan_.finished() && (proven() || !scan_.complete() || rights_told_);
  }
  // Of a finished one: every contact was seen.
  bool complete() const { return scan_.complete() && proven(); }

 private:
  // Whoever is shown none of ours may be shown what is nobody's alone: then only full
  // rights say that there is none.
  bool proven() const { return saw_ours_ || full_rights_; }
  void Take(const ContactRow& row);

  RunContext& context_;
  bool count_;
  WindowScan scan_;
  bool saw_ours_ = false;
  bool rights_asked_ = false;
  bool rights_told_ = false;
  bool full_rights_ = false;
};

}  // namespace guestbridge::agent
