#include "sync-agent/control/control_client.h"

#include <atomic>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/control/fake_control_service_test.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::SeededRandom;
using ::guestbridge::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

// Keeps what the server said and lets a test wait for it.
class Recorder final : public ControlEvents {
 public:
  std::vector<v1::LedgerIdentity> Ledgers() override { return {}; }
  void OnConnected() override { Add("connected"); }
  void OnConfiguration(const v1::AgentConfiguration& configuration) override {
    Add(absl::StrCat("configuration ", configuration.revision()));
  }
  void OnTask(const v1::Task& task) override { Add("task " + task.id()); }
  void OnCancelRun(const std::string& run) override { Add("cancel " + run); }
  void OnStillRejected(const v1::RejectedConfiguration& rejected) override {
    Add(absl::StrCat("still rejected ", rejected.revision(), " ",
                     rejected.rejection().reason()));
  }
  void OnRemoved(const std::string& integration) override {
    Add("removed " + integration);
  }
  void OnRefused(const absl::Status& status) override {
    Add("refused " + ReasonOf(status));
  }

  // False when it does not come within ten seconds.
  bool Await(const std::string& event, int times = 1) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::count(events_.begin(), events_.end(), event) >= times;
    });
  }
  std::vector<std::string> events() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return events_;
  }

 private:
  void Add(std::string event) {
    const std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

class ControlClientTest : public ::testing::Test {
 protected:
  FakeControlService service_;
  Recorder events_;
  SeededRandom random_;
  ControlClient client_{service_.Connect(),
                        {"hotel-1", "installation", "0.1.0", {}, "localhost"},
                        SecretString("token"),
                        events_,
                        random_};
};

TEST_F(ControlClientTest, DeliversWhatTheServerSaysInItsOrder) {
  v1::WatchResponse configuration;
  configuration.mutable_configuration()->set_revision(4);
  v1::WatchResponse task;
  task.mutable_task()->set_id("t");
  v1::WatchResponse cancel;
  cancel.set_cancel_run("integrations/main/runs/1");
  for (const auto& message : {configuration, task, cancel}) service_.Push(message);
  client_.Start();
  ASSERT_TRUE(events_.Await("cancel integrations/main/runs/1"));
  EXPECT_THAT(events_.events(),
              ::testing::ElementsAre("connected", "configuration 4", "task t",
                                     "cancel integrations/main/runs/1"));
}

TEST_F(ControlClientTest, HearsWhatItHasRejectedBefore) {
  v1::WatchResponse rejected;
  rejected.mutable_still_rejected()->set_revision(4);
  rejected.mutable_still_rejected()->mutable_rejection()->set_reason("FIELD_TAKEN");
  service_.Push(rejected);
  client_.Start();
  EXPECT_TRUE(events_.Await("still rejected 4 FIELD_TAKEN"));
}

TEST_F(ControlClientTest, SaysHowItIsAndNoticesAServerThatDoesNotAsk) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  v1::AgentReport report;
  report.mutable_disk()->set_free_bytes(7);
  ASSERT_THAT(client_.ReportAgent(report), IsOk());
  ASSERT_EQ(service_.reports().size(), 1U);
  EXPECT_EQ(service_.reports()[0].disk().free_bytes(), 7);
  service_.KnowNoReports();
  EXPECT_EQ(client_.ReportAgent(report).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(ControlClientTest, WaitsForAServerThatItIsNotTooOldFor) {
  service_.AnswerOldestProtocol(99);
  client_.Start();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (service_.hellos() < 2 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_FALSE(client_.connected());
  EXPECT_THAT(events_.events(), ::testing::IsEmpty()) << "nor given up";
  service_.AnswerOldestProtocol(0);
  EXPECT_TRUE(events_.Await("connected"));
}

TEST_F(ControlClientTest, ComesBackToAServerThatWasAwayForAWhile) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  service_.Leave();
  absl::SleepFor(absl::Seconds(8));
  service_.Return();
  const int before = service_.hellos();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (service_.hellos() == before && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_GT(service_.hellos(), before);
}

TEST_F(ControlClientTest, ComesBackWhenTheStreamEnds) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  service_.EndStreams();
  EXPECT_TRUE(events_.Await("connected", 2));
}

TEST_F(ControlClientTest, OpensANewSessionWhenTheServerForgotIt) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  service_.ForgetSessions();
  EXPECT_THAT(client_.AcquireLease({}),
              StatusIs(absl::StatusCode::kUnauthenticated, "SESSION_UNKNOWN"));
  ASSERT_TRUE(events_.Await("connected", 2));
  EXPECT_THAT(client_.AcquireLease({}), IsOk());
}

TEST_F(ControlClientTest, SaysWhichRevisionItKnowsSoThatARestoredServerNotices) {
  v1::AgentConfiguration kept;
  kept.set_revision(7);
  client_.NoteRevisionsOf(kept);
  service_.AnswerHello(5);
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  EXPECT_EQ(service_.known_revision(), 7) << "from before this process";
  service_.AnswerHello(9);
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 2));
  v1::WatchResponse configuration;
  configuration.mutable_configuration()->set_revision(11);
  service_.Push(configuration);
  ASSERT_TRUE(events_.Await("configuration 11"));
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 3));
  EXPECT_EQ(service_.known_revision(), 11);
  v1::Lease lease;
  lease.set_revision(13);
  service_.AnswerLease(lease);
  ASSERT_THAT(client_.AcquireLease({}), IsOk());
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 4));
  EXPECT_EQ(service_.known_revision(), 13);
}

TEST_F(ControlClientTest, SaysTheTagThatCameWithTheRevision) {
  v1::AgentConfiguration kept;
  kept.set_revision(3);
  kept.set_database_revision(7);
  kept.set_database_tag(70);
  client_.NoteRevisionsOf(kept);
  // Restored, and the number given away: the first tag is the one that tells.
  service_.AnswerHello(7, 71);
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  EXPECT_EQ(service_.known_revision(), 7);
  EXPECT_EQ(service_.known_tag(), 70);
  service_.AnswerHello(9, 90);
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 2));
  EXPECT_EQ(service_.known_tag(), 70);
  v1::WatchResponse configuration;
  configuration.mutable_configuration()->set_revision(8);
  configuration.mutable_configuration()->set_database_revision(11);
  configuration.mutable_configuration()->set_database_tag(110);
  service_.Push(configuration);
  ASSERT_TRUE(events_.Await("configuration 8"));
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 3));
  EXPECT_EQ(service_.known_revision(), 11);
  EXPECT_EQ(service_.known_tag(), 110);
  v1::Lease lease;
  lease.set_revision(13);
  lease.set_tag(130);
  service_.AnswerLease(lease);
  ASSERT_THAT(client_.AcquireLease({}), IsOk());
  service_.EndStreams();
  ASSERT_TRUE(events_.Await("connected", 4));
  EXPECT_EQ(service_.known_revision(), 13);
  EXPECT_EQ(service_.known_tag(), 130);
}

TEST_F(ControlClientTest, GivesUpWhenItsNameIsTaken) {
  service_.RefuseHello(MakeError("AGENT_NAME_IN_USE", {{"agent", "hotel-1"}}));
  client_.Start();
  EXPECT_TRUE(events_.Await("refused AGENT_NAME_IN_USE"));
  EXPECT_EQ(service_.hellos(), 1);
}

TEST_F(ControlClientTest, ARefusedCertificateIsFinalUnlessThereIsAnother) {
  std::atomic<int> asked = 0;
  std::atomic<int> left = 2;
  ControlClient client([this] { return service_.Connect(); },
                       {"hotel-1", "installation", "0.1.0", {}, "localhost"},
                       SecretString(), events_, random_,
                       [&](const absl::Status& refusal) {
                         ++asked;
                         EXPECT_EQ(ReasonOf(refusal), "CERTIFICATE_OUTDATED");
                         return left-- > 0;
                       });
  service_.RefuseHello(MakeError("CERTIFICATE_OUTDATED", {{"agent", "hotel-1"}}));
  client.Start();
  EXPECT_TRUE(events_.Await("refused CERTIFICATE_OUTDATED"));
  EXPECT_EQ(service_.hellos(), 3);
  EXPECT_EQ(asked, 3);
}

TEST_F(ControlClientTest, ACallWhoseCertificateIsVoidOpensANewSession) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  for (const char* reason : {"CERTIFICATE_OUTDATED", "CERTIFICATE_UNKNOWN"}) {
    service_.AnswerLease(MakeError(reason, {{"agent", "hotel-1"}}));
    EXPECT_THAT(client_.AcquireLease({}),
                StatusIs(absl::StatusCode::kUnauthenticated, reason));
    service_.AnswerLease(v1::Lease());
    ASSERT_TRUE(events_.Await("connected",
                              reason == std::string("CERTIFICATE_OUTDATED") ? 2 : 3));
  }
}

TEST_F(ControlClientTest, KeepsTryingWhateverElseTheServerSays) {
  service_.RefuseHello(MakeError("SERVER_STOPPING"));
  client_.Start();
  while (service_.hellos() < 2) std::this_thread::yield();
  service_.RefuseHello(absl::OkStatus());
  EXPECT_TRUE(events_.Await("connected"));
}

TEST_F(ControlClientTest, SaysGoodbyeOnceWhenAskedTo) {
  client_.Start();
  ASSERT_TRUE(events_.Await("connected"));
  client_.Stop(/*goodbye=*/true);
  EXPECT_EQ(service_.goodbyes(), 1);
  EXPECT_FALSE(client_.connected());
}

TEST_F(ControlClientTest, WithoutASessionEachCallFailsAtOnce) {
  const absl::Status failed = client_.AcquireLease({}).status();
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kUnavailable, "SERVER_UNREACHABLE"));
  EXPECT_THAT(std::string(failed.message()), Not(HasSubstr("{server}")));
}

}  // namespace
}  // namespace guestbridge::agent
