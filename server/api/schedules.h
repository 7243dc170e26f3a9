#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/schedule.pb.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Schedules: the rules of ScheduleService. Errors are those of schedule.proto.
// Thread-safe.
class Schedules {
 public:
  Schedules(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  absl::StatusOr<v1::Schedule> Get(const std::string& name);
  absl::StatusOr<v1::Schedule> Set(const v1::Schedule& schedule);
  absl::StatusOr<v1::Schedule> Pause(const std::string& name);
  absl::StatusOr<v1::Schedule> Resume(const std::string& name);

 private:
  template <typename Change>
  absl::StatusOr<v1::Schedule> Edit(const std::string& name, const std::string& etag,
                                    const Change& change);

  Store& store_;
  const Clock& clock_;
};

}  // namespace guestbridge::server
