#include "sync-agent/export/sweep.h"

#include <gtest/gtest.h>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

// One guest on the portal; its contact's ID then belongs to somebody else.
class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    client_ = world_.base.Add(1, "Orlova", "+79161234567").key;
    world_.base.Add(2, "Ivanov");
    world_.Run(world_.Settings());
    id_ = world_.portal.OfClient(client_).front();
  }

  testing::FakeContact& contact() { return world_.portal.contacts.at(id_); }

  World world_;
  ClientKey client_;
  int64_t id_ = 0;
};

TEST_F(SweepTest, AStrangerUnderOurIdIsLeftAloneAndTheGuestGetsAContact) {
  contact() = {};
  contact().fields["LAST_NAME"] = "Somebody else";
  world_.base.clients[0].attributes["Phone"] = "+79163334455";
  world_.Run(world_.Settings());
  EXPECT_EQ(contact().fields["LAST_NAME"], "Somebody else");
  EXPECT_TRUE(contact().multifields.empty());
  ASSERT_EQ(world_.portal.OfClient(client_).size(), 1u);
  EXPECT_NE(world_.portal.OfClient(client_).front(), id_);
}

TEST_F(SweepTest, AContactThatLostItsStampIsStampedAgain) {
  contact().stamp = {};
  const auto result = world_.Run(world_.Settings());
  EXPECT_EQ(result.progress.counts.added + result.progress.counts.recreated, 0);
  EXPECT_EQ(contact().stamp.origin, client_.guid());
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
}

TEST_F(SweepTest, AnotherClientsContactUnderOurIdIsNotTaken) {
  contact().stamp.origin = "99999999-0000-4000-8000-000000000000";
  world_.Run(world_.Settings());
  EXPECT_EQ(contact().stamp.origin, "99999999-0000-4000-8000-000000000000");
  EXPECT_EQ(world_.portal.OfClient(client_).size(), 1u);
}

}  // namespace
}  // namespace guestbridge::agent
