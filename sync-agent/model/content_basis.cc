#include "sync-agent/model/content_basis.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

// The form: "1 " rules, then for each look-up "+" name and, for each item, key " "
// digest; a line each.
namespace guestbridge::agent {
namespace {

std::optional<ContentBasis> DecodeBasis(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "1 ")) return std::nullopt;
  ContentBasis basis;
  std::map<std::string, std::string>* items = nullptr;
  bool first = true;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (first) {
      basis.rules = std::string(line);
      first = false;
    } else if (absl::ConsumePrefix(&line, "+")) {
      items = &basis.texts[std::string(line)];
    } else if (items != nullptr) {
      items->insert(std::pair<std::string, std::string>(
          absl::StrSplit(line, absl::MaxSplits(' ', 1))));
    }
  }
  return basis;
}

}  // namespace

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

std::string ExtendBasis(absl::string_view before, const ContentBasis& basis) {
  std::optional<ContentBasis> whole = DecodeBasis(before);
  if (!whole.has_value()) return EncodeBasis(basis);
  whole->rules = basis.rules;
  for (const auto& [lookup, items] : basis.texts) {
    for (const auto& [key, digest] : items) whole->texts[lookup][key] = digest;
  }
  return EncodeBasis(*whole);
}

bool BasisChanged(absl::string_view before, const ContentBasis& now) {
  const std::optional<ContentBasis> was = DecodeBasis(before);
  if (!was.has_value() || was->rules != now.rules) return true;
  for (const auto& [name, items] : was->texts) {
    const auto lookup = now.texts.find(name);
    if (lookup == now.texts.end()) continue;
    for (const auto& [key, digest] : items) {
      const auto same = lookup->second.find(key);
      if (digest != (same == lookup->second.end() ? "" : same->second)) return true;
    }
  }
  return false;
}

}  // namespace guestbridge::agent
