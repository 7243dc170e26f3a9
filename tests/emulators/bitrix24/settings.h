#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_SETTINGS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_SETTINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// How the portal behaves where portals differ. Names in JSON (POST /config) equal the
// members' names.
struct Settings {
  // --- what kind of portal ---
  std::string language = "ru";  // "ru" | "en": texts of errors and titles
  bool box = false;             // no bucket, no operating, no 60 s cap, auth errors 401
  std::string zone_name = "+03:00";
  absl::TimeZone zone = absl::FixedTimeZone(3 * 3600);
  std::string four_byte =
      "keep";                   // "keep" (utf8mb4) | "replace" | "truncate" | "reject"
  bool new_multifields = true;  // false: an equal value without ID is appended again
  std::string phone_filter = "prefix";  // "prefix" (source) | "exact" (docs)
  bool noop_touches = true;             // an update without change moves DATE_MODIFY
  bool html_texts = true;               // field errors end in <br />
  bool time_on_errors = false;
  bool sticky_exception = false;  // facts 7.6: a later error shows an earlier text
  bool whole_start = false;       // time.start is a whole number

  // --- limits ---
  // "standard" | "enterprise": setting it sets the next two as the vendor documents.
  std::string plan = "standard";
  bool bucket = true;
  double drain_per_second = 2;
  double threshold = 50;
  bool count_rejected = true;
  double operating_limit = 480;  // seconds in ten minutes
  bool batch_operating_shared =
      false;  // box: batches of all webhooks share one account
  double cap_seconds = 60;
  std::string over_cap =
      "commit";  // "commit": work done though cut | "stop": rest dropped
  // Simulated seconds per method, charged to operating and to the cap. "*" is for all
  // others.
  std::map<std::string, double> cost;
  // The same between two bounds, drawn from cost_seed; for methods without `cost`.
  std::map<std::string, std::pair<double, double>> cost_range;
  std::map<std::string, double> cost_per_item;  // and for each element of `data`
  double scan_cost_per_thousand = 0;  // of contacts, when a list's filter has no index
  bool documented_costs =
      false;               // seeded figures of the vendor's samples where no cost is
  uint64_t cost_seed = 0;  // 0: as started; changing it begins the draws anew
  // The part of the cost that the answer really takes, in portal time: 0 charges
  // without waiting, 1 takes as long as it charges.
  double wait_share = 0;
  // Milliseconds of portal time per method, really waited. "*" likewise.
  std::map<std::string, int64_t> latency_ms;

  // --- doors ---
  bool https_required = true;  // for webhooks
  bool rest_in_plan = true;    // false: ACCESS_DENIED
  bool payment_required = false;
  bool overloaded = false;      // OVERLOAD_LIMIT
  bool portal_deleted = false;  // PORTAL_DELETED
  std::string redirect_host;    // not empty: every REST call answers 302 to this host
  // Both not empty: the portal was renamed. Calls to the host moved_from answer 302 to
  // moved_to, which works; without a port, the port stays.
  std::string moved_from;
  std::string moved_to;
  // Methods this portal lacks: ERROR_METHOD_NOT_FOUND. "crm.item.*" by prefix.
  std::vector<std::string> missing_methods;
  // HTTP status per error code, e.g. {"INVALID_CREDENTIALS":401}.
  std::map<std::string, int> status;

  bool journal_params = true;  // false: the journal keeps no parameters, to save memory

  // --- habits of the CRM ---
  bool require_userfields = false;  // mandatory user fields are enforced over REST
  std::map<std::string, std::string> automation;  // fields set right after each add
  int64_t automation_delay_ms = 0;                // above 0: as an update so much later
  int64_t event_delay_ms = 0;                     // of posts to online event handlers
  // Lists and duplicate searches show a new contact only so much later; get at once.
  int64_t list_lag_ms = 0;
  std::string contact_type = "CLIENT";
  std::string default_source = "CALL";
};

// Takes over the members present in `json`; others stay. Errors: INVALID_ARGUMENT for
// an unknown member or a wrong type, with nothing applied.
absl::Status ApplySettings(const Json& json, Settings* settings);

// All members as ApplySettings reads them.
Json SettingsJson(const Settings& settings);

// The value for `method`, for "*", or `otherwise`.
template <typename T>
T ForMethod(const std::map<std::string, T>& values, const std::string& method,
            T otherwise) {
  auto it = values.find(method);
  if (it == values.end()) it = values.find("*");
  return it == values.end() ? otherwise : it->second;
}

// Whether the portal lacks `method` (lower case).
bool IsMissing(const Settings& settings, const std::string& method);

// Whether answers take time in earnest.
inline bool Waits(const Settings& settings) {
  return settings.wait_share > 0 || !settings.latency_ms.empty();
}

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_SETTINGS_H_
