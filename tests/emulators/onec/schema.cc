#include "tests/emulators/onec/schema.h"

#include <cstddef>

namespace guestbridge::testing::onec {

std::string Property::Navigation() const {
  static constexpr std::string_view kSuffix = "_Key";
  if (target.empty() || !name.ends_with(kSuffix)) return "";
  return name.substr(0, name.size() - kSuffix.size());
}

int EntityDef::Find(std::string_view visible_name) const {
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (properties[i].name == visible_name) return static_cast<int>(i);
  }
  return -1;
}

int EntityDef::FindId(std::string_view id) const {
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (properties[i].id == id) return static_cast<int>(i);
  }
  return -1;
}

int EntityDef::FindNavigation(std::string_view navigation) const {
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (!properties[i].target.empty() && properties[i].Navigation() == navigation) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int EntityDef::FindSection(std::string_view section_name) const {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].name == section_name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace guestbridge::testing::onec
