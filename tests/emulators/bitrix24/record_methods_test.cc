// Deals, activities and timeline comments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using RecordTest = PortalTest;

TEST_F(RecordTest, ADealIsAddedFoundByItsOriginChangedAndDeleted) {
  const Json id = Call("crm.deal.add", {{"fields",
                                         {{"TITLE", "Stay"},
                                          {"ORIGIN_ID", "s1"},
                                          {"CONTACT_ID", 5},
                                          {"NOPE", "x"}}}})["result"];
  const Json deal = Call("crm.deal.get", {{"id", id}})["result"];
  EXPECT_EQ(deal["STAGE_ID"], "NEW");
  EXPECT_EQ(deal["CONTACT_ID"], "5");
  EXPECT_FALSE(deal.contains("NOPE"));
  const auto found = [&](const Json& filter) {
    return Call("crm.deal.list", {{"filter", filter}})["result"].size();
  };
  EXPECT_EQ(found({{"ORIGIN_ID", "s1"}}), 1u);
  EXPECT_EQ(found({{"ORIGIN_ID", "s2"}}), 0u);
  EXPECT_EQ(found({{"@ORIGIN_ID", Json::array({"s1", "s2"})}}), 1u);
  EXPECT_EQ(found({{"origin_id", "s2"}}), 1u) << "an unknown field is no condition";
  Call("crm.deal.update", {{"id", id}, {"fields", {{"STAGE_ID", "WON"}}}});
  EXPECT_EQ(Call("crm.deal.get", {{"id", id}})["result"]["STAGE_ID"], "WON");
  Call("crm.deal.delete", {{"id", id}});
  EXPECT_EQ(Call("crm.deal.get", {{"id", id}})["error_description"], "Not found");
}

TEST_F(RecordTest, DealsArePaged) {
  Control("/config", {{"bucket", false}});
  for (int i = 0; i < 60; ++i) Call("crm.deal.add", {{"fields", {{"TITLE", "A"}}}});
  const Json first = Call("crm.deal.list", Json::object());
  EXPECT_EQ(first["next"], 50);
  EXPECT_EQ(first["total"], 60);
  const Json after = Call("crm.deal.list", {{"start", -1}, {"filter", {{">ID", 50}}}});
  EXPECT_EQ(after["result"].size(), 10u);
  EXPECT_EQ(after["total"], 0);
}

TEST_F(RecordTest, AnActivityWantsASubjectAndACommentAText) {
  EXPECT_EQ(Ask("crm.activity.add", {{"fields", {{"OWNER_ID", 1}}}}).status, 400);
  EXPECT_EQ(Call("crm.activity.add", {{"fields", {{"SUBJECT", "Stay"}}}})["result"], 1);
  EXPECT_EQ(Ask("crm.timeline.comment.add", {{"fields", {{"ENTITY_ID", 1}}}}).status,
            400);
  EXPECT_EQ(
      Call("crm.timeline.comment.add", {{"fields", {{"COMMENT", "Came"}}}})["result"],
      1);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
