#include "admin-cli/command/nearest_reason.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/text/catalogue.h"
#include "common/text/reason_area.h"

namespace guestbridge::cli {
namespace {

constexpr size_t kLongest = 80;  // No reason is as long; bounds the work.

// How many letters must be put in, left out, exchanged or swapped with their neighbour.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t exchanged = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, exchanged});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> NearestReasons(absl::string_view typed, size_t most) {
  const std::string wanted = absl::AsciiStrToUpper(typed.substr(0, kLongest));
  if (wanted.empty()) return {};
  const size_t far = wanted.size() / 3 + 1;
  // Not holding it, distance, reason.
  std::vector<std::tuple<bool, size_t, absl::string_view>> near;
  for (const ReasonText* text : AllReasons()) {
    if (IsLabel(*text)) continue;
    const bool holds = wanted.size() > 2 && absl::StrContains(text->reason, wanted);
    const size_t distance = EditDistance(wanted, text->reason);
    if (holds || distance <= far) near.emplace_back(!holds, distance, text->reason);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> reasons;
  for (const auto& [holds, distance, reason] : near) {
    if (reasons.size() == most) break;
    reasons.emplace_back(reason);
  }
  return reasons;
}

}  // namespace guestbridge::cli
