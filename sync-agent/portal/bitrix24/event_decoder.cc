#include "sync-agent/portal/bitrix24/event_decoder.h"

#include <optional>

#include "absl/strings/match.h"

namespace guestbridge::agent {
namespace {

std::optional<ContactEvent> EventNamed(const std::string& name) {
  for (const ContactEvent event : {ContactEvent::kUpdated, ContactEvent::kDeleted}) {
    if (absl::EqualsIgnoreCase(name, NameOfEvent(event))) return event;
  }
  return std::nullopt;
}

std::string TextAt(const Json& json, const std::string& key) {
  return TextOf(FindMember(json, key)).value_or("");
}

}  // namespace

const char* NameOfEvent(ContactEvent event) {
  return event == ContactEvent::kDeleted ? "ONCRMCONTACTDELETE" : "ONCRMCONTACTUPDATE";
}

bool DecodeEvents(const Json& json, const PollEvents& asked, CommandResult* result) {
  const Json* events = FindMember(json, "events");
  if (events == nullptr || !events->is_structured()) return false;
  result->complete_page = true;
  for (const Json& row : *events) {
    const std::string name = TextAt(row, "EVENT_NAME");
    const auto event = EventNamed(name);
    if (!event.has_value()) {
      if (name.empty()) result->complete_page = false;
      continue;
    }
    const Json* data = FindMember(row, "EVENT_DATA");
    const Json* fields = data == nullptr ? nullptr : FindMember(*data, "FIELDS");
    const ContactId id(fields == nullptr ? 0 : PositiveIdOf(FindMember(*fields, "ID")));
    if (id.exists()) {
      result->events.push_back({*event, id});
    } else {
      result->complete_page = false;
    }
  }
  result->last_page = events->size() < static_cast<size_t>(asked.limit);
  return true;
}

bool DecodeBoundEvents(const Json& json, CommandResult* result) {
  if (!json.is_structured()) return false;
  for (const Json& handler : json) {
    const auto event = EventNamed(TextAt(handler, "event"));
    const std::string offline = TextAt(handler, "offline");
    if (event.has_value() && (offline == "1" || offline == "Y")) {
      result->bound.insert(*event);
    }
  }
  return true;
}

}  // namespace guestbridge::agent
