#include "sync-agent/export/survivor_search.h"

#include <gtest/gtest.h>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::FakeContact;
using testing::World;

constexpr char kPhone[] = "+79161234567";

// One guest on the portal, whose contact then vanishes.
class SurvivorSearchTest : public ::testing::Test {
 protected:
  SurvivorSearchTest() {
    client_ = world_.base.Add(1, "Orlova", kPhone).key;
    world_.base.Add(2, "Ivanov", "+79160000000");
    world_.Run(world_.Settings());
    world_.portal.contacts.erase(world_.portal.OfClient(client_).front());
  }

  FakeContact Contact(const std::string& last_name, const std::string& phone) {
    FakeContact contact;
    contact.fields["LAST_NAME"] = last_name;
    contact.multifields["PHONE"] = {{1, phone, "WORK"}};
    return contact;
  }

  RunCounts Export() { return world_.Run(world_.Settings()).progress.counts; }

  World world_;
  ClientKey client_;
};

TEST_F(SurvivorSearchTest, TheContactThatTookThePhoneOverIsLinkedAndStamped) {
  world_.portal.contacts[5000] = Contact("Orlova", "8 916 123-45-67");
  const RunCounts counts = Export();
  EXPECT_EQ(counts.recreated, 0);
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
  EXPECT_EQ((*world_.ledger->Get(client_))->contact.value(), 5000);
  EXPECT_EQ(world_.portal.contacts.at(5000).stamp.origin, client_.guid());
  EXPECT_EQ(Export().unchanged, 2);
}

TEST_F(SurvivorSearchTest, AStampThatNeverArrivedLeavesNoDoubtForEver) {
  world_.portal.contacts[5000] = Contact("Orlova", kPhone);
  world_.portal.fault = [](const PortalRequest& request) {
    return std::holds_alternative<UpdateContact>(request.commands.front())
               ? testing::Fault::kLostBefore
               : testing::Fault::kNone;
  };
  world_.Run(world_.Settings());
  ASSERT_EQ(*world_.ledger->CountAttempts(), 1);
  world_.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world_.now += absl::Minutes(10);
  auto settle = world_.Settings();
  settle.kind = RunKind::kSettle;
  world_.Run(settle);
  EXPECT_EQ(*world_.ledger->CountAttempts(), 0);
  world_.Run(world_.Settings());
  EXPECT_EQ(world_.portal.contacts.at(5000).stamp.origin, client_.guid());
}

TEST_F(SurvivorSearchTest, AnotherNameWithThatPhoneIsNone) {
  world_.portal.contacts[5000] = Contact("Petrova", kPhone);
  EXPECT_EQ(Export().recreated, 1);
  EXPECT_TRUE(world_.portal.contacts.at(5000).stamp.origin.empty());
}

TEST_F(SurvivorSearchTest, AContactThatCarriesAnotherClientsOriginIsNone) {
  world_.portal.contacts[5000] = Contact("Orlova", kPhone);
  world_.portal.contacts[5000].stamp = {"guestbridge:base",
                                        "99999999-0000-4000-8000-000000000000", ""};
  EXPECT_EQ(Export().recreated, 1);
}

TEST_F(SurvivorSearchTest, ARowThatDoesNotHoldThePhoneIsNoneWhateverTheSearchSays) {
  world_.portal.contacts[5000] = Contact("Orlova", "+79998887766");
  world_.portal.find_finds_everybody = true;
  EXPECT_EQ(Export().recreated, 1);
}

TEST_F(SurvivorSearchTest, APhoneThatWasNeverSentFindsNobody) {
  world_.base.clients[0].attributes["Phone"] = "+79163334455";
  world_.portal.contacts[5000] = Contact("Orlova", "+79163334455");
  EXPECT_EQ(Export().recreated, 1);
}

TEST_F(SurvivorSearchTest, ASearchThatWasNotCarriedOutMakesNoSecondContact) {
  world_.portal.contacts[5000] = Contact("Orlova", kPhone);
  for (const Fate fate : {Fate::kRefused, Fate::kGone, Fate::kUnknown}) {
    world_.portal.instead = [&](const Command& command) {
      return std::holds_alternative<FindContacts>(command) ? std::optional(fate)
                                                           : std::nullopt;
    };
    const RunCounts counts = Export();
    EXPECT_EQ(counts.deferred, 1);
    EXPECT_EQ(counts.recreated, 0);
    EXPECT_EQ((*world_.ledger->Get(client_))->reason, "CONTACT_READ_INCOMPLETE");
  }
  world_.portal.instead = [](const Command&) { return std::nullopt; };
  EXPECT_EQ(Export().recreated, 0);
  EXPECT_EQ((*world_.ledger->Get(client_))->contact.value(), 5000);
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
}

TEST_F(SurvivorSearchTest, APortalWithoutThatSearchIsNotWaitedFor) {
  world_.portal.contacts[5000] = Contact("Orlova", kPhone);
  world_.portal.shut_method = "crm.duplicate.findbycomm";
  EXPECT_EQ(Export().recreated, 1);
  EXPECT_EQ(Export().unchanged, 2);
}

}  // namespace
}  // namespace guestbridge::agent
