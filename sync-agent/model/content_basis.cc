#include "sync-agent/model/content_basis.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

// The form: "1 " rules, then for each look-up "+" name and, for each item, key " "
// digest; a line each.
namespace guestbridge::agent {

std::string EncodeBasis(const ContentBasis& basis) {
  std::string text = absl::StrCat("1 ", basis.rules);
  for (const auto& [lookup, items] : basis.texts) {
    absl::StrAppend(&text, "\n+", lookup);
    for (const auto& [key, digest] : items) {
      absl::StrAppend(&text, "\n", key, " ", digest);
    }
  }
  return text;
}

bool BasisChanged(absl::string_view before, const ContentBasis& now) {
  if (!absl::ConsumePrefix(&before, "1 ")) return true;
  const std::map<std::string, std::string>* items = nullptr;
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(before, '\n')) {
    if (first) {
      if (line != now.rules) return true;
      first = false;
      continue;
    }
    absl::string_view name = line;
    if (absl::ConsumePrefix(&name, "+")) {
      const auto lookup = now.texts.find(std::string(name));
      items = lookup == now.texts.end() ? nullptr : &lookup->second;
      continue;
    }
    if (items == nullptr) continue;
    const std::pair<std::string, std::string> item =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    const auto same = items->find(item.first);
    if (same == items->end() || same->second != item.second) return true;
  }
  return false;
}

}  // namespace guestbridge::agent
