#include "sync-agent/export/late_arrivals.h"

#include <gtest/gtest.h>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;

// Two guests whose additions were given up and missed by a complete look-up. The portal
// has them all the same, and carries them out when the test says so.
class LateArrivalsTest : public ::testing::Test {
 protected:
  LateArrivalsTest() {
    world_.base.Add(1, "Orlova");
    world_.Run(world_.Settings());
    guest_ = world_.base.Add(2, "Ivanov").key;
    other_ = world_.base.Add(3, "Petrova").key;
    world_.portal.fault = [this](const PortalRequest& request) {
      waiting_.push_back(request);
      return Fault::kLostBefore;
    };
    world_.Run(world_.Settings());
    world_.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
    world_.now += absl::Minutes(5);
  }

  World::Result Run(RunKind kind) {
    RunSettings settings = world_.Settings();
    settings.kind = kind;
    World::Result result = world_.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result;
  }
  void Arrive() {
    for (const PortalRequest& request : waiting_) world_.portal.Send(request);
  }
  bool Told(const World::Result& result, const ClientKey& guest) const {
    for (const RunNotice& notice : result.progress.notices) {
      if (notice.reason == "TWO_CONTACTS_OF_ONE_CLIENT" &&
          notice.parameters.at("client") == guest.guid()) {
        return true;
      }
    }
    return false;
  }
  // Which contacts of erased guests the run tells of.
  static std::vector<int64_t> ToldContacts(const World::Result& result) {
    std::vector<int64_t> told;
    for (const RunNotice& notice : result.progress.notices) {
      if (notice.reason != "CONTACT_OF_ERASED_CLIENT") continue;
      EXPECT_EQ(notice.parameters.size(), 1u);  // nothing of the guest
      told.push_back(std::stoll(notice.parameters.at("contact")));
    }
    return told;
  }
  ContactId Contact() { return (**world_.ledger->Get(guest_)).contact; }

  World world_;
  ClientKey guest_;
  ClientKey other_;
  std::vector<PortalRequest> waiting_;
};

TEST_F(LateArrivalsTest, BecomeTheContactOfAGuestWhoHasNone) {
  // Missed while new guests are switched off: nothing is made in its place.
  RunSettings settles = world_.Settings();
  settles.kind = RunKind::kSettle;
  settles.events.client_created = false;
  world_.Run(settles);
  ASSERT_EQ(*world_.ledger->CountAttempts(), 0);
  ASSERT_TRUE(world_.portal.OfClient(guest_).empty());
  Arrive();
  const auto result = Run(RunKind::kExport);
  EXPECT_EQ(result.progress.counts.added, 0);
  ASSERT_EQ(world_.portal.OfClient(guest_).size(), 1u);
  EXPECT_EQ(Contact().value(), world_.portal.OfClient(guest_).front());
  EXPECT_FALSE(Told(result, guest_));
}

TEST_F(LateArrivalsTest, ThatAreASecondContactAreToldForADay) {
  EXPECT_FALSE(Told(Run(RunKind::kExport), guest_));  // makes another contact
  const ContactId own = Contact();
  Arrive();
  ASSERT_EQ(world_.portal.OfClient(guest_).size(), 2u);
  world_.now += absl::Minutes(10);
  EXPECT_TRUE(Told(Run(RunKind::kSettle), guest_));
  world_.now += absl::Hours(20);
  const auto result = Run(RunKind::kExport);
  EXPECT_TRUE(Told(result, guest_));
  EXPECT_TRUE(Told(result, other_));
  world_.now += absl::Hours(20);
  Run(RunKind::kExport);
  EXPECT_TRUE(world_.ledger->WatchedAdds()->empty());
  EXPECT_EQ(Contact(), own);
}

TEST_F(LateArrivalsTest, ThatAreAnotherGuestsContactByNowAreNotToldAsASecondOne) {
  Run(RunKind::kExport);
  const int64_t own = Contact().value();
  Arrive();
  std::vector<int64_t> came = world_.portal.OfClient(guest_);
  std::erase(came, own);
  ASSERT_EQ(came.size(), 1u);
  ClientRecord other = **world_.ledger->Get(other_);
  other.contact = ContactId(came.front());
  ASSERT_TRUE(world_.ledger->Link(other, ContactId()).ok());
  world_.now += absl::Minutes(10);
  const auto result = Run(RunKind::kSettle);
  EXPECT_FALSE(Told(result, guest_));
  EXPECT_EQ(Contact().value(), own);
}

TEST_F(LateArrivalsTest, AreLookedForByASettlingTenMinutesAfterTheMiss) {
  Run(RunKind::kExport);
  const absl::Duration at = world_.doubts->look_again();
  EXPECT_GT(at, world_.now + absl::Minutes(9));
  EXPECT_LE(at, world_.now + absl::Minutes(10));
  world_.now = at;
  const int before = world_.portal.requests;
  Run(RunKind::kSettle);
  EXPECT_GT(world_.portal.requests, before + 1);
  EXPECT_EQ(world_.doubts->look_again(), absl::InfiniteDuration());
  EXPECT_EQ(world_.ledger->WatchedAdds()->size(), 2u);
}

TEST_F(LateArrivalsTest, MakeTheSettleTimeLonger) {
  Run(RunKind::kExport);
  Arrive();
  world_.now += absl::Minutes(10);
  Run(RunKind::kSettle);
  const absl::Duration raised = *RaisedSettleTime(*world_.ledger);
  EXPECT_GT(raised, absl::Minutes(20));
  EXPECT_LT(raised, absl::Minutes(30));

  world_.base.Add(4, "Orlova");
  world_.portal.fault = [](const PortalRequest&) { return Fault::kLostAfter; };
  Run(RunKind::kExport);
  EXPECT_EQ(*world_.ledger->CountAttempts(), 1);
  world_.now += absl::Minutes(10);
  Run(RunKind::kSettle);
  EXPECT_EQ(*world_.ledger->CountAttempts(), 1);
  world_.now += raised;
  Run(RunKind::kSettle);
  EXPECT_EQ(*world_.ledger->CountAttempts(), 0);
  // What comes after that raises it no more.
  world_.now += absl::Hours(10);
  Run(RunKind::kExport);
  EXPECT_EQ(*RaisedSettleTime(*world_.ledger), raised);
}

TEST_F(LateArrivalsTest, OnAnotherPortalAreNotWaitedFor) {
  Run(RunKind::kExport);
  ASSERT_FALSE(world_.ledger->WatchedAdds()->empty());
  ASSERT_TRUE(world_.ledger->ForgetLinks({}).ok());
  EXPECT_TRUE(world_.ledger->WatchedAdds()->empty());
}

TEST_F(LateArrivalsTest, OfAnErasedGuestAreToldByTheirIdWhileTheyStandThere) {
  Run(RunKind::kExport);
  const int64_t own = Contact().value();
  const Erasure erasure = *world_.ledger->Erase(guest_, 1800000000);
  ASSERT_EQ(world_.ledger->WatchedAdds()->size(), 2u);
  EXPECT_TRUE(ToldContacts(Run(RunKind::kExport)).empty());

  Arrive();
  std::vector<int64_t> came = world_.portal.OfClient(guest_);
  std::erase(came, own);  // which the receipt names
  ASSERT_EQ(came.size(), 1u);
  world_.now += absl::Minutes(10);
  const auto settled = Run(RunKind::kSettle);
  EXPECT_EQ(ToldContacts(settled), came);
  EXPECT_FALSE(Told(settled, guest_));
  EXPECT_GT(*RaisedSettleTime(*world_.ledger), absl::Minutes(20));
  world_.now += absl::Hours(20);
  EXPECT_EQ(ToldContacts(Run(RunKind::kExport)), came);

  world_.portal.Delete(came.front());
  EXPECT_TRUE(ToldContacts(Run(RunKind::kExport)).empty());
  const auto watched = world_.ledger->WatchedAdds();
  ASSERT_TRUE(watched.ok());
  for (const WatchedAdd& one : *watched) {
    EXPECT_NE(one.key, guest_);
    EXPECT_EQ(one.erased, one.key == other_ ? "" : erasure.hash);
  }
  world_.now += absl::Hours(20);
  Run(RunKind::kExport);
  EXPECT_TRUE(world_.ledger->WatchedAdds()->empty());
}

TEST_F(LateArrivalsTest, OfAnErasedGuestAreNotToldOnceTheyWereTheGuestsContact) {
  RunSettings settles = world_.Settings();
  settles.kind = RunKind::kSettle;
  settles.events.client_created = false;
  world_.Run(settles);
  Arrive();
  ASSERT_EQ(world_.portal.OfClient(guest_).size(), 1u);
  const int64_t came = world_.portal.OfClient(guest_).front();
  const Stamp stamp = world_.portal.contacts.at(came).stamp;
  Run(RunKind::kExport);
  ASSERT_EQ(Contact().value(), came);
  world_.portal.contacts.at(came).stamp = stamp;  // nothing was updated since
  // Without its contact, which the receipt names: somebody wants to keep it.
  ASSERT_TRUE(world_.ledger->Erase(guest_, 1800000000).ok());
  EXPECT_TRUE(ToldContacts(Run(RunKind::kExport)).empty());
}

TEST_F(LateArrivalsTest, OfAnErasedGuestAreToldAlsoWhereTheyWereSeenBefore) {
  Run(RunKind::kExport);
  const int64_t own = Contact().value();
  Arrive();
  world_.now += absl::Minutes(10);
  EXPECT_TRUE(Told(Run(RunKind::kSettle), guest_));
  ASSERT_TRUE(world_.ledger->Erase(guest_, 1800000000).ok());
  std::vector<int64_t> second = world_.portal.OfClient(guest_);
  std::erase(second, own);
  EXPECT_EQ(ToldContacts(Run(RunKind::kExport)), second);
}

TEST_F(LateArrivalsTest, OfAnErasedGuestAreNotToldWhereTheyAreAnotherGuestsContact) {
  Run(RunKind::kExport);
  const int64_t own = Contact().value();
  ASSERT_TRUE(world_.ledger->Erase(guest_, 1800000000).ok());
  Arrive();
  std::vector<int64_t> came = world_.portal.OfClient(guest_);
  std::erase(came, own);
  ASSERT_EQ(came.size(), 1u);
  ClientRecord other = **world_.ledger->Get(other_);
  other.contact = ContactId(came.front());
  HistoryEntry how;
  how.kind = HistoryKind::kLinked;
  ASSERT_TRUE(world_.ledger->Link(other, ContactId(), how).ok());
  world_.now += absl::Minutes(10);
  EXPECT_TRUE(ToldContacts(Run(RunKind::kSettle)).empty());
}

}  // namespace
}  // namespace guestbridge::agent
