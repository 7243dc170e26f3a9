#pragma once

#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/portal.h"

// Offline events as the portal names and answers them.
namespace guestbridge::agent {

// ONCRMCONTACTDELETE, …
const char* NameOfEvent(ContactEvent event);

// event.offline.get. Events of other kinds are passed over; one of ours without a
// contact's ID makes the page incomplete. False when this is no such answer.
bool DecodeEvents(const Json& json, const PollEvents& asked, CommandResult* result);

// event.get: the offline ones among the application's handlers.
bool DecodeBoundEvents(const Json& json, CommandResult* result);

}  // namespace guestbridge::agent
