#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Name of the background job, as the manual knows it.
inline constexpr absl::string_view kScheduleJobName = "SyncBitrix24";
inline constexpr absl::string_view kDefaultCron = "0 3 * * *";
inline constexpr absl::string_view kDefaultTimeZone = "Europe/Moscow";

// The schedule of a new integration: nightly, paused until its connection is saved.
store::ScheduleRecord FreshSchedule();

// Lets it fire from `now` on; what it missed before is not made up for.
void ResumeSchedule(store::ScheduleRecord& schedule, absl::Time now);

// The next firing that a person may expect; none when paused or when none will come.
// Errors: CRON_INVALID, TIME_ZONE_UNKNOWN.
absl::StatusOr<std::optional<absl::Time>> NextScheduledTime(
    const store::ScheduleRecord& schedule, absl::Time now);

enum class FiringOutcome {
  kStarted,
  kRunInProgress,  // Nothing was started; the firing is passed over and noted.
};

// Starts a run of the integration inside `transaction`. The scheduler notes the firing
// in the same transaction, so a crash neither loses nor doubles it. `nominal` is the
// local time that the cron names, not the present one. An error rolls everything back;
// the firing is tried again a minute later.
using StartScheduledRun = std::function<absl::StatusOr<FiringOutcome>(
    Transaction& transaction, const std::string& integration_id, absl::Time nominal)>;

// Fires the schedules of active integrations, each firing once. Firings that were
// missed, however many, make one run; those of an inactive integration make none. When
// the wall clock is set back, what was noted as fired in the future no longer counts,
// so a schedule neither storms nor sleeps for years. Several schedulers may work on one
// store.
class Scheduler {
 public:
  Scheduler(Store& store, const Clock& clock, StartScheduledRun start)
      : store_(store), clock_(clock), start_(std::move(start)) {}
  ~Scheduler() { Stop(); }

  // Looks every second, from a thread of its own.
  void Start();
  // Waits for the thread; idempotent.
  void Stop();

  // Fires what is due at `now`. One thread at a time.
  void Tick(absl::Time now);

 private:
  void Run();
  void Fire(const std::string& integration_id, absl::Time now);

  Store& store_;
  const Clock& clock_;
  const StartScheduledRun start_;

  // After an error: not before this moment of the steady clock.
  std::map<std::string, absl::Duration> held_off_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace guestbridge::server
