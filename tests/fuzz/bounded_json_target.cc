#include "sync-agent/portal/bitrix24/bounded_json.h"

#include "absl/strings/str_cat.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

using agent::Json;

int DepthOf(const Json& json) {
  if (!json.is_structured()) return 0;
  int deepest = 0;
  for (const Json& element : json) deepest = std::max(deepest, DepthOf(element));
  return deepest + 1;
}

void Look(const Json& json) {
  const auto number = agent::NumberOf(&json);
  if (number.has_value()) GB_PROMISE(*number == *number);
  GB_PROMISE(agent::PositiveIdOf(&json) >= 0);
  const auto text = agent::TextOf(&json);
  GB_PROMISE(text.has_value() != json.is_structured());
  agent::FindMember(json, "result");
  if (!json.is_structured()) return;
  for (const Json& element : json) Look(element);
}

}  // namespace

// What is accepted is bounded, and means the same after it was written and read again.
void RunBoundedJson(absl::string_view bytes) {
  const auto json = agent::ParseBoundedJson(bytes);
  if (!json.has_value()) return;
  GB_PROMISE(DepthOf(*json) <= agent::kMaxAnswerDepth);
  Look(*json);
  const std::string text = agent::DumpJson(*json);
  const auto again = agent::ParseBoundedJson(text);
  GB_PROMISE(again.has_value());
  GB_PROMISE(agent::DumpJson(*again) == text);
}

}  // namespace guestbridge::fuzz
