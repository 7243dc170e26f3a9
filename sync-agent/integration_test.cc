#include "sync-agent/integration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "sync-agent/change/read_choice.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

constexpr char kClient[] = "00000000-0000-4000-8000-000000000001";

// The host's; on one thread it does something the next time that it is asked.
class InterruptingClock final : public Clock {
 public:
  absl::Time Now() const override {
    std::function<void()> what;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (std::this_thread::get_id() == where_) std::swap(what, what_);
    }
    if (what != nullptr) what();
    return SystemClock().Now();
  }
  absl::Duration Steady() const override { return SystemClock().Steady(); }

  void Next(std::thread::id where, std::function<void()> what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    where_ = where;
    what_ = std::move(what);
  }

 private:
  mutable std::mutex mutex_;
  std::thread::id where_;
  mutable std::function<void()> what_;
};

// One integration on a folder and a portal that nobody serves, and a server that gives
// no lease: a run begins, and waits.
class IntegrationTest : public ::testing::Test {
 protected:
  IntegrationTest() {
    std::filesystem::create_directory(dir_.File("base"));
    std::ofstream(dir_.File("base/1.jsonl"))
        << R"({"Ref_Key":")" << kClient << R"(","Code":"1","LastName":"Orlova"})"
        << "\n";
    Make();
    EXPECT_TRUE(integration_->Configure(Settings()).ok());
  }

  // Anew, on the ledger that is there.
  void Make() {
    Integration::Server server;
    server.acquire_lease =
        [this](const v1::AcquireLeaseRequest&) -> absl::StatusOr<v1::Lease> {
      Note(&asked_for_lease_, true);
      const std::lock_guard<std::mutex> lock(mutex_);
      return lease_refusal_;
    };
    server.open_settle_run = []() -> absl::StatusOr<v1::Run> {
      return MakeError("SERVER_UNREACHABLE");
    };
    server.report_ledger = [this](v1::ReportLedgerRequest report) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (ledger_refusal_.ok()) {
        reports_.push_back(std::move(report));
      } else {
        ++refused_reports_;
      }
      changed_.notify_all();
      return ledger_refusal_;
    };
    server.report_checks = [](v1::ReportChecksRequest) { return absl::OkStatus(); };
    server.report_agent = [this] {
      v1::AgentReport report;
      integration_->Describe(&report);
      std::vector<std::string> problems;
      for (const v1::AgentProblem& problem : report.problems()) {
        problems.push_back(problem.explanation().reason());
      }
      Note(&told_problems_, std::move(problems));
    };
    server.finish_task = [this](v1::FinishTaskRequest answer) {
      const std::lock_guard<std::mutex> lock(mutex_);
      answer_ = std::move(answer);
      changed_.notify_all();
      return absl::OkStatus();
    };
    integration_ = std::make_unique<Integration>(
        Integration::Settings{"main", dir_.File("ledger.db"), "",
                              [this] { Note(&ran_on_, std::this_thread::get_id()); }},
        std::move(server), reporter_, buckets_, random_, clock_);
  }

  IntegrationSettings Settings() {
    IntegrationSettings settings;
    settings.id = "main";
    settings.revision = 7;
    settings.fingerprint = "00ff";
    settings.active = true;
    settings.source.type = "jsonl";
    settings.source.url = absl::StrCat("file://", dir_.File("base"));
    settings.portal.host = "127.0.0.1";
    settings.portal.port = 1;
    settings.portal.allow_private = true;
    settings.portal.webhook_user = 1;
    settings.settle_time = settings.box_settle_time = absl::Seconds(120);
    settings.bound_base_identity = settings.fallback_base_identity = "base";
    auto compiled = CompiledMapping::Compile({{"LastName", "LAST_NAME", {}}}, {});
    settings.mapping = *std::move(compiled);
    return settings;
  }
  static v1::Task RunTask(int number) {
    v1::Task run;
    run.set_id("r");
    run.mutable_run()->mutable_run()->set_name(
        absl::StrCat("integrations/main/runs/", number));
    run.mutable_run()->mutable_run()->set_kind(v1::Run::EXPORT);
    return run;
  }
  // A run that waits for its lease.
  v1::Task Begin() {
    v1::Task run = RunTask(1);
    integration_->Take(run);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return asked_for_lease_; });
    return run;
  }

  template <typename Value>
  void Note(Value* value, Value to) {
    const std::lock_guard<std::mutex> lock(mutex_);
    *value = std::move(to);
    changed_.notify_all();
  }
  v1::FinishTaskRequest Unlink() {
    v1::Task task;
    task.mutable_unlink_client()->set_name(
        absl::StrCat("integrations/main/clients/", kClient));
    return Perform(std::move(task));
  }
  v1::FinishTaskRequest Forget() {
    v1::Task task;
    task.mutable_forget_client()->set_name(
        absl::StrCat("integrations/main/clients/", kClient));
    return Perform(std::move(task));
  }
  // Ends with the test's time-out when it never comes.
  v1::FinishTaskRequest Perform(v1::Task task) {
    task.set_id("t");
    integration_->Take(task);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return answer_.has_value(); });
    v1::FinishTaskRequest answer = *std::move(answer_);
    answer_.reset();
    return answer;
  }

  testing::TempDir dir_;
  testing::SeededRandom random_{1};
  InterruptingClock clock_;
  PortalBuckets buckets_;
  RunReporter reporter_{[this](const v1::Run& run, int64_t) -> absl::StatusOr<bool> {
                          Note(&told_before_, told_problems_);
                          Note(&told_state_, run.state());
                          return true;
                        },
                        [](const std::string&) {}, SystemClock()};
  v1::Run::State told_state_ = v1::Run::STATE_UNSPECIFIED;
  std::vector<std::string> told_problems_;  // how it is, as the server heard last
  std::vector<std::string> told_before_;    // the same, when told_state_ was told
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_for_lease_ = false;
  absl::Status lease_refusal_ = MakeError("SERVER_UNREACHABLE");
  absl::Status ledger_refusal_;                   // of each report of the ledger
  int refused_reports_ = 0;                       // by it
  std::vector<v1::ReportLedgerRequest> reports_;  // that were taken
  std::thread::id ran_on_;  // the thread of the run that ended last
  std::optional<v1::FinishTaskRequest> answer_;
  std::unique_ptr<Integration> integration_;  // goes first
};

TEST_F(IntegrationTest, SaysWhatItWorksWithAndWhatKeepsItFromThat) {
  v1::AgentReport report;
  integration_->Describe(&report);
  ASSERT_EQ(report.integrations_size(), 1);
  EXPECT_EQ(report.integrations(0).integration(), "integrations/main");
  EXPECT_EQ(report.integrations(0).effective_revision(), 7);
  EXPECT_EQ(report.integrations(0).effective_fingerprint(), "00ff");
  EXPECT_EQ(report.problems_size(), 0);

  integration_->Reject(MakeError("FIELD_TAKEN"));
  report.Clear();
  integration_->Describe(&report);
  ASSERT_EQ(report.problems_size(), 1);
  EXPECT_EQ(report.problems(0).explanation().reason(), "FIELD_TAKEN");
  EXPECT_FALSE(report.problems(0).stops_work()) << "the last good one goes on";
  EXPECT_EQ(report.integrations(0).effective_revision(), 7);

  integration_->Retire();
  report.Clear();
  integration_->Describe(&report);
  EXPECT_EQ(report.integrations_size(), 0);
  EXPECT_EQ(report.problems_size(), 0) << "no longer ours";

  integration_->Reject(MakeError("FIELD_TAKEN"));
  integration_->Describe(&report);
  ASSERT_EQ(report.problems_size(), 1);
  EXPECT_TRUE(report.problems(0).stops_work()) << "there is nothing else";
}

TEST_F(IntegrationTest, ALedgerThatCannotBeOpenedIsToldUntilItCan) {
  testing::TempDir other;
  std::filesystem::create_directory(other.File("ledger.db"));
  RunReporter reporter(
      [](const v1::Run&, int64_t) -> absl::StatusOr<bool> { return true; },
      [](const std::string&) {}, SystemClock());
  Integration::Server server;
  server.acquire_lease =
      [](const v1::AcquireLeaseRequest&) -> absl::StatusOr<v1::Lease> {
    return MakeError("SERVER_UNREACHABLE");
  };
  server.finish_task = [this](v1::FinishTaskRequest answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(answer);
    changed_.notify_all();
    return absl::OkStatus();
  };
  Integration broken({"main", other.File("ledger.db"), "", [] {}}, std::move(server),
                     reporter, buckets_, random_, SystemClock());
  broken.Reject(MakeError("FIELD_TAKEN"));
  v1::AgentReport report;
  broken.Describe(&report);
  ASSERT_EQ(report.problems_size(), 2);
  EXPECT_EQ(report.problems(1).explanation().reason(), "DATABASE_UNWRITABLE");
  EXPECT_TRUE(report.problems(1).stops_work());
  // Its settings are to be taken back should the server give it to another meanwhile.
  EXPECT_FALSE(broken.ledger_identity().has_value());
  ASSERT_TRUE(broken.Configure(Settings()).ok());
  ASSERT_TRUE(broken.ledger_identity().has_value());
  EXPECT_EQ(broken.ledger_identity()->integration(), "integrations/main");
  EXPECT_EQ(broken.ledger_identity()->ledger(), "");
  broken.Retire();
  EXPECT_FALSE(broken.ledger_identity().has_value());
  broken.Reject(MakeError("FIELD_TAKEN"));
  // Mended; whoever needs the ledger next tries it.
  std::filesystem::remove(other.File("ledger.db"));
  v1::Task task;
  task.mutable_load_fields();
  broken.Take(task);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return answer_.has_value(); });
  }
  report.Clear();
  broken.Describe(&report);
  EXPECT_EQ(report.problems_size(), 1);
}

// Erasures of all reports, the first to the last.
std::vector<v1::Erasures> ErasuresOf(
    const std::vector<v1::ReportLedgerRequest>& reports) {
  std::vector<v1::Erasures> all;
  for (const v1::ReportLedgerRequest& report : reports) {
    all.insert(all.end(), report.erasures().begin(), report.erasures().end());
  }
  return all;
}

TEST_F(IntegrationTest, TheServerHearsWhatARunMetOrMendedBeforeItsEnd) {
  reporter_.Start();
  Note(&lease_refusal_, MakeError("AGENT_BANNED"));
  integration_->Take(RunTask(1));
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return told_state_ == v1::Run::FAILED; });
    EXPECT_THAT(told_before_, ::testing::ElementsAre("AGENT_BANNED"));
    lease_refusal_ = MakeError("SERVER_UNREACHABLE");
    asked_for_lease_ = false;
  }
  integration_->Take(RunTask(2));
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return asked_for_lease_; });
  }
  integration_->CancelRun(RunTask(2).run().run().name());
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return told_state_ == v1::Run::CANCELLED; });
  EXPECT_THAT(told_before_, ::testing::IsEmpty());
  lock.unlock();
  reporter_.Stop();
}

TEST_F(IntegrationTest, TheServerHearsOfAnErasureBeforeWhoAskedForIt) {
  const std::string hash = Forget().erasure().client_hash();
  EXPECT_EQ(hash.size(), 32u);
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::vector<v1::Erasures> told = ErasuresOf(reports_);
  ASSERT_EQ(told.size(), 1u);
  ASSERT_EQ(told[0].clients_size(), 1);
  EXPECT_EQ(told[0].clients(0).hash(), hash);
  EXPECT_GT(told[0].clients(0).erase_time().seconds(), 0);
}

TEST_F(IntegrationTest, AnErasureThatTheServerCouldNotHearIsToldLater) {
  Note(&ledger_refusal_, MakeError("SERVER_UNREACHABLE"));
  EXPECT_TRUE(Forget().has_erasure());
  Note(&ledger_refusal_, absl::OkStatus());
  std::unique_lock<std::mutex> lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20),
                                [this] { return !ErasuresOf(reports_).empty(); }));
}

// It has the code of a server that keeps no more erasures.
TEST_F(IntegrationTest, AnErasureThatAFullDiskOfTheServerKeptOutIsToldLater) {
  Note(&ledger_refusal_, MakeError("DATABASE_FULL", {{"file", "server.db"}}));
  EXPECT_TRUE(Forget().has_erasure());
  Note(&ledger_refusal_, absl::OkStatus());
  std::unique_lock<std::mutex> lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20),
                                [this] { return !ErasuresOf(reports_).empty(); }));
}

TEST_F(IntegrationTest, WhoWasErasedAndInDoubtIsRemovedOnceThatIsSettled) {
  integration_ = nullptr;
  const ClientKey key(kClient);
  const std::string secret = "0123456789abcdef";
  auto ledger = *Ledger::Open(dir_.File("ledger.db"), random_);
  Intent intent;
  intent.key = key;
  intent.nonce = "abcd1234";
  ASSERT_TRUE(ledger->CommitIntents({intent}, ContactId(7)).ok());
  Make();
  IntegrationSettings settings = Settings();
  settings.erasures = {{secret, {{ErasureHash(secret, key), 1000}}}};
  ASSERT_TRUE(integration_->Configure(std::move(settings)).ok());
  Begin();
  ASSERT_TRUE(
      ledger->Settle({{key, Evidence::Found(ContactId(9)), 0, Outcome::kNone, 500}})
          .ok());
  integration_->CancelRun("integrations/main/runs/1");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ledger->ClientOf(ContactId(9))->has_value() &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(ledger->ClientOf(ContactId(9))->has_value()) << "without another run";
}

TEST_F(IntegrationTest, WhatTheConfigurationNamesIsErasedAndNotToldAgain) {
  const std::string hash = Forget().erasure().client_hash();
  std::unique_lock<std::mutex> lock(mutex_);
  const v1::Erasures told = ErasuresOf(reports_).front();
  reports_.clear();
  lock.unlock();
  integration_ = nullptr;
  std::filesystem::remove(dir_.File("ledger.db"));

  Make();
  IntegrationSettings settings = Settings();
  settings.erasures = {{told.secret(), {{hash, 1000}}}};
  ASSERT_TRUE(integration_->Configure(std::move(settings)).ok());
  // A run takes them up, whatever becomes of it.
  Begin();
  integration_->CancelRun("integrations/main/runs/1");
  v1::FinishTaskRequest answer;
  do {
    answer = Forget();
  } while (answer.error().reason() == "RUN_IN_PROGRESS");
  EXPECT_EQ(answer.erasure().client_hash(), hash);
  EXPECT_EQ(answer.erasure().erase_time().seconds(), 1000);
  lock.lock();
  EXPECT_FALSE(reports_.empty());
  EXPECT_TRUE(ErasuresOf(reports_).empty());
}

// It may have slept, and another one serves the integration by now.
TEST_F(IntegrationTest, BesideAStandbyIDsAreWrittenOnlyWhileTheServerSaysItIsOurs) {
  integration_ = nullptr;
  {
    auto ledger = *Ledger::Open(dir_.File("ledger.db"), random_);
    ClientRecord record;
    record.key = ClientKey(kClient);
    record.link = LinkState::kLive;
    record.contact = ContactId(7);
    ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  }
  Note(&ledger_refusal_, MakeError("SERVER_UNREACHABLE"));
  Note(&reports_, {});  // of the one before
  Make();
  IntegrationSettings settings = Settings();
  settings.has_standby = true;
  ASSERT_TRUE(integration_->Configure(std::move(settings)).ok());
  std::unique_lock<std::mutex> lock(mutex_);
  ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60),
                                [this] { return refused_reports_ >= 3; }));
  ledger_refusal_ = absl::OkStatus();
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [this] {
    return !reports_.empty() && reports_.back().summary().write_back().pending() == 0;
  }));
  EXPECT_EQ(reports_.front().summary().write_back().pending(), 1)
      << "until the server was heard";
}

TEST_F(IntegrationTest, ForgetsWhatItsSettingsDoNotKeep) {
  integration_ = nullptr;
  {
    const auto ledger = *Ledger::Open(dir_.File("ledger.db"), random_);
    ClientRecord known;
    known.key = ClientKey(kClient);
    ASSERT_TRUE(ledger->Put({known}).ok());
    for (const int64_t unix_time : {1000, 2000, 3000}) {
      HistoryEntry entry;
      entry.kind = HistoryKind::kUnlinked;
      entry.unix_time = unix_time;
      ASSERT_TRUE(ledger->NoteHistory(ClientKey(kClient), entry).ok());
    }
    ClientRecord refused;
    refused.key = ClientKey("00000000-0000-4000-8000-000000000002");
    refused.problem = refused.outcome = Outcome::kFailed;
    refused.reason = "PORTAL_REFUSED";
    refused.refused_hash = "h";
    refused.run = 10;
    ASSERT_TRUE(ledger->Put({refused}).ok());
    ASSERT_TRUE(ledger->SetNote(kReadWholeRunNote, "20").ok());
  }
  IntegrationSettings settings = Settings();
  settings.history_kept = absl::Hours(24);
  settings.quarantine_kept = absl::Hours(24);
  Make();
  ASSERT_TRUE(integration_->Configure(std::move(settings)).ok());
  v1::Task clients;
  clients.mutable_list_clients()->set_parent("integrations/main");
  clients.mutable_list_clients()->set_state(v1::Client::FAILED);
  const absl::Duration deadline = SystemClock().Steady() + absl::Seconds(20);
  while (true) {
    const v1::FinishTaskRequest listed = Perform(clients);
    ASSERT_TRUE(listed.has_clients()) << listed.error().reason();
    if (listed.clients().clients_size() == 0) break;
    ASSERT_LT(SystemClock().Steady(), deadline) << "the refused one is still there";
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  v1::Task history;
  history.mutable_list_client_history()->set_parent(
      absl::StrCat("integrations/main/clients/", kClient));
  const auto told = Perform(history).history();
  ASSERT_EQ(told.entries_size(), 1);
  EXPECT_EQ(told.entries(0).time().seconds(), 3000) << "the newest one stays";
}

TEST_F(IntegrationTest, APairIsDecidedBetweenRunsOnly) {
  EXPECT_EQ(Unlink().error().reason(), "CLIENT_NOT_LINKED");
  Begin();
  const v1::FinishTaskRequest refused = Unlink();
  EXPECT_EQ(refused.error().reason(), "RUN_IN_PROGRESS");
  EXPECT_EQ(refused.error().parameters().at("run"), "integrations/main/runs/1");
  integration_->CancelRun("integrations/main/runs/1");
  // The run ends by and by; the next decision waits for its last words, or is refused.
  while (Unlink().error().reason() == "RUN_IN_PROGRESS") std::this_thread::yield();
  EXPECT_EQ(Unlink().error().reason(), "CLIENT_NOT_LINKED");
}

TEST_F(IntegrationTest, ARunThatIsHandedOutAgainBeforeItHasStoppedIsNotLost) {
  const v1::Task run = Begin();
  // It looks whether it is to go on four times a second.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  integration_->Retire();
  ASSERT_TRUE(integration_->Configure(Settings()).ok());
  integration_->Take(run);
  integration_->CancelRun("integrations/main/runs/1");
  reporter_.Start();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] {
      return told_state_ == v1::Run::CANCELLED;
    })) << "the second one";
  }
  reporter_.Stop();
}

TEST_F(IntegrationTest, ARunThatIsJustBeginningWhenItsIntegrationIsTakenBackEnds) {
  const auto ends = [this] {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [this] { return ran_on_ != std::thread::id(); });
  };
  integration_->Retire();
  integration_->Take(RunTask(1));
  ASSERT_TRUE(ends()) << "there is nothing to run with";
  ASSERT_TRUE(integration_->Configure(Settings()).ok());
  // Its thread asks for the time when it has its settings, and is not yet there to be
  // stopped.
  clock_.Next(ran_on_, [this] {
    Note(&ran_on_, std::thread::id());
    integration_->Retire();
  });
  integration_->Take(RunTask(2));
  {
    std::unique_lock<std::mutex> lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] {
      return ran_on_ == std::thread::id();
    })) << "it began";
  }
  EXPECT_TRUE(ends()) << "instead of waiting for its lease";
}

}  // namespace
}  // namespace guestbridge::agent
