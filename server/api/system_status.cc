#include "server/api/system_status.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/agent_health.h"
#include "server/api/agent_reports.h"
#include "server/api/assignment.h"
#include "server/api/connection_checks.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/api/standby.h"
#include "server/schedule/scheduler.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Without --stale-after: two hours after an export was due, and not before a day and
// two hours without one.
constexpr absl::Duration kStaleAtTheEarliest = absl::Hours(26);
constexpr absl::Duration kLateExport = absl::Hours(2);
constexpr int kRunsLookedAt = 50;
constexpr int kMaxReasons = 20;

void Attend(v1::IntegrationStatus* status, absl::string_view reason,
            const Parameters& parameters) {
  v1::Explanation& item = *status->add_attention();
  item.set_reason(std::string(reason));
  item.mutable_parameters()->insert(parameters.begin(), parameters.end());
}

// What the ledger says; how many clients failed.
int LookAtLedger(const v1::LedgerSummary& summary, const std::string& id,
                 v1::IntegrationStatus* status) {
  status->set_missing(summary.missing_count());
  status->set_doubts(summary.doubts());
  *status->mutable_write_back() = summary.write_back();
  int failed = 0;
  for (const v1::MissingClients& group : summary.missing()) {
    v1::MissingClients& shown = *status->add_missing_reasons();
    shown = group;
    shown.clear_message();
    shown.clear_remedy();
    (*shown.mutable_parameters())["integration"] = id;
    if (!group.needs_person()) continue;
    const char* review = nullptr;
    if (group.reason() == "AWAITING_MATCH_REVIEW") review = "ATTENTION_PAIRS_PROPOSED";
    if (group.reason() == "AMBIGUOUS_MATCH") review = "ATTENTION_PAIRS_AMBIGUOUS";
    if (group.reason() == "CLIENT_UNLINKED") review = "ATTENTION_CLIENTS_UNLINKED";
    if (group.reason() == "CONTACT_GONE_ASK") review = "ATTENTION_CONTACTS_GONE";
    if (review == nullptr) {
      failed += group.count();
    } else {
      Attend(status, review,
             {{"integration", id}, {"count", std::to_string(group.count())}});
    }
  }
  return failed;
}

// An export that ended well knows better than an older finding that one would fail; and
// how the agent is shows of itself.
void LookAtChecks(const std::vector<v1::Check>& checks, absl::Time last_good_export,
                  v1::IntegrationStatus* status) {
  for (const v1::Check& check : checks) {
    const bool failed = check.state() == v1::Check::FAILED;
    if (check.state() == v1::Check::OK || check.side() == v1::Check::AGENT) continue;
    if (failed && last_good_export > FromTimestamp(check.check_time())) continue;
    *status->add_findings() = check;
    const bool said = std::any_of(
        status->attention().begin(), status->attention().end(),
        [&](const v1::Explanation& item) { return item.reason() == check.reason(); });
    if (!failed || said) continue;
    v1::Explanation& item = *status->add_attention();
    item.set_reason(check.reason());
    *item.mutable_parameters() = check.parameters();
  }
}

void AttendIfFailed(const v1::Run& run, v1::IntegrationStatus* status) {
  if (run.state() != v1::Run::FAILED) return;
  if (run.has_error()) {
    *status->add_attention() = run.error();
  } else {
    Attend(status, "ATTENTION_RUN_FAILED", {{"run", run.name()}});
  }
}

// What an export saw and said beside its work, and the next one will, until somebody
// mends it.
void AttendToNotices(const v1::Run& run, v1::IntegrationStatus* status) {
  for (const v1::Explanation& notice : run.notices()) {
    if (notice.reason() == "MAPPED_VALUE_GONE" ||
        notice.reason() == "MAPPED_FIELD_HOLDS_ONE" ||
        notice.reason() == "MAPPED_FIELDS_UNCHECKED") {
      *status->add_attention() = notice;
    }
  }
}

// Dry runs left out.
struct LastExports {
  std::optional<v1::Run> ended;  // the last that ended by itself
  absl::Time last_good = absl::InfinitePast();
};

absl::StatusOr<LastExports> FindLastExports(Transaction& transaction,
                                            const std::string& id) {
  LastExports exports;
  GB_ASSIGN_OR_RETURN(auto noted, GetRecord<store::EndedExportsRecord>(
                                      transaction, keys::EndedExports(id)));
  if (!noted.has_value()) {
    // Runs of a server that did not note it yet.
    GB_ASSIGN_OR_RETURN(auto runs,
                        ListRecords<store::RunRecord>(transaction, keys::Runs(id), "",
                                                      kRunsLookedAt, true));
    for (auto& record : runs) {
      v1::Run& run = *record.value.mutable_run();
      if (run.kind() != v1::Run::EXPORT || run.dry_run() || !IsFinal(run.state()) ||
          run.state() == v1::Run::CANCELLED) {
        continue;
      }
      if (run.state() != v1::Run::FAILED) {
        exports.last_good = std::max(exports.last_good, FromTimestamp(run.end_time()));
      }
      if (!exports.ended.has_value()) exports.ended = std::move(run);
    }
    return exports;
  }
  if (noted->value.has_good_end_time()) {
    exports.last_good = FromTimestamp(noted->value.good_end_time());
  }
  GB_ASSIGN_OR_RETURN(auto run, GetRecord<store::RunRecord>(
                                    transaction, keys::Run(id, noted->value.last())));
  if (run.has_value()) exports.ended = std::move(*run->value.mutable_run());
  return exports;
}

}  // namespace

absl::Status SystemStatus::TakeLedger(const Session& session,
                                      const v1::ReportLedgerRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration()));
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_RETURN_IF_ERROR(CheckAssigned(transaction, id, session.identity().agent));
        store::LedgerSummaryRecord record;
        v1::LedgerSummary& summary = *record.mutable_summary();
        summary = request.summary();
        DropImpossibleTimes(&summary);
        if (summary.missing_size() > kMaxReasons) {
          summary.mutable_missing()->DeleteSubrange(
              kMaxReasons, summary.missing_size() - kMaxReasons);
        }
        if (summary.write_back_refusals_size() > kMaxReasons) {
          summary.mutable_write_back_refusals()->DeleteSubrange(
              kMaxReasons, summary.write_back_refusals_size() - kMaxReasons);
        }
        return PutRecord(transaction, keys::LedgerSummary(id), record);
      })
      .status();
}

// Counted from when its schedule was turned on, if nothing was exported since.
absl::Status SystemStatus::LookAtFreshness(Transaction& transaction,
                                           const std::string& id,
                                           absl::Time last_good_export,
                                           v1::IntegrationStatus* status) {
  if (stale_after_ == absl::InfiniteDuration()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(
      auto schedule, GetRecord<store::ScheduleRecord>(transaction, keys::Schedule(id)));
  if (!schedule.has_value() || schedule->value.paused()) return absl::OkStatus();
  const absl::Time since =
      std::max(last_good_export,
               absl::FromUnixSeconds(schedule->value.counted_from_unix_seconds()));
  const absl::Duration old = clock_.Now() - since;
  if (old <= stale_after_.value_or(kStaleAtTheEarliest)) return absl::OkStatus();
  if (!stale_after_.has_value()) {
    // Once a week is often enough for a schedule that says so.
    GB_ASSIGN_OR_RETURN(const auto due, NextScheduledTime(schedule->value, since));
    if (!due.has_value() || clock_.Now() - *due <= kLateExport) return absl::OkStatus();
  }
  Attend(status, "ATTENTION_NOT_FRESH",
         {{"integration", id}, {"hours", std::to_string(absl::ToInt64Hours(old))}});
  return absl::OkStatus();
}

absl::Status SystemStatus::LookAtRuns(Transaction& transaction, const std::string& id,
                                      v1::IntegrationStatus* status) {
  GB_ASSIGN_OR_RETURN(const auto runs,
                      ListRecords<store::RunRecord>(transaction, keys::Runs(id), "",
                                                    kRunsLookedAt, true));
  GB_ASSIGN_OR_RETURN(const LastExports exports, FindLastExports(transaction, id));
  const v1::Run* const last_export =
      exports.ended.has_value() ? &*exports.ended : nullptr;
  const auto shown = std::find_if(runs.begin(), runs.end(), [](const auto& record) {
    return record.value.run().kind() != v1::Run::SETTLE;
  });
  const v1::Run* const last = shown == runs.end() ? nullptr : &shown->value.run();
  if (last != nullptr) {
    *status->mutable_last_run() = *last;
    if (last->has_write_back()) {
      DropStaleOutlook(status->agent_connected(), clock_.Now(),
                       status->mutable_last_run()->mutable_write_back());
    }
  }
  GB_ASSIGN_OR_RETURN(auto ledger, GetRecord<store::LedgerSummaryRecord>(
                                       transaction, keys::LedgerSummary(id)));
  int failed = 0;
  if (ledger.has_value()) {
    failed = LookAtLedger(ledger->value.summary(), id, status);
  } else if (!runs.empty()) {
    // An agent that does not tell what its ledger holds: the runs must do.
    for (const auto& record : runs) {
      // One that no agent has begun says nothing.
      if (record.value.run().agent().empty() || !record.value.run().has_write_back()) {
        continue;
      }
      status->set_doubts(record.value.run().doubts());
      *status->mutable_write_back() = record.value.run().write_back();
      break;
    }
    if (last_export != nullptr) {
      failed = last_export->counters().failed();
      status->set_missing(failed + last_export->counters().deferred());
    }
  }
  if (last_export != nullptr) {
    status->mutable_write_back()->set_done(last_export->write_back().done());
  }
  if (status->has_write_back()) {
    DropStaleOutlook(status->agent_connected(), clock_.Now(),
                     status->mutable_write_back());
  }
  // A dry run, a match or a comparison says nothing of an export that failed before it.
  if (last_export != nullptr) {
    AttendIfFailed(*last_export, status);
    AttendToNotices(*last_export, status);
  }
  if (last != nullptr && last->kind() != v1::Run::EXPORT) AttendIfFailed(*last, status);
  GB_ASSIGN_OR_RETURN(const std::vector<v1::Check> checks, LastChecks(transaction, id));
  LookAtChecks(checks, exports.last_good, status);
  GB_RETURN_IF_ERROR(LookAtFreshness(transaction, id, exports.last_good, status));
  if (failed > 0) {
    Attend(status, "ATTENTION_CLIENTS_FAILED",
           {{"integration", id}, {"count", std::to_string(failed)}});
  }
  if (status->write_back().parked() > 0) {
    Attend(status, "ATTENTION_WRITE_BACK_PARKED",
           {{"integration", id},
            {"count", std::to_string(status->write_back().parked())}});
    if (ledger.has_value()) {
      for (const v1::Explanation& why : ledger->value.summary().write_back_refusals()) {
        *status->add_attention() = why;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status SystemStatus::Look(Transaction& transaction, const std::string& id,
                                const std::string& standby, const Reach& reach,
                                v1::IntegrationStatus* status) {
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  GB_ASSIGN_OR_RETURN(
      auto schedule, GetRecord<store::ScheduleRecord>(transaction, keys::Schedule(id)));
  if (schedule.has_value() && status->active()) {
    GB_ASSIGN_OR_RETURN(const auto next,
                        NextScheduledTime(schedule->value, clock_.Now()));
    if (next.has_value()) *status->mutable_next_time() = ToTimestamp(*next);
    status->set_time_zone(schedule->value.time_zone());
  }
  GB_ASSIGN_OR_RETURN(const std::string agent, AssignedAgent(transaction, id));
  status->set_agent(agent);
  GB_ASSIGN_OR_RETURN(const bool connected, IsConnected(transaction, sessions_, agent));
  status->set_agent_connected(connected);
  int64_t epoch = 0;  // Of the agent's session.
  if (!connection.has_value()) {
    Attend(status, "CONNECTION_NOT_SET", {{"integration", id}});
  } else {
    GB_ASSIGN_OR_RETURN(auto tokens,
                        GetRecord<store::TokenRecord>(transaction, keys::Tokens(id)));
    if (tokens.has_value() && !tokens->value.reason().empty()) {
      Attend(status, tokens->value.reason(),
             {{"integration", id},
              {"host", connection->value.connection().api_server()},
              {"portal", connection->value.connection().api_server()}});
    }
    GB_ASSIGN_OR_RETURN(const auto why,
                        WhyUnattended(transaction, sessions_, id, agent, reach));
    if (why.has_value()) *status->add_attention() = *why;
    GB_ASSIGN_OR_RETURN(const auto alone,
                        WhyNobodyStandsBy(transaction, sessions_, id, standby, agent));
    if (alone.has_value()) *status->add_attention() = *alone;
    GB_ASSIGN_OR_RETURN(const auto mapping,
                        transaction.List(keys::Mappings(id), "", 1, true));
    if (mapping.empty()) Attend(status, "MAPPING_NOT_SAVED", {{"integration", id}});
    GB_ASSIGN_OR_RETURN(auto known,
                        GetRecord<store::AgentRecord>(transaction, keys::Agent(agent)));
    if (known.has_value()) {
      for (const v1::AgentIntegration& entry : known->value.agent().integrations()) {
        if (entry.integration() == status->integration() && entry.has_rejection()) {
          *status->add_attention() = entry.rejection();
        }
      }
      epoch = known->value.session_epoch();
    }
  }
  GB_RETURN_IF_ERROR(LookAtRuns(transaction, id, status));
  if (epoch == 0 || !connected) return absl::OkStatus();
  return LookAtReport(transaction, epoch, status);
}

// What the agent says of itself, as far as nothing else has said it.
absl::Status SystemStatus::LookAtReport(Transaction& transaction, int64_t epoch,
                                        v1::IntegrationStatus* status) {
  const std::string& agent = status->agent();
  GB_ASSIGN_OR_RETURN(const auto report, StoredAgentReport(transaction, agent, epoch));
  if (!report.has_value()) return absl::OkStatus();
  for (const v1::AgentProblem& problem : ProblemsOf(agent, *report, clock_.Now())) {
    if (!problem.integration().empty() &&
        problem.integration() != status->integration()) {
      continue;
    }
    const v1::Explanation& what = problem.explanation();
    const bool said = std::any_of(
        status->attention().begin(), status->attention().end(),
        [&](const v1::Explanation& item) { return item.reason() == what.reason(); });
    if (said) continue;
    *status->add_attention() = what;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Status> SystemStatus::Get(const Reach& reach) {
  v1::Status status;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto records,
                        ListRecords<store::IntegrationRecord>(
                            transaction, keys::kIntegrations, "", 100000));
    for (const auto& record : records) {
      const std::string id = record.key.substr(keys::kIntegrations.size());
      if (!reach.Has(id)) continue;
      const v1::Integration& integration = record.value.integration();
      v1::IntegrationStatus& entry = *status.add_integrations();
      entry.set_integration(integration.name());
      entry.set_display_name(integration.display_name());
      entry.set_active(integration.active());
      GB_RETURN_IF_ERROR(
          Look(transaction, id, integration.standby_agent(), reach, &entry));
      // Somebody switched it off on purpose.
      if (!entry.active()) entry.clear_attention();
      if (!entry.attention().empty()) status.set_attention(true);
    }
    return absl::OkStatus();
  }));
  status.set_version(version_);
  return status;
}

}  // namespace guestbridge::server
