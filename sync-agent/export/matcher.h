#pragma once

#include <memory>
#include <optional>

#include "sync-agent/export/run_context.h"
#include "sync-agent/export/updater.h"
#include "sync-agent/export/window_scan.h"

namespace guestbridge::agent {

// Pairs clients with contacts that are already on the portal (M13). The portal is read
// once, by ID, into an index of digests in the ledger; each client is then looked up in
// it: by the ID stored in 1C, by origin, by phone and e-mail, supported by the family
// name.
class Matcher {
 public:
  Matcher(RunContext& context, Updater& updater);

  // Reading the portal.
  std::optional<PortalLane::Job> Next();
  bool indexed();

  // One client of the base; `decision` is what an export would do.
  void Consider(const ClientRow& row, const std::optional<ClientRecord>& record,
                Decision decision);
  // All clients were considered: contacts that several clients claim are ambiguous;
  // with `apply` the others are stamped.
  void Finish();
  bool idle() const { return true; }

 private:
  // An earlier proposal no longer holds: the next export decides.
  void Withdraw(ClientRecord known);

  RunContext& context_;
  Updater& updater_;
  std::unique_ptr<WindowScan> scan_;
};

}  // namespace guestbridge::agent
