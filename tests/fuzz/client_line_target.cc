#include "common/status/error.h"
#include "sync-agent/source/jsonl/client_line.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// A client with a GUID, kept as it was read and without documents, or an error with a
// reason that repeats no more than a name.
void RunClientLine(absl::string_view bytes) {
  const auto line = agent::DecodeClientLine(bytes);
  if (!line.ok()) {
    GB_PROMISE(FindReason(ReasonOf(line.status())) != nullptr);
    for (const auto& [name, value] : ParametersOf(line.status())) {
      GB_PROMISE(value.size() <= 100);
    }
    return;
  }
  GB_PROMISE(line->key.guid().size() == 36);
  GB_PROMISE(line->contact.value() >= 0);
  for (const auto& [name, value] : line->attributes) {
    GB_PROMISE(!agent::IsProtectedAttribute(name));
  }
  const std::string text = agent::EncodeAttributes(line->attributes);
  GB_PROMISE(agent::DecodeAttributes(text) == line->attributes);
  const agent::ClientRow row =
      agent::MakeClientRow(line->attributes, line->contact, {});
  GB_PROMISE(row.key == line->key);
  agent::DecodeAttributes(bytes);
}

}  // namespace guestbridge::fuzz
