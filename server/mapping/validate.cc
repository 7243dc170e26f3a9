#include "server/mapping/validate.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/mapping/filter.h"
#include "server/mapping/transform_names.h"

namespace guestbridge::server {
namespace {

const v1::SourceField* FindSource(const v1::FieldMapping& draft,
                                  const std::string& name) {
  for (const v1::SourceField& field : draft.source_fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

const v1::ContactField* FindTarget(const v1::FieldMapping& draft,
                                   const std::string& name) {
  for (const v1::ContactField& field : draft.contact_fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

bool IsOneOf(absl::string_view type, std::initializer_list<absl::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool IsWhole(absl::string_view type) {
  return IsOneOf(type,
                 {"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte", "Edm.SByte"});
}

bool IsNumber(absl::string_view type) {
  return IsWhole(type) || IsOneOf(type, {"Edm.Double", "Edm.Decimal", "Edm.Single"});
}

// Values of files and rows of tables are no texts.
bool IsText(const v1::SourceField& source) {
  return !IsOneOf(source.type(), {"Edm.Stream", "Edm.Binary"}) &&
         !absl::StartsWith(source.type(), "Collection(");
}

// Whether a value of the source's type, after the transforms, suits the field.
bool Suits(const v1::SourceField& source, const v1::FieldMappingEntry& entry,
           const v1::ContactField& target) {
  using Result = TransformName::Result;
  if (!IsText(source)) return false;
  // A text that a transform made takes the source's place.
  const bool made = std::any_of(entry.transforms().begin(), entry.transforms().end(),
                                [](const auto& transform) {
                                  return FindTransform(transform)->name == "constant" ||
                                         !AttributesOf(transform).empty();
                                });
  const std::string type = made ? "Edm.String" : source.type();
  const TransformName* last =
      entry.transforms_size() == 0
          ? nullptr
          : FindTransform(entry.transforms(entry.transforms_size() - 1));
  const bool any = last != nullptr && last->result == Result::kAny;
  switch (ClassOf(target)) {
    case FieldClass::kText:
      return true;
    case FieldClass::kMultifield:
      return type == "Edm.String";
    case FieldClass::kDate:
      return last != nullptr ? last->result == Result::kDate
                             : IsOneOf(type, {"Edm.DateTime", "Edm.DateTimeOffset"});
    case FieldClass::kInteger:
      return any || (last == nullptr && IsWhole(type)) ||
             (last != nullptr && last->name == "digits");
    case FieldClass::kDouble:
      return any || (last == nullptr && IsNumber(type));
    case FieldClass::kBoolean:
      return any || (last != nullptr ? last->result == Result::kBoolean
                                     : type == "Edm.Boolean");
    case FieldClass::kList:
      // Only a table or its author knows the IDs.
      return any && !target.multiple();
    case FieldClass::kLink:
      return false;
  }
  return false;
}

// As many values as an agent tells of one list, and as one page of the portal's
// dictionaries holds; there may be more then.
constexpr int kMostItems = 500;
constexpr int kMostStatuses = 50;

bool IsStatus(const v1::ContactField& field) { return field.type() == "crm_status"; }

// Whether all values that the field can take are known: of a list always, of a status
// where the portal told them.
bool HasKnownValues(const v1::ContactField& field) {
  if (IsStatus(field)) {
    return field.items_size() > 0 && field.items_size() < kMostStatuses;
  }
  return ClassOf(field) == FieldClass::kList && field.items_size() < kMostItems;
}

// For a person who looks for the right one.
std::string ValuesOf(const v1::ContactField& list) {
  constexpr int kMostNamed = 20;
  std::vector<std::string> values;
  for (const v1::ContactFieldItem& item : list.items()) {
    if (values.size() == kMostNamed) {
      values.emplace_back("…");
      break;
    }
    values.push_back(item.title().empty()
                         ? item.id()
                         : absl::StrCat(item.id(), " (", item.title(), ")"));
  }
  return absl::StrJoin(values, ", ");
}

// What is sent to a field whose values are known and is none of them: the portal would
// drop it without a word. Empty: everything is.
std::string ValueNotInList(const v1::FieldMappingEntry& entry,
                           const v1::ContactField& list) {
  const auto& transforms = entry.transforms();
  const auto last =
      std::find_if(transforms.rbegin(), transforms.rend(),
                   [](const std::string& transform) { return transform != "trim"; });
  if (last == transforms.rend()) return "";
  for (const std::string& value : ResultsOf(*last)) {
    const absl::string_view sent = absl::StripAsciiWhitespace(value);
    const bool known = sent.empty() ||
                       std::any_of(list.items().begin(), list.items().end(),
                                   [&](const auto& item) { return item.id() == sent; });
    if (!known) return std::string(sent);
  }
  return "";
}

// The transform whose values stay several where the field takes one of its kind; null:
// none. A field of text takes them as one text.
const std::string* Scatters(const v1::FieldMappingEntry& entry,
                            const v1::ContactField& target) {
  const FieldClass kind = ClassOf(target);
  if (kind == FieldClass::kMultifield) return nullptr;
  if (kind == FieldClass::kText && !IsStatus(target)) return nullptr;
  const std::string* scatters = nullptr;
  for (const std::string& transform : entry.transforms()) {
    const absl::string_view name = FindTransform(transform)->name;
    if (name == "split" || name == "all-of") {
      scatters = &transform;
    } else if (name == "join" || name == "constant" || name == "template" ||
               name == "first-of") {
      scatters = nullptr;
    }
  }
  return scatters;
}

// The portal's contact needs a name: without one it is given "Contact #1".
bool IsFed(const v1::FieldMapping& draft, absl::string_view field) {
  const auto feeds = [&](absl::string_view name) {
    return std::any_of(draft.entries().begin(), draft.entries().end(),
                       [&](const auto& entry) { return entry.target() == name; });
  };
  const bool name = field == "NAME" || field == "LAST_NAME";
  return feeds(field) || (name && (feeds("NAME") || feeds("LAST_NAME")));
}

// Each transform by itself, and the attributes that it names.
absl::Status ValidateTransforms(const v1::FieldMapping& draft,
                                const v1::FieldMappingEntry& entry) {
  for (const std::string& transform : entry.transforms()) {
    const TransformName* known = FindTransform(transform);
    if (known == nullptr) {
      const std::string names = absl::StrJoin(
          TransformNames(), ", ", [](std::string* out, const TransformName& one) {
            absl::StrAppend(out, one.name, ArgumentForm(one.argument));
          });
      return MakeFieldError("entry.transforms", "TRANSFORM_UNKNOWN",
                            {{"transform", transform}, {"known", names}});
    }
    if (!HasRightArgument(transform)) {
      return MakeFieldError(
          "entry.transforms", "TRANSFORM_ARGUMENT_INVALID",
          {{"transform", std::string(known->name)},
           {"form", absl::StrCat(known->name, ArgumentForm(known->argument))}});
    }
    for (const std::string& attribute : AttributesOf(transform)) {
      const v1::SourceField* source = FindSource(draft, attribute);
      if (source == nullptr || !IsText(*source)) {
        return MakeFieldError("entry.transforms", "ATTRIBUTE_UNKNOWN",
                              {{"attribute", attribute}});
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

FieldClass ClassOf(const v1::ContactField& field) {
  const absl::string_view type = field.type();
  if (type == "crm_multifield") return FieldClass::kMultifield;
  if (IsOneOf(type, {"date", "datetime"})) return FieldClass::kDate;
  if (type == "integer") return FieldClass::kInteger;
  if (IsOneOf(type, {"double", "money"})) return FieldClass::kDouble;
  if (IsOneOf(type, {"char", "boolean"})) return FieldClass::kBoolean;
  if (IsOneOf(type, {"string", "text", "url", "address", "crm_status"})) {
    return FieldClass::kText;
  }
  if (type == "enumeration" && field.items_size() > 0) return FieldClass::kList;
  return FieldClass::kLink;  // file, user, crm_company, employee, …
}

bool IsReserved(absl::string_view field) {
  return IsOneOf(field, {"ID", "ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION",
                         "CREATED_BY_ID", "MODIFY_BY_ID", "LAST_ACTIVITY_TIME",
                         "LAST_ACTIVITY_BY", "FACE_ID"}) ||
         absl::StartsWith(field, "DATE_") || absl::StartsWith(field, "HAS_");
}

absl::Status ValidateEntry(const v1::FieldMapping& draft,
                           const v1::FieldMappingEntry& entry) {
  const v1::SourceField* source = FindSource(draft, entry.source());
  if (source == nullptr) {
    return MakeFieldError("entry.source", "ATTRIBUTE_UNKNOWN",
                          {{"attribute", entry.source()}});
  }
  const v1::ContactField* target = FindTarget(draft, entry.target());
  if (target == nullptr) {
    return MakeFieldError("entry.target", "FIELD_UNKNOWN",
                          {{"contact_field", entry.target()}});
  }
  if (target->read_only() || IsReserved(entry.target())) {
    return MakeFieldError("entry.target", "FIELD_READ_ONLY",
                          {{"contact_field", entry.target()}});
  }
  GB_RETURN_IF_ERROR(ValidateTransforms(draft, entry));
  if (!Suits(*source, entry, *target)) {
    return MakeFieldError("entry", "TYPE_MISMATCH",
                          {{"attribute", entry.source()},
                           {"attribute_type", source->type()},
                           {"contact_field", entry.target()},
                           {"contact_field_type", target->type()}});
  }
  const std::string* const scatters = Scatters(entry, *target);
  if (scatters != nullptr) {
    return MakeFieldError(
        "entry.transforms", "FIELD_HOLDS_ONE_VALUE",
        {{"contact_field", entry.target()}, {"transform", *scatters}});
  }
  if (HasKnownValues(*target)) {
    const std::string unknown = ValueNotInList(entry, *target);
    if (!unknown.empty()) {
      return MakeFieldError("entry.transforms", "LIST_VALUE_UNKNOWN",
                            {{"contact_field", entry.target()},
                             {"value", unknown},
                             {"known", ValuesOf(*target)}});
    }
  }
  if (ClassOf(*target) != FieldClass::kMultifield) {
    for (const v1::FieldMappingEntry& other : draft.entries()) {
      if (other.target() == entry.target() && other.source() != entry.source()) {
        return MakeFieldError(
            "entry.target", "FIELD_TAKEN",
            {{"contact_field", entry.target()}, {"attribute", other.source()}});
      }
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> UnmappedRequired(const v1::FieldMapping& draft) {
  std::vector<std::string> fields;
  for (const v1::ContactField& field : draft.contact_fields()) {
    if (field.required() && !field.read_only() && !IsReserved(field.name()) &&
        !IsFed(draft, field.name())) {
      fields.push_back(field.name());
    }
  }
  return fields;
}

absl::Status ValidateSides(const v1::FieldMapping& draft) {
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    if (FindTarget(draft, entry.target()) == nullptr) {
      return MakeFieldError("entry.target", "DRAFT_FIELD_GONE",
                            {{"contact_field", entry.target()}});
    }
    if (FindSource(draft, entry.source()) == nullptr) {
      return MakeFieldError(
          "entry.source", "DRAFT_ATTRIBUTE_GONE",
          {{"attribute", entry.source()}, {"contact_field", entry.target()}});
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateMapping(const v1::FieldMapping& draft) {
  if (draft.entries().empty()) return MakeError("MAPPING_EMPTY");
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    GB_RETURN_IF_ERROR(ValidateEntry(draft, entry));
  }
  const std::vector<std::string> missing = UnmappedRequired(draft);
  if (!missing.empty()) {
    return MakeError("REQUIRED_FIELDS_UNMAPPED",
                     {{"contact_fields", absl::StrJoin(missing, ", ")}});
  }
  return ValidateFilter(draft);
}

}  // namespace guestbridge::server
