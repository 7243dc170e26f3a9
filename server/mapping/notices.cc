#include "server/mapping/notices.h"

#include <algorithm>
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
constexpr size_t kMostNamed = 5;

bool IsBan(absl::string_view attribute) {
  return absl::EqualsIgnoreCase(attribute, kMarketingBan);
}

bool CarriesBan(const v1::FieldMapping& draft) {
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    if (IsBan(entry.source())) return true;
    for (const std::string& transform : entry.transforms()) {
      const std::vector<std::string> attributes = AttributesOf(transform);
      if (std::any_of(attributes.begin(), attributes.end(), IsBan)) return true;
    }
  }
  // Those who refused may be left out of the export altogether.
  return std::any_of(draft.conditions().begin(), draft.conditions().end(),
                     [](const auto& one) { return IsBan(one.attribute()); });
}

// User fields that take yes or no and that nothing feeds.
std::vector<std::string> FieldsForBan(const v1::FieldMapping& draft) {
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

}  // namespace

void TellNotices(const std::string& integration, v1::FieldMapping* draft) {
  draft->clear_notices();
  const auto ban =
      std::find_if(draft->source_fields().begin(), draft->source_fields().end(),
                   [](const auto& field) { return IsBan(field.name()); });
  if (ban == draft->source_fields().end() || CarriesBan(*draft)) return;
  v1::Explanation& notice = *draft->add_notices();
  auto& parameters = *notice.mutable_parameters();
  parameters["integration"] = integration;
  parameters["attribute"] = ban->name();
  const std::vector<std::string> fields = FieldsForBan(*draft);
  notice.set_reason(fields.empty() ? "MARKETING_BAN_NO_FIELD"
                                   : "MARKETING_BAN_LEFT_OUT");
  if (fields.empty()) return;
  parameters["contact_fields"] = absl::StrJoin(fields, ", ");
  parameters["target"] = fields.front();
}

}  // namespace guestbridge::server
