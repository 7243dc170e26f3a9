#include "server/api/agent_health.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "server/api/proto_time.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kClockTolerance = absl::Minutes(1);
// An agent reports every 20 s, and a row is at most 100 s behind.
constexpr absl::Duration kSilence = absl::Minutes(3);

v1::AgentProblem MakeProblem(const std::string& reason, bool stops_work) {
  v1::AgentProblem problem;
  problem.mutable_explanation()->set_reason(reason);
  problem.set_stops_work(stops_work);
  return problem;
}

v1::AgentIntegration::Step StepOf(const v1::AgentIntegration& entry, bool reported) {
  if (entry.sent_revision() == 0) return v1::AgentIntegration::STEP_UNSPECIFIED;
  if (entry.has_rejection() && entry.rejected_revision() == entry.sent_revision()) {
    return v1::AgentIntegration::REJECTED;
  }
  if (!reported) return v1::AgentIntegration::STEP_UNSPECIFIED;
  if (entry.effective_revision() != entry.sent_revision()) {
    return v1::AgentIntegration::BEHIND;
  }
  const bool comparable =
      !entry.sent_fingerprint().empty() && !entry.effective_fingerprint().empty();
  return comparable && entry.sent_fingerprint() != entry.effective_fingerprint()
             ? v1::AgentIntegration::DIFFERENT
             : v1::AgentIntegration::IN_STEP;
}

}  // namespace

bool IsClockOff(const store::AgentReportRecord& report) {
  return absl::AbsDuration(absl::Milliseconds(report.clock_difference_millis())) >
         kClockTolerance;
}

std::vector<v1::AgentProblem> ProblemsOf(const std::string& agent,
                                         const store::AgentReportRecord& report,
                                         absl::Time now) {
  std::vector<v1::AgentProblem> problems(report.report().problems().begin(),
                                         report.report().problems().end());
  const auto add = [&](const char* reason, bool stops_work) -> auto& {
    v1::AgentProblem& problem = problems.emplace_back(MakeProblem(reason, stops_work));
    auto& parameters = *problem.mutable_explanation()->mutable_parameters();
    parameters["agent"] = agent;
    return parameters;
  };
  const absl::Time said = absl::FromUnixMillis(report.report_unix_millis());
  if (now - said > kSilence) {
    add("AGENT_REPORTS_STOPPED", /*stops_work=*/true)["minutes"] =
        absl::StrCat(absl::ToInt64Minutes(now - said));
    *problems.back().mutable_since_time() = ToTimestamp(said);
  }
  if (IsClockOff(report)) {
    add("AGENT_CLOCK_OFF", /*stops_work=*/false)["seconds"] = absl::StrFormat(
        "%+d", std::lround(absl::ToDoubleSeconds(
                   absl::Milliseconds(report.clock_difference_millis()))));
  }
  return problems;
}

void ShowReport(const std::optional<store::AgentReportRecord>& report, absl::Time now,
                KeptOut out, v1::Agent* agent) {
  const std::string id(absl::StripPrefix(agent->name(), "agents/"));
  if (report.has_value()) {
    *agent->mutable_report_time() =
        ToTimestamp(absl::FromUnixMillis(report->report_unix_millis()));
    *agent->mutable_clock_difference() =
        ToProtoDuration(absl::Milliseconds(report->clock_difference_millis()));
    *agent->mutable_disk() = report->report().disk();
    // What was wrong when it went says nothing of how it is.
    if (agent->connected()) {
      for (v1::AgentProblem& problem : ProblemsOf(id, *report, now)) {
        *agent->add_problems() = std::move(problem);
      }
    }
  }
  for (v1::AgentIntegration& entry : *agent->mutable_integrations()) {
    bool reported = false;
    if (report.has_value()) {
      for (const v1::IntegrationReport& said : report->report().integrations()) {
        if (said.integration() != entry.integration()) continue;
        reported = true;
        entry.set_effective_revision(said.effective_revision());
        entry.set_effective_fingerprint(said.effective_fingerprint());
        *entry.mutable_queues() = said.queues();
      }
    }
    entry.set_step(StepOf(entry, reported));
    const auto add = [&](v1::AgentProblem problem) {
      problem.set_integration(entry.integration());
      auto& parameters = *problem.mutable_explanation()->mutable_parameters();
      parameters["agent"] = id;
      parameters["integration"] =
          std::string(absl::StripPrefix(entry.integration(), "integrations/"));
      *agent->add_problems() = std::move(problem);
    };
    if (!agent->connected()) add(MakeProblem(WhyAway(out), true));
    if (entry.step() == v1::AgentIntegration::DIFFERENT) {
      add(MakeProblem("AGENT_CONFIGURATION_DIFFERS", false));
    }
    // One that reports says so itself, and whether it can do without.
    const bool said = std::any_of(
        agent->problems().begin(), agent->problems().end(),
        [&](const v1::AgentProblem& problem) {
          return problem.integration() == entry.integration() &&
                 problem.explanation().reason() == entry.rejection().reason();
        });
    if (entry.has_rejection() && !said) {
      v1::AgentProblem problem = MakeProblem("", entry.applied_revision() == 0);
      *problem.mutable_explanation() = entry.rejection();
      add(std::move(problem));
    }
  }
  // Nothing waits for it; but to start it again would not help. One that is banned is
  // shown as that.
  if (!agent->connected() && agent->integrations().empty() &&
      out == KeptOut::kEvicted && !agent->has_certificate_expire_time() &&
      !agent->has_join_token_expire_time()) {
    v1::AgentProblem& problem = *agent->add_problems();
    problem = MakeProblem("AGENT_EVICTED", /*stops_work=*/false);
    (*problem.mutable_explanation()->mutable_parameters())["agent"] = id;
  }
  // What it says of integrations that it does not serve is nobody's business.
  auto& problems = *agent->mutable_problems();
  problems.erase(std::remove_if(problems.begin(), problems.end(),
                                [&](const v1::AgentProblem& problem) {
                                  return !problem.integration().empty() &&
                                         std::none_of(
                                             agent->integrations().begin(),
                                             agent->integrations().end(),
                                             [&](const v1::AgentIntegration& entry) {
                                               return entry.integration() ==
                                                      problem.integration();
                                             });
                                }),
                 problems.end());
}

void SumUpHealth(v1::Agent* agent) {
  auto& problems = *agent->mutable_problems();
  std::stable_sort(problems.begin(), problems.end(),
                   [](const v1::AgentProblem& a, const v1::AgentProblem& b) {
                     return a.stops_work() > b.stops_work();
                   });
  agent->set_healthy(problems.empty() || !problems.begin()->stops_work());
}

}  // namespace guestbridge::server
