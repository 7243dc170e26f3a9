#include "server/mapping/notices.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "server/mapping/transform_names.h"
#include "server/mapping/validate.h"

namespace guestbridge::server {
namespace {

// 1C's mark of a guest who wants no mailings. It must be carried along: whoever sends
// them from the portal knows nothing of 1C.
constexpr absl::string_view kMarketingBan = "NoSMSDelivery";
constexpr absl::string_view kDeletionMark = "DeletionMark";
constexpr size_t kMostNamed = 5;

bool Carries(const v1::FieldMapping& draft, absl::string_view mark) {
  const auto is_mark = [mark](absl::string_view attribute) {
    return absl::EqualsIgnoreCase(attribute, mark);
  };
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    if (is_mark(entry.source())) return true;
    for (const std::string& transform : entry.transforms()) {
      const std::vector<std::string> attributes = AttributesOf(transform);
      if (std::any_of(attributes.begin(), attributes.end(), is_mark)) return true;
    }
  }
  // Those who have it may be left out of the export altogether.
  return std::any_of(draft.conditions().begin(), draft.conditions().end(),
                     [&](const auto& one) { return is_mark(one.attribute()); });
}

// User fields that take yes or no and that nothing feeds.
std::vector<std::string> FieldsForMark(const v1::FieldMapping& draft) {
  std::vector<std::string> names;
  for (const v1::ContactField& field : draft.contact_fields()) {
    const bool fed =
        std::any_of(draft.entries().begin(), draft.entries().end(),
                    [&](const auto& entry) { return entry.target() == field.name(); });
    if (names.size() < kMostNamed && !fed && !field.read_only() && !field.multiple() &&
        absl::StartsWith(field.name(), "UF_CRM_") &&
        ClassOf(field) == FieldClass::kBoolean) {
      names.push_back(field.name());
    }
  }
  return names;
}

// What is said of a mark that goes nowhere. Empty: nothing.
struct Reasons {
  absl::string_view left_out;
  absl::string_view no_field;
  absl::string_view not_loaded;
};

void TellOf(const std::string& integration, absl::string_view mark,
            const Reasons& reasons, v1::FieldMapping* draft) {
  if (Carries(*draft, mark)) return;
  const auto known = std::find_if(
      draft->source_fields().begin(), draft->source_fields().end(),
      [mark](const auto& field) { return absl::EqualsIgnoreCase(field.name(), mark); });
  const bool loaded = known != draft->source_fields().end();
  if (!loaded && reasons.not_loaded.empty()) return;
  v1::Explanation& notice = *draft->add_notices();
  auto& parameters = *notice.mutable_parameters();
  parameters["integration"] = integration;
  parameters["attribute"] = loaded ? known->name() : std::string(mark);
  if (!loaded) {
    notice.set_reason(std::string(reasons.not_loaded));
    return;
  }
  const std::vector<std::string> fields = FieldsForMark(*draft);
  notice.set_reason(std::string(fields.empty() ? reasons.no_field : reasons.left_out));
  if (fields.empty()) return;
  parameters["contact_fields"] = absl::StrJoin(fields, ", ");
  parameters["target"] = fields.front();
}

// Entries whose contact field or attribute is gone since they were made: the draft
// cannot be saved with them.
void TellOfGone(const std::string& integration, v1::FieldMapping* draft) {
  const auto knows = [](const auto& fields, const std::string& name) {
    return fields.empty() ||
           std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return field.name() == name; });
  };
  std::set<std::string> told;
  for (const v1::FieldMappingEntry& entry : draft->entries()) {
    const bool field_gone = !knows(draft->contact_fields(), entry.target());
    if (!field_gone && knows(draft->source_fields(), entry.source())) continue;
    if (field_gone && !told.insert(entry.target()).second) continue;
    v1::Explanation& notice = *draft->add_notices();
    notice.set_reason(field_gone ? "DRAFT_FIELD_GONE" : "DRAFT_ATTRIBUTE_GONE");
    auto& parameters = *notice.mutable_parameters();
    parameters["integration"] = integration;
    parameters["contact_field"] = entry.target();
    if (!field_gone) parameters["attribute"] = entry.source();
  }
}

}  // namespace

void TellNotices(const std::string& integration, bool marks, v1::FieldMapping* draft) {
  draft->clear_notices();
  TellOfGone(integration, draft);
  TellOf(integration, kMarketingBan,
         {"MARKETING_BAN_LEFT_OUT", "MARKETING_BAN_NO_FIELD", ""}, draft);
  if (!marks) return;
  TellOf(
      integration, kDeletionMark,
      {"DELETION_MARK_LEFT_OUT", "DELETION_MARK_NO_FIELD", "DELETION_MARK_NOT_LOADED"},
      draft);
}

}  // namespace guestbridge::server
