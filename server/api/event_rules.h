#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "guestbridge/v1/event.pb.h"
#include "server/store/record.pb.h"

// The events that exist, in the order of the manual, and how each is noticed.
namespace guestbridge::server {

struct EventRule {
  absl::string_view id;
  v1::Event::Side side;
  absl::string_view action;
  bool on_by_default;
};

absl::Span<const EventRule> EventRules();
const EventRule* FindEvent(absl::string_view id);  // Null: no such event.

// Events that runs must not act on, by the saved choices (or the defaults).
std::vector<std::string> DisabledEvents(const store::EventsRecord& record);

// Reason code of how an event is noticed with these credentials and this base.
absl::string_view DetectionOf(const EventRule& rule, bool oauth,
                              const store::EventsRecord& record);

}  // namespace guestbridge::server
