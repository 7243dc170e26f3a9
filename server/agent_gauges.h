#pragma once

#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent.pb.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "server/api/agents.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Shows Prometheus what `agent list` shows, by agent: all of the database, whichever
// server they are at, but none that was evicted or banned until it is back. One thread
// refreshes, any may collect.
class AgentGauges {
 public:
  // All outlive it.
  AgentGauges(Store& store, const Clock& clock, Agents& agents,
              prometheus::Registry& registry);

  // Looks at the store anew. When that does not answer, nothing is shown: figures of
  // before would look like figures of now.
  void Refresh();

 private:
  using Family = prometheus::Family<prometheus::Gauge>;
  using Shown = std::set<std::pair<Family*, prometheus::Gauge*>>;

  absl::StatusOr<Shown> ShowAll();
  void Show(const v1::Agent& agent, Shown* shown);

  Store& store_;
  const Clock& clock_;
  Agents& agents_;
  Family& connected_;
  Family& healthy_;
  Family& last_seen_;
  Family& clock_difference_;
  Family& configuration_differs_;
  Family& waiting_;
  Family& oldest_doubt_;
  Shown shown_;
  bool away_ = false;  // The store did not answer when last asked.
};

}  // namespace guestbridge::server
