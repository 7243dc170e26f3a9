#include "common/text/reason_place.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace guestbridge {
namespace {

using Place = ReasonPlace;

struct Rule {
  // Of the reason's code; ends with '_' when it stands for a family.
  absl::string_view begin;
  std::vector<Place> places;
};

// Reasons whose place is not that of their area. The first that fits holds.
const std::vector<Rule>& Rules() {
  static const auto* const rules = new std::vector<Rule>{
      {"CHECK_", {Place::kCheck}},
      {"ATTENTION_", {Place::kStatus}},
      {"SUGGESTED_BY_", {Place::kMapping}},
      {"MARKETING_BAN_", {Place::kMapping}},
      {"DELETION_MARK_", {Place::kMapping}},
      {"DRAFT_FIELD_GONE", {Place::kCall, Place::kMapping}},
      {"DRAFT_ATTRIBUTE_GONE", {Place::kCall, Place::kMapping}},
      {"EVENT_BY_", {Place::kEvents}},
      {"LINE_", {Place::kLine}},
      {"PLAINTEXT_IN_USE", {Place::kLog}},
      {"FIRST_ADMIN_TOKEN", {Place::kLog}},
      {"DATABASE_COPIED", {Place::kLog}},
      {"DATABASE_MIGRATED", {Place::kLog}},
      {"SECRET_FILE_READABLE_BY_OTHERS", {Place::kLog}},
      {"TOKEN_FILE_READABLE_BY_OTHERS", {Place::kLog}},
      {"AGENT_AWAY_BANNED", {Place::kCall, Place::kCheck, Place::kRun, Place::kStatus}},
      {"AGENT_AWAY_EVICTED",
       {Place::kCall, Place::kCheck, Place::kRun, Place::kStatus}},
      {"AGENT_EVICTED", {Place::kCall, Place::kStatus}},
      {"AGENT_CLOCK_OFF", {Place::kStatus}},
      {"AGENT_REPORTS_STOPPED", {Place::kStatus}},
      {"AGENT_DISK_LOW", {Place::kStatus}},
      {"AGENT_CONFIGURATION_DIFFERS", {Place::kStatus}},
      {"STANDBY_AWAY", {Place::kStatus}},
      {"STANDBY_BANNED", {Place::kStatus}},
      {"STANDBY_EVICTED", {Place::kStatus}},
      {"CERTIFICATE_NOT_RENEWED", {Place::kStatus}},
      {"PORTAL_MOVED", {Place::kRun}},
      {"MAPPED_FIELDS_UNCHECKED", {Place::kRun, Place::kStatus}},
      {"MAPPED_VALUE_GONE", {Place::kRun, Place::kStatus}},
      {"MAPPED_FIELD_HOLDS_ONE", {Place::kRun, Place::kStatus}},
      {"MAPPED_FIELD_RETYPED", {Place::kRun}},
      {"MAPPED_FIELD_NOW_MULTIPLE", {Place::kRun}},
      {"MAPPED_FIELD_NOW_SINGLE", {Place::kRun}},
      {"MAPPED_ATTRIBUTE_RETYPED", {Place::kRun}},
      {"CONTACT_UNREADABLE", {Place::kRun, Place::kClient}},
      {"CONTACT_NOT_ON_PORTAL", {Place::kClient}},
      {"PLAN_CHANGED", {Place::kRun}},
      {"SAMPLE_MOVED", {Place::kRun}},
      {"SAMPLE_UNTOLD", {Place::kRun}},
      {"GUARD_", {Place::kRun}},
      {"SOURCE_EMPTY", {Place::kRun}},
      {"CLIENT_GONE", {Place::kClient}},
      {"LEFT_", {Place::kClient}},
      {"NEXT_IS_", {Place::kClient}},
      {"LIMIT_", {Place::kClient}},
      {"CLIENT_DROPPED", {Place::kClient}},
      {"SOURCE_QUIET_HOURS", {Place::kRun, Place::kStatus}},
      {"LAST_GOOD_SETTINGS", {Place::kRun}},
      {"PORTAL_AWAY", {Place::kRun}},
      {"FOREIGN_CONTACT_ID", {Place::kRun, Place::kClient}},
      {"TWO_CONTACTS_OF_ONE_CLIENT", {Place::kRun, Place::kClient}},
      {"CONTACT_OF_ERASED_CLIENT", {Place::kRun}},
      {"LOOKUP_INCOMPLETE", {Place::kRun, Place::kClient}},
      {"BATCH_IMPORT_UNAVAILABLE", {Place::kRun}},
      {"IMPORT_RIGHT_MISSING", {Place::kRun}},
      {"SPREADING_", {Place::kRun}},
      {"FAILURES_REMOVED", {Place::kRun}},
      {"FULL_REQUESTED", {Place::kRun}},
      {"NEVER_READ", {Place::kRun}},
      {"MAPPING_CHANGED", {Place::kRun}},
      {"CONTENT_BASIS_CHANGED", {Place::kRun}},
      {"COMPARISON_DUE", {Place::kRun}},
      {"SOURCE_VALUE_REFUSED", {Place::kClient}},
      {"CLIENT_UNLINKED", {Place::kClient}},
      {"POLICY_FILE_", {Place::kCall}},
      {"POLICY_CEILING_", {Place::kCall, Place::kRun}},
      {"CONTACT_LINKED_ELSEWHERE", {Place::kCall, Place::kRun}},
  };
  return *rules;
}

bool Fits(const Rule& rule, absl::string_view reason) {
  return absl::EndsWith(rule.begin, "_") ? absl::StartsWith(reason, rule.begin)
                                         : reason == rule.begin;
}

// What the two sides answer fails a run or one client of it, and is found by a test.
std::vector<Place> PlacesOfArea(absl::string_view area, bool error_of_call) {
  if (area == "VALUE") return {Place::kValue};
  if (area == "MATCH") return {error_of_call ? Place::kCall : Place::kPair};
  if (area == "EXPORT") {
    return {error_of_call ? Place::kRun : Place::kClient};
  }
  std::vector<Place> places;
  if (error_of_call) places.push_back(Place::kCall);
  if (area == "PORTAL" || area == "SOURCE" || area == "CONNECTION" ||
      area == "COMMON") {
    places.push_back(Place::kCheck);
    if (error_of_call) places.push_back(Place::kRun);
  }
  if (error_of_call && (area == "PORTAL" || area == "SOURCE")) {
    places.push_back(Place::kClient);
  }
  return places;
}

}  // namespace

absl::string_view NameOf(ReasonPlace place) {
  switch (place) {
    case Place::kCall:
      return "CALL";
    case Place::kCheck:
      return "CHECK";
    case Place::kRun:
      return "RUN";
    case Place::kClient:
      return "CLIENT";
    case Place::kValue:
      return "VALUE";
    case Place::kPair:
      return "PAIR";
    case Place::kLine:
      return "LINE";
    case Place::kStatus:
      return "STATUS";
    case Place::kMapping:
      return "MAPPING";
    case Place::kEvents:
      return "EVENTS";
    case Place::kLog:
      return "LOG";
  }
  return "";
}

std::vector<ReasonPlace> PlacesOf(const ReasonText& reason, absl::string_view area) {
  const auto& rules = Rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) {
    return Fits(one, reason.reason);
  });
  if (rule != rules.end()) return rule->places;
  return PlacesOfArea(area, reason.code != absl::StatusCode::kOk);
}

}  // namespace guestbridge
