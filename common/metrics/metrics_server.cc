#include "common/metrics/metrics_server.h"

#include <exception>
#include <utility>

#include "common/status/error.h"
#include "prometheus/exposer.h"

namespace guestbridge {
namespace {

// One scrape at a time is what Prometheus does; a second thread answers a curious
// human.
constexpr size_t kThreads = 2;

class ExposerServer final : public MetricsServer {
 public:
  ExposerServer(const std::string& host_port,
                std::shared_ptr<prometheus::Registry> registry)
      : registry_(std::move(registry)), exposer_(host_port, kThreads) {
    exposer_.RegisterCollectable(registry_, "/metrics");
  }

 private:
  // The exposer keeps only a weak reference; others go on counting into it.
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Exposer exposer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& host_port, std::shared_ptr<prometheus::Registry> registry) {
  try {
    return std::make_unique<ExposerServer>(host_port, std::move(registry));
  } catch (const std::exception&) {
    return MakeError("METRICS_ADDRESS_IN_USE", {{"address", host_port}});
  }
}

}  // namespace guestbridge
