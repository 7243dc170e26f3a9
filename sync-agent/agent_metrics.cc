#include "sync-agent/agent_metrics.h"

namespace guestbridge::agent {
namespace {

prometheus::Family<prometheus::Gauge>& AddGauge(prometheus::Registry& registry,
                                                const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

AgentMetrics::AgentMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      connected_(AddGauge(*registry_, "guestbridge_agent_connected",
                          "1 while the agent has a session with the server.")),
      healthy_(AddGauge(*registry_, "guestbridge_agent_healthy",
                        "0 while something keeps the agent from its work.")),
      running_(AddGauge(*registry_, "guestbridge_agent_run_active",
                        "1 while a run is being executed.")),
      doubts_(AddGauge(*registry_, "guestbridge_agent_doubts",
                       "Requests to the portal whose outcome is not known yet.")),
      missing_(AddGauge(*registry_, "guestbridge_agent_clients_missing",
                        "Clients that should be on the portal and are not.")),
      write_back_(AddGauge(*registry_, "guestbridge_agent_write_back",
                           "Contact IDs not yet in 1C, by state.")),
      write_back_rate_(AddGauge(*registry_, "guestbridge_agent_write_back_per_second",
                                "IDs that 1C takes a second; 0: not known.")),
      write_back_quiet_(AddGauge(*registry_, "guestbridge_agent_write_back_quiet",
                                 "1 while quiet hours keep IDs that wait out of 1C.")),
      write_back_end_(
          AddGauge(*registry_, "guestbridge_agent_write_back_end_timestamp_seconds",
                   "When no ID should wait any more; absent while none waits or it "
                   "is not known.")) {}

void AgentMetrics::SetConnected(bool connected) {
  connected_.Add({}).Set(connected ? 1 : 0);
}

void AgentMetrics::SetHealthy(bool healthy) { healthy_.Add({}).Set(healthy ? 1 : 0); }

void AgentMetrics::Set(const std::string& integration,
                       const Integration::Figures& figures) {
  const auto label = [&] { return prometheus::Labels{{"integration", integration}}; };
  running_.Add(label()).Set(figures.running ? 1 : 0);
  doubts_.Add(label()).Set(figures.doubts);
  missing_.Add(label()).Set(figures.missing);
  for (const auto& [state, count] : {std::pair("pending", figures.write_back_pending),
                                     std::pair("parked", figures.write_back_parked)}) {
    prometheus::Labels labels = label();
    labels["state"] = state;
    write_back_.Add(labels).Set(count);
  }
  SetOutlook(integration, figures.write_back);
}

void AgentMetrics::SetOutlook(const std::string& integration,
                              const WriteBackOutlook& outlook) {
  const prometheus::Labels labels = {{"integration", integration}};
  write_back_rate_.Add(labels).Set(outlook.per_second);
  write_back_quiet_.Add(labels).Set(outlook.quiet_until.has_value() ? 1 : 0);
  const auto known = ends_.find(integration);
  if (outlook.end.has_value()) {
    prometheus::Gauge& end =
        known == ends_.end() ? write_back_end_.Add(labels) : *known->second;
    end.Set(absl::ToDoubleSeconds(*outlook.end - absl::UnixEpoch()));
    ends_[integration] = &end;
  } else if (known != ends_.end()) {
    write_back_end_.Remove(known->second);
    ends_.erase(known);
  }
}

}  // namespace guestbridge::agent
