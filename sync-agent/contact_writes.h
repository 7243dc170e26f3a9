#pragma once

#include <optional>

#include "guestbridge/v1/client.pb.h"
#include "sync-agent/contact_view.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {

// What a run would send to the contact as it was just read. `ours`: as MakeUpdate says.
// Nothing: the decision changes no contact, or the contact was not read.
std::optional<ContactUpdate> UpdateOf(const Decision& decision, const SeenContact& seen,
                                      const ValueDigests& ours);

// Fields of the decision count as changed when the update writes them.
void MarkChanged(const ContactUpdate& update, Decision* decision);

// Fills in ClientExplanation.writes: of a new contact all that it gets, else what the
// update does to the contact.
void PutWrites(const Decision& decision, const std::optional<ContactUpdate>& update,
               const SeenContact& seen,
               guestbridge::v1::ClientExplanation* explanation);

}  // namespace guestbridge::agent
