#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync-agent/export/adder.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/updater.h"

namespace guestbridge::agent {

// Looks for the contact into which a client's lost contact was merged, before it is
// made again. Managers merge duplicates: the loser's ID vanishes, its phones and
// e-mails live on in the survivor.
//
// A survivor holds a phone or an e-mail that we sent last, as the returned row shows
// it, bears the client's name, carries no other client's origin and is nobody else's in
// the ledger, nor was it refused by a person. It is linked and stamped; without one the
// contact is made again. That is policy RECREATE; the others make less of what is
// found.
class SurvivorSearch {
 public:
  SurvivorSearch(RunContext& context, Adder& adder, Updater& updater)
      : context_(context), adder_(adder), updater_(updater) {}

  // Of a decision about a contact that is gone; a kDefer: a person is to be asked.
  void Look(Decision decision);
  size_t pending() const { return to_find_.size() + to_read_.size(); }
  bool idle() const { return pending() == 0 && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();

 private:
  struct Search {
    Decision decision;
    std::vector<std::string> phones;  // sent last, and still what 1C holds
    std::vector<std::string> emails;
    std::set<ContactId> candidates;
    bool unanswered = false;  // the portal did not say all of it
  };
  using Searches = std::vector<Search>;

  // Those of the content whose digest is among what was exported.
  Search MakeSearch(Decision decision, const ValueDigests& exported) const;
  PortalLane::Job FindJob();
  PortalLane::Job ReadJob();
  bool IsSurvivor(const Search& search, const ContactRow& row) const;
  // No survivor was found, or none is looked for.
  void GiveUp(Decision decision);
  void Conclude(Search search, const std::map<ContactId, ContactRow>& rows);

  RunContext& context_;
  Adder& adder_;
  Updater& updater_;
  std::deque<Search> to_find_;
  std::deque<Search> to_read_;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
