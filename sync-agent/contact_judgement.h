#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/contact_view.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/plan/decide.h"

// What a run learns of a client by looking at its contact, for an explanation that
// writes nothing. The judgement itself is the run's: export/contact_verdict.h. "Not
// found" is believed of somebody only who sees all contacts: an administrator, or who
// is shown one of ours. Where the portal does not tell, the client is put off as by a
// run, or things stay as they are. Blocks.
namespace guestbridge::agent {

// The ledger's word of a client as the next run finds it: at another portal than the
// ledger's the links are forgotten first.
struct KnownClient {
  std::optional<ClientRecord> record;
  PairNote pair;
  std::vector<ContactId> earlier;  // its contacts on earlier portals
  bool elsewhere = false;          // the ledger's links are of another portal
};

// Errors: those of the ledger.
absl::StatusOr<KnownClient> FindKnown(const ClientKey& key, const TaskParts& parts);

// A run that looks before it adds (at another portal, or because the ledger may not
// know all that was written) first looks at whoever carries a mark: it links the
// client, or learns that what it knows of its content is old. Errors: those of MarkOf
// and of the ledger.
absl::Status RestoreLink(const ClientKey& key, const TaskParts& parts,
                         KnownClient* known);

// The linked contact, or the one that was lost before, is gone: the client is linked to
// the one in its place, which is then `seen`, or has lost its contact. One that was
// lost before and is there again is linked again where it is the client's, and as good
// as gone where it is not (JudgeReturned). So does a run that sweeps; an unattended one
// that goes by the portal's events instead (export/event_poll.h) learns it from an
// event, or at its next sweep. False: the portal does not tell what became of it, and
// nothing was changed, but that `seen` says so where nothing proves that it is gone.
// Errors: those of MarkOf and of the ledger.
absl::StatusOr<bool> FollowOrLose(const ClientKey& key, const TaskParts& parts,
                                  KnownClient* known, SeenContact* seen);

// Of a client for which something is to be done, where the portal does not tell what
// became of its contact: it is put off.
void PutOff(const SeenContact& seen, Decision* decision);

// Of a decision about a lost contact: looks for the contact that it was merged into, by
// the phones and e-mails that were sent last, and turns the decision into what becomes
// of the client. RELINK is left where one is found that is linked, and is then `seen`.
// The judgement: export/survivor_verdict.h. At most two requests, of at most 2 and 16
// commands. Errors: those of MarkOf and of the ledger.
absl::Status ForeseeSurvivor(const KnownClient& known, const TaskParts& parts,
                             SeenContact* seen, Decision* decision);

// Turns the decision into what becomes of it once the run has seen the contact: one
// that carries another mark is looked at like an ID that 1C holds, and taken over or
// left alone. `seen`: decision.contact, or the contact that 1C names; in the end the
// one that is taken over. Errors: those of MarkOf and of the ledger.
absl::Status ForeseeContact(const KnownClient& known, const TaskParts& parts,
                            SeenContact* seen, Decision* decision);

}  // namespace guestbridge::agent
