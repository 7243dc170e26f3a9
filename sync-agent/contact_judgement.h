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
// writes nothing.
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

// Turns the decision into what becomes of it once the run has seen the contact: one
// that carries another mark is looked at like an ID that 1C holds, and taken over or
// left alone. `seen`: decision.contact, or the contact that 1C names. Errors: those of
// MarkOf and of the ledger.
absl::Status JudgeContact(const SeenContact& seen, const KnownClient& known,
                          const TaskParts& parts, Decision* decision);

}  // namespace guestbridge::agent
