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
      running_(AddGauge(*registry_, "guestbridge_agent_run_active",
                        "1 while a run is being executed.")),
      doubts_(AddGauge(*registry_, "guestbridge_agent_doubts",
                       "Requests to the portal whose outcome is not known yet.")),
      missing_(AddGauge(*registry_, "guestbridge_agent_clients_missing",
                        "Clients that should be on the portal and are not.")),
      write_back_(AddGauge(*registry_, "guestbridge_agent_write_back",
                           "Contact IDs not yet in 1C, by state.")) {}

void AgentMetrics::SetConnected(bool connected) {
  connected_.Add({}).Set(connected ? 1 : 0);
}

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
}

}  // namespace guestbridge::agent
