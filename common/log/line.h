#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace guestbridge::log {

// One line, without its line break. Bytes that are not UTF-8 are replaced. Should the
// program repeat a key, the later field wins.
std::string FormatLine(absl::Time time, absl::string_view level,
                       absl::string_view event, Fields fields);

}  // namespace guestbridge::log
