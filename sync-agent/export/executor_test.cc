#include "sync-agent/export/executor.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

// The host's time, which a test makes jump on.
class JumpingClock : public Clock {
 public:
  absl::Time Now() const override { return SystemClock().Now() + ahead(); }
  absl::Duration Steady() const override { return SystemClock().Steady() + ahead(); }
  void Jump(absl::Duration by) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ahead_ += by;
  }

 private:
  absl::Duration ahead() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ahead_;
  }
  mutable std::mutex mutex_;
  absl::Duration ahead_;
};

class SharedPortal : public Portal {
 public:
  explicit SharedPortal(testing::FakePortal& portal) : portal_(portal) {}
  PortalAnswer Send(const PortalRequest& request) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return portal_.Send(request);
  }

 private:
  std::mutex mutex_;
  testing::FakePortal& portal_;
};

// Gives a client of these tests its contact.
bool Claims(const PortalRequest& request) {
  return std::any_of(request.commands.begin(), request.commands.end(),
                     [](const Command& command) {
                       return std::holds_alternative<AddContact>(command) ||
                              std::holds_alternative<ImportContacts>(command) ||
                              std::holds_alternative<UpdateContact>(command);
                     });
}

// Its process is stopped with each such request in hand, and wakes up after the lease.
class SleepyPortal : public Portal {
 public:
  SleepyPortal(Portal& portal, JumpingClock& clock) : portal_(portal), clock_(clock) {}
  PortalAnswer Send(const PortalRequest& request) override {
    if (!Claims(request)) return portal_.Send(request);
    clock_.Jump(absl::Minutes(3));
    // As a connection does.
    if (clock_.Steady() < request.leave_by) return portal_.Send(request);
    ++held_back_;
    PortalAnswer answer;
    answer.fate = RequestFate::kNotSent;
    answer.reason = "PORTAL_UNREACHABLE";
    answer.results.resize(request.commands.size());
    for (CommandResult& result : answer.results) result.fate = Fate::kNotExecuted;
    return answer;
  }
  int held_back() const { return held_back_; }

 private:
  Portal& portal_;
  JumpingClock& clock_;
  std::atomic<int> held_back_ = 0;
};

// One client; each call does first what the test says, with the calls before it.
class Base : public SourceReader {
 public:
  using Trouble = std::function<absl::Status(int calls)>;
  Base(std::vector<ClientRow> rows, Trouble trouble)
      : rows_(std::move(rows)), trouble_(std::move(trouble)) {}
  absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest&) override {
    return std::unique_ptr<ClientStream>(std::make_unique<Stream>(*this));
  }
  absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey>, absl::Span<const std::string>) override {
    return std::vector<ClientRow>();
  }
  absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view, absl::Span<const std::string>) override {
    return std::optional<ClientRow>();
  }
  SourceUsage usage() const override { return {}; }
  int calls() const { return calls_; }

 private:
  class Stream : public ClientStream {
   public:
    explicit Stream(Base& base) : base_(base) {}
    absl::StatusOr<ClientPage> Next() override {
      const absl::Status status = base_.trouble_(base_.calls_++);
      if (!status.ok()) return status;
      ClientPage page;
      page.rows = base_.rows_;
      page.last = true;
      page.watermark.value = "w";
      return page;
    }

   private:
    Base& base_;
  };
  const std::vector<ClientRow> rows_;
  const Trouble trouble_;
  int calls_ = 0;  // read when the run has ended
};

class ExecutorTest : public ::testing::Test {
 protected:
  ExecutionResult Run(Base& base) {
    SharedPortal portal(world_.portal);
    Executor executor({*world_.ledger, base, portal, world_.pacer, *world_.doubts,
                       world_.random, clock_});
    RunSettings settings = world_.Settings();
    settings.source_waits.first_pause = absl::Milliseconds(700);
    settings.unattended = unattended_;
    return executor.Execute(
        settings, {}, [] { return absl::InfiniteDuration(); },
        [&](const RunProgress& progress) {
          for (const RunNotice& notice : progress.notices) {
            said_.push_back(notice.reason);
            if (cancels_) executor.Cancel();
          }
        });
  }
  // The process sleeps past its lease with the first claim in hand; then it has
  // another.
  ExecutionResult RunAsleep(std::vector<ClientRow> guests) {
    Base base(std::move(guests), [](int) { return absl::OkStatus(); });
    SharedPortal shared(world_.portal);
    SleepyPortal portal(shared, clock_);
    Executor executor({*world_.ledger, base, portal, world_.pacer, *world_.doubts,
                       world_.random, clock_});
    const absl::Duration first = clock_.Steady() + absl::Minutes(1);
    RunSettings settings = world_.Settings();
    settings.has_standby = has_standby_;
    const ExecutionResult result = executor.Execute(
        settings, {},
        [&] { return portal.held_back() == 0 ? first : absl::InfiniteDuration(); },
        [](const RunProgress&) {});
    EXPECT_EQ(result.end, ExecutionEnd::kSucceeded) << result.error;
    EXPECT_EQ(portal.held_back(), 1);
    return result;
  }
  std::vector<ClientRow> Guests() {
    world_.base.Add(1, "Иванова");
    return world_.base.clients;
  }

  testing::World world_;
  JumpingClock clock_;
  bool unattended_ = false;
  bool has_standby_ = false;
  bool cancels_ = false;           // once it is said that 1C is away
  std::vector<std::string> said_;  // notices while the run went on
};

TEST_F(ExecutorTest, APageThatTimesOutIsAskedForAgain) {
  Base base(Guests(), [&](int calls) {
    if (calls >= 2) return absl::OkStatus();
    clock_.Jump(absl::Seconds(120));
    return MakeError("SOURCE_UNREACHABLE", {{"cause", "TIMED_OUT"}});
  });
  const ExecutionResult result = Run(base);
  EXPECT_EQ(result.end, ExecutionEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_EQ(base.calls(), 3);
}

TEST_F(ExecutorTest, ANightlyRunOutlastsAMaintenanceAndSaysWhatItWaitsFor) {
  unattended_ = true;
  Base base(Guests(), [&](int calls) {
    if (calls >= 2) return absl::OkStatus();
    clock_.Jump(absl::Minutes(10));
    return MakeError("SOURCE_IN_MAINTENANCE");
  });
  const ExecutionResult result = Run(base);
  EXPECT_EQ(result.end, ExecutionEnd::kSucceeded) << result.error;
  EXPECT_THAT(said_, Contains("SOURCE_IN_MAINTENANCE"));
  // It is over.
  EXPECT_THAT(result.progress.notices, IsEmpty());
}

TEST_F(ExecutorTest, ARunThatWaitsForAMaintenanceCanBeCancelled) {
  unattended_ = true;
  cancels_ = true;
  Base base(Guests(), [](int) { return MakeError("SOURCE_IN_MAINTENANCE"); });
  EXPECT_EQ(Run(base).end, ExecutionEnd::kCancelled);
}

TEST_F(ExecutorTest, A1CThatStaysAwayEndsTheRun) {
  Base base(Guests(), [&](int) {
    clock_.Jump(absl::Seconds(30));
    return MakeError("SOURCE_IN_MAINTENANCE");
  });
  const ExecutionResult result = Run(base);
  EXPECT_EQ(result.end, ExecutionEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "SOURCE_IN_MAINTENANCE");
}

TEST_F(ExecutorTest, AProcessThatSleptPastItsLeaseCreatesNothingUntilItHasAnother) {
  EXPECT_EQ(RunAsleep(Guests()).progress.counts.added, 1);
}

// Another agent may have given the client a contact of its own meanwhile.
TEST_F(ExecutorTest, AProcessThatSleptPastItsLeaseMarksNoContactUntilItHasAnother) {
  std::vector<ClientRow> guests = Guests();
  guests[0].contact = ContactId(50);
  world_.portal.contacts[50] = {{{"LAST_NAME", "Иванова"}}, {}, {}, false};
  EXPECT_EQ(RunAsleep(guests).progress.counts.added, 0);
  EXPECT_EQ(world_.portal.OfClient(guests[0].key), std::vector<int64_t>{50});
}

// The standby may have written what 1C holds since.
TEST_F(ExecutorTest, WithAStandbyItChangesNoContactEither) {
  std::vector<ClientRow> guests = Guests();
  world_.Run(world_.Settings());
  guests[0].attributes["LastName"] = "Петрова";
  has_standby_ = true;
  EXPECT_EQ(RunAsleep(guests).progress.counts.updated, 1);
}

}  // namespace
}  // namespace guestbridge::agent
