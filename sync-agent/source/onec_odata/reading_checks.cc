#include "sync-agent/source/onec_odata/reading_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/onec_checks.h"
#include "sync-agent/source/onec_odata/watermark.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

constexpr absl::Duration kClockTolerance = absl::Minutes(5);

}  // namespace

SourceCheck JudgeMetadata(const MetadataReading& reading) {
  const std::string& version = reading.metadata.version;
  const bool known =
      version.empty() || version == "1.0" || version == "2.0" || version == "3.0";
  return MakeCheck(
      "metadata", known ? State::kOk : State::kWarning,
      known ? "CHECK_METADATA_OK" : "METADATA_VERSION_UNKNOWN",
      {{"version", version.empty() ? "-" : version.substr(0, 20)},
       {"types", absl::StrCat(reading.metadata.types)},
       {"megabytes",
        absl::StrFormat("%.1f", static_cast<double>(reading.bytes) / (1 << 20))}});
}

std::optional<SourceCheck> CheckCodeOrder(OneCBase& base) {
  const std::string kName = "code-order";
  const absl::Status learned = base.attributes.Learn();
  if (!learned.ok()) return FailedCheck(kName, learned);
  const std::shared_ptr<const ClientNames> names = base.attributes.names();
  if (names->code.empty()) return std::nullopt;
  const absl::StatusOr<CodeOrder> order = ProbeCodeOrder(*names, base.session);
  if (!order.ok()) return FailedCheck(kName, order.status());
  const Parameters parameters = {{"entity", names->set}, {"attribute", names->code}};
  switch (*order) {
    case CodeOrder::kUsable:
      break;
    case CodeOrder::kManyAlike:
      return MakeCheck(kName, State::kWarning, "CLIENT_CODES_ALIKE", parameters);
    case CodeOrder::kUnusable:
      return MakeCheck(kName, State::kWarning, "CLIENT_CODE_UNORDERED", parameters);
  }
  return MakeCheck(kName, State::kOk, "CHECK_CODE_ORDER_OK", parameters);
}

std::optional<SourceCheck> CheckCreation(OneCBase& base) {
  const std::string kName = "create-date";
  const std::shared_ptr<const ClientNames> names = base.attributes.names();
  if (names->created.empty()) return std::nullopt;
  const Parameters parameters = {{"entity", names->set}, {"attribute", names->created}};
  ODataQuery query;
  query.entity = names->set;
  query.select = {names->key, names->created};
  query.filter =
      absl::StrCat(names->created, " ge ", DateTimeLiteral("2000-01-01T00:00:00"));
  query.order_by = names->created;
  query.top = 1;
  const absl::Status status = base.session.FetchRows(query).status();
  if (status.ok()) {
    return MakeCheck(kName, State::kOk, "CHECK_CREATION_OK", parameters);
  }
  if (IsUnusable(status) || ReasonOf(status) == "SOURCE_REFUSED") {
    return MakeCheck(kName, State::kWarning, "CLIENT_CREATION_UNORDERED", parameters);
  }
  return FailedCheck(kName, status);
}

SourceCheck JudgeSession(std::optional<IbSession::State> state) {
  const std::string kName = "session";
  if (!state.has_value()) return MakeCheck(kName, State::kOk, "SESSIONS_SWITCHED_OFF");
  switch (*state) {
    case IbSession::State::kOpen:
      return MakeCheck(kName, State::kOk, "CHECK_SESSION_OK");
    case IbSession::State::kNoneFree:
      return MakeCheck(kName, State::kWarning, "SESSION_NOT_FREE");
    case IbSession::State::kUntried:
    case IbSession::State::kIgnored:
      break;
  }
  return MakeCheck(kName, State::kWarning, "SESSION_IGNORED");
}

SourceCheck JudgeClock(const ClockReadings& readings) {
  const std::string kName = "clock";
  if (readings.server.has_value()) {
    const absl::Duration ahead = *readings.server - readings.ours;
    if (absl::AbsDuration(ahead) > kClockTolerance) {
      return MakeCheck(
          kName, State::kWarning, "SOURCE_CLOCK_DIFFERS",
          {{"minutes", absl::StrCat(absl::ToInt64Minutes(absl::AbsDuration(ahead)))},
           {"server", absl::FormatTime("%Y-%m-%d %H:%M", *readings.server,
                                       absl::UTCTimeZone())}});
    }
  }
  absl::TimeZone zone;
  absl::LoadTimeZone(readings.time_zone, &zone);  // checked with the profile
  const absl::CivilSecond latest =
      absl::ToCivilSecond(readings.ours + kClockTolerance, zone);
  absl::CivilSecond newest;
  if (absl::ParseCivilTime(readings.newest.text, &newest) && newest > latest) {
    return MakeCheck(
        kName, State::kWarning, "SOURCE_TIME_AHEAD",
        {{"newest", readings.newest.text},
         {"time_zone", readings.time_zone},
         {"now", absl::FormatTime("%Y-%m-%dT%H:%M:%S", readings.ours, zone)}});
  }
  const bool compared = readings.server.has_value() || !readings.newest.text.empty();
  return MakeCheck(kName, State::kOk, compared ? "CHECK_CLOCK_OK" : "CLOCK_UNKNOWN",
                   {{"time_zone", readings.time_zone}});
}

SourceCheck CheckClock(OneCBase& base, std::optional<absl::Time> server) {
  ClockReadings readings;
  readings.ours = base.clock.Now();
  readings.server = server;
  readings.time_zone = base.profile.time_zone;
  // Rows are a help: what fails to read them is another finding's.
  const SourceTime no_limit = {"9999-12-31T23:59:59"};
  const absl::StatusOr<Marks> marks = FetchMarks(base.profile, no_limit, base.session);
  if (marks.ok()) {
    const SourceTime none;
    readings.newest =
        std::max(marks->period.value_or(none), marks->created.value_or(none),
                 [](const SourceTime& a, const SourceTime& b) { return b > a; });
  }
  return JudgeClock(readings);
}

}  // namespace guestbridge::agent
