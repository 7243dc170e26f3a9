#include "sync-agent/integration.h"

#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

Integration::Integration(Settings settings, Server server, RunReporter& reporter,
                         PortalBuckets& buckets, Random& random, const Clock& clock)
    : settings_(std::move(settings)),
      server_(std::move(server)),
      reporter_(reporter),
      buckets_(buckets),
      random_(random),
      clock_(clock),
      lease_(server_.acquire_lease, clock) {
  const auto ledger = OpenLedger();
  if (!ledger.ok()) {
    log::Error("ledger_unusable",
               {{"integration", settings_.id}, {"error", ledger.status()}});
  }
  lease_.Start();
  threads_left_ = 3;
  const auto start = [this](void (Integration::*loop)()) {
    threads_.emplace_back([this, loop] {
      (this->*loop)();
      const std::lock_guard<std::mutex> lock(mutex_);
      --threads_left_;
      changed_.notify_all();
    });
  };
  start(&Integration::RunLoop);
  start(&Integration::TaskLoop);
  start(&Integration::CareLoop);
}

Integration::~Integration() { Join(); }

void Integration::Join() {
  BeginStop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Integration::BeginStop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopping_ = true;
  if (current_ != nullptr) current_->Stop();
  changed_.notify_all();
}

bool Integration::AwaitStop(absl::Duration longest) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(longest),
                           [this] { return threads_left_ == 0; });
}

absl::StatusOr<Ledger*> Integration::OpenLedger() {
  const std::lock_guard<std::mutex> lock(ledger_mutex_);
  if (ledger_ == nullptr) {
    auto opened = Ledger::Open(settings_.ledger_file, random_);
    {
      const std::lock_guard<std::mutex> state(mutex_);
      ledger_problem_ = opened.status();
    }
    GB_ASSIGN_OR_RETURN(ledger_, std::move(opened));
    Recall(*ledger_);
  }
  return ledger_.get();
}

Ledger* Integration::opened_ledger() {
  const std::lock_guard<std::mutex> lock(ledger_mutex_);
  return ledger_.get();
}

std::shared_ptr<Sides> Integration::sides() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return sides_;
}

absl::Status Integration::Configure(IntegrationSettings settings) {
  const std::shared_ptr<RequestBucket> bucket =
      buckets_.Of(BucketNameOf(settings), settings.pace);
  GB_ASSIGN_OR_RETURN(
      std::shared_ptr<Sides> sides,
      ConnectSides(std::move(settings), settings_.policy, settings_.portal_ca_file,
                   server_.fetch_token, bucket, clock_));
  const std::lock_guard<std::mutex> lock(mutex_);
  sides_ = std::move(sides);
  rejection_ = absl::OkStatus();
  changed_.notify_all();
  return absl::OkStatus();
}

void Integration::Reject(const absl::Status& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  rejection_ = why;
}

void Integration::Retire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  sides_ = nullptr;
  rejection_ = absl::OkStatus();
  for (const v1::RunTask& task : runs_) known_runs_.erase(KeyOf(task.run()));
  runs_.clear();
  if (current_ != nullptr) current_->Stop();
  // It may be handed out again before it has stopped.
  known_runs_.erase(current_key_);
  changed_.notify_all();
}

void Integration::ForgetReported() {
  const std::lock_guard<std::mutex> lock(told_mutex_);
  told_.clear();
  erasures_told_ = 0;
}

void Integration::Take(const v1::Task& task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_) return;
  if (!task.has_run()) {
    tasks_.push_back(task);
  } else if (known_runs_.insert(KeyOf(task.run().run())).second) {
    runs_.push_back(task.run());
  }
  changed_.notify_all();
}

void Integration::CancelRun(const std::string& run) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (current_ != nullptr && current_->name() == run) current_->Cancel();
  for (const v1::RunTask& task : runs_) {
    if (task.run().name() == run) cancelled_.insert(run);
  }
}

std::optional<v1::LedgerIdentity> Integration::ledger_identity() {
  v1::LedgerIdentity identity;
  identity.set_integration(IntegrationName(settings_.id));
  const bool has_settings = sides() != nullptr;
  const std::lock_guard<std::mutex> lock(ledger_mutex_);
  if (ledger_ == nullptr) {
    return has_settings ? std::optional(std::move(identity)) : std::nullopt;
  }
  identity.set_ledger(ledger_->id());
  identity.set_sequence(ledger_->sequence());
  return identity;
}

Integration::Figures Integration::figures() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Figures figures = figures_;
  figures.running = current_ != nullptr;
  return figures;
}

}  // namespace guestbridge::agent
