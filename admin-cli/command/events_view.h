#pragma once

#include "admin-cli/command/session.h"
#include "guestbridge/v1/event.pb.h"

namespace guestbridge::cli {

// The events: which are on, and what each triggers.
void PrintEvents(Session& session, const v1::EventSet& set);

}  // namespace guestbridge::cli
