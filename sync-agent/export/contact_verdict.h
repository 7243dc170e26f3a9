#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/decide.h"

// Whose the contact is that a client is said to have, and what becomes of a client
// whose it is not. Pure: a run and an explanation bring what ledger and portal say, and
// get the same verdict.
namespace guestbridge::agent {

bool CarriesMark(const ContactRow& row, const Stamp& mark);

// What it is called was shown and cannot be read, which is not the same as none.
bool HidesName(const ContactRow& row);

// The contact that a client is linked to does not bear the client's `mark`: to be
// looked at like an ID that 1C holds. One that is `dirty` may wait for its stamp and is
// known to have none; another client's mark is no stamp that is still to come.
bool IsStranger(const ContactRow& row, const Stamp& mark, bool dirty);

// The contact bears the client's mark, and no copy of it: the stamp was written with
// what the client was sent last, and the contact is called so. Another client that is
// linked to it all the same was given it by a wrong answer of the portal. `row`: with
// kNames.
bool IsMadeFor(const ContactRow& row, const ClientRecord& client);
inline constexpr const char* kNames[] = {"NAME", "LAST_NAME"};

// Of a stranger: what was decided about the contact that it is linked to waits for a
// look at that contact.
void LookAtStranger(ContactId linked, Decision* decision);

// A contact that carries the client's origin in place of the one that is gone: made by
// a merge, or an older copy out of the recycle bin.
struct Survivor {
  ContactId id;
  ValueDigests values;  // that its stamp names as ours
};

Survivor SurvivorOf(const ContactRow& row);

// What a look by origin shows beside the contact that was judged.
struct OriginLook {
  std::optional<Survivor> own;    // of several the oldest
  bool in_place = false;          // the judged contact carries the mark after all
  bool linked_elsewhere = false;  // one carries it, and is another client's
};

// What is known of the client, and of the contact of its decision.
struct ContactCase {
  Stamp mark;  // of the client
  std::optional<ClientRecord> record;
  PairNote pair;
  bool of_earlier_portal = false;  // Ledger::IsOfEarlierPortal
  // Another client that is linked to the contact; kStranger: and is one to it;
  // kByHand: a person linked the two.
  enum class Owner { kNobody, kStranger, kAnother, kByHand };
  Owner owner = Owner::kNobody;

  // The portal's word: it is gone; or, of the first look, what it shows; and what a
  // look by origin, where the verdict asked for one, has shown since.
  bool gone = false;
  const ContactRow* row = nullptr;
  const OriginLook* by_origin = nullptr;
  bool looked_before = false;  // the contact is what such a look called the own one
};

// `listed`: by `mark`; others may be among them. `displaced`: `contact` was seen, and
// is not the client's, as `got` tells once more; only then a stranger's contact is the
// client's. One that a person linked to another client is as good as not there.
OriginLook LookThrough(const std::vector<ContactRow>& listed,
                       const std::vector<ContactRow>& got, ContactId contact,
                       const Stamp& mark, bool displaced,
                       absl::FunctionRef<ContactCase::Owner(const ContactRow&)> owner);

// What a contact is to the client that lost it, where the portal shows it again under
// its ID.
enum class Returned {
  kTheirs,     // linked again
  kNotTheirs,  // as good as gone
  kUntold,     // it bears the mark and is, for now, another client's: put off
};

Returned JudgeReturned(const ContactRow& row, const Stamp& mark, const PairNote& pair,
                       ContactCase::Owner owner);

// What a hotel has chosen.
struct ContactRules {
  const EventSwitches& events;
  const Policies& policies;
  std::string region;  // of phones without a country code
};

enum class ContactVerdict {
  kTheirs,         // the client's: taken over
  kLookByOrigin,   // whether the client's own one stands under another ID
  kLookAtOwn,      // by_origin->own is to be judged in its place
  kContradicted,   // what was seen contradicts itself: put off
  kUnreadable,     // it may be the client's, but its name cannot be read: put off
  kAdd,            // another is made …
  kRecreate,       // … in place of one that is gone …
  kCreatedOff,     // … but for events: client-created …
  kDeletedOff,     // … or contact-deleted is off
  kLeftByPolicy,   // gone, and the policy makes no other
  kMarkedNotOurs,  // marked for deletion in 1C: no other is made
  kMarkedGone,
};

ContactVerdict JudgeContact(const Decision& decision, const ContactCase& known,
                            const ContactRules& rules);

// Of a client that is to get another contact. `action`: kAdd or kRecreate.
ContactVerdict MakeAnother(const Decision& decision, PlannedAction action,
                           const EventSwitches& events);

}  // namespace guestbridge::agent
