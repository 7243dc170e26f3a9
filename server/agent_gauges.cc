#include "server/agent_gauges.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kPage = 1000;
constexpr int kMostAgents = 100000;

prometheus::Family<prometheus::Gauge>& Gauges(prometheus::Registry& registry,
                                              const char* name, const char* help) {
  return prometheus::BuildGauge()
      .Name(std::string("guestbridge_server_agent_") + name)
      .Help(help)
      .Register(registry);
}

// Evicted or banned, and not back.
absl::StatusOr<std::set<std::string>> Gone(Store& store) {
  std::set<std::string> gone;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    gone.clear();
    GB_ASSIGN_OR_RETURN(
        const auto records,
        ListRecords<store::AgentRecord>(transaction, keys::kAgents, "", kMostAgents));
    for (const auto& record : records) {
      if (record.value.banned() || IsEvicted(record.value)) {
        gone.insert(AgentName(record.key.substr(keys::kAgents.size())));
      }
    }
    return absl::OkStatus();
  }));
  return gone;
}

bool IsOutOfStep(const v1::AgentIntegration& entry) {
  return entry.step() == v1::AgentIntegration::BEHIND ||
         entry.step() == v1::AgentIntegration::REJECTED ||
         entry.step() == v1::AgentIntegration::DIFFERENT;
}

}  // namespace

AgentGauges::AgentGauges(Store& store, const Clock& clock, Agents& agents,
                         prometheus::Registry& registry)
    : store_(store),
      clock_(clock),
      agents_(agents),
      connected_(Gauges(registry, "connected", "1: the agent is connected.")),
      healthy_(Gauges(registry, "healthy", "0: something stops the agent's work.")),
      last_seen_(Gauges(registry, "last_seen_timestamp_seconds",
                        "When the agent was last heard of, in Unix time.")),
      clock_difference_(Gauges(registry, "clock_difference_seconds",
                               "The agent's clock less the server's.")),
      configuration_differs_(
          Gauges(registry, "configuration_differs",
                 "1: the agent runs other settings than it was sent.")),
      waiting_(Gauges(registry, "waiting", "What waits on the agent, by queue.")),
      oldest_doubt_(Gauges(registry, "oldest_doubt_seconds",
                           "How long the oldest doubtful request waits; 0: none.")) {}

void AgentGauges::Refresh() {
  const absl::StatusOr<Shown> shown = ShowAll();
  if (!shown.ok() && !away_) {
    log::Warning("agents_not_counted", {{"error", shown.status()}});
  }
  away_ = !shown.ok();
  Shown before = std::move(shown_);
  shown_ = shown.ok() ? *shown : Shown();
  for (const auto& entry : before) {
    if (!shown_.contains(entry)) entry.first->Remove(entry.second);
  }
}

absl::StatusOr<AgentGauges::Shown> AgentGauges::ShowAll() {
  // All is read before any of it is shown.
  GB_ASSIGN_OR_RETURN(const std::set<std::string> gone, Gone(store_));
  std::vector<v1::Agent> all;
  v1::ListAgentsRequest request;
  request.set_page_size(kPage);
  do {
    GB_ASSIGN_OR_RETURN(const v1::ListAgentsResponse page, agents_.List(request));
    all.insert(all.end(), page.agents().begin(), page.agents().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  Shown shown;
  for (const v1::Agent& agent : all) {
    if (!gone.contains(agent.name())) Show(agent, &shown);
  }
  return shown;
}

void AgentGauges::Show(const v1::Agent& agent, Shown* shown) {
  const std::string name(absl::StripPrefix(agent.name(), "agents/"));
  const auto set = [&](Family& family, double value, const char* queue = nullptr) {
    prometheus::Labels labels = {{"agent", name}};
    if (queue != nullptr) labels.emplace("queue", queue);
    prometheus::Gauge& gauge = family.Add(labels);
    gauge.Set(value);
    shown->emplace(&family, &gauge);
  };
  set(connected_, agent.connected() ? 1 : 0);
  set(healthy_, agent.healthy() ? 1 : 0);
  if (agent.has_last_seen_time()) {
    set(last_seen_, absl::ToDoubleSeconds(FromTimestamp(agent.last_seen_time()) -
                                          absl::UnixEpoch()));
  }
  if (!agent.has_report_time()) return;
  const absl::Duration difference = FromProtoDuration(agent.clock_difference());
  set(clock_difference_, absl::ToDoubleSeconds(difference));
  bool differs = false;
  int64_t clients = 0;
  int64_t write_backs = 0;
  int64_t parked = 0;
  int64_t doubts = 0;
  absl::Duration oldest_doubt;
  for (const v1::AgentIntegration& entry : agent.integrations()) {
    differs = differs || IsOutOfStep(entry);
    const v1::AgentQueues& queues = entry.queues();
    clients += queues.clients();
    write_backs += queues.write_backs();
    parked += queues.write_backs_parked();
    doubts += queues.doubts();
    if (!queues.has_oldest_doubt_time()) continue;
    // The agent's clock said when it began.
    const absl::Time begin = FromTimestamp(queues.oldest_doubt_time()) - difference;
    oldest_doubt = std::max(oldest_doubt, clock_.Now() - begin);
  }
  set(configuration_differs_, differs ? 1 : 0);
  set(waiting_, static_cast<double>(clients), "clients");
  set(waiting_, static_cast<double>(write_backs), "write_backs");
  set(waiting_, static_cast<double>(parked), "write_backs_parked");
  set(waiting_, static_cast<double>(doubts), "doubts");
  set(oldest_doubt_, absl::ToDoubleSeconds(oldest_doubt));
}

}  // namespace guestbridge::server
