// Fields that the portal no longer has as the mapping knows them.
#include <gtest/gtest.h>

#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

class MappedFieldsTest : public ::testing::Test {
 protected:
  MappedFieldsTest() {
    world.base.Add(1, "Orlova", "+79161234567");
    world.portal.fields = {
        {"LAST_NAME", {"string"}}, {"PHONE", {"crm_multifield"}}, {"ID", {"integer"}}};
  }
  World::Result Export() { return world.Run(world.Settings()); }

  World world;
};

TEST_F(MappedFieldsTest, AFieldThatIsGoneStopsTheRunBeforeItWrites) {
  world.portal.fields.erase("PHONE");
  const auto result = Export();
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "MAPPED_FIELD_GONE");
  EXPECT_EQ(ParametersOf(result.error).at("contact_field"), "PHONE");
  EXPECT_TRUE(world.portal.contacts.empty());
  // A dry run says so too.
  auto dry = world.Settings();
  dry.dry_run = true;
  EXPECT_EQ(ReasonOf(world.Run(dry).error), "MAPPED_FIELD_GONE");
  world.portal.fields["PHONE"] = {"crm_multifield"};
  EXPECT_EQ(Export().progress.counts.added, 1);
}

TEST_F(MappedFieldsTest, AFieldThatCanNoLongerBeWrittenStopsItToo) {
  world.portal.fields["LAST_NAME"].read_only = true;
  EXPECT_EQ(ReasonOf(Export().error), "MAPPED_FIELD_READ_ONLY");
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(MappedFieldsTest, AnotherTypeIsSaidOnce) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "integer";
  const auto notices = Export().progress.notices;
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, "MAPPED_FIELD_RETYPED");
  EXPECT_EQ(notices[0].parameters.at("type"), "integer");
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, APortalThatDoesNotSayIsTakenAtItsWord) {
  world.portal.fields.clear();
  EXPECT_EQ(Export().progress.counts.added, 1);
}

}  // namespace
}  // namespace guestbridge::agent
