#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>

#include "sync-agent/export/adder.h"
#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/reads_apart.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/updater.h"

namespace guestbridge::agent {

// Clients for which 1C holds a contact ID that the ledger doesn't know: looks at that
// contact, and does what contact_verdict.h says. Ours by origin, or plausible and
// nobody's: adopted, stamped, brought up to date. Another's or implausible (IDs of an
// earlier portal are usual): the client is new, unless the ledger knows that it has a
// contact and one carries its origin. Gone: made again, unless the policy says
// otherwise; where the ledger knows that the ID is of an earlier portal, the client is
// new. A client that is marked for deletion gets no contact in any case.
class Adopter {
 public:
  Adopter(RunContext& context, Adder& adder, Updater& updater, GoneCheck& gone)
      : context_(context), adder_(adder), updater_(updater), gone_(gone) {}

  void Check(Decision decision) { queue_.push_back(std::move(decision)); }
  size_t pending() const { return queue_.size(); }
  bool idle() const { return queue_.empty() && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();

 private:
  // What the ledger knows; nothing when it failed.
  std::optional<ContactCase> CaseOf(const Decision& decision);
  ContactVerdict VerdictOf(const Decision& decision, const ContactCase& known);
  void Judge(Decision decision, const ContactRow& row);
  // The contact that 1C names is gone.
  void Gone(Decision decision);
  // The contact is not the client's. When this ledger made it one before, its own may
  // stand under another ID: looked for by origin before anything is added.
  void LookByOrigin(Decision decision);
  void Conclude(Decision decision, ContactVerdict verdict);
  void TakeOver(Decision decision, ContactCase known, const ContactRow& row);
  void LeaveSwitchedOff(const Decision& decision, const char* event);
  void LeaveMarked(const Decision& decision, bool gone);
  // The portal did not show the contact that 1C names.
  void AskWhetherGone(Decision decision);
  void DeferUnread(const Decision& decision, bool exists);

  RunContext& context_;
  Adder& adder_;
  Updater& updater_;
  GoneCheck& gone_;
  std::deque<Decision> queue_;
  ReadsApart apart_;
  std::set<ClientKey> looked_by_origin_;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
