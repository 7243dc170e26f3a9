#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "gmock/gmock.h"

// Matchers for absl::Status and absl::StatusOr<T>, with our reasons.
namespace guestbridge::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return arg.ok();
}

// EXPECT_THAT(F(), StatusIs(absl::StatusCode::kNotFound, "NO_SUCH_RUN"));
MATCHER_P2(StatusIs, code, reason, "") {
  const absl::Status& status = StatusOf(arg);
  *result_listener << status.ToString() << " with reason \"" << ReasonOf(status)
                   << "\"";
  return status.code() == code && ReasonOf(status) == std::string(reason);
}

}  // namespace guestbridge::testing
