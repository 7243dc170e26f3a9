#include "server/api/agent_reports.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "server/api/agent_health.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kWriteEvery = absl::Minutes(1);
constexpr absl::Duration kLongestRoundTrip = absl::Seconds(10);
// Farther off a clock is no more off, and JSON holds no duration of any length.
constexpr absl::Duration kFarthestClock = absl::Hours(24 * 36525);
constexpr int kMostProblems = 64;
constexpr int kMostIntegrations = 1000;
constexpr size_t kMostParameters = 20;
constexpr size_t kMostText = 300;
constexpr size_t kMostName = 64;

bool IsReason(const std::string& text) {
  return !text.empty() && text.size() <= kMostName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

bool IsHex(const std::string& text) {
  return text.size() <= kMostName && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(c);
         });
}

void KeepProblem(const v1::AgentProblem& said, v1::AgentReport* kept) {
  if (!IsReason(said.explanation().reason()) ||
      kept->problems_size() == kMostProblems) {
    return;
  }
  if (!said.integration().empty() && !ParseIntegrationName(said.integration()).ok()) {
    return;
  }
  v1::AgentProblem& problem = *kept->add_problems();
  *problem.mutable_explanation() = BoundedExplanation(said.explanation());
  problem.set_integration(said.integration());
  problem.set_stops_work(said.stops_work());
  if (said.has_since_time()) *problem.mutable_since_time() = said.since_time();
}

void KeepIntegration(const v1::IntegrationReport& said, v1::AgentReport* kept) {
  if (!ParseIntegrationName(said.integration()).ok() ||
      kept->integrations_size() == kMostIntegrations) {
    return;
  }
  v1::IntegrationReport& entry = *kept->add_integrations();
  entry = said;
  entry.DiscardUnknownFields();
  if (!IsHex(entry.effective_fingerprint())) entry.clear_effective_fingerprint();
}

v1::AgentReport Bounded(const v1::AgentReport& said) {
  v1::AgentReport kept;
  *kept.mutable_clock_time() = said.clock_time();
  kept.mutable_disk()->set_free_bytes(said.disk().free_bytes());
  kept.mutable_disk()->set_total_bytes(said.disk().total_bytes());
  kept.mutable_disk()->set_ledger_bytes(said.disk().ledger_bytes());
  for (const v1::IntegrationReport& entry : said.integrations()) {
    KeepIntegration(entry, &kept);
  }
  for (const v1::AgentProblem& problem : said.problems()) KeepProblem(problem, &kept);
  DropImpossibleTimes(&kept);
  return kept;
}

// What a person would act on; figures that go up and down are not among it.
std::set<std::string> Essence(const store::AgentReportRecord& record) {
  std::set<std::string> essence;
  for (const v1::AgentProblem& problem : record.report().problems()) {
    essence.insert(absl::StrCat("problem ", problem.explanation().reason(), " ",
                                problem.integration(), " ", problem.stops_work()));
  }
  for (const v1::IntegrationReport& entry : record.report().integrations()) {
    essence.insert(absl::StrCat("runs ", entry.integration(), " ",
                                entry.effective_revision(), " ",
                                entry.effective_fingerprint()));
  }
  if (IsClockOff(record)) essence.insert("clock");
  return essence;
}

}  // namespace

v1::Explanation BoundedExplanation(const v1::Explanation& said) {
  v1::Explanation kept;
  kept.set_reason(IsReason(said.reason()) ? said.reason() : "INTERNAL_ERROR");
  auto& parameters = *kept.mutable_parameters();
  for (const auto& [name, value] : said.parameters()) {
    if (parameters.size() == kMostParameters) break;
    if (name.size() <= kMostName && value.size() <= kMostText) parameters[name] = value;
  }
  return kept;
}

bool AgentReports::Take(const Session& session, const v1::AgentReport& report) {
  const absl::Time now = clock_.Now();
  store::AgentReportRecord record;
  *record.mutable_report() = Bounded(report);
  record.set_session_epoch(session.identity().epoch);
  record.set_report_unix_millis(absl::ToUnixMillis(now));
  if (report.has_clock_time()) {
    const absl::Duration way = std::clamp(FromProtoDuration(report.round_trip()),
                                          absl::ZeroDuration(), kLongestRoundTrip) /
                               2;
    const absl::Duration difference = FromTimestamp(report.clock_time()) + way - now;
    record.set_clock_difference_millis(absl::ToInt64Milliseconds(
        std::clamp(difference, -kFarthestClock, kFarthestClock)));
  }
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[session.identity().agent];
  // One that was on its way while a newer session opened.
  if (record.session_epoch() < entry.record.session_epoch()) return false;
  const bool matters = record.session_epoch() != entry.record.session_epoch() ||
                       Essence(record) != Essence(entry.record);
  entry.record = std::move(record);
  entry.changed = true;
  return matters;
}

absl::Status AgentReports::Put(Transaction& transaction,
                               const std::vector<std::string>& agents, bool at_once) {
  for (const std::string& agent : agents) {
    store::AgentReportRecord record;
    {
      std::lock_guard lock(mutex_);
      const auto known = entries_.find(agent);
      if (known == entries_.end() || !known->second.changed) continue;
      if (!at_once && clock_.Steady() - known->second.written < kWriteEvery) continue;
      record = known->second.record;
      known->second.put = record.report_unix_millis();
    }
    GB_RETURN_IF_ERROR(PutRecord(transaction, keys::AgentReport(agent), record));
  }
  return absl::OkStatus();
}

void AgentReports::Written(const std::vector<std::string>& agents) {
  std::lock_guard lock(mutex_);
  for (const std::string& agent : agents) {
    const auto known = entries_.find(agent);
    if (known == entries_.end() || known->second.put == 0) continue;
    Entry& entry = known->second;
    entry.written = clock_.Steady();
    entry.changed = entry.record.report_unix_millis() != entry.put;
    entry.put = 0;
  }
}

absl::StatusOr<std::optional<store::AgentReportRecord>> AgentReports::Find(
    Transaction& transaction, const std::string& agent, int64_t session_epoch) const {
  GB_ASSIGN_OR_RETURN(auto stored,
                      StoredAgentReport(transaction, agent, session_epoch));
  std::lock_guard lock(mutex_);
  const auto known = entries_.find(agent);
  if (known == entries_.end() ||
      known->second.record.session_epoch() != session_epoch) {
    return stored;
  }
  return known->second.record;
}

absl::StatusOr<std::optional<store::AgentReportRecord>> StoredAgentReport(
    Transaction& transaction, const std::string& agent, int64_t session_epoch) {
  const auto record =
      GetRecord<store::AgentReportRecord>(transaction, keys::AgentReport(agent));
  // A damaged one says nothing; the next is written over it.
  if (absl::IsDataLoss(record.status())) return std::nullopt;
  GB_RETURN_IF_ERROR(record.status());
  if (!record->has_value() || (*record)->value.session_epoch() != session_epoch) {
    return std::nullopt;
  }
  return (*record)->value;
}

}  // namespace guestbridge::server
