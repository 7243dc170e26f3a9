#include "sync-agent/portal/item_fields.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace guestbridge::agent {
namespace {

struct Name {
  absl::string_view legacy;
  absl::string_view item;
};

// Written out: a rule that guesses names would let a field be dropped without a word.
constexpr Name kNames[] = {
    {"ASSIGNED_BY_ID", "assignedById"},
    {"BIRTHDATE", "birthdate"},
    {"COMMENTS", "comments"},
    {"COMPANY_ID", "companyId"},
    {"EXPORT", "export"},
    {"HONORIFIC", "honorific"},
    {"LAST_NAME", "lastName"},
    {"NAME", "name"},
    {"OPENED", "opened"},
    {"ORIGINATOR_ID", "originatorId"},
    {"ORIGIN_ID", "originId"},
    {"ORIGIN_VERSION", "originVersion"},
    {"POST", "post"},
    {"SECOND_NAME", "secondName"},
    {"SOURCE_DESCRIPTION", "sourceDescription"},
    {"SOURCE_ID", "sourceId"},
    {"TYPE_ID", "typeId"},
    {"UTM_CAMPAIGN", "utmCampaign"},
    {"UTM_CONTENT", "utmContent"},
    {"UTM_MEDIUM", "utmMedium"},
    {"UTM_SOURCE", "utmSource"},
    {"UTM_TERM", "utmTerm"},
};

}  // namespace

std::optional<std::string> ItemFieldName(const std::string& name) {
  if (absl::StartsWith(name, "UF_CRM_")) return name;
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames),
                   [&](const Name& known) { return known.legacy == name; });
  if (found == std::end(kNames)) return std::nullopt;
  return std::string(found->item);
}

bool IsItemMultifield(const std::string& name) {
  return name == "PHONE" || name == "EMAIL" || name == "WEB" || name == "IM" ||
         name == "LINK";
}

}  // namespace guestbridge::agent
