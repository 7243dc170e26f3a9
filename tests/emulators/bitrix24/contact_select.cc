#include "tests/emulators/bitrix24/contact_select.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "tests/emulators/bitrix24/collation.h"
#include "tests/emulators/bitrix24/contact_write.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// The values of an equality condition, one or several.
std::vector<std::string> Wanted(const Condition& condition) {
  if (!IsArray(condition.value)) return {ToText(condition.value)};
  std::vector<std::string> texts;
  ForEach(condition.value,
          [&](const std::string&, const Json& item) { texts.push_back(ToText(item)); });
  return texts;
}

// Ids among which all matches of the condition are; nothing when no index helps. So
// hundreds of thousands of contacts stay quick to look up in; what a real portal would
// take for it is a matter of the cost, see latency_model.h.
std::optional<std::set<int64_t>> Candidates(const Portal& portal,
                                            const Condition& condition) {
  const bool equal = condition.op == "=" || condition.op == "@";
  std::set<int64_t> ids;
  if (condition.field == "ID" && equal) {
    for (const std::string& text : Wanted(condition)) ids.insert(ToInt(text));
    return ids;
  }
  if (condition.field == "ORIGIN_ID" && equal) {
    for (const std::string& text : Wanted(condition)) {
      const std::string folded = FoldText(text);
      if (folded.empty()) return std::nullopt;
      if (const auto* found = portal.contacts.WithOrigin(folded)) {
        ids.insert(found->begin(), found->end());
      }
    }
    return ids;
  }
  if (condition.kind == FieldKind::kMultifield) {
    return portal.contacts.WithMultifield(condition.field,
                                          FoldText(ToText(condition.value)));
  }
  return std::nullopt;
}

// The least id that a condition like >ID lets pass.
int64_t LeastId(const std::vector<Condition>& conditions) {
  int64_t least = 0;
  for (const Condition& condition : conditions) {
    if (condition.field != "ID") continue;
    if (condition.op == ">" || condition.op == ">=") {
      least = std::max(least, ToInt(condition.value));
    }
  }
  return least;
}

}  // namespace

bool IsListed(const Portal& portal, const Contact& contact) {
  return portal.settings.list_lag_ms <= 0 ||
         portal.clock.Now() >=
             contact.born + absl::Milliseconds(portal.settings.list_lag_ms);
}

std::vector<const Contact*> SelectContacts(const Portal& portal, const Caller& caller,
                                           const std::vector<Condition>& conditions,
                                           const Ordering& order, size_t limit) {
  const bool by_id = order.empty() || order[0].first == "ID";
  const bool descending = by_id && !order.empty() && !order[0].second;
  const size_t enough = by_id && !descending && limit > 0 ? limit : SIZE_MAX;
  std::vector<const Contact*> found;
  const auto take = [&](const Contact& contact) {
    if (MayRead(caller, contact) && IsListed(portal, contact) &&
        MeetsAll(portal, contact, conditions)) {
      found.push_back(&contact);
    }
  };
  std::optional<std::set<int64_t>> candidates;
  for (const Condition& condition : conditions) {
    if (!candidates.has_value()) candidates = Candidates(portal, condition);
  }
  if (candidates.has_value()) {
    for (const int64_t id : *candidates) {
      if (found.size() >= enough) break;
      if (const Contact* contact = portal.contacts.Find(id)) take(*contact);
    }
  } else {
    const auto& all = portal.contacts.all();
    for (auto it = all.lower_bound(LeastId(conditions));
         it != all.end() && found.size() < enough; ++it) {
      take(it->second);
    }
  }
  // By id they are sorted already, and most orders ask for nothing else.
  if (descending) std::reverse(found.begin(), found.end());
  if (!by_id) {
    std::stable_sort(found.begin(), found.end(),
                     [&](const Contact* a, const Contact* b) {
                       return ComesBefore(portal, *a, *b, order);
                     });
  }
  return found;
}

}  // namespace guestbridge::testing::bitrix24
