#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "prometheus/registry.h"

namespace guestbridge {

// Serves a registry as Prometheus text at http://HOST:PORT/metrics until it goes.
// Labels carry integration and agent names only, never guests or secrets.
class MetricsServer {
 public:
  // Errors: METRICS_ADDRESS_IN_USE (FAILED_PRECONDITION).
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& host_port, std::shared_ptr<prometheus::Registry> registry);
  virtual ~MetricsServer() = default;
};

}  // namespace guestbridge
