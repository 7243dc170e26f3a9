#include "sync-agent/agent.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/http/http_client.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/agent_report.h"
#include "sync-agent/control/configuration.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/policy/policy_file.h"
#include "sync-agent/source/source_registry.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(5);
constexpr absl::Duration kTellEvery = absl::Seconds(20);
// A server of before learns it when it is newer.
constexpr absl::Duration kTellOlderServer = absl::Hours(1);
constexpr absl::Duration kLastReports = absl::Seconds(3);

// Empty when there is none; what can't be read is found elsewhere.
std::string ContentOf(const std::string& file) {
  if (file.empty()) return "";
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Open(AgentOptions options,
                                                   Callbacks callbacks, Random& random,
                                                   const Clock& clock) {
  if (!options.portal_ca_file.empty()) {
    // Found out now rather than with the first configuration.
    HttpClientOptions probe;
    probe.host = "localhost";
    probe.extra_ca_file = options.portal_ca_file;
    GB_RETURN_IF_ERROR(MakeHttpClient(std::move(probe)).status());
  }
  GB_ASSIGN_OR_RETURN(
      LocalPolicy policy,
      FindLocalPolicy(options.policy_file, options.data_dir + "/policy.yaml"));
  GB_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                      OpenChannel(options.server));
  SecretString token;
  if (!options.token_file.empty()) {
    GB_ASSIGN_OR_RETURN(token, ReadTokenFile(options.token_file));
  }
  GB_ASSIGN_OR_RETURN(std::unique_ptr<DataDirectory> directory,
                      DataDirectory::Open(options.data_dir, random));
  const std::string metrics_listen = options.metrics_listen;
  std::unique_ptr<Agent> agent(new Agent(std::move(options), std::move(policy),
                                         std::move(callbacks), std::move(directory),
                                         random, clock));
  if (!metrics_listen.empty()) {
    GB_ASSIGN_OR_RETURN(
        agent->metrics_server_,
        MetricsServer::Start(metrics_listen, agent->metrics_.registry()));
  }
  ControlIdentity identity;
  identity.agent = agent->options_.name;
  identity.installation = agent->directory_->installation();
  identity.version = agent->options_.version;
  identity.capabilities = SourceTypes();
  identity.server = agent->options_.server.host_port;
  identity.rules_digest =
      RulesDigest(agent->policy_, ContentOf(agent->options_.portal_ca_file));
  ControlClient::ChannelSource channels = [channel] { return channel; };
  const AgentOptions& chosen = agent->options_;
  if (!chosen.join_token_file.empty() ||
      (chosen.token_file.empty() && !chosen.server.plaintext &&
       Enrollment::IsIn(chosen.data_dir))) {
    GB_ASSIGN_OR_RETURN(agent->enrollment_,
                        Enrollment::Open({chosen.server, chosen.name,
                                          chosen.join_token_file, chosen.data_dir},
                                         random, clock));
    channels = [enrollment = agent->enrollment_.get()] {
      return enrollment->Connect();
    };
  }
  agent->control_ = std::make_unique<ControlClient>(
      std::move(channels), std::move(identity), std::move(token), *agent, random,
      [enrollment = agent->enrollment_.get()](const absl::Status& refusal) {
        return enrollment != nullptr && enrollment->ShowAnother(refusal);
      });
  return agent;
}

Agent::Agent(AgentOptions options, LocalPolicy policy, Callbacks callbacks,
             std::unique_ptr<DataDirectory> directory, Random& random,
             const Clock& clock)
    : options_(std::move(options)),
      policy_(std::move(policy)),
      callbacks_(std::move(callbacks)),
      random_(random),
      clock_(clock),
      directory_(std::move(directory)),
      cache_(directory_->configurations(), directory_->sealer()),
      reporter_(std::make_unique<RunReporter>(
          [this](const v1::Run& run, int64_t sequence) {
            return control_->ReportRun(run, sequence);
          },
          [this](const std::string& run) { OnCancelRun(run); }, clock)) {}

Agent::~Agent() {
  if (enrollment_ != nullptr) enrollment_->Stop();
  if (control_ != nullptr) control_->Stop(/*goodbye=*/false);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (watching_thread_.joinable()) watching_thread_.join();
  for (const auto& [id, integration] : integrations()) integration->BeginStop();
  reporter_->Stop();
  // Each of their threads may look at all of them until it ends.
  for (const auto& [id, integration] : integrations_) integration->Join();
  integrations_.clear();
}

void Agent::Start() {
  LoadKept();
  reporter_->Start();
  watching_thread_ = std::thread([this] { WatchItself(); });
  control_->Start();
  if (enrollment_ != nullptr) {
    enrollment_->Start([this] { control_->Reconnect(); });
  }
}

bool Agent::Stop(absl::Duration patience) {
  const absl::Duration until = clock_.Steady() + patience;
  for (const auto& [id, integration] : integrations()) integration->BeginStop();
  bool ended = true;
  for (const auto& [id, integration] : integrations()) {
    const absl::Duration left = std::max(absl::ZeroDuration(), until - clock_.Steady());
    ended = integration->AwaitStop(left) && ended;
  }
  reporter_->Flush(control_->connected() ? kLastReports : absl::ZeroDuration());
  control_->Stop(/*goodbye=*/true);
  return ended;
}

void Agent::LoadKept() {
  for (const ConfigurationCache::Kept& kept : cache_.Load()) {
    absl::Status applied = kept.configuration.status();
    if (applied.ok()) {
      control_->NoteRevisionsOf(*kept.configuration);
      applied = Apply(*kept.configuration);
    }
    if (!applied.ok()) {
      log::Warning("kept_configuration_unusable",
                   {{"integration", kept.integration}, {"error", applied}});
    }
  }
}

absl::Status Agent::Apply(const v1::AgentConfiguration& configuration) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(configuration.integration()));
  const std::shared_ptr<Integration> integration = FindOrMake(id);
  absl::StatusOr<IntegrationSettings> settings = ReadConfiguration(configuration);
  const absl::Status applied =
      settings.ok() ? integration->Configure(*std::move(settings)) : settings.status();
  if (!applied.ok()) integration->Reject(applied);
  return applied;
}

std::map<std::string, std::shared_ptr<Integration>> Agent::integrations() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return integrations_;
}

std::shared_ptr<Integration> Agent::Find(const std::string& name) {
  const auto id = IntegrationOf(name);
  if (!id.ok()) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = integrations_.find(*id);
  return known == integrations_.end() ? nullptr : known->second;
}

std::shared_ptr<Integration> Agent::FindOrMake(const std::string& id) {
  if (auto known = Find(IntegrationName(id)); known != nullptr) return known;
  Integration::Server server;
  server.acquire_lease = [this](const v1::AcquireLeaseRequest& request) {
    return control_->AcquireLease(request);
  };
  server.open_settle_run = [this, id] {
    return control_->OpenRun(IntegrationName(id), v1::Run::SETTLE);
  };
  server.report_ledger = [this, id](v1::ReportLedgerRequest request) {
    request.set_integration(IntegrationName(id));
    return control_->ReportLedger(std::move(request));
  };
  server.report_checks = [this, id](v1::ReportChecksRequest request) {
    request.set_integration(IntegrationName(id));
    return control_->ReportChecks(std::move(request));
  };
  server.report_agent = [this] {
    const std::lock_guard<std::mutex> telling(telling_mutex_);
    TellLocked(Describe());
  };
  server.finish_task = [this](v1::FinishTaskRequest request) {
    return control_->FinishTask(std::move(request));
  };
  server.fetch_token = [this, id](const SecretString& refused) {
    return control_->GetAccessToken(IntegrationName(id), refused);
  };
  auto made = std::make_shared<Integration>(
      Integration::Settings{id, directory_->LedgerFile(id), options_.portal_ca_file,
                            callbacks_.on_run_ended, policy_},
      std::move(server), *reporter_, buckets_, random_, clock_);
  const std::lock_guard<std::mutex> lock(mutex_);
  integrations_.emplace(id, made);
  return made;
}

std::vector<v1::LedgerIdentity> Agent::Ledgers() {
  std::vector<v1::LedgerIdentity> ledgers;
  for (const auto& [id, integration] : integrations()) {
    if (auto identity = integration->ledger_identity(); identity.has_value()) {
      ledgers.push_back(*std::move(identity));
    }
  }
  return ledgers;
}

void Agent::OnConnected() {
  log::Info("server_connected", {{"server", options_.server.host_port}});
  for (const auto& [id, integration] : integrations()) integration->ForgetReported();
  reporter_->Hurry();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tell_again_ = true;
  }
  LookAgain();
  if (was_connected_) return;
  was_connected_ = true;
  callbacks_.on_connected();
}

void Agent::AmendLastGood(
    const std::string& integration,
    const google::protobuf::RepeatedPtrField<v1::Erasures>& erasures,
    std::optional<bool> has_standby, const absl::Status& why) {
  for (ConfigurationCache::Kept& kept : cache_.Load()) {
    if (!kept.configuration.ok() || kept.configuration->integration() != integration) {
      continue;
    }
    v1::AgentConfiguration& last_good = *kept.configuration;
    *last_good.mutable_erasures() = erasures;
    if (has_standby.has_value()) last_good.set_has_standby(*has_standby);
    absl::Status amended = Apply(last_good);
    if (amended.ok()) amended = cache_.Keep(last_good);
    if (!amended.ok()) log::Warning("configuration_not_kept", {{"error", amended}});
    FindOrMake(kept.integration)->Reject(why);
  }
}

void Agent::OnConfiguration(const v1::AgentConfiguration& configuration) {
  CrashPoint("agent.configuration.apply");
  const absl::Status applied = Apply(configuration);
  v1::AcknowledgeConfigurationRequest request;
  request.set_integration(configuration.integration());
  request.set_revision(configuration.revision());
  if (applied.ok()) {
    CrashPoint("agent.configuration.applied");
    const absl::Status kept = cache_.Keep(configuration);
    if (!kept.ok()) log::Warning("configuration_not_kept", {{"error", kept}});
    log::Info("configuration_applied", {{"integration", configuration.integration()},
                                        {"revision", configuration.revision()},
                                        {"active", configuration.active()}});
  } else {
    *request.mutable_rejection() = ToExplanation(applied);
    log::Warning("configuration_rejected",
                 {{"integration", configuration.integration()},
                  {"revision", configuration.revision()},
                  {"error", applied}});
    AmendLastGood(configuration.integration(), configuration.erasures(),
                  configuration.has_standby(), applied);
  }
  CrashPoint("agent.configuration.kept");
  const absl::Status sent = control_->Acknowledge(std::move(request));
  CrashPoint("agent.configuration.acknowledged");
  LookAgain();
  if (!sent.ok()) log::Warning("acknowledgement_lost", {{"error", sent}});
}

void Agent::OnTask(const v1::Task& task) {
  if (const auto integration = Find(task.integration()); integration != nullptr) {
    integration->Take(task);
    return;
  }
  const absl::Status unknown =
      MakeError("INTEGRATION_NOT_ASSIGNED",
                {{"integration", task.integration()}, {"agent", options_.name}});
  log::Warning("task_without_integration", {{"error", unknown}});
  if (task.has_run()) return;
  v1::FinishTaskRequest answer = FailedTask(unknown);
  answer.set_task(task.id());
  const absl::Status sent = control_->FinishTask(std::move(answer));
  if (!sent.ok()) log::Warning("task_answer_lost", {{"error", sent}});
}

void Agent::OnCancelRun(const std::string& run) {
  if (const auto integration = Find(run); integration != nullptr) {
    integration->CancelRun(run);
  }
}

void Agent::OnStillRejected(const v1::RejectedConfiguration& rejected) {
  const auto id = ParseIntegrationName(rejected.integration());
  if (!id.ok()) return;
  const v1::Explanation& why = rejected.rejection();
  const absl::Status rejection = MakeError(
      why.reason(), Parameters(why.parameters().begin(), why.parameters().end()));
  FindOrMake(*id)->Reject(rejection);
  // A data directory that was put back may not know them; an older server names none.
  if (!rejected.erasures().empty()) {
    AmendLastGood(rejected.integration(), rejected.erasures(), std::nullopt, rejection);
  }
  log::Warning("configuration_still_rejected", {{"integration", rejected.integration()},
                                                {"revision", rejected.revision()},
                                                {"reason", why.reason()}});
  LookAgain();
}

void Agent::OnRemoved(const std::string& integration) {
  log::Info("integration_removed", {{"integration", integration}});
  if (const auto known = Find(integration); known != nullptr) known->Retire();
  if (const auto id = ParseIntegrationName(integration); id.ok()) cache_.Forget(*id);
}

void Agent::OnRefused(const absl::Status& status) { callbacks_.on_refused(status); }

void Agent::LookAgain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  look_again_ = true;
  changed_.notify_all();
}

v1::AgentReport Agent::Describe() {
  v1::AgentReport report;
  DescribeDisk(options_.data_dir, &report);
  if (enrollment_ != nullptr) {
    const auto end = enrollment_->RenewalOverdue();
    if (end.has_value()) DescribeCertificate(options_.name, *end, &report);
  }
  for (const auto& [id, integration] : integrations()) integration->Describe(&report);
  return report;
}

void Agent::TellLocked(v1::AgentReport report) {
  using google::protobuf::util::TimeUtil;
  if (!control_->connected()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::exchange(tell_again_, false)) tell_at_ = -absl::InfiniteDuration();
  }
  std::string essence = EssenceOf(report);
  const absl::Duration begun = clock_.Steady();
  const bool older_server = tell_at_ - begun > kTellEvery;
  if (begun < tell_at_ && (essence == told_ || older_server)) return;
  if (begun < tell_not_before_) return;
  *report.mutable_round_trip() =
      TimeUtil::MicrosecondsToDuration(absl::ToInt64Microseconds(round_trip_));
  *report.mutable_clock_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(clock_.Now()));
  const absl::Status said = control_->ReportAgent(std::move(report));
  const absl::Duration now = clock_.Steady();
  if (said.ok()) {
    round_trip_ = now - begun;
    told_ = std::move(essence);
    // Agents that came back together do not report together for ever.
    tell_at_ = now + kTellEvery * (0.75 + 0.25 * RandomUnit(random_));
  } else if (absl::IsUnimplemented(said)) {
    tell_at_ = now + kTellOlderServer;
  } else {
    log::Debug("agent_report_failed", {{"error", said}});
    // Whose runs end meanwhile wait for no answer again; the next look tries.
    tell_not_before_ = now + kLookEvery / 2;
  }
}

void Agent::WatchItself() {
  while (true) {
    {
      const std::lock_guard<std::mutex> telling(telling_mutex_);
      v1::AgentReport report = Describe();
      metrics_.SetConnected(control_->connected());
      metrics_.SetHealthy(IsHealthy(report));
      for (const auto& [id, integration] : integrations()) {
        metrics_.Set(id, integration->figures());
      }
      TellLocked(std::move(report));
    }
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(kLookEvery),
                      [this] { return stopping_ || look_again_; });
    if (stopping_) return;
    look_again_ = false;
  }
}

}  // namespace guestbridge::agent
