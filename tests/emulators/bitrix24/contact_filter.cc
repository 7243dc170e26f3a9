#include "tests/emulators/bitrix24/contact_filter.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/collation.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// Splits ">=ID" into {">=", "ID"}; operators that mean the same get one name.
std::pair<std::string, std::string> SplitOperator(const std::string& key) {
  static constexpr std::pair<const char*, const char*> kOperators[] = {
      {"!=%", "!=%"}, {"!%=", "!=%"}, {"!=", "!"},  {"!@", "!@"}, {"!%", "!%"},
      {">=", ">="},   {"<=", "<="},   {"=%", "=%"}, {"%=", "=%"}, {"!", "!"},
      {">", ">"},     {"<", "<"},     {"@", "@"},   {"%", "%"},   {"=", "="}};
  for (const auto& [prefix, name] : kOperators) {
    if (absl::StartsWith(key, prefix)) {
      return {name, key.substr(std::string_view(prefix).size())};
    }
  }
  return {"=", key};
}

// LIKE with % and _ on folded text.
bool IsLike(std::string_view text, std::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

bool IsNumeric(FieldKind kind) {
  return kind == FieldKind::kInteger || kind == FieldKind::kUser ||
         kind == FieldKind::kCompany || kind == FieldKind::kLead;
}

// A value of either side in a form that compares as the database would.
struct Comparable {
  bool null = false;
  bool numeric = false;
  double number = 0;
  std::string text = "";
};

Comparable FromStored(const std::string& stored, FieldKind kind) {
  Comparable value{.null = stored.empty(), .text = FoldText(stored)};
  if (IsNumeric(kind) || kind == FieldKind::kDateTime) {
    value.numeric = true;
    value.number = std::strtod(stored.c_str(), nullptr);
  }
  return value;
}

Comparable FromFilter(const Json& json, FieldKind kind, absl::TimeZone zone) {
  const std::string text = ToText(json);
  if (kind == FieldKind::kDate) {
    const auto day = ParseDateText(text, zone);
    return {.null = !day.has_value(), .text = day.has_value() ? DayText(*day) : ""};
  }
  if (kind == FieldKind::kDateTime) {
    const auto time = ParseTimeText(text, zone);
    return {.null = !time.has_value(),
            .numeric = true,
            .number =
                time.has_value() ? static_cast<double>(absl::ToUnixSeconds(*time)) : 0};
  }
  if (IsNumeric(kind)) {
    const double number = IsArray(json) || json.is_boolean()
                              ? static_cast<double>(ToInt(json))
                              : std::strtod(text.c_str(), nullptr);
    return {.null = text.empty(), .numeric = true, .number = number};
  }
  return {.null = text.empty(), .text = FoldText(text)};
}

int Compare(const Comparable& a, const Comparable& b) {
  if (a.numeric) return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
  return a.text.compare(b.text);
}

bool MatchesOne(const Comparable& stored, const std::string& op,
                const Comparable& wanted) {
  if (op == "=") {
    return wanted.null ? stored.null : !stored.null && Compare(stored, wanted) == 0;
  }
  if (op == "%") return IsLike(stored.text, absl::StrCat("%", wanted.text, "%"));
  if (op == "=%") return IsLike(stored.text, wanted.text);
  if (stored.null) return false;
  const int order = Compare(stored, wanted);
  if (op == ">") return order > 0;
  if (op == ">=") return order >= 0;
  if (op == "<") return order < 0;
  return order <= 0;
}

// Every text that a field holds: one, or those of a multiple user field.
std::vector<std::string> StoredTexts(const Contact& contact, const std::string& field) {
  if (field == "ID") return {std::to_string(contact.id)};
  const auto it = contact.fields.find(field);
  if (it == contact.fields.end()) return {""};
  if (!IsArray(it->second)) return {ToText(it->second)};
  std::vector<std::string> texts;
  ForEach(it->second,
          [&](const std::string&, const Json& item) { texts.push_back(ToText(item)); });
  return texts;
}

bool MatchesMultifield(const Portal& portal, const Contact& contact,
                       const Condition& condition) {
  const std::string wanted = FoldText(ToText(condition.value));
  return std::any_of(contact.multifields.begin(), contact.multifields.end(),
                     [&](const Multifield& row) {
                       if (row.type_id != condition.field) return false;
                       const std::string value = FoldText(row.value);
                       return portal.settings.phone_filter == "exact"
                                  ? value == wanted
                                  : absl::StartsWith(value, wanted);
                     });
}

bool Matches(const Portal& portal, const Contact& contact, const Condition& c) {
  if (c.field.empty()) {
    const auto meets = [&](const Condition& part) {
      return Matches(portal, contact, part);
    };
    return c.any ? std::any_of(c.group.begin(), c.group.end(), meets)
                 : std::all_of(c.group.begin(), c.group.end(), meets);
  }
  if (c.kind == FieldKind::kMultifield) return MatchesMultifield(portal, contact, c);
  const bool negated = c.op[0] == '!';
  std::string op = negated ? c.op.substr(1) : c.op;
  if (op.empty() || op == "@") op = "=";
  std::vector<Comparable> wanted;
  const bool ordering = op[0] == '<' || op[0] == '>';
  // An array means "one of" where equality is asked; to an ordering it is a number.
  if (IsArray(c.value) && !ordering) {
    ForEach(c.value, [&](const std::string&, const Json& item) {
      wanted.push_back(FromFilter(item, c.kind, portal.settings.zone));
    });
  } else {
    wanted.push_back(FromFilter(c.value, c.kind, portal.settings.zone));
  }
  bool found = false;
  for (const std::string& text : StoredTexts(contact, c.field)) {
    const Comparable stored = FromStored(text, c.kind);
    for (const Comparable& value : wanted) found |= MatchesOne(stored, op, value);
  }
  return found != negated;
}

RestError BadField(const char* what, const std::string& name) {
  return {.code = "INVALID_ARG_VALUE",
          .description = absl::StrCat("Invalid ", what, ": field '", name,
                                      "' is not allowed in ", what)};
}

// The legacy name behind a crm.item name; "" when it can't be filtered by.
std::string LegacyName(const Portal& portal, const std::string& item, bool original) {
  const FieldSpec* field = FindItemField(item);
  if (field != nullptr && field->kind != FieldKind::kFile) return field->name;
  const Userfield* user = portal.userfields.FindByItemName(item, original);
  return user == nullptr ? "" : user->name;
}

std::optional<RestError> DecodeItemGroup(const Portal& portal, const Json& filter,
                                         bool original, std::vector<Condition>* out) {
  std::optional<RestError> error;
  ForEach(filter, [&](const std::string& key, const Json& value) {
    if (error.has_value() || ToLower(key) == "logic") return;
    if (IsArray(value) && (key.find_first_not_of("0123456789") == std::string::npos)) {
      Condition group;
      const Json* logic = FindIgnoringCase(value, "logic");
      group.any = logic != nullptr && ToUpper(ToText(*logic)) == "OR";
      error = DecodeItemGroup(portal, value, original, &group.group);
      out->push_back(std::move(group));
      return;
    }
    const auto [op, item] = SplitOperator(key);
    const std::string name = LegacyName(portal, item, original);
    if (name.empty()) {
      error = BadField("filter", item);
      return;
    }
    Condition condition{.field = name, .op = op, .value = value};
    condition.kind = *KindOfField(portal, name);
    out->push_back(std::move(condition));
  });
  return error;
}

}  // namespace

std::vector<Condition> DecodeLegacyFilter(const Portal& portal, const Json& filter) {
  std::vector<Condition> conditions;
  ForEach(filter, [&](const std::string& key, const Json& value) {
    const auto [op, name] = SplitOperator(key);
    const std::optional<FieldKind> kind = KindOfField(portal, name);
    if (!kind.has_value() || *kind == FieldKind::kFile) return;
    Condition condition{.field = name, .kind = *kind, .op = op, .value = value};
    if (*kind == FieldKind::kMultifield) {
      // Only the bare key is understood, and of an array only the first element.
      if (key != name) return;
      const Json* first = IsArray(value) ? Find(value, "0") : &value;
      if (first == nullptr || Trim(ToText(*first)).empty()) return;
      condition.value = Trim(ToText(*first));
    }
    if ((*kind == FieldKind::kStatus || *kind == FieldKind::kCompany) &&
        (op == "%" || op == "=%")) {
      condition.op = "=";
    }
    conditions.push_back(std::move(condition));
  });
  return conditions;
}

std::variant<std::vector<Condition>, RestError> DecodeItemFilter(const Portal& portal,
                                                                 const Json& filter,
                                                                 bool original) {
  Condition root;
  const Json* logic = FindIgnoringCase(filter, "logic");
  root.any = logic != nullptr && ToUpper(ToText(*logic)) == "OR";
  if (auto error = DecodeItemGroup(portal, filter, original, &root.group))
    return *error;
  if (!root.any) return std::move(root.group);
  return std::vector<Condition>{std::move(root)};
}

Ordering DecodeLegacyOrder(const Portal& portal, const Json& order) {
  Ordering out;
  ForEach(order, [&](const std::string& name, const Json& direction) {
    const std::optional<FieldKind> kind = KindOfField(portal, name);
    if (!kind.has_value() || *kind == FieldKind::kMultifield) return;
    out.emplace_back(name, ToUpper(ToText(direction)).rfind("DESC", 0) != 0);
  });
  return out;
}

std::variant<Ordering, RestError> DecodeItemOrder(const Portal& portal,
                                                  const Json& order, bool original) {
  Ordering out;
  std::optional<RestError> error;
  ForEach(order, [&](const std::string& item, const Json& direction) {
    const std::string name = LegacyName(portal, item, original);
    if (name.empty()) {
      error = BadField("order", item);
      return;
    }
    out.emplace_back(name, ToUpper(ToText(direction)).rfind("DESC", 0) != 0);
  });
  if (error.has_value()) return *error;
  return out;
}

bool MeetsAll(const Portal& portal, const Contact& contact,
              const std::vector<Condition>& conditions) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& c) { return Matches(portal, contact, c); });
}

bool ComesBefore(const Portal& portal, const Contact& a, const Contact& b,
                 const Ordering& order) {
  for (const auto& [name, ascending] : order) {
    const FieldKind kind = *KindOfField(portal, name);
    const int result = Compare(FromStored(StoredTexts(a, name)[0], kind),
                               FromStored(StoredTexts(b, name)[0], kind));
    if (result != 0) return ascending ? result < 0 : result > 0;
  }
  return false;
}

}  // namespace guestbridge::testing::bitrix24
