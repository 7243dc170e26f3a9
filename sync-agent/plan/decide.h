#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/text/catalogue.h"
#include "sync-agent/model/client.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/mapped_contact.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/policies.h"

// What is to be done about one client. Pure: values in, one value out; export, dry run,
// explain and counters all read the same Decision. Rules and their order: README.md.
namespace guestbridge::agent {

enum class PlannedAction {
  kAdd,
  kRecreate,  // the contact that we knew is gone
  kRelink,    // the same, but only a survivor will do
  kUpdate,
  kUnchanged,
  kCheckStored,  // 1C holds an ID that we don't know: look at that contact first
  kDelete,       // marked for deletion in 1C: the contact is to go
  kSkip,
  kFail,
  kDefer,
};

// "ADD", "UPDATE", …: as `clients explain` prints it.
const char* NameOf(PlannedAction action);

// What the ledger knows about the client, as plain values.
struct LinkView {
  // kAsked: lost, and a person was asked what is to be done.
  enum class Link { kNone, kLive, kLost, kReview, kErased, kAsked };
  Link link = Link::kNone;
  // Of kLive, kLost and kAsked ours, of kReview the proposed one; of kNone the one that
  // a match found to carry this client's origin.
  ContactId contact;
  ContentDigest exported;
  bool in_doubt = false;       // an attempt waits to be settled
  std::string refused_hash;    // content that the portal refused …
  std::string refused_reason;  // … and why
  Parameters refused_parameters;
  bool dropped = false;  // … and that a person does not want to be tried again
  int answered_refusals = 0;
  int revision = 0;  // exports so far
  // Of kReview without a proposed contact: what a person is to decide.
  std::string review_reason;
  Parameters review_parameters;
};

// Which triggers are off (`events disable`).
struct EventSwitches {
  bool client_created = true;
  bool client_changed = true;
  bool client_marked_for_deletion = true;
  bool contact_deleted = true;
};

// Stands for the content in what is noted of a deletion.
inline constexpr char kDeletionHash[] = "deletion";

struct RuleTrace {
  enum class Verdict { kPass, kStop, kNote };
  std::string rule;
  Verdict verdict = Verdict::kPass;
  std::string reason;  // empty for a plain pass
  Parameters parameters;
};

struct FieldDecision {
  MappedField field;
  bool changed = false;
};

struct Decision {
  ClientKey key;
  // Of the row that was decided about; empty when the content of that row won't last.
  std::string version;
  int revision = 1;  // of the export that would follow
  PlannedAction action = PlannedAction::kUnchanged;
  std::string reason;  // of kSkip, kFail, kDefer
  Parameters parameters;
  std::vector<RuleTrace> rules;
  std::vector<FieldDecision> fields;

  // Of kUpdate, kUnchanged, kCheckStored, kDelete; and, with contact_gone, the one that
  // was gone when the ledger last heard of it: what follows, even a skip, depends on
  // that it still is.
  ContactId contact;
  bool contact_gone = false;
  ContactId stored;        // what 1C holds
  ContactContent content;  // everything that is mapped; empty single values included
  // Of `content`; where the contact exists, without what only a new contact gets.
  ContentDigest digest;
  std::shared_ptr<const FieldPolicies> policies;  // null: none
  // Mapped and empty, to be left as the contact has it; not in `content`.
  std::vector<std::string> kept;
  // Of kUpdate: the targets that differ from what was last exported. Empty with
  // read_first: they are known only when the contact was read.
  std::vector<std::string> changed;
  // The contact must be read before it is updated: a multifield differs (its rows' IDs
  // are needed), what was exported is known only in part, or a policy asks what the
  // contact holds.
  bool read_first = false;
  // Content is as exported but the stored digest is not in today's form.
  bool refresh_digest = false;
  // To be sent in a request of its own: an earlier answer to this content was unclear.
  bool alone = false;
  // Marked for deletion in 1C: where it has no contact after all, none is made.
  bool marked = false;
};

// Whether `rules` and `fields` are filled, for a person to read.
enum class Trace { kNone, kWhole };

Decision Decide(const ClientRow& row, MappedContact mapped, const LinkView& view,
                const EventSwitches& events, const Policies& policies = {},
                Trace trace = Trace::kWhole);

}  // namespace guestbridge::agent
