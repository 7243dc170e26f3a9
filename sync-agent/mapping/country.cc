#include "sync-agent/mapping/country.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_split.h"
#include "sync-agent/mapping/country_names.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

// Letters and digits in lower case, one space between words.
std::string KeyOf(absl::string_view text) {
  std::string key;
  bool space = false;
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    text.remove_prefix(point.bytes);
    const char32_t c = point.value;
    if (!IsLetter(c) && (c < '0' || c > '9')) {
      space = !key.empty();
      continue;
    }
    if (space) key.push_back(' ');
    space = false;
    AppendCodePoint(c == 0x451 || c == 0x401 ? 0x435 : c, &key);
  }
  return ToLower(key);
}

using Index = absl::flat_hash_map<std::string, const CountryNames*>;

const Index& Countries() {
  static const Index& index = *[] {
    auto* made = new Index();
    for (const CountryNames& country : AllCountries()) {
      for (const absl::string_view name :
           {country.alpha2, country.alpha3, country.numeric, country.russian,
            country.english}) {
        made->emplace(KeyOf(name), &country);
      }
      for (const absl::string_view name : absl::StrSplit(country.also, '|')) {
        if (!name.empty()) made->emplace(KeyOf(name), &country);
      }
    }
    return made;
  }();
  return index;
}

}  // namespace

std::optional<std::string> CountryOf(absl::string_view text, CountryForm form) {
  const auto country = Countries().find(KeyOf(text));
  if (country == Countries().end()) return std::nullopt;
  switch (form) {
    case CountryForm::kRussian:
      return std::string(country->second->russian);
    case CountryForm::kEnglish:
      return std::string(country->second->english);
    case CountryForm::kCode:
      return std::string(country->second->alpha2);
  }
  return std::nullopt;
}

}  // namespace guestbridge::agent
