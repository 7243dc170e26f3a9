#include "server/api/event_rules.h"

#include <algorithm>

namespace guestbridge::server {
namespace {

constexpr EventRule kRules[] = {
    {"client-created", v1::Event::SOURCE, "ADD", true},
    {"client-changed", v1::Event::SOURCE, "UPDATE", true},
    {"client-marked-for-deletion", v1::Event::SOURCE, "POLICY", true},
    {"contact-deleted", v1::Event::PORTAL, "RECREATE", true},
    {"contact-changed", v1::Event::PORTAL, "REPORT", false},
    {"schedule", v1::Event::SCHEDULER, "RUN", true},
};

}  // namespace

absl::Span<const EventRule> EventRules() { return kRules; }

const EventRule* FindEvent(absl::string_view id) {
  for (const EventRule& rule : kRules) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

std::vector<std::string> DisabledEvents(const store::EventsRecord& record) {
  std::vector<std::string> disabled;
  for (const EventRule& rule : kRules) {
    bool on = rule.on_by_default;
    for (const auto& choice : record.choices()) {
      if (choice.event() == rule.id) on = choice.saved_enabled();
    }
    if (!on) disabled.emplace_back(rule.id);
  }
  return disabled;
}

absl::string_view DetectionOf(const EventRule& rule, bool oauth,
                              const store::EventsRecord& record) {
  const auto offers = [&](absl::string_view name) {
    return std::find(record.source_capabilities().begin(),
                     record.source_capabilities().end(),
                     name) != record.source_capabilities().end();
  };
  switch (rule.side) {
    case v1::Event::SOURCE:
      if (offers("exchange-plan")) return "EVENT_BY_EXCHANGE_PLAN";
      return offers("change-history") ? "EVENT_BY_CHANGE_HISTORY"
                                      : "EVENT_BY_CONTENT_COMPARISON";
    case v1::Event::PORTAL:
      return oauth ? "EVENT_BY_PORTAL_EVENTS" : "EVENT_BY_RECONCILE";
    default:
      return "EVENT_BY_SCHEDULE";
  }
}

}  // namespace guestbridge::server
