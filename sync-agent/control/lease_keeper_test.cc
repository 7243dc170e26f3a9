#include "sync-agent/control/lease_keeper.h"

#include "common/status/error.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::FakeClock;
using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

guestbridge::v1::Lease MakeLease(bool cold) {
  guestbridge::v1::Lease lease;
  lease.set_epoch(1);
  lease.set_cold(cold);
  lease.mutable_time_to_live()->set_seconds(60);
  return lease;
}

class LeaseKeeperTest : public ::testing::Test {
 protected:
  void Want() {
    keeper_.Want(
        [this] {
          guestbridge::v1::AcquireLeaseRequest request;
          request.mutable_ledger()->set_sequence(++sequence_);
          request.set_ledger_stamp(stamp_);
          return request;
        },
        [this](const std::string& stamp, bool cold) {
          if (!keeping_.ok()) return keeping_;
          stamp_ = stamp;
          kept_cold_ = cold;
          return absl::OkStatus();
        });
  }
  absl::Duration Left() const { return keeper_.end() - clock_.Steady(); }

  FakeClock clock_;
  absl::StatusOr<guestbridge::v1::Lease> answer_ = MakeLease(false);
  absl::Duration answer_takes_;
  int asked_ = 0;
  int64_t sequence_ = 0;
  int64_t last_sequence_ = 0;
  guestbridge::v1::AcquireLeaseRequest last_;
  std::string stamp_;  // what the ledger holds
  bool kept_cold_ = false;
  absl::Status keeping_;
  LeaseKeeper keeper_{[this](const guestbridge::v1::AcquireLeaseRequest& request) {
                        ++asked_;
                        last_sequence_ = request.ledger().sequence();
                        last_ = request;
                        clock_.Advance(answer_takes_);
                        return answer_;
                      },
                      clock_};
};

TEST_F(LeaseKeeperTest, AsksForNothingThatIsNotWanted) {
  EXPECT_EQ(keeper_.Tick(), absl::InfiniteDuration());
  EXPECT_EQ(asked_, 0);
  EXPECT_LT(keeper_.end(), clock_.Steady());
}

TEST_F(LeaseKeeperTest, IsRenewedEarlyWhenThereIsSomethingNewToSay) {
  keeper_.Renew(absl::ZeroDuration());
  EXPECT_EQ(keeper_.Tick(), absl::InfiniteDuration());
  Want();
  keeper_.Renew(absl::ZeroDuration());  // not held yet: asked for anyway
  keeper_.Tick();
  ASSERT_TRUE(keeper_.word().held);
  const int asked = asked_;
  EXPECT_GT(keeper_.Tick(), absl::ZeroDuration());
  EXPECT_EQ(asked_, asked);
  keeper_.Renew(absl::ZeroDuration());
  keeper_.Tick();
  EXPECT_EQ(asked_, asked + 1);
  EXPECT_TRUE(keeper_.word().held);
}

TEST_F(LeaseKeeperTest, CountsTheLeaseFromBeforeTheRequestLeft) {
  answer_takes_ = absl::Seconds(5);
  Want();
  EXPECT_EQ(keeper_.Tick(), absl::Seconds(15));
  EXPECT_EQ(Left(), absl::Seconds(55));
  EXPECT_TRUE(keeper_.word().held);
}

TEST_F(LeaseKeeperTest, RenewsEveryTwentySecondsWithTheLedgersSequenceOfThen) {
  Want();
  EXPECT_EQ(keeper_.Tick(), absl::Seconds(20));
  clock_.Advance(absl::Seconds(19));
  EXPECT_EQ(keeper_.Tick(), absl::Seconds(1));
  EXPECT_EQ(asked_, 1);
  clock_.Advance(absl::Seconds(1));
  keeper_.Tick();
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(last_sequence_, 2);
  EXPECT_EQ(Left(), absl::Seconds(60));
}

TEST_F(LeaseKeeperTest, GoesOnAskingWhileSomebodyElseHoldsIt) {
  answer_ =
      MakeError("LEASE_HELD", {{"integration", "main"}, {"retry_after_seconds", "90"}});
  Want();
  EXPECT_EQ(keeper_.Tick(), absl::Seconds(5));
  EXPECT_THAT(keeper_.word().error,
              StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
  EXPECT_FALSE(keeper_.word().refused);
  answer_ = MakeLease(true);
  clock_.Advance(absl::Seconds(5));
  keeper_.Tick();
  EXPECT_TRUE(keeper_.word().held);
  EXPECT_TRUE(keeper_.word().cold);
}

TEST_F(LeaseKeeperTest, StaysColdThoughTheLedgerGrewSince) {
  answer_ = MakeLease(true);
  Want();
  keeper_.Tick();
  answer_ = MakeLease(false);
  clock_.Advance(absl::Seconds(20));
  keeper_.Tick();
  EXPECT_TRUE(keeper_.word().cold);
}

TEST_F(LeaseKeeperTest, AStampCountsOnceItIsKeptAndWasShown) {
  answer_ = MakeLease(true);
  answer_->set_ledger_stamp("7");
  Want();
  EXPECT_EQ(keeper_.Tick(), absl::ZeroDuration());
  EXPECT_TRUE(last_.begins());
  EXPECT_FALSE(keeper_.word().held);
  EXPECT_LT(keeper_.end(), clock_.Steady());
  EXPECT_EQ(stamp_, "7");
  EXPECT_TRUE(kept_cold_);
  answer_ = MakeLease(false);
  keeper_.Tick();
  EXPECT_FALSE(last_.begins());
  EXPECT_EQ(last_.ledger_stamp(), "7");
  EXPECT_TRUE(keeper_.word().held);
  EXPECT_TRUE(keeper_.word().cold);
}

TEST_F(LeaseKeeperTest, AStampThatCannotBeKeptGivesNoLease) {
  answer_->set_ledger_stamp("7");
  keeping_ = MakeError("DATABASE_FULL");
  Want();
  keeper_.Tick();
  EXPECT_FALSE(keeper_.word().held);
  EXPECT_LT(keeper_.end(), clock_.Steady());
  EXPECT_FALSE(keeper_.word().error.ok());
}

TEST_F(LeaseKeeperTest, OutlivesAServerThatIsAwayAndNoLonger) {
  Want();
  keeper_.Tick();
  answer_ = absl::UnavailableError("away");
  clock_.Advance(absl::Seconds(20));
  keeper_.Tick();
  EXPECT_EQ(Left(), absl::Seconds(40));
  clock_.Advance(absl::Seconds(41));
  EXPECT_LT(keeper_.end(), clock_.Steady());
}

TEST_F(LeaseKeeperTest, EndsAtOnceWhenAnotherTookIt) {
  Want();
  keeper_.Tick();
  answer_ = MakeError("LEASE_HELD", {{"retry_after_seconds", "3"}});
  clock_.Advance(absl::Seconds(20));
  keeper_.Tick();
  EXPECT_LT(keeper_.end(), clock_.Steady());
}

TEST_F(LeaseKeeperTest, TakesAFinalNoForAnAnswer) {
  answer_ = MakeError("BASE_CHANGED", {{"integration", "main"}});
  Want();
  EXPECT_EQ(keeper_.Tick(), absl::InfiniteDuration());
  EXPECT_TRUE(keeper_.word().refused);
  clock_.Advance(absl::Minutes(1));
  keeper_.Tick();
  EXPECT_EQ(asked_, 1);
}

TEST_F(LeaseKeeperTest, RenewsNoLongerOnceItWasLeft) {
  Want();
  keeper_.Tick();
  keeper_.Leave();
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(keeper_.Tick(), absl::InfiniteDuration());
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(Left(), absl::Seconds(30));
}

}  // namespace
}  // namespace guestbridge::agent
