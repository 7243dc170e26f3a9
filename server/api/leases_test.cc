#include "server/api/leases.h"

#include "server/api/api_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

class LeasesTest : public ApiFixture {
 protected:
  absl::StatusOr<v1::Lease> Acquire(const Session& session, const std::string& ledger,
                                    int64_t sequence,
                                    const std::string& base = "base-1",
                                    bool published = true,
                                    const std::string& integration = "main") {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/" + integration);
    request.set_base_identity(base);
    request.set_published(published);
    request.mutable_ledger()->set_ledger(ledger);
    request.mutable_ledger()->set_sequence(sequence);
    return leases_.Acquire(session, request);
  }
  // Of a run that shows its stamp: at its begin, or as it goes on.
  absl::StatusOr<v1::Lease> InRun(const Session& session, const std::string& stamp,
                                  int64_t sequence, bool begins) {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/main");
    request.set_base_identity("base-1");
    request.mutable_ledger()->set_ledger("ledger");
    request.mutable_ledger()->set_sequence(sequence);
    request.set_ledger_stamp(stamp);
    request.set_begins(begins);
    return leases_.Acquire(session, request);
  }
  static std::string Wait(const absl::StatusOr<v1::Lease>& refused) {
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
    return ParametersOf(refused.status())["retry_after_seconds"];
  }
  // Somebody knows of commits that the database has lost.
  void LoseCommits() { ASSERT_TRUE(*store_->Outrun({.revision = 1'000'000})); }
};

TEST_F(LeasesTest, TheVeryFirstLedgerStartsAtOnceAndWarm) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const auto lease = Acquire(*session, "ledger", 0);
  ASSERT_THAT(lease, IsOk());
  EXPECT_FALSE(lease->cold());
  EXPECT_EQ(lease->time_to_live().seconds(), 60);
}

TEST_F(LeasesTest, ALeaseTellsTheCommitThatItStandsIn) {
  Prepare("main");
  const auto lease = Acquire(*ConnectAgent("a", "inst"), "ledger", 0);
  ASSERT_THAT(lease, IsOk());
  EXPECT_NE(lease->tag(), 0);
  ASSERT_TRUE(*store_->Outrun({.revision = lease->revision(), .tag = lease->tag()}));
  EXPECT_EQ(store_->Rewinds(), 0);
}

TEST_F(LeasesTest, TheSameLedgerGetsItBackAtOnceAlsoWhenItIsAhead) {
  Prepare("main");
  const auto lease = Acquire(*ConnectAgent("a", "inst"), "ledger", 5);
  const auto again = Acquire(*ConnectAgent("a", "inst"), "ledger", 900);
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->cold());
  EXPECT_EQ(again->epoch(), lease->epoch());
}

TEST_F(LeasesTest, ALedgerThatIsBehindWaitsAndStartsCold) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const auto first = Acquire(*session, "ledger", 100);
  const auto refused = Acquire(*session, "ledger", 99);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
  EXPECT_EQ(ParametersOf(refused.status())["retry_after_seconds"], "180");
  clock_.Advance(absl::Seconds(179));
  EXPECT_FALSE(Acquire(*session, "ledger", 99).ok());
  clock_.Advance(absl::Seconds(1));
  const auto cold = Acquire(*session, "ledger", 99);
  ASSERT_THAT(cold, IsOk());
  EXPECT_TRUE(cold->cold());
  EXPECT_GT(cold->epoch(), first->epoch());
}

TEST_F(LeasesTest, AClockThatIsSetBackHoldsALeaseNoLongerThanOneLasts) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "lost", 1), IsOk());
  clock_.SetNow(clock_.Now() - absl::Hours(1));
  EXPECT_EQ(Wait(Acquire(*session, "new", 0)), "180");
  clock_.Advance(absl::Seconds(179));
  EXPECT_EQ(Wait(Acquire(*session, "new", 0)), "1");
  clock_.Advance(absl::Seconds(1));
  const auto cold = Acquire(*session, "new", 0);
  ASSERT_THAT(cold, IsOk());
  EXPECT_TRUE(cold->cold());
}

TEST_F(LeasesTest, AClockThatIsSetForwardEndsNoLeaseBeforeItsTime) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "lost", 1), IsOk());
  clock_.SetNow(clock_.Now() + absl::Hours(1));
  EXPECT_EQ(Wait(Acquire(*session, "new", 0)), "180");
  clock_.Advance(absl::Seconds(180));
  EXPECT_TRUE(Acquire(*session, "new", 0)->cold());
}

TEST_F(LeasesTest, NorALeaseOfNobodyAfterLostCommits) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(InRun(*session, "", 5, /*begins=*/true), IsOk());
  LoseCommits();
  clock_.SetNow(clock_.Now() - absl::Hours(1));
  EXPECT_EQ(Wait(Acquire(*session, "ledger", 5)), "180");
  clock_.Advance(absl::Seconds(180));
  const auto cold = Acquire(*session, "ledger", 5);
  ASSERT_THAT(cold, IsOk());
  EXPECT_TRUE(cold->cold());
}

TEST_F(LeasesTest, ColdIsRepeatedUntilTheLedgerHasMoved) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "old", 1), IsOk());
  clock_.Advance(absl::Minutes(5));
  EXPECT_TRUE(Acquire(*session, "new", 0)->cold());
  // The first answer may have been lost.
  EXPECT_TRUE(Acquire(*session, "new", 0)->cold());
  EXPECT_FALSE(Acquire(*session, "new", 1)->cold());
}

TEST_F(LeasesTest, AfterGoodbyeTheSameLedgerIsBackAtOnceAnotherWaitsForTheSettleTime) {
  Prepare("main");
  auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "ledger", 3), IsOk());
  ASSERT_THAT(agents_.Goodbye(session), IsOk());
  session = ConnectAgent("a", "other-inst");
  EXPECT_EQ(
      ParametersOf(Acquire(*session, "another", 0).status())["retry_after_seconds"],
      "120");
  ASSERT_THAT(agents_.Goodbye(session), IsOk());
  session = ConnectAgent("a", "inst");
  EXPECT_FALSE(Acquire(*session, "ledger", 3)->cold());
}

TEST_F(LeasesTest, AnotherLedgerWaitsAsLongAsTheAgentSaysThatItsPortalMayTake) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const auto wait_after = [&](int64_t seconds, const std::string& ledger) {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/main");
    request.set_base_identity("base-1");
    request.set_published(true);
    request.mutable_ledger()->set_ledger(ledger);
    request.mutable_settle_time()->set_seconds(seconds);
    EXPECT_THAT(leases_.Acquire(*session, request), IsOk());
    const auto refused = Acquire(*session, "another", 0);
    const std::string left = ParametersOf(refused.status())["retry_after_seconds"];
    clock_.Advance(absl::Hours(2));
    return left;
  };
  EXPECT_EQ(wait_after(900, "of a box"), "960");
  // Never shorter than the connection says, nor for ever.
  EXPECT_EQ(wait_after(1, "hasty"), "180");
  EXPECT_EQ(wait_after(-5, "wrong"), "180");
  EXPECT_EQ(wait_after(100'000'000, "greedy"), "3660");
}

TEST_F(LeasesTest, ACopyOfALedgerIsFoundOutByItsOldStampAlsoWhenItIsAhead) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const auto begin = [&](const std::string& stamp, int64_t sequence) {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/main");
    request.set_base_identity("base-1");
    request.set_published(true);
    request.mutable_ledger()->set_ledger("ledger");
    request.mutable_ledger()->set_sequence(sequence);
    request.set_ledger_stamp(stamp);
    request.set_begins(true);
    return leases_.Acquire(*session, request);
  };
  const auto renew = [&](const std::string& stamp, int64_t sequence) {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/main");
    request.set_base_identity("base-1");
    request.set_published(true);
    request.mutable_ledger()->set_ledger("ledger");
    request.mutable_ledger()->set_sequence(sequence);
    request.set_ledger_stamp(stamp);
    return leases_.Acquire(*session, request);
  };
  const std::string first = begin("", 1)->ledger_stamp();
  ASSERT_FALSE(first.empty());
  // The answer was lost: the ledger shows what it showed before, and gets another.
  const std::string second = begin("", 2)->ledger_stamp();
  EXPECT_NE(second, first);
  EXPECT_THAT(renew(first, 3), StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
  ASSERT_THAT(renew(second, 3), IsOk());
  const std::string third = begin(second, 10)->ledger_stamp();
  ASSERT_THAT(renew(third, 11), IsOk());
  // The copy was made while `second` was in force, and has written more since.
  EXPECT_THAT(begin(second, 5000),
              StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
  clock_.Advance(absl::Minutes(5));
  const auto copy = begin(second, 5000);
  ASSERT_THAT(copy, IsOk());
  EXPECT_TRUE(copy->cold());
  ASSERT_THAT(renew(copy->ledger_stamp(), 5001), IsOk());
  // Now the original is the copy.
  EXPECT_THAT(begin(third, 6000),
              StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
}

TEST_F(LeasesTest, ALedgerThatMovedButDidNotKeepThatItIsColdHearsItAgain) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "old", 1), IsOk());
  clock_.Advance(absl::Minutes(5));
  const auto ask = [&](const std::string& stamp, int64_t sequence, bool begins) {
    v1::AcquireLeaseRequest request;
    request.set_integration("integrations/main");
    request.set_base_identity("base-1");
    request.mutable_ledger()->set_ledger("new");
    request.mutable_ledger()->set_sequence(sequence);
    request.set_ledger_stamp(stamp);
    request.set_begins(begins);
    return *leases_.Acquire(*session, request);
  };
  EXPECT_TRUE(ask("", 1, true).cold());
  // It died before it wrote that down, and has noted the run's start since.
  const v1::Lease again = ask("", 2, true);
  EXPECT_TRUE(again.cold());
  EXPECT_FALSE(ask(again.ledger_stamp(), 4, false).cold());
}

TEST_F(LeasesTest, ARenamedPortalKnowsWhoWroteToItUnderItsOldName) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "ledger", 7), IsOk());
  v1::Run report;
  report.set_name("integrations/main/runs/1");
  v1::Explanation& notice = *report.add_notices();
  notice.set_reason("PORTAL_MOVED");
  (*notice.mutable_parameters())["host"] = "hotel.bitrix24.ru";
  (*notice.mutable_parameters())["new_host"] = "grand.bitrix24.ru";
  ASSERT_THAT(connections_.FollowMove(report, "a"), IsOk());
  ASSERT_EQ(connections_.Get("integrations/main/connection")->api_server(),
            "grand.bitrix24.ru");
  EXPECT_EQ(ParametersOf(Acquire(*session, "empty", 0).status())["retry_after_seconds"],
            "180");
  const auto same = Acquire(*session, "ledger", 8);
  ASSERT_THAT(same, IsOk());
  EXPECT_FALSE(same->cold());
}

TEST_F(LeasesTest, ANewAddressMayBeTheSamePortalAndAnotherLedgerWaitsAndLooks) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "ledger", 7), IsOk());
  v1::Connection elsewhere = WebhookConnection("main");
  elsewhere.set_api_server("grand.bitrix24.ru");
  ASSERT_THAT(connections_.Save(elsewhere), IsOk());
  EXPECT_EQ(ParametersOf(Acquire(*session, "copy", 5).status())["retry_after_seconds"],
            "180");
  EXPECT_FALSE(Acquire(*session, "ledger", 8)->cold());
  clock_.Advance(absl::Minutes(5));
  EXPECT_TRUE(Acquire(*session, "copy", 5)->cold());
}

TEST_F(LeasesTest, AfterLostCommitsTheOneThatWroteLastByWhatIsLeftWaitsAndLooks) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const auto before = InRun(*session, "", 5, /*begins=*/true);
  ASSERT_THAT(before, IsOk());
  const std::string& stamp = before->ledger_stamp();
  ASSERT_THAT(InRun(*session, stamp, 5, /*begins=*/false), IsOk());
  // Another had it then, of which nothing is left.
  clock_.Advance(absl::Hours(1));
  LoseCommits();
  EXPECT_EQ(Wait(InRun(*session, stamp, 5, /*begins=*/true)), "180");
  clock_.Advance(absl::Seconds(179));
  EXPECT_EQ(Wait(InRun(*session, stamp, 5, /*begins=*/true)), "1");
  clock_.Advance(absl::Seconds(1));
  const auto cold = InRun(*session, stamp, 5, /*begins=*/true);
  ASSERT_THAT(cold, IsOk());
  EXPECT_TRUE(cold->cold());
  EXPECT_GT(cold->epoch(), before->epoch());
  const auto kept = InRun(*session, cold->ledger_stamp(), 6, /*begins=*/false);
  ASSERT_THAT(kept, IsOk()) << "once";
  EXPECT_FALSE(kept->cold());
}

TEST_F(LeasesTest, ARunThatIsOnWhenCommitsAreLostGetsNoLeaseThatItHadToLookFor) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  const std::string stamp = InRun(*session, "", 1, /*begins=*/true)->ledger_stamp();
  ASSERT_THAT(InRun(*session, stamp, 1, /*begins=*/false), IsOk());
  LoseCommits();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Wait(InRun(*session, stamp, 2, /*begins=*/false)), "20");
  const auto next = InRun(*session, stamp, 3, /*begins=*/true);
  ASSERT_THAT(next, IsOk());
  EXPECT_TRUE(next->cold());
}

TEST_F(LeasesTest, ALeaseThatIsLostAltogetherIsWaitedForToo) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  LoseCommits();
  EXPECT_EQ(Wait(Acquire(*session, "ledger", 7)), "180");
  clock_.Advance(absl::Minutes(3));
  EXPECT_TRUE(Acquire(*session, "ledger", 7)->cold());
}

TEST_F(LeasesTest, NeitherGoodbyeNorARenamedPortalMakeALeaseOfBeforeAnybodys) {
  Prepare("main");
  auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "ledger", 7), IsOk());
  LoseCommits();
  ASSERT_THAT(agents_.Goodbye(session), IsOk());
  session = ConnectAgent("a", "inst");
  EXPECT_EQ(Wait(Acquire(*session, "ledger", 8)), "180");
  v1::Connection elsewhere = WebhookConnection("main");
  elsewhere.set_api_server("grand.bitrix24.ru");
  ASSERT_THAT(connections_.Save(elsewhere), IsOk());
  EXPECT_EQ(Wait(Acquire(*session, "ledger", 8)), "180");
}

TEST_F(LeasesTest, ADeletedIntegrationDoesNotMakeItsBaseForget) {
  Prepare("main");
  ASSERT_THAT(Acquire(*ConnectAgent("a", "inst"), "ledger", 3), IsOk());
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  Prepare("again");
  const auto session = ConnectAgent("a", "inst");
  clock_.Advance(absl::Minutes(5));
  const auto lease = Acquire(*session, "fresh", 0, "base-1", true, "again");
  ASSERT_THAT(lease, IsOk());
  EXPECT_TRUE(lease->cold());
}

TEST_F(LeasesTest, TheIntegrationIsBoundToItsBase) {
  Prepare("main");
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "ledger", 1, "base-1"), IsOk());
  EXPECT_THAT(Acquire(*session, "ledger", 2, "test-copy"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "BASE_CHANGED"));
  // A base that is silent for once is taken for the same.
  EXPECT_THAT(Acquire(*session, "ledger", 2, "fallback", false), IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->base_identity(),
            "base-1");
}

TEST_F(LeasesTest, ABaseUnderTwoAddressesIsFoundOutByItsIdentity) {
  Prepare("main");
  CreateIntegration("second");
  v1::Connection connection = WebhookConnection("second");
  connection.mutable_source()->set_url("http://10.0.0.5/hotel");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "l1", 1, "base-1", true, "main"), IsOk());
  const auto refused = Acquire(*session, "l2", 1, "base-1", true, "second");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "BASE_ALREADY_CONNECTED"));
  EXPECT_EQ(ParametersOf(refused.status())["other"], "main");
}

TEST_F(LeasesTest, AnAgentHearsOfNoIntegrationOfAnothers) {
  Prepare("main");
  CreateIntegration("second");
  v1::Connection connection = WebhookConnection("second");
  connection.mutable_source()->set_url("http://10.0.0.5/hotel");
  connection.set_agent("b");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  const auto session = ConnectAgent("a", "inst");
  ASSERT_THAT(Acquire(*session, "l1", 1, "base-1", true, "main"), IsOk());
  const auto other = ConnectAgent("b", "other");
  const auto refused = Acquire(*other, "l2", 1, "base-1", true, "second");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "BASE_ALREADY_CONNECTED"));
  EXPECT_EQ(ParametersOf(refused.status())["other"], "…");
}

}  // namespace
}  // namespace guestbridge::server
