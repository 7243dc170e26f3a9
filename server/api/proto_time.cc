#include "server/api/proto_time.h"

#include <cstdint>

#include "google/protobuf/descriptor.h"

namespace guestbridge::server {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr int64_t kYear0001 = -62135596800;
constexpr int64_t kEndOf9999 = 253402300799;
constexpr int64_t kLongest = 315576000000;
constexpr int32_t kNanos = 1000000000;

bool IsPossible(const Message& value) {
  if (value.GetDescriptor() == Timestamp::descriptor()) {
    const auto& time = static_cast<const Timestamp&>(value);
    return time.seconds() >= kYear0001 && time.seconds() <= kEndOf9999 &&
           time.nanos() >= 0 && time.nanos() < kNanos;
  }
  if (value.GetDescriptor() == Duration::descriptor()) {
    const auto& duration = static_cast<const Duration&>(value);
    const int64_t seconds = duration.seconds();
    const int32_t nanos = duration.nanos();
    return seconds >= -kLongest && seconds <= kLongest && nanos > -kNanos &&
           nanos < kNanos && !(seconds > 0 && nanos < 0) && !(seconds < 0 && nanos > 0);
  }
  return true;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1000000;
  int64_t rest = micros % 1000000;
  if (rest < 0) {
    rest += 1000000;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Duration ToProtoDuration(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::ToInt64Seconds(duration));
  proto.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(proto.seconds()))));
  return proto;
}

absl::Duration FromProtoDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

void DropImpossibleTimes(Message* message) {
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) {
      continue;
    }
    if (field->is_repeated()) {
      const int count = reflection.FieldSize(*message, field);
      for (int j = 0; j < count; ++j) {
        DropImpossibleTimes(reflection.MutableRepeatedMessage(message, field, j));
      }
    } else if (reflection.HasField(*message, field)) {
      if (IsPossible(reflection.GetMessage(*message, field))) {
        DropImpossibleTimes(reflection.MutableMessage(message, field));
      } else {
        reflection.ClearField(message, field);
      }
    }
  }
}

}  // namespace guestbridge::server
