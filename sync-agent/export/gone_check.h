#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Links the client to the survivor. What the contact holds is not known, and it may
// still hold values of ours that a later content has given up.
void Follow(const Survivor& survivor, ClientRecord* record);

// Finds out what became of contacts that a read did not show: a contact counts as gone
// only when the portal says so for that very ID, to somebody who sees all contacts, and
// no contact carries the client's origin. Also asks where a client's own contact is
// when the one that it was linked to turns out to be somebody else's.
class GoneCheck {
 public:
  struct Question {
    ClientKey client;
    ContactId contact;
    // Called once; nothing: no contact carries the client's origin. One that was `lost`
    // and is back is its own survivor. It may be taken from a client to whom a wrong
    // answer gave it.
    std::function<void(std::optional<Survivor> survivor)> gone;
    // It exists, or it cannot be told.
    std::function<void(bool exists)> not_gone;
    // The contact was seen, and is not the client's: `gone` is called though it exists.
    bool displaced = false;
    // The ledger takes it for gone already. One that is there again, and not the
    // client's, is gone as before, unless the two answers contradict each other.
    bool lost = false;
    // In a request of its own: nobody could read the answer that it was part of.
    bool alone = false;
  };

  explicit GoneCheck(RunContext& context) : context_(context) {}

  void Ask(Question question) { queue_.push_back(std::move(question)); }
  size_t pending() const { return queue_.size(); }
  bool idle() const { return queue_.empty() && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();

 private:
  // Whose the contact is that bears the mark of the client in question. kAnother also
  // when the ledger failed.
  ContactCase::Owner OwnerOf(const ContactRow& row, const Question& question);
  // A contact that a client looks for by its origin: whoever else it is linked to, and
  // bears no mark of, is a stranger to it. Not for a contact that a person linked.
  void ProveStranger(const ContactRow& row);
  // Whether a contact with the client's mark, in place of the one that is gone, is the
  // client's though another one is linked to it. False also when the ledger failed.
  bool IsMadeForAsker(const ContactRow& row, const Question& question);
  // What is queued for another client, or under way, still goes to the contact.
  bool IsInUse(ContactId contact, const ClientKey& client);
  // Of a contact that was lost. Nothing: the portal does not show it, or the ledger
  // failed.
  std::optional<Returned> JudgeLost(const Question& question, const CommandResult& get);

  RunContext& context_;
  std::deque<Question> queue_;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
