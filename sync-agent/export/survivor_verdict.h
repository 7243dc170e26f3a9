#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/portal/portal.h"

// Which contact a client's lost one was merged into, where none carries the client's
// origin, and what follows. Pure: a run and an explanation bring what portal and ledger
// say, and get the same verdict.
namespace guestbridge::agent {

// One client whose contact is gone, and what the portal has said of it. Personal data.
struct SurvivorCase {
  Stamp mark;  // of the client
  // Sent last, still what 1C holds, and one person's; at most 20.
  std::vector<std::string> phones;
  std::vector<std::string> emails;  // the same
  std::set<ContactId> candidates;   // that the portal finds by them
  bool unanswered = false;          // it did not say all of it
};

// `exported`: digests of the values that were sent last (ContentDigest::values). Values
// that are nobody's by plan/shared_values.h, and toll-free phones, are left out.
// `region`: of phones without a country code.
SurvivorCase MakeSurvivorCase(const Decision& decision, const ValueDigests& exported,
                              const Stamp& mark, const std::string& region);

// At most two. None: there is nothing to look for it by.
std::vector<FindContacts> FindCommands(const SurvivorCase& known);
// The answer to one of them.
void TakeFound(const CommandResult& found, SurvivorCase* known);

// Of the candidates' rows: what the verdict, and an update of the survivor, ask for.
std::vector<std::string> FieldsOfCandidates(const Decision& decision);
// 50 IDs each.
std::vector<Command> ReadCommands(const std::set<ContactId>& candidates,
                                  const std::set<std::string>& select);
// Whether the answers to those show every one of the candidates that there is: what is
// not whole says nothing of whom it does not show.
bool ShowAll(const std::vector<CommandResult>& read,
             const std::set<ContactId>& candidates);

struct SurvivorVerdict {
  enum class What {
    kLinked,     // survivors[0] is the client's
    kAsked,      // a person chooses, of `survivors` or none of them
    kRecreated,  // there is none: the contact is made again …
    kLeft,       // … or the policy makes no other
    kPutOff,     // the portal did not say, or hides a name: nobody knows
  };
  What what = What::kLeft;
  std::vector<ContactId> survivors;  // of kLinked one
};

// A survivor holds a phone or an e-mail that we sent last, as its row shows it, bears
// the client's name, carries no other client's origin, is not another client's in the
// ledger (`is_anothers`), and no person has `refused` it. Of several the oldest is
// linked: of equal ones it is what a merge keeps.
// `decision`: about a contact that is gone; its action is what the policy says.
// `rows`: others may be among them.
SurvivorVerdict JudgeSurvivors(const Decision& decision, const SurvivorCase& known,
                               const std::map<ContactId, ContactRow>& rows,
                               const std::vector<ContactId>& refused,
                               absl::FunctionRef<bool(ContactId)> is_anothers);

}  // namespace guestbridge::agent
