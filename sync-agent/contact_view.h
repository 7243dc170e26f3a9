#pragma once

#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// A contact as the portal shows it. Personal data.
struct SeenContact {
  ContactId id;
  guestbridge::v1::PortalContact::State state = guestbridge::v1::PortalContact::NONE;
  guestbridge::v1::Explanation why;  // of GONE and UNREAD
  ContactRow row;                    // of READ
};

// A portal that does not answer is UNREAD and no error. Blocks, at most 20 seconds.
SeenContact LookAtContact(ContactId contact, const TaskParts& parts);

// Puts the contact beside what is sent: `portal`, and in `fields`, which stand in the
// order of decision.fields, what it has now and whether that differs. For the caller
// alone.
void PutPortalContact(const SeenContact& seen, const Decision& decision,
                      guestbridge::v1::ClientExplanation* explanation);

}  // namespace guestbridge::agent
