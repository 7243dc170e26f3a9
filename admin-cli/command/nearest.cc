#include "admin-cli/command/nearest.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace guestbridge::cli {
namespace {

constexpr size_t kLongest = 80;  // Bounds the work; no word here is as long.

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

std::vector<std::string> Nearest(absl::string_view typed,
                                 const std::vector<std::string>& words, size_t most) {
  const std::string wanted = absl::AsciiStrToUpper(typed.substr(0, kLongest));
  if (wanted.empty()) return {};
  const size_t far = wanted.size() / 3 + 1;
  // Not holding it, distance, word.
  std::vector<std::tuple<bool, size_t, std::string>> near;
  for (const std::string& word : words) {
    const std::string upper = absl::AsciiStrToUpper(word);
    const bool holds = wanted.size() > 2 && absl::StrContains(upper, wanted);
    const size_t distance = EditDistance(wanted, upper);
    if (holds || distance <= far) near.emplace_back(!holds, distance, word);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> nearest;
  for (auto& [holds, distance, word] : near) {
    if (nearest.size() == most) break;
    nearest.push_back(std::move(word));
  }
  return nearest;
}

}  // namespace guestbridge::cli
