#include "tests/emulators/onec/schema.h"

#include <cstddef>
#include <utility>

namespace guestbridge::testing::onec {

namespace {
constexpr std::string_view kSuffix = "_Key";
}  // namespace

std::string Property::Navigation() const {
  if (target.empty() || !name.ends_with(kSuffix)) return "";
  return name.substr(0, name.size() - kSuffix.size());
}

int EntityDef::Find(std::string_view visible_name) const {
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const Property& p = properties[i];
    if (!p.hidden && p.name == visible_name) return static_cast<int>(i);
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

void EntityDef::MakeComposite(std::size_t property, bool composite) {
  const std::string id = properties[property].id;
  const std::string base = id.substr(0, id.size() - kSuffix.size());
  if (properties[property].type_at < 0) {
    if (!composite) return;
    Property type;
    type.id = type.name = base + "_Type";
    type.length = 100;
    type.composite_type = true;
    type.type_of = static_cast<int>(property);
    properties[property].type_at = static_cast<int>(properties.size());
    properties.push_back(std::move(type));
  }
  Property& value = properties[property];
  value.composite_value = composite;
  if (composite) value.name = base;
  properties[static_cast<std::size_t>(value.type_at)].hidden = !composite;
}

bool EntityDef::HasDerivedType(const Property& value) const {
  return value.composite_value &&
         properties[static_cast<std::size_t>(value.type_at)].type_of >= 0;
}

int EntityDef::FindSection(std::string_view section_name) const {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].name == section_name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace guestbridge::testing::onec
