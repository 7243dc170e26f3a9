// crm.item.import and .batchImport, rights, missing methods, names of user fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using ImportTest = PortalTest;

Json Phone(const std::string& value) {
  return Json::array({{{"VALUE", value}, {"VALUE_TYPE", "MOBILE"}}});
}

TEST_F(ImportTest, UpperCaseMultifieldsAreTakenAndFmIsNot) {
  const Json answer =
      Call("crm.item.batchImport",
           {{"entityTypeId", 3},
            {"data",
             {{"a", {{"name", "A"}, {"PHONE", Phone("+7999")}}},
              {"b",
               {{"name", "B"},
                {"fm", Json::array({{{"typeId", "PHONE"}, {"value", "+7998"}}})}}}}}});
  const Json& items = answer["result"]["items"];
  EXPECT_EQ(items["a"].dump(), R"({"item":{"id":1}})");
  EXPECT_EQ(portal_.contacts.Find(1)->multifields.size(), 1u);
  EXPECT_EQ(portal_.contacts.Find(2)->multifields.size(), 0u);
}

TEST_F(ImportTest, AListOfDataGivesAListOfItems) {
  const Json answer =
      Call("crm.item.batchImport",
           {{"entityTypeId", 3},
            {"data", Json::array({{{"name", "A"}}, Json::object(), {{"name", "C"}}})}});
  const Json& items = answer["result"]["items"];
  ASSERT_TRUE(items.is_array());
  EXPECT_EQ(items[0]["item"]["id"], 1);
  EXPECT_EQ(items[1]["error"], "CRM_FIELD_ERROR_REQUIRED");
  EXPECT_EQ(items[2]["item"]["id"], 2);
}

TEST_F(ImportTest, WithoutTheRightToImportEachItemIsDenied) {
  Control("/config", {{"users", Json::array({{{"id", 1}, {"may_import", false}}})}});
  const Json data = {{"a", {{"name", "A"}}}};
  const HttpReply batch =
      Ask("crm.item.batchImport", {{"entityTypeId", 3}, {"data", data}});
  EXPECT_EQ(batch.status, 200);
  EXPECT_EQ(Body(batch)["result"]["items"]["a"]["error"], "ACCESS_DENIED");
  const HttpReply one =
      Ask("crm.item.import", {{"entityTypeId", 3}, {"fields", {{"name", "A"}}}});
  EXPECT_EQ(one.status, 400);
  EXPECT_EQ(Body(one)["error"], "ACCESS_DENIED");
  EXPECT_EQ(Call("crm.contact.add",
                 {{"fields", {{"NAME", "A"}}}, {"params", {{"IMPORT", "N"}}}})["error"],
            "");
  EXPECT_EQ(Contacts(), 0u);
  EXPECT_EQ(Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}})["result"], 1);
}

TEST_F(ImportTest, AMissingMethodIsUnknownAloneInABatchAndInTheList) {
  Control("/config", {{"missing_methods", {"crm.item.batchImport"}}});
  const HttpReply alone = Ask("crm.item.batchImport", {{"entityTypeId", 3}});
  EXPECT_EQ(alone.status, 404);
  EXPECT_EQ(Body(alone)["error"], "ERROR_METHOD_NOT_FOUND");
  const Json batch =
      Call("batch", {{"cmd", {{"a", "crm.item.batchimport?entityTypeId=3"}}}});
  EXPECT_EQ(batch["result"]["result_error"]["a"]["error"], "ERROR_METHOD_NOT_FOUND");
  EXPECT_EQ(Call("method.get", {{"name", "crm.item.batchImport"}})["result"].dump(),
            R"({"isExisting":false,"isAvailable":false})");
  const Json methods = Call("methods", Json::object());
  for (const Json& name : methods["result"]) {
    EXPECT_NE(name, "crm.item.batchimport");
  }
}

TEST_F(ImportTest, OriginalUserfieldNamesAreUnknownUnlessAskedFor) {
  Call("crm.contact.userfield.add",
       {{"fields", {{"FIELD_NAME", "GUEST_NO"}, {"USER_TYPE_ID", "string"}}}});
  const auto stored = [&](const char* name, const char* original) {
    const Json answer =
        Call("crm.item.import", {{"entityTypeId", 3},
                                 {"useOriginalUfNames", original},
                                 {"fields", {{"name", "A"}, {name, "7"}}}});
    const auto id = answer["result"]["item"]["id"].get<int64_t>();
    return FieldText(*portal_.contacts.Find(id), "UF_CRM_GUEST_NO");
  };
  EXPECT_EQ(stored("UF_CRM_GUEST_NO", "Y"), "7");
  EXPECT_EQ(stored("UF_CRM_GUEST_NO", "N"), "");
  EXPECT_EQ(stored("ufCrmGuestNo", "N"), "7");
}

TEST_F(ImportTest, AMandatoryUserfieldCountsOnlyWhereThePortalChecksIt) {
  Call(
      "crm.contact.userfield.add",
      {{"fields",
        {{"FIELD_NAME", "GUEST_NO"}, {"USER_TYPE_ID", "string"}, {"MANDATORY", "Y"}}}});
  const Json data = {{"a", {{"name", "A"}}}};
  const auto item = [&] {
    return Call("crm.item.batchImport",
                {{"entityTypeId", 3}, {"data", data}})["result"]["items"]["a"];
  };
  EXPECT_TRUE(item().contains("item"));
  Control("/config", {{"require_userfields", true}});
  EXPECT_EQ(item()["error"], "CRM_FIELD_ERROR_REQUIRED");
}

TEST_F(ImportTest, AMissingItemIsNotFoundWhateverTheRights) {
  Control("/config", {{"users", Json::array({{{"id", 1}, {"reads_all", false}}})}});
  EXPECT_EQ(Call("crm.item.get", {{"entityTypeId", 3}, {"id", 9}})["error"],
            "NOT_FOUND");
  EXPECT_EQ(Call("crm.contact.get", {{"id", 9}})["error_description"],
            "Access denied.");
}

TEST_F(ImportTest, AnImportIsChargedForEachItem) {
  Control("/config", {{"cost_per_item", {{"crm.item.batchimport", 2}}}});
  Json cmd = Json::object();
  cmd["a"] = "crm.item.batchimport?entityTypeId=3&data[x][name]=A&data[y][name]=B";
  cmd["b"] = "crm.item.batchimport?entityTypeId=3&data[x][name]=A";
  const Json times = Call("batch", {{"cmd", cmd}})["result"]["result_time"];
  EXPECT_EQ(times["a"]["operating"], 4.0);
  EXPECT_EQ(times["b"]["operating"], 6.0);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
