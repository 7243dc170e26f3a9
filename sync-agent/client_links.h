#pragma once

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

// A person's decisions about pairs, made between two runs. Each may be repeated. Where
// a contact's mark must go, the client waits for a decision in the ledger before the
// portal is asked, and until the portal shows that it is gone: whatever fails between,
// no run makes a second contact. Block; semantics: docs/design/matching.md.
namespace guestbridge::agent {

// Links the client to the contact; the next export stamps it and brings it up to date.
// The client's mark is taken off every other contact.
// Errors: CLIENT_NOT_FOUND (an erased one too), CLIENT_ALREADY_LINKED,
// CONTACT_ID_UNKNOWN, CONTACT_OF_ANOTHER_CLIENT, CONTACT_LINKED_ELSEWHERE,
// ATTEMPT_OUTSTANDING, RUN_IN_PROGRESS, LOOKUP_INCOMPLETE, MARK_NOT_TAKEN_OFF; those of
// both sides.
absl::StatusOr<guestbridge::v1::Client> LinkClient(
    const guestbridge::v1::LinkClientRequest& request, const TaskParts& parts);

// Takes the link off in the ledger alone: the client waits for a decision. With
// `make_new`, of a client that waits: the next export makes a new contact, and the
// client's mark is taken off every other one.
// Errors: CLIENT_NOT_FOUND, CLIENT_NOT_LINKED, CLIENT_STILL_LINKED,
// ATTEMPT_OUTSTANDING, RUN_IN_PROGRESS; with `make_new` those of the portal,
// LOOKUP_INCOMPLETE and MARK_NOT_TAKEN_OFF.
absl::StatusOr<guestbridge::v1::Client> UnlinkClient(
    const guestbridge::v1::UnlinkClientRequest& request, const TaskParts& parts);

}  // namespace guestbridge::agent
