#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TIME_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TIME_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace guestbridge::testing::bitrix24 {

// "+03:00", "-05:00", "UTC" or an IANA name. Nothing for anything else.
std::optional<absl::TimeZone> ParseZone(const std::string& text);

// `day` as the portal prints a date: midnight plus today's offset, followed by the
// offset that was in force on that day. Facts 5.8.
std::string PrintDate(absl::CivilDay day, absl::Time now, absl::TimeZone zone);

// ISO 8601 with the zone's offset, whole seconds.
std::string PrintTime(absl::Time time, absl::TimeZone zone);

// What PHP's strtotime would read of the forms that clients send: YYYY-MM-DD,
// dd.mm.yyyy, YYYYMMDD, each with an optional time and offset. A text without an offset
// is in `zone`.
std::optional<absl::Time> ParseTimeText(std::string_view text, absl::TimeZone zone);

// The day of ParseTimeText in `zone`: a timestamp with another offset may shift it.
std::optional<absl::CivilDay> ParseDateText(std::string_view text, absl::TimeZone zone);

// "YYYY-MM-DD", the form in which days are stored, and back.
std::string DayText(absl::CivilDay day);
std::optional<absl::CivilDay> DayFromText(std::string_view text);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TIME_H_
