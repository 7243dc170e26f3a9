// crm.contact.* and crm.item.* against a portal in memory, without transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using ::testing::HasSubstr;

class ContactMethodsTest : public ::testing::Test {
 protected:
  ContactMethodsTest() {
    portal_.credentials.MakeUser(1);
    portal_.settings.language = "en";
  }

  Outcome Call(const std::string& method, const Json& params) {
    Effects effects;
    return Methods().at(method).run({portal_, caller_, params, &effects});
  }

  Json Result(const std::string& method, const Json& params) {
    const Outcome outcome = Call(method, params);
    const auto* error = std::get_if<RestError>(&outcome);
    EXPECT_EQ(error, nullptr) << method << ": " << error->description;
    return error != nullptr ? Json() : std::get<MethodResult>(outcome).result;
  }

  RestError Error(const std::string& method, const Json& params) {
    const Outcome outcome = Call(method, params);
    EXPECT_TRUE(IsError(outcome)) << method;
    return IsError(outcome) ? std::get<RestError>(outcome) : RestError{};
  }

  int64_t Add(const Json& fields) {
    return Result("crm.contact.add", {{"fields", fields}}).get<int64_t>();
  }

  Json Get(int64_t id) { return Result("crm.contact.get", {{"id", id}}); }

  Portal portal_{1};
  Caller caller_{.key = "webhook:1", .user_id = 1, .admin = true, .scopes = {"crm"}};
};

TEST_F(ContactMethodsTest, UnknownReadOnlyAndLowerCaseFieldsAreDropped) {
  const Json contact =
      Get(Add({{"NAME", "A"}, {"name", "B"}, {"NOPE", "x"}, {"ID", 77}}));
  EXPECT_EQ(contact["NAME"], "A");
  EXPECT_EQ(contact["ID"], "1");
  EXPECT_FALSE(contact.contains("NOPE"));
}

TEST_F(ContactMethodsTest, NamesAreCutAtFiftyCharacters) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "Ж";
  EXPECT_EQ(CountCharacters(Get(Add({{"NAME", name}}))["NAME"].get<std::string>()),
            50u);
}

TEST_F(ContactMethodsTest, WithoutNamesTheLastNameIsADefault) {
  EXPECT_EQ(Get(Add({{"NAME", ""}}))["LAST_NAME"], "Contact #1");
}

TEST_F(ContactMethodsTest, AnEqualMultifieldIsAddedOnceOnNewPortalsOnly) {
  const Json phone = {{{"VALUE", "+7999"}, {"VALUE_TYPE", "MOBILE"}}};
  const Json fields = {{"PHONE", Json::array({phone[0]})}};
  const int64_t id = Add(fields);
  Result("crm.contact.update", {{"id", id}, {"fields", fields}});
  EXPECT_EQ(Get(id)["PHONE"].size(), 1u);
  portal_.settings.new_multifields = false;
  Result("crm.contact.update", {{"id", id}, {"fields", fields}});
  EXPECT_EQ(Get(id)["PHONE"].size(), 2u);
}

TEST_F(ContactMethodsTest, AMultifieldIsChangedAndDeletedById) {
  const int64_t id =
      Add({{"PHONE", Json::array({{{"VALUE", "1"}}, {{"VALUE", "2"}}})}});
  const Json rows = Get(id)["PHONE"];
  Result("crm.contact.update",
         {{"id", id},
          {"fields",
           {{"PHONE", Json::array({{{"ID", rows[0]["ID"]}, {"DELETE", "Y"}},
                                   {{"ID", rows[1]["ID"]}, {"VALUE", "3"}},
                                   {{"VALUE", "4"}}})}}}});
  const Json after = Get(id)["PHONE"];
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0]["ID"], rows[1]["ID"]);
  EXPECT_EQ(after[0]["VALUE"], "3");
  EXPECT_EQ(after[1]["VALUE"], "4");
}

TEST_F(ContactMethodsTest, APlainStringIsNoMultifield) {
  EXPECT_FALSE(Get(Add({{"NAME", "A"}, {"PHONE", "+7999"}})).contains("PHONE"));
  EXPECT_FALSE(
      Get(Add({{"NAME", "A"}, {"PHONE", {{"VALUE", "+7999"}}}})).contains("PHONE"));
}

TEST_F(ContactMethodsTest, ABadEmailFailsTheWholeCall) {
  const RestError error = Error(
      "crm.contact.add",
      {{"fields", {{"NAME", "A"}, {"EMAIL", Json::array({{{"VALUE", "no mail"}}})}}}});
  EXPECT_EQ(error.code, "ERROR_CORE");
  EXPECT_THAT(error.description, HasSubstr("E-mail"));
  EXPECT_TRUE(portal_.contacts.all().empty());
}

TEST_F(ContactMethodsTest, AMissingIdHasThreeDifferentErrors) {
  EXPECT_EQ(Error("crm.contact.get", {{"id", 9}}).description, "Not found");
  EXPECT_EQ(Error("crm.contact.get", {{"id", 9}}).code, "");
  EXPECT_EQ(
      Error("crm.contact.update", {{"id", 9}, {"fields", {{"NAME", "A"}}}}).description,
      "Contact is not found");
  EXPECT_EQ(Error("crm.contact.delete", {{"id", 9}}).code, "ERROR_CORE");
  EXPECT_EQ(Error("crm.contact.get", {{"id", "x"}}).description,
            "ID is not defined or invalid.");
  caller_.reads_all = false;
  EXPECT_EQ(Error("crm.contact.get", {{"id", 9}}).description, "Access denied.");
}

TEST_F(ContactMethodsTest, AnUnknownFilterFieldMeansAllContacts) {
  Add({{"NAME", "A"}, {"ORIGIN_ID", "1"}});
  Add({{"NAME", "B"}, {"ORIGIN_ID", "2"}});
  const auto found = [&](const Json& filter) {
    return Result("crm.contact.list", {{"filter", filter}}).size();
  };
  EXPECT_EQ(found({{"ORIGINID", "1"}}), 2u);
  EXPECT_EQ(found({{"origin_id", "1"}}), 2u);
  EXPECT_EQ(found({{"ORIGIN_ID", "1"}}), 1u);
  EXPECT_EQ(found({{"@ORIGIN_ID", Json::array({"1", "2", "3"})}}), 2u);
  EXPECT_EQ(found({{"!ORIGIN_ID", "1"}}), 1u);
  EXPECT_EQ(found({{">ID", 1}}), 1u);
  EXPECT_EQ(found({{"%NAME", "a"}}), 1u);
  EXPECT_EQ(
      Error("crm.item.list", {{"entityTypeId", 3}, {"filter", {{"nope", 1}}}}).code,
      "INVALID_ARG_VALUE");
}

TEST_F(ContactMethodsTest, APhoneFilterMatchesAPrefixAndEmptyMeansAll) {
  Add({{"NAME", "A"}, {"PHONE", Json::array({{{"VALUE", "+79991"}}})}});
  Add({{"NAME", "B"}});
  const auto found = [&](const Json& filter) {
    return Result("crm.contact.list", {{"filter", filter}}).size();
  };
  EXPECT_EQ(found({{"PHONE", "+7999"}}), 1u);
  EXPECT_EQ(found({{"PHONE", "9991"}}), 0u);
  EXPECT_EQ(found({{"PHONE", ""}}), 2u);
}

TEST_F(ContactMethodsTest, PagingRoundsAndFallsBackToTheFirstPage) {
  for (int i = 0; i < 70; ++i) Add({{"NAME", "A"}});
  const auto page = [&](int64_t start) {
    return std::get<MethodResult>(
        Call("crm.contact.list", {{"start", start},
                                  {"order", {{"ID", "ASC"}}},
                                  {"select", Json::array({"ID"})}}));
  };
  EXPECT_EQ(page(0).next, 50);
  EXPECT_EQ(page(0).total, 70);
  EXPECT_EQ(page(60).result[0]["ID"], "51");
  EXPECT_EQ(page(50).next, std::nullopt);
  EXPECT_EQ(page(500).result[0]["ID"], "1");
  EXPECT_EQ(page(-1).total, 0);
  EXPECT_EQ(page(-1).next, std::nullopt);
  EXPECT_EQ(page(-1).result.size(), 50u);
}

TEST_F(ContactMethodsTest, DatesCarryTheOffsetAndNullIsIgnored) {
  const int64_t id = Add({{"NAME", "A"}, {"BIRTHDATE", "1990-05-01"}});
  EXPECT_EQ(Get(id)["BIRTHDATE"], "1990-05-01T03:00:00+03:00");
  portal_.settings.zone = *ParseZone("-05:00");
  EXPECT_EQ(Get(id)["BIRTHDATE"], "1990-04-30T19:00:00-05:00");
  portal_.settings.zone = *ParseZone("Europe/Moscow");
  EXPECT_EQ(Get(id)["BIRTHDATE"], "1990-05-01T03:00:00+04:00");
  Result("crm.contact.update", {{"id", id}, {"fields", {{"BIRTHDATE", nullptr}}}});
  Result("crm.contact.update", {{"id", id}, {"fields", {{"BIRTHDATE", "soon"}}}});
  EXPECT_EQ(Get(id)["BIRTHDATE"], "1990-05-01T03:00:00+04:00");
  Result("crm.contact.update", {{"id", id}, {"fields", {{"BIRTHDATE", ""}}}});
  EXPECT_EQ(Get(id)["BIRTHDATE"], "");
}

TEST_F(ContactMethodsTest, AnItemsFmAsAListAddsAndByIdChanges) {
  const Json params = {{"entityTypeId", 3},
                       {"fields",
                        {{"name", "A"},
                         {"fm", Json::array({{{"typeId", "PHONE"}, {"value", "1"}},
                                             {{"value", "2"}}})}}}};
  const Json item = Result("crm.item.add", params)["item"];
  ASSERT_EQ(item["fm"].size(), 1u);
  const std::string row = std::to_string(item["fm"][0]["id"].get<int64_t>());
  const auto update = [&](const Json& fm) {
    return Result("crm.item.update", {{"entityTypeId", 3},
                                      {"id", item["id"]},
                                      {"fields", {{"fm", fm}}}})["item"]["fm"];
  };
  EXPECT_EQ(update(Json::array({Json::object(), {{"typeId", "PHONE"}, {"value", "9"}}}))
                .size(),
            row == "1" ? 1u : 2u);
  EXPECT_EQ(update({{row, {{"typeId", "PHONE"}, {"value", ""}}}}).size(),
            row == "1" ? 0u : 1u);
}

TEST_F(ContactMethodsTest, NullClearsAnItemsField) {
  const int64_t id = Add({{"NAME", "A"}, {"BIRTHDATE", "1990-05-01"}});
  const Json item = Result(
      "crm.item.update",
      {{"entityTypeId", 3}, {"id", id}, {"fields", {{"birthdate", nullptr}}}})["item"];
  EXPECT_TRUE(item["birthdate"].is_null());
}

TEST_F(ContactMethodsTest, BatchImportFailsPerElementAndRefusesAboveTwenty) {
  Json data = {{"a", {{"name", "A"}}},
               {"b", {{"name", "B"}, {"EMAIL", Json::array({{{"VALUE", "bad"}}})}}}};
  const Json items =
      Result("crm.item.batchimport", {{"entityTypeId", 3}, {"data", data}})["items"];
  EXPECT_EQ(items["a"]["item"]["id"], 1);
  EXPECT_EQ(items["b"]["error"], "CRM_FIELD_ERROR_VALUE_NOT_VALID");
  for (int i = 0; i < 20; ++i) data["x" + std::to_string(i)] = {{"name", "A"}};
  EXPECT_EQ(Error("crm.item.batchimport", {{"entityTypeId", 3}, {"data", data}}).code,
            "MAX_IMPORT_BATCH_SIZE_EXCEEDED");
  EXPECT_EQ(portal_.contacts.all().size(), 1u);
}

TEST_F(ContactMethodsTest, DuplicatesAreFoundInNormalForm) {
  const int64_t id = Add({{"PHONE", Json::array({{{"VALUE", "8 (999) 123-45-67"}}})}});
  const auto found = [&](const Json& values) {
    return Encode(
        Result("crm.duplicate.findbycomm",
               {{"entity_type", "CONTACT"}, {"type", "PHONE"}, {"values", values}}));
  };
  EXPECT_EQ(found({"+79991234567"}), "{\"CONTACT\":[" + std::to_string(id) + "]}");
  EXPECT_EQ(found({"123"}), "[]");
}

TEST_F(ContactMethodsTest, ARestoredContactGetsANewId) {
  const int64_t id = Add({{"NAME", "A"}, {"ORIGIN_ID", "o"}});
  Result("crm.contact.delete", {{"id", id}});
  EXPECT_EQ(Error("crm.contact.get", {{"id", id}}).description, "Not found");
  Effects effects;
  const auto restored = RestoreContact(portal_, id, &effects);
  ASSERT_TRUE(restored.has_value());
  EXPECT_NE(*restored, id);
  EXPECT_EQ(Get(*restored)["ORIGIN_ID"], "o");
}

TEST_F(ContactMethodsTest, AUserfieldAppearsAmongTheFields) {
  Result("crm.contact.userfield.add",
         {{"fields", {{"FIELD_NAME", "guest_no"}, {"USER_TYPE_ID", "string"}}}});
  EXPECT_TRUE(Result("crm.contact.fields", Json::object()).contains("UF_CRM_GUEST_NO"));
  EXPECT_EQ(Get(Add({{"NAME", "A"}, {"UF_CRM_GUEST_NO", "7"}}))["UF_CRM_GUEST_NO"],
            "7");
  EXPECT_EQ(
      Error("crm.contact.userfield.add",
            {{"fields", {{"FIELD_NAME", "GUEST_NO"}, {"USER_TYPE_ID", "string"}}}})
          .code,
      "ERROR_CORE");
  caller_.admin = false;
  EXPECT_EQ(Error("crm.contact.userfield.add", {{"fields", {{"FIELD_NAME", "X"}}}})
                .description,
            "Access denied.");
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
