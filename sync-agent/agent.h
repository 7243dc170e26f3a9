#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/metrics/metrics_server.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "sync-agent/agent_metrics.h"
#include "sync-agent/control/channel.h"
#include "sync-agent/control/configuration_cache.h"
#include "sync-agent/control/control_client.h"
#include "sync-agent/control/enrollment.h"
#include "sync-agent/data_directory.h"
#include "sync-agent/integration.h"
#include "sync-agent/policy/local_policy.h"
#include "sync-agent/run_reporter.h"

namespace guestbridge::agent {

struct AgentOptions {
  ServerAddress server;
  std::string name;
  std::string version;
  std::string data_dir = "./guestbridge-agent-data";
  std::string token_file;
  // For the agent's first certificate, in place of `token_file`.
  std::string join_token_file;
  std::string portal_ca_file;
  std::string metrics_listen;
  // The local policy; read once. Empty: `policy.yaml` in the data directory, if it is
  // there.
  std::string policy_file;
};

// The agent: its integrations and its line to the server. Knows its integrations from
// its last good configurations before the server has been reached.
class Agent final : public ControlEvents {
 public:
  struct Callbacks {
    std::function<void()> on_connected;  // for the first time only
    // The server will not have this agent; it goes on with nothing new.
    std::function<void(const absl::Status&)> on_refused;
    // Some run has ended; from its thread.
    std::function<void()> on_run_ended;
  };

  // Errors: those of DataDirectory::Open, OpenChannel, ReadTokenFile, Enrollment::Open,
  // MakeHttpClient (EXTRA_CA_UNREADABLE), FindLocalPolicy, METRICS_ADDRESS_IN_USE.
  // `random` and `clock` outlive it.
  static absl::StatusOr<std::unique_ptr<Agent>> Open(AgentOptions options,
                                                     Callbacks callbacks,
                                                     Random& random,
                                                     const Clock& clock);
  ~Agent() override;

  void Start();
  // Ends all work at the next safe point, tells the server, and gives name and leases
  // back. False: something did not end in time; the process must not wait for it, and
  // nothing is lost by leaving.
  bool Stop(absl::Duration patience);

 private:
  Agent(AgentOptions options, LocalPolicy policy, Callbacks callbacks,
        std::unique_ptr<DataDirectory> directory, Random& random, const Clock& clock);

  // ControlEvents.
  std::vector<v1::LedgerIdentity> Ledgers() override;
  void OnConnected() override;
  void OnConfiguration(const v1::AgentConfiguration& configuration) override;
  void OnTask(const v1::Task& task) override;
  void OnCancelRun(const std::string& run) override;
  void OnStillRejected(const v1::RejectedConfiguration& rejected) override;
  void OnRemoved(const std::string& integration) override;
  void OnRefused(const absl::Status& status) override;

  void LoadKept();
  absl::Status Apply(const v1::AgentConfiguration& configuration);
  // Who was erased stays away, and a standby is one, whatever else is rejected: runs go
  // on with the last good configuration. `has_standby`: nothing: not known.
  void AmendLastGood(
      const std::string& integration,
      const google::protobuf::RepeatedPtrField<guestbridge::v1::Erasures>& erasures,
      std::optional<bool> has_standby, const absl::Status& why);
  // Null when it is unknown. `name`: any resource name below an integration.
  std::shared_ptr<Integration> Find(const std::string& name);
  std::shared_ptr<Integration> FindOrMake(const std::string& id);
  std::map<std::string, std::shared_ptr<Integration>> integrations();
  // Shows how the agent is, to Prometheus and to the server.
  void WatchItself();
  v1::AgentReport Describe();
  // Sends `report` when it is due: every 20 s, and when it says something new.
  void TellLocked(v1::AgentReport report);
  // It may have something new to say.
  void LookAgain();

  const AgentOptions options_;
  const LocalPolicy policy_;
  const Callbacks callbacks_;
  Random& random_;
  const Clock& clock_;
  const std::unique_ptr<DataDirectory> directory_;
  ConfigurationCache cache_;  // of the control client's thread
  AgentMetrics metrics_;      // of the watching thread
  std::unique_ptr<MetricsServer> metrics_server_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool was_connected_ = false;
  bool look_again_ = false;
  bool tell_again_ = true;  // the server may not know, or be another one
  // Null: it works with an API token, or with nothing.
  std::unique_ptr<Enrollment> enrollment_;
  std::unique_ptr<ControlClient> control_;
  // Destroyed after the integrations, which report to it until they stand still.
  std::unique_ptr<RunReporter> reporter_;
  PortalBuckets buckets_;
  std::map<std::string, std::shared_ptr<Integration>> integrations_;
  std::thread watching_thread_;
  std::mutex telling_mutex_;  // from describing to telling: words don't overtake
  std::string told_;          // EssenceOf what the server heard last
  absl::Duration tell_at_ = -absl::InfiniteDuration();
  absl::Duration tell_not_before_ = -absl::InfiniteDuration();  // after a failure
  absl::Duration round_trip_;
};

}  // namespace guestbridge::agent
