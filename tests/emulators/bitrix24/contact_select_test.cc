// Lists: indexes find what a scan would, new contacts may be seen late.
#include "tests/emulators/bitrix24/contact_select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using SelectTest = PortalTest;

std::vector<int64_t> Scan(const Portal& portal,
                          const std::vector<Condition>& conditions) {
  std::vector<int64_t> ids;
  for (const auto& [id, contact] : portal.contacts.all()) {
    if (MeetsAll(portal, contact, conditions)) ids.push_back(id);
  }
  return ids;
}

TEST_F(SelectTest, IndexesFindWhatAScanFinds) {
  const unsigned seed = 20261125;
  std::mt19937 random(seed);
  const auto pick = [&](const std::vector<const char*>& values) {
    return values[random() % values.size()];
  };
  Control("/config", {{"bucket", false}});
  for (int i = 0; i < 300; ++i) {
    const Json fields = {
        {"NAME", "A"},
        {"ORIGIN_ID", pick({"a", "A", "a ", "Ё1", "е1", "", "b"})},
        {"PHONE", Json::array({{{"VALUE", pick({"+7999", "+79991", "8999", "Ab"})}}})}};
    const int64_t id =
        Call("crm.contact.add", {{"fields", fields}})["result"].get<int64_t>();
    if (random() % 5 == 0) Call("crm.contact.delete", {{"id", id}});
    if (random() % 5 == 1) {
      Call("crm.contact.update",
           {{"id", id}, {"fields", {{"ORIGIN_ID", pick({"a", "c", ""})}}}});
    }
  }
  const Json filters[] = {{{"ORIGIN_ID", "a"}},
                          {{"=ORIGIN_ID", "Ё1"}},
                          {{"@ORIGIN_ID", Json::array({"b", "C", "none"})}},
                          {{"ORIGIN_ID", ""}},
                          {{"!ORIGIN_ID", "a"}},
                          {{"%ORIGIN_ID", "a"}},
                          {{"PHONE", "+7999"}},
                          {{"PHONE", "ab"}, {"ORIGIN_ID", "a"}},
                          {{">ID", 100}, {"<=ID", 120}},
                          {{">=ID", 100}, {"ORIGIN_ID", "b"}},
                          {{"@ID", Json::array({3, "7", 900})}},
                          {{"ID", 5}}};
  for (const Json& filter : filters) {
    const auto conditions = DecodeLegacyFilter(portal_, filter);
    std::vector<int64_t> found;
    for (const Contact* contact :
         SelectContacts(portal_, {.key = "k", .user_id = 1}, conditions, {})) {
      found.push_back(contact->id);
    }
    EXPECT_EQ(found, Scan(portal_, conditions)) << filter << " seed " << seed;
  }
}

TEST_F(SelectTest, ALimitGivesTheFirstRows) {
  for (int i = 0; i < 9; ++i) Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  const Caller caller{.key = "k", .user_id = 1};
  EXPECT_EQ(SelectContacts(portal_, caller, {}, {{"ID", true}}, 4).size(), 4u);
  EXPECT_EQ(SelectContacts(portal_, caller, {}, {{"ID", false}}, 4)[0]->id, 9);
}

TEST_F(SelectTest, ANewContactIsListedOnlyAfterTheLag) {
  portal_.clock.SetFrozen(true);
  Control("/config", {{"list_lag_ms", 2000}});
  Call("crm.contact.add",
       {{"fields",
         {{"ORIGIN_ID", "o"}, {"PHONE", Json::array({{{"VALUE", "+7999"}}})}}}});
  const auto listed = [&] {
    return Call("crm.contact.list", {{"filter", {{"ORIGIN_ID", "o"}}}})["result"]
        .size();
  };
  EXPECT_EQ(listed(), 0u);
  EXPECT_EQ(Call("crm.contact.get", {{"id", 1}})["result"]["ID"], "1");
  EXPECT_TRUE(Call("crm.duplicate.findbycomm",
                   {{"type", "PHONE"}, {"values", Json::array({"+7999"})}})["result"]
                  .empty());
  Control("/clock/advance", {{"seconds", 2}});
  EXPECT_EQ(listed(), 1u);
}

TEST_F(SelectTest, ARobotMayChangeTheContactLater) {
  portal_.clock.SetSpeed(1000);
  Control("/config", {{"automation", {{"SOURCE_DESCRIPTION", "by robot"}}},
                      {"automation_delay_ms", 500}});
  const Json added = Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  portal_.late.Wait();
  EXPECT_EQ(Call("crm.contact.get",
                 {{"id", added["result"]}})["result"]["SOURCE_DESCRIPTION"],
            "by robot");
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
