#include "tests/emulators/onec/shape.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace guestbridge::testing::onec {
namespace {

constexpr std::string_view kPresentation = "____Presentation";  // four underscores

Fault UnknownSegment(const std::string& name) {
  return {400, "6", "Сегмент пути " + name + " не найден!",
          "Path segment " + name + " is not found!"};
}

void ShowAll(const EntityDef& def, bool sections, Shape& shape) {
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    shape.properties[i] = !def.properties[i].hidden;
    shape.links[i] = !def.properties[i].Navigation().empty();
  }
  if (!sections) return;
  for (auto& section : shape.sections) section = std::vector<int>();
}

Shape Nothing(const EntityDef& def) {
  Shape shape;
  shape.properties.assign(def.properties.size(), false);
  shape.links.assign(def.properties.size(), false);
  shape.presentations.assign(def.properties.size(), false);
  shape.sections.resize(def.sections.size());
  return shape;
}

// X____Presentation or Nav____Presentation, also * in place of X.
bool SelectPresentation(const EntityDef& def, const std::string& name, Shape& shape) {
  if (name == "Presentation") {
    shape.own_presentation = true;
    return true;
  }
  if (!name.ends_with(kPresentation)) return false;
  const std::string base = name.substr(0, name.size() - kPresentation.size());
  if (base == "*") {
    shape.presentations.assign(def.properties.size(), true);
    return true;
  }
  int at = def.Find(base);
  if (at < 0) at = def.FindNavigation(base);
  if (at < 0) return false;
  shape.presentations[static_cast<std::size_t>(at)] = true;
  return true;
}

bool SelectSection(const EntityDef& def, const NamePath& path, Shape& shape) {
  const int at = def.FindSection(path[0]);
  if (at < 0 || path.size() > 2) return false;
  const auto index = static_cast<std::size_t>(at);
  auto& shown = shape.sections[index];
  if (path.size() == 1 || path[1] == "*") {
    shown = std::vector<int>();
    return true;
  }
  const auto& columns = def.sections[index].columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != path[1]) continue;
    const bool all_already = shown && shown->empty();
    if (!shown) shown = std::vector<int>();
    if (!all_already) shown->push_back(static_cast<int>(i));
    return true;
  }
  return false;
}

// One item of $select; remembers the rest of Nav/Rest in `nested`.
bool SelectOne(const EntityDef& def, const NamePath& path, Shape& shape,
               std::map<int, std::vector<NamePath>>& nested) {
  const std::string& name = path[0];
  if (path.size() == 1) {
    if (name == "*" || name == "**") {
      ShowAll(def, name == "*", shape);
      return true;
    }
    if (const int at = def.Find(name); at >= 0) {
      shape.properties[static_cast<std::size_t>(at)] = true;
      return true;
    }
    if (SelectPresentation(def, name, shape)) return true;
  }
  if (const int at = def.FindNavigation(name); at >= 0) {
    shape.links[static_cast<std::size_t>(at)] = true;
    if (path.size() > 1) nested[at].push_back(NamePath(path.begin() + 1, path.end()));
    return true;
  }
  return SelectSection(def, path, shape);
}

}  // namespace

Result<Shape> MakeShape(const Store& store, const EntityDef& def,
                        const std::vector<NamePath>& select,
                        const std::vector<NamePath>& expand) {
  Shape shape = Nothing(def);
  std::map<int, std::vector<NamePath>> nested_select;
  if (select.empty()) ShowAll(def, /*sections=*/true, shape);
  for (const NamePath& path : select) {
    if (!SelectOne(def, path, shape, nested_select)) {
      return UnknownSegment(path.back());
    }
  }
  std::map<int, std::vector<NamePath>> nested_expand;
  for (const NamePath& path : expand) {
    const NamePath rest(path.begin() + 1, path.end());
    bool known = path[0] == "*";
    for (std::size_t i = 0; i < def.properties.size(); ++i) {
      const std::string navigation = def.properties[i].Navigation();
      if (navigation.empty() || (path[0] != "*" && path[0] != navigation)) continue;
      known = true;
      auto& deeper = nested_expand[static_cast<int>(i)];
      if (!rest.empty()) deeper.push_back(rest);
    }
    if (!known) return UnknownSegment(path[0]);
  }
  for (const auto& [property, deeper] : nested_expand) {
    const auto at = static_cast<std::size_t>(property);
    const EntityDef* target = store.FindSet(def.properties[at].target);
    if (!shape.links[at] || !target) continue;
    auto inner = MakeShape(store, *target, nested_select[property], deeper);
    if (!inner.ok()) return inner;
    shape.expanded[property] = std::make_shared<const Shape>(std::move(*inner));
  }
  return shape;
}

}  // namespace guestbridge::testing::onec
