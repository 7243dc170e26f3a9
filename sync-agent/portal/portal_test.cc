#include "sync-agent/portal/portal.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

AddContact AddWithName(const std::string& name) {
  AddContact add;
  add.content.fields["NAME"] = name;
  return add;
}

AddContact AddWithPhone(const std::string& phone) {
  AddContact add;
  add.content.multifields["PHONE"] = {{phone, "WORK"}};
  return add;
}

UpdateContact UpdateWithComment(const std::string& comment) {
  UpdateContact update;
  update.fields["COMMENTS"] = comment;
  return update;
}

UpdateContact UpdateWithPhone(const std::string& phone) {
  UpdateContact update;
  update.multifields = {{"PHONE", 0, phone, "WORK"}};
  return update;
}

ListContacts ListOf(const std::string& originator) {
  ListContacts list;
  list.origin = Stamp{originator, "", ""};
  return list;
}

// The text stands in the second of two contacts.
ImportContacts ImportOf(const AddContact& add) {
  ImportContacts import;
  import.items = {{}, { add.content, add.stamp }};
  return import;
}

TEST(Portal, EveryCommandNamesItsRestMethod) {
  EXPECT_STREQ(MethodOf(AddContact{}), "crm.contact.add");
  EXPECT_STREQ(MethodOf(UpdateContact{}), "crm.contact.update");
  EXPECT_STREQ(MethodOf(GetContact{}), "crm.contact.get");
  EXPECT_STREQ(MethodOf(DeleteContact{}), "crm.contact.delete");
  EXPECT_STREQ(MethodOf(ListContacts{}), "crm.contact.list");
  EXPECT_STREQ(MethodOf(ListNewest{}), "crm.contact.list");
  EXPECT_STREQ(MethodOf(GetProfile{}), "profile");
  EXPECT_STREQ(MethodOf(ImportContacts{}), "crm.item.batchImport");
  EXPECT_STREQ(MethodOf(ImportContacts{.items = {}, .single = true}),
               "crm.item.import");
  EXPECT_STREQ(MethodOf(BindEvent{}), "event.bind");
  EXPECT_STREQ(MethodOf(GetBoundEvents{}), "event.get");
  EXPECT_STREQ(MethodOf(PollEvents{}), "event.offline.get");
}

TEST(Portal, WhatBatchTakesForAReferenceTravelsAlone) {
  for (const char* text :
       {"$result[c0]", "a $next[list] b", "$total[x]", "$time[x]", "$error[c1]",
        "$$result[c0]", "$RESULT[c0]", "$word[x]", "$_1[", "$result"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(MustTravelAlone(AddWithName(text)));
    EXPECT_TRUE(MustTravelAlone(AddWithPhone(text)));
    EXPECT_TRUE(MustTravelAlone(UpdateWithComment(text)));
    EXPECT_TRUE(MustTravelAlone(UpdateWithPhone(text)));
    EXPECT_TRUE(MustTravelAlone(ListOf(text)));
    EXPECT_TRUE(MustTravelAlone(ImportOf(AddWithName(text))));
    EXPECT_TRUE(MustTravelAlone(AddWithName(text).content));
    EXPECT_TRUE(MustTravelAlone(AddWithPhone(text).content));
    EXPECT_TRUE(MustTravelAlone(ImportOf(AddWithPhone(text))));
  }
}

TEST(Portal, AnOrdinaryDollarTravelsInABatch) {
  for (const char* text : {"", "$", "100$", "$100", "$ [x]", "$[x]", "[result]",
                           "US$ result[1]", "resul$t", "result[c0]"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(MustTravelAlone(AddWithName(text)));
    EXPECT_FALSE(MustTravelAlone(ImportOf(AddWithName(text))));
    EXPECT_FALSE(MustTravelAlone(AddWithName(text).content));
  }
}

TEST(Portal, OnlyFieldsThatTheItemMethodsTakeCanBeImported) {
  ContactContent content;
  content.fields = {{"NAME", "Anna"}, {"BIRTHDATE", ""}, {"UF_CRM_GUEST_NO", "A-77"}};
  content.multifields["PHONE"] = {{"+7", "MOBILE"}};
  EXPECT_TRUE(CanBeImported(content));
  for (const char* name : {"ADDRESS", "ADDRESS_CITY", "PHOTO", "SOMETHING_NEW", "name",
                           "PARENT_ID_128", ""}) {
    SCOPED_TRACE(name);
    ContactContent with = content;
    with.fields[name] = "x";
    EXPECT_FALSE(CanBeImported(with));
  }
  // What is empty is not sent.
  content.fields["ADDRESS_CITY"] = "";
  content.multifields["ADDRESS"] = {};
  EXPECT_TRUE(CanBeImported(content));
  content.multifields["ADDRESS"] = {{"Vologda", ""}};
  EXPECT_FALSE(CanBeImported(content));
}

TEST(Portal, EachContactOfAnImportTakesItsCommandsWord) {
  const ImportContacts import = ImportOf(AddWithName("Anna"));
  CommandResult result;
  result.fate = Fate::kNotExecuted;
  result.answered = true;
  result.reason = "SCOPE_MISSING";
  result.portal_code = "INSUFFICIENT_SCOPE";
  SpreadToItems(import, &result);
  ASSERT_EQ(result.items.size(), 2u);
  EXPECT_EQ(result.items[1].fate, Fate::kNotExecuted);
  EXPECT_TRUE(result.items[1].answered);
  EXPECT_EQ(result.items[1].reason, "SCOPE_MISSING");
  EXPECT_EQ(result.items[1].portal_code, "INSUFFICIENT_SCOPE");
  SpreadToItems(GetProfile{}, &result);
  EXPECT_TRUE(result.items.empty());
}

}  // namespace
}  // namespace guestbridge::agent
