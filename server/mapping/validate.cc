#include "server/mapping/validate.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
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

// Whether a value of the source's type, after the transforms, suits the field.
bool Suits(const v1::SourceField& source, const v1::FieldMappingEntry& entry,
           const v1::ContactField& target) {
  const absl::string_view type = source.type();
  if (IsOneOf(type, {"Edm.Stream", "Edm.Binary"}) ||
      absl::StartsWith(type, "Collection(")) {
    return false;
  }
  const TransformName* last =
      entry.transforms_size() == 0
          ? nullptr
          : FindTransform(entry.transforms(entry.transforms_size() - 1));
  const bool gives_date = last != nullptr
                              ? last->result == TransformName::Result::kDate
                              : IsOneOf(type, {"Edm.DateTime", "Edm.DateTimeOffset"});
  const bool gives_boolean = last != nullptr
                                 ? last->result == TransformName::Result::kBoolean
                                 : type == "Edm.Boolean";
  const bool constant = last != nullptr && last->name == "constant";
  switch (ClassOf(target)) {
    case FieldClass::kText:
      return true;
    case FieldClass::kMultifield:
      return type == "Edm.String";
    case FieldClass::kDate:
      return gives_date;
    case FieldClass::kInteger:
      return constant || (last == nullptr && IsWhole(type)) ||
             (last != nullptr && last->name == "digits");
    case FieldClass::kDouble:
      return constant || (last == nullptr && IsNumber(type));
    case FieldClass::kBoolean:
      return constant || gives_boolean;
    case FieldClass::kLink:
      return false;
  }
  return false;
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
  return FieldClass::kLink;  // file, user, crm_company, employee, enumeration, …
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
  for (const std::string& transform : entry.transforms()) {
    if (FindTransform(transform) == nullptr) {
      const std::string known = absl::StrJoin(
          TransformNames(), ", ", [](std::string* out, const TransformName& name) {
            out->append(name.name.data(), name.name.size());
          });
      return MakeFieldError("entry.transforms", "TRANSFORM_UNKNOWN",
                            {{"transform", transform}, {"known", known}});
    }
  }
  if (!Suits(*source, entry, *target)) {
    return MakeFieldError("entry", "TYPE_MISMATCH",
                          {{"attribute", entry.source()},
                           {"attribute_type", source->type()},
                           {"contact_field", entry.target()},
                           {"contact_field_type", target->type()}});
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

absl::Status ValidateMapping(const v1::FieldMapping& draft) {
  if (draft.entries().empty()) return MakeError("MAPPING_EMPTY");
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    GB_RETURN_IF_ERROR(ValidateEntry(draft, entry));
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
