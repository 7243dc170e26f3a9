#include "admin-cli/command/values.h"

#include <cmath>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "common/status/error.h"

namespace guestbridge::cli {
namespace {

constexpr int64_t kMostDays = 36500;

absl::Status BadValue(absl::string_view flag, absl::string_view text,
                      absl::string_view expected) {
  return MakeError("USAGE_BAD_VALUE", {{"flag", std::string(flag)},
                                       {"value", std::string(text)},
                                       {"expected", std::string(expected)}});
}

}  // namespace

std::string NameOf(const Command& command) {
  return absl::StrCat(command.noun, command.verb.empty() ? "" : " ", command.verb);
}

Argument IdArgument() { return {"ID", "ID", "ARGUMENT_ID", /*required=*/true}; }

std::string IntegrationIdOf(absl::string_view text) {
  return std::string(absl::StripPrefix(text, "integrations/"));
}

std::string IntegrationNameOf(const Arguments& arguments) {
  return absl::StrCat("integrations/", IntegrationIdOf(arguments.Get("ID")));
}

absl::StatusOr<std::string> RunNameOf(absl::string_view text) {
  if (absl::StrContains(text, '/')) return std::string(text);
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 1) {
    return BadValue("RUN", text, "12, integrations/main/runs/12");
  }
  return absl::StrCat("integrations/-/runs/", number);
}

std::string ClientIdOf(absl::string_view text) {
  constexpr absl::string_view kClients = "/clients/";
  const size_t at = text.find(kClients);
  if (!absl::StartsWith(text, "integrations/") || at == absl::string_view::npos) {
    return std::string(text);
  }
  return std::string(text.substr(at + kClients.size()));
}

absl::StatusOr<int64_t> ParseNumber(absl::string_view flag, absl::string_view text,
                                    int64_t least, int64_t most) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
    return BadValue(flag, text, absl::StrCat(least, "…", most));
  }
  return number;
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view flag,
                                             absl::string_view text,
                                             absl::string_view allowed) {
  absl::Duration duration;
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (absl::EndsWith(text, "d") &&
             absl::SimpleAtoi(text.substr(0, text.size() - 1), &seconds) &&
             seconds <= kMostDays) {
    duration = absl::Hours(24 * seconds);
  } else if (!absl::ParseDuration(std::string(text), &duration)) {
    duration = absl::ZeroDuration();
  }
  if (duration <= absl::ZeroDuration() || duration > absl::Hours(24 * kMostDays)) {
    return BadValue(flag, text, allowed);
  }
  return duration;
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

std::string TimeText(const Session& session, bool present,
                     const google::protobuf::Timestamp& timestamp) {
  return present ? session.Time(TimeOf(timestamp)) : "";
}

std::string TimeTextIn(const Session& session, absl::string_view zone, bool present,
                       const google::protobuf::Timestamp& timestamp) {
  absl::TimeZone known;
  if (!present || zone.empty() || !absl::LoadTimeZone(zone, &known)) {
    return TimeText(session, present, timestamp);
  }
  return absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M:%S", TimeOf(timestamp), known),
                      " (", zone, ")");
}

std::string DurationText(Language language, absl::Duration duration) {
  std::vector<std::string> parts;
  const auto add = [&](absl::Duration unit, absl::string_view label) {
    const int64_t count = absl::IDivDuration(duration, unit, &duration);
    if (count > 0) parts.push_back(absl::StrCat(count, " ", Label(language, label)));
  };
  add(absl::Hours(1), "HOURS");
  add(absl::Minutes(1), "MINUTES");
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds > 0 || parts.empty()) {
    const bool whole = seconds == std::floor(seconds);
    parts.push_back(absl::StrCat(absl::StrFormat(whole ? "%.0f" : "%.1f", seconds), " ",
                                 Label(language, "SECONDS")));
  }
  return absl::StrJoin(parts, " ");
}

std::string YesNo(const Session& session, bool value) {
  return session.Text(value ? "YES" : "NO");
}

std::string TextOf(const v1::Explanation& explanation) {
  const std::string& message =
      explanation.message().empty() ? explanation.reason() : explanation.message();
  return explanation.remedy().empty()
             ? message
             : absl::StrCat(message, " ", explanation.remedy());
}

std::string ValueText(const Session& session, absl::string_view value) {
  const bool russian = session.options().language == Language::kRussian;
  return WithVisibleBlanks(value, russian ? "«" : "\"", russian ? "»" : "\"");
}

std::string ValuesText(const Session& session, absl::string_view values,
                       absl::string_view separator) {
  std::vector<std::string> shown;
  for (absl::string_view value : absl::StrSplit(values, '\n')) {
    shown.push_back(ValueText(session, value));
  }
  return absl::StrJoin(shown, separator);
}

void ExplainBlanks(Session& session, absl::string_view shown) {
  if (HasVisibleBlanks(shown)) session.Say("BLANKS_SHOWN");
}

}  // namespace guestbridge::cli
