#include "server/schedule/scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "server/schedule/cron.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kPrefix = "schedules/";
constexpr int kPage = 200;
constexpr auto kPeriod = std::chrono::seconds(1);
constexpr absl::Duration kAfterError = absl::Minutes(1);
// A clock that is corrected by less than this was never wrong: a firing just noted
// stays fired. By more: what was noted lies in a future that is no more.
constexpr absl::Duration kClockTolerance = absl::Hours(1);

std::string ScheduleKey(absl::string_view id) { return absl::StrCat(kPrefix, id); }

// Firings after this moment count.
absl::Time CountedFrom(const store::ScheduleRecord& schedule, absl::Time now) {
  const int64_t seconds = std::max(schedule.last_fired_unix_seconds(),
                                   schedule.counted_from_unix_seconds());
  const absl::Time from = absl::FromUnixSeconds(seconds);
  return from > now + kClockTolerance ? now : from;
}

// The firing that is due at `now`, if any: the last one when several were missed.
absl::StatusOr<std::optional<absl::Time>> DueFiring(
    const store::ScheduleRecord& schedule, absl::Time now) {
  if (schedule.paused()) return std::nullopt;
  GB_ASSIGN_OR_RETURN(const Cron cron, ParseCron(schedule.cron()));
  GB_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindTimeZone(schedule.time_zone()));
  return LastFiring(cron, zone, CountedFrom(schedule, now), now);
}

bool NotedInTheFuture(const store::ScheduleRecord& schedule, absl::Time now) {
  return absl::FromUnixSeconds(std::max(schedule.last_fired_unix_seconds(),
                                        schedule.counted_from_unix_seconds())) >
         now + kClockTolerance;
}

}  // namespace

store::ScheduleRecord FreshSchedule() {
  store::ScheduleRecord schedule;
  schedule.set_cron(std::string(kDefaultCron));
  schedule.set_time_zone(std::string(kDefaultTimeZone));
  schedule.set_paused(true);
  schedule.set_pristine(true);
  return schedule;
}

void ResumeSchedule(store::ScheduleRecord& schedule, absl::Time now) {
  schedule.set_paused(false);
  schedule.set_counted_from_unix_seconds(absl::ToUnixSeconds(now));
}

absl::StatusOr<std::optional<absl::Time>> NextScheduledTime(
    const store::ScheduleRecord& schedule, absl::Time now) {
  GB_ASSIGN_OR_RETURN(const Cron cron, ParseCron(schedule.cron()));
  GB_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindTimeZone(schedule.time_zone()));
  if (schedule.paused()) return std::nullopt;
  return NextFiring(cron, zone, std::max(CountedFrom(schedule, now), now));
}

void Scheduler::Start() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] { Run(); });
}

void Scheduler::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Scheduler::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Tick(clock_.Now());
    lock.lock();
    wake_.wait_for(lock, kPeriod, [this] { return stopping_; });
  }
}

void Scheduler::Tick(absl::Time now) {
  std::vector<std::string> to_handle;
  const absl::Status read = store_.Read([&](Transaction& transaction) -> absl::Status {
    to_handle.clear();
    std::string after;
    while (true) {
      GB_ASSIGN_OR_RETURN(const auto page, ListRecords<store::ScheduleRecord>(
                                               transaction, kPrefix, after, kPage));
      for (const auto& record : page) {
        const auto due = DueFiring(record.value, now);
        // A record that does not parse was refused when it was set: it cannot fire.
        if (!due.ok()) continue;
        if (due->has_value() || NotedInTheFuture(record.value, now)) {
          to_handle.push_back(record.key.substr(kPrefix.size()));
        }
      }
      if (page.size() < kPage) return absl::OkStatus();
      after = page.back().key;
    }
  });
  if (!read.ok()) {
    log::Error("schedule_read_failed", {{"error", read}});
    return;
  }
  for (const std::string& integration_id : to_handle) {
    const auto held = held_off_.find(integration_id);
    if (held != held_off_.end()) {
      if (clock_.Steady() < held->second) continue;
      held_off_.erase(held);
    }
    Fire(integration_id, now);
  }
}

void Scheduler::Fire(const std::string& integration_id, absl::Time now) {
  enum class Done { kNothing, kStarted, kSkipped };
  Done done = Done::kNothing;
  CrashPoint("server.schedule.fire");
  const auto written = store_.Write([&](Transaction& transaction) -> absl::Status {
    done = Done::kNothing;
    // Everything is judged again inside the transaction that acts on it.
    const std::string key = ScheduleKey(integration_id);
    GB_ASSIGN_OR_RETURN(auto schedule,
                        GetRecord<store::ScheduleRecord>(transaction, key));
    if (!schedule.has_value()) return absl::OkStatus();
    store::ScheduleRecord& record = schedule->value;
    GB_ASSIGN_OR_RETURN(const std::optional<absl::Time> due, DueFiring(record, now));
    if (NotedInTheFuture(record, now)) {
      record.set_last_fired_unix_seconds(0);
      record.set_counted_from_unix_seconds(absl::ToUnixSeconds(now));
      return PutRecord(transaction, key, record);
    }
    if (!due.has_value()) return absl::OkStatus();

    GB_ASSIGN_OR_RETURN(
        const auto integration,
        GetRecord<store::IntegrationRecord>(
            transaction, absl::StrCat("integrations/", integration_id)));
    if (!integration.has_value()) return absl::OkStatus();
    record.set_last_fired_unix_seconds(absl::ToUnixSeconds(*due));
    if (integration->value.integration().active()) {
      GB_ASSIGN_OR_RETURN(const FiringOutcome outcome,
                          start_(transaction, integration_id, *due));
      CrashPoint("server.schedule.started");
      done = Done::kStarted;
      if (outcome == FiringOutcome::kRunInProgress) {
        done = Done::kSkipped;
        record.set_last_skipped_unix_seconds(absl::ToUnixSeconds(*due));
      }
    }
    return PutRecord(transaction, key, record);
  });
  if (!written.ok()) {
    held_off_[integration_id] = clock_.Steady() + kAfterError;
    log::Error("schedule_start_failed",
               {{"integration", integration_id}, {"error", written.status()}});
    return;
  }
  if (done == Done::kNothing) return;
  CrashPoint("server.schedule.fired");
  log::Info(done == Done::kStarted ? "schedule_fired" : "schedule_skipped",
            {{"integration", integration_id}, {"job", kScheduleJobName}});
}

}  // namespace guestbridge::server
