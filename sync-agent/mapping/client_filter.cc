#include "sync-agent/mapping/client_filter.h"

#include <algorithm>

#include "common/text/utf8.h"
#include "sync-agent/mapping/date.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kEmptyReference = "00000000-0000-0000-0000-000000000000";

std::string Folded(const std::string& text) {
  return ToLower(TrimEnds(ToValidUtf8(text)));
}

bool IsEmptyValue(const std::string& text) {
  // Also what is blank.
  if (ParseDate(text).state == DateValue::State::kEmpty) return true;
  return TrimEnds(text) == kEmptyReference;
}

bool Meets(const ClientCondition& condition, const ClientRow& row) {
  const auto attribute = row.attributes.find(condition.attribute);
  const std::string text =
      attribute == row.attributes.end() ? "" : ToValidUtf8(attribute->second);
  const auto is_one = [&] {
    return std::find(condition.values.begin(), condition.values.end(), Folded(text)) !=
           condition.values.end();
  };
  switch (condition.test) {
    case ClientCondition::Test::kOneOf:
      return is_one();
    case ClientCondition::Test::kNoneOf:
      return !is_one();
    case ClientCondition::Test::kEmpty:
      return IsEmptyValue(text);
    case ClientCondition::Test::kNotEmpty:
      return !IsEmptyValue(text);
  }
  return false;
}

}  // namespace

ClientFilter::ClientFilter(std::vector<ClientCondition> conditions)
    : conditions_(std::move(conditions)) {
  for (ClientCondition& condition : conditions_) {
    for (std::string& value : condition.values) value = Folded(value);
  }
}

const ClientCondition* ClientFilter::Unmet(const ClientRow& row) const {
  for (const ClientCondition& condition : conditions_) {
    if (!Meets(condition, row)) return &condition;
  }
  return nullptr;
}

}  // namespace guestbridge::agent
