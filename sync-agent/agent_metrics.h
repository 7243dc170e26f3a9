#pragma once

#include <map>
#include <memory>
#include <string>

#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "sync-agent/integration.h"

namespace guestbridge::agent {

// What the agent shows to Prometheus. Labels name integrations, never guests. One
// thread at a time.
class AgentMetrics {
 public:
  AgentMetrics();

  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }
  void SetConnected(bool connected);
  // As the server is told.
  void SetHealthy(bool healthy);
  void Set(const std::string& integration, const Integration::Figures& figures);

 private:
  void SetOutlook(const std::string& integration, const WriteBackOutlook& outlook);

  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Gauge>& connected_;
  prometheus::Family<prometheus::Gauge>& healthy_;
  prometheus::Family<prometheus::Gauge>& running_;
  prometheus::Family<prometheus::Gauge>& doubts_;
  prometheus::Family<prometheus::Gauge>& missing_;
  prometheus::Family<prometheus::Gauge>& write_back_;
  prometheus::Family<prometheus::Gauge>& write_back_rate_;
  prometheus::Family<prometheus::Gauge>& write_back_quiet_;
  prometheus::Family<prometheus::Gauge>& write_back_end_;
  // By integration; absent while the end is not known, for no figure says that.
  std::map<std::string, prometheus::Gauge*> ends_;
};

}  // namespace guestbridge::agent
