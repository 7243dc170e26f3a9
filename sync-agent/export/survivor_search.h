#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sync-agent/export/adder.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/survivor_verdict.h"
#include "sync-agent/export/updater.h"

namespace guestbridge::agent {

// Looks for the contact into which a client's lost contact was merged, before it is
// made again. Managers merge duplicates: the loser's ID vanishes, its phones and
// e-mails live on in the survivor. Who is one: survivor_verdict.h. It is linked and
// stamped; without one the contact is made again. That is policy RECREATE; the others
// make less of what is found.
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
    SurvivorCase known;
    // In requests of its own: nobody could read the answer that it was part of.
    bool alone = false;
  };
  using Searches = std::vector<Search>;

  // Puts them back, each alone, when nobody can read the answer to all of them.
  bool SetApart(const PortalAnswer& answer, Searches* searches,
                std::deque<Search>* queue);
  // At about two commands each.
  size_t MostPerRequest(const char* method) const;
  PortalLane::Job FindJob();
  PortalLane::Job ReadJob();
  void Conclude(Search search, const std::map<ContactId, ContactRow>& rows);
  void Link(Decision decision, const ContactRow& row);

  RunContext& context_;
  Adder& adder_;
  Updater& updater_;
  std::deque<Search> to_find_;
  std::deque<Search> to_read_;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
