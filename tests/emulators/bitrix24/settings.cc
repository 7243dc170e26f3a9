#include "tests/emulators/bitrix24/settings.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// One list of members for both directions.
template <typename Visitor>
void VisitMembers(Settings& s, Visitor visit) {
  visit("language", s.language);
  visit("box", s.box);
  visit("four_byte", s.four_byte);
  visit("new_multifields", s.new_multifields);
  visit("phone_filter", s.phone_filter);
  visit("noop_touches", s.noop_touches);
  visit("html_texts", s.html_texts);
  visit("time_on_errors", s.time_on_errors);
  visit("sticky_exception", s.sticky_exception);
  visit("whole_start", s.whole_start);
  visit("plan", s.plan);
  visit("bucket", s.bucket);
  visit("drain_per_second", s.drain_per_second);
  visit("threshold", s.threshold);
  visit("count_rejected", s.count_rejected);
  visit("operating_limit", s.operating_limit);
  visit("batch_operating_shared", s.batch_operating_shared);
  visit("cap_seconds", s.cap_seconds);
  visit("over_cap", s.over_cap);
  visit("cost", s.cost);
  visit("cost_range", s.cost_range);
  visit("cost_per_item", s.cost_per_item);
  visit("scan_cost_per_thousand", s.scan_cost_per_thousand);
  visit("documented_costs", s.documented_costs);
  visit("cost_seed", s.cost_seed);
  visit("wait_share", s.wait_share);
  visit("latency_ms", s.latency_ms);
  visit("https_required", s.https_required);
  visit("rest_in_plan", s.rest_in_plan);
  visit("payment_required", s.payment_required);
  visit("overloaded", s.overloaded);
  visit("portal_deleted", s.portal_deleted);
  visit("redirect_host", s.redirect_host);
  visit("moved_from", s.moved_from);
  visit("moved_to", s.moved_to);
  visit("missing_methods", s.missing_methods);
  visit("journal_params", s.journal_params);
  visit("require_userfields", s.require_userfields);
  visit("status", s.status);
  visit("automation", s.automation);
  visit("automation_delay_ms", s.automation_delay_ms);
  visit("event_delay_ms", s.event_delay_ms);
  visit("list_lag_ms", s.list_lag_ms);
  visit("contact_type", s.contact_type);
  visit("default_source", s.default_source);
}

void LowerKeys(auto& values) {
  auto copy = values;
  values.clear();
  for (const auto& [key, value] : copy) values[ToLower(key)] = value;
}

}  // namespace

absl::Status ApplySettings(const Json& json, Settings* settings) {
  if (!json.is_object()) return absl::InvalidArgumentError("an object is wanted");
  Settings next = *settings;
  size_t known = 0;
  try {
    // Before the members, so that a threshold given along with it wins.
    if (const auto it = json.find("plan"); it != json.end()) {
      const std::string plan = it->get<std::string>();
      if (plan != "standard" && plan != "enterprise") {
        return absl::InvalidArgumentError("plan is standard or enterprise");
      }
      next.drain_per_second = plan == "enterprise" ? 5 : 2;
      next.threshold = plan == "enterprise" ? 250 : 50;
    }
    VisitMembers(next, [&](const char* name, auto& member) {
      const auto it = json.find(name);
      if (it == json.end()) return;
      ++known;
      it->get_to(member);
    });
    if (const auto it = json.find("timezone"); it != json.end()) {
      ++known;
      const std::optional<absl::TimeZone> zone = ParseZone(it->get<std::string>());
      if (!zone.has_value()) return absl::InvalidArgumentError("timezone is unknown");
      next.zone = *zone;
      next.zone_name = it->get<std::string>();
    }
  } catch (const Json::exception& e) {
    return absl::InvalidArgumentError(e.what());
  }
  if (known != json.size()) {
    std::string unknown;
    for (auto it = json.begin(); it != json.end(); ++it) {
      if (!SettingsJson(*settings).contains(it.key())) {
        absl::StrAppend(&unknown, " ", it.key());
      }
    }
    return absl::InvalidArgumentError(absl::StrCat("unknown settings:", unknown));
  }
  LowerKeys(next.cost);
  LowerKeys(next.cost_range);
  LowerKeys(next.cost_per_item);
  LowerKeys(next.latency_ms);
  for (std::string& method : next.missing_methods) method = ToLower(method);
  *settings = next;
  return absl::OkStatus();
}

bool IsMissing(const Settings& settings, const std::string& method) {
  for (const std::string& missing : settings.missing_methods) {
    const bool prefix = missing.ends_with("*");
    if (prefix ? method.starts_with(missing.substr(0, missing.size() - 1))
               : method == missing) {
      return true;
    }
  }
  return false;
}

Json SettingsJson(const Settings& settings) {
  Settings copy = settings;
  Json json = Json::object();
  VisitMembers(copy, [&](const char* name, auto& member) { json[name] = member; });
  json["timezone"] = settings.zone_name;
  return json;
}

}  // namespace guestbridge::testing::bitrix24
