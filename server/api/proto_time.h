#pragma once

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

namespace guestbridge::server {

// Whole microseconds; finer parts are cut.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);
google::protobuf::Duration ToProtoDuration(absl::Duration duration);
absl::Duration FromProtoDuration(const google::protobuf::Duration& duration);

// Clears, in `message` and all that it holds, each time outside the years 0001 to 9999
// and each duration longer than that: JSON has no form for them, and one would leave
// nothing readable of an answer that passes on what an agent said.
void DropImpossibleTimes(google::protobuf::Message* message);

}  // namespace guestbridge::server
