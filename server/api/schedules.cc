#include "server/api/schedules.h"

#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/etag.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/schedule/cron.h"
#include "server/schedule/scheduler.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

absl::StatusOr<std::string> ParseName(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, IntegrationOf(name));
  if (name == ScheduleName(id)) return id;
  return MakeError(
      "NAME_MALFORMED",
      {{"name", name}, {"pattern", "integrations/{integration}/schedule"}});
}

absl::StatusOr<Record<store::ScheduleRecord>> Load(Transaction& transaction,
                                                   const std::string& id) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(
      auto record, GetRecord<store::ScheduleRecord>(transaction, keys::Schedule(id)));
  if (!record.has_value()) {
    return MakeError("INTEGRATION_NOT_FOUND", {{"integration", id}});
  }
  return *std::move(record);
}

}  // namespace

absl::StatusOr<v1::Schedule> Schedules::Get(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  v1::Schedule schedule;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto record, Load(transaction, id));
    const store::ScheduleRecord& stored = record.value;
    schedule.set_name(ScheduleName(id));
    schedule.set_cron(stored.cron());
    schedule.set_time_zone(stored.time_zone());
    schedule.set_paused(stored.paused());
    schedule.set_job_name(std::string(kScheduleJobName));
    schedule.set_etag(std::to_string(record.version));
    if (stored.last_fired_unix_seconds() > 0) {
      *schedule.mutable_last_time() =
          ToTimestamp(absl::FromUnixSeconds(stored.last_fired_unix_seconds()));
    }
    GB_ASSIGN_OR_RETURN(const auto next, NextScheduledTime(stored, clock_.Now()));
    if (next.has_value()) *schedule.mutable_next_time() = ToTimestamp(*next);
    return absl::OkStatus();
  }));
  return schedule;
}

template <typename Change>
absl::StatusOr<v1::Schedule> Schedules::Edit(const std::string& name,
                                             const std::string& etag,
                                             const Change& change) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto record, Load(transaction, id));
            GB_RETURN_IF_ERROR(CheckEtag(etag, std::to_string(record.version), name));
            const std::string before = record.value.SerializeAsString();
            change(&record.value);
            record.value.set_pristine(false);
            if (record.value.SerializeAsString() == before) return absl::OkStatus();
            return PutRecord(transaction, keys::Schedule(id), record.value);
          })
          .status());
  return Get(name);
}

absl::StatusOr<v1::Schedule> Schedules::Set(const v1::Schedule& schedule) {
  GB_ASSIGN_OR_RETURN(const Cron cron, ParseCron(schedule.cron()));
  GB_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindTimeZone(schedule.time_zone()));
  GB_RETURN_IF_ERROR(CheckFires(cron, schedule.cron(), zone, clock_.Now()));
  return Edit(schedule.name(), schedule.etag(), [&](store::ScheduleRecord* record) {
    record->set_cron(schedule.cron());
    record->set_time_zone(schedule.time_zone());
    ResumeSchedule(*record, clock_.Now());
  });
}

absl::StatusOr<v1::Schedule> Schedules::Pause(const std::string& name) {
  return Edit(name, "",
              [](store::ScheduleRecord* record) { record->set_paused(true); });
}

absl::StatusOr<v1::Schedule> Schedules::Resume(const std::string& name) {
  return Edit(name, "", [&](store::ScheduleRecord* record) {
    if (record->paused()) ResumeSchedule(*record, clock_.Now());
  });
}

}  // namespace guestbridge::server
