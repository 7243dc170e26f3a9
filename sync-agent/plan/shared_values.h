#pragma once

#include "absl/strings/string_view.h"

// Values that say nothing about whose they are, by a list. Those that many carry are
// found by counting (match.h).
namespace guestbridge::agent {

// A role's mailbox (info@…), a channel's relay (…@guest.booking.com) or one that is
// made up (noemail@…). `address`: as MatchEmails gives it.
bool IsSharedEmail(absl::string_view address);

}  // namespace guestbridge::agent
