#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "google/protobuf/timestamp.pb.h"
#include "guestbridge/v1/error.pb.h"

// From what people type to what the API takes, and back.
namespace guestbridge::cli {

// The argument `ID`, as it is written in many commands.
Argument IdArgument();

// "main" and "integrations/main" -> "main".
std::string IntegrationIdOf(absl::string_view text);
// -> "integrations/main".
std::string IntegrationNameOf(const Arguments& arguments);
// "12" -> "integrations/-/runs/12"; a full name stays. Errors: USAGE_BAD_VALUE.
absl::StatusOr<std::string> RunNameOf(absl::string_view text);
// "8c…" and "integrations/main/clients/8c…" -> "8c…".
std::string ClientIdOf(absl::string_view text);

// Whole numbers in [least, most]. Errors: USAGE_BAD_VALUE (parameters flag, value,
// expected).
absl::StatusOr<int64_t> ParseNumber(absl::string_view flag, absl::string_view text,
                                    int64_t least, int64_t most);
// "2s", "15m", "1h30m", "400d"; above zero. `allowed` is what an error says may be
// given. Errors: USAGE_BAD_VALUE.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view flag,
                                             absl::string_view text,
                                             absl::string_view allowed = "30s, 2m, 1h");

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);
// In the caller's time zone; a dash when it is absent.
std::string TimeText(const Session& session, bool present,
                     const google::protobuf::Timestamp& timestamp);
// In `zone`, and with its name; as above where this machine does not know it.
std::string TimeTextIn(const Session& session, absl::string_view zone, bool present,
                       const google::protobuf::Timestamp& timestamp);
// "1 h 30 min", "0.4 s"; in the caller's language.
std::string DurationText(Language language, absl::Duration duration);
std::string YesNo(const Session& session, bool value);
// Message and remedy as one text.
std::string TextOf(const v1::Explanation& explanation);

// A guest's value with blanks that nobody would see made visible. Several values, one a
// line, are joined by `separator`.
std::string ValueText(const Session& session, absl::string_view value);
std::string ValuesText(const Session& session, absl::string_view values,
                       absl::string_view separator);
// Says what the marks mean, where `shown` has any.
void ExplainBlanks(Session& session, absl::string_view shown);

}  // namespace guestbridge::cli
