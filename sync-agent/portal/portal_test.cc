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

TEST(Portal, EveryCommandNamesItsRestMethod) {
  EXPECT_STREQ(MethodOf(AddContact{}), "crm.contact.add");
  EXPECT_STREQ(MethodOf(UpdateContact{}), "crm.contact.update");
  EXPECT_STREQ(MethodOf(GetContact{}), "crm.contact.get");
  EXPECT_STREQ(MethodOf(ListContacts{}), "crm.contact.list");
  EXPECT_STREQ(MethodOf(ListNewest{}), "crm.contact.list");
  EXPECT_STREQ(MethodOf(GetProfile{}), "profile");
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
  }
}

TEST(Portal, AnOrdinaryDollarTravelsInABatch) {
  for (const char* text : {"", "$", "100$", "$100", "$ [x]", "$[x]", "[result]",
                           "US$ result[1]", "resul$t", "result[c0]"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(MustTravelAlone(AddWithName(text)));
  }
}

}  // namespace
}  // namespace guestbridge::agent
