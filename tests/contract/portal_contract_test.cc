#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/portal_contract_fixture_test.h"

// What contacts hold, and what a fault leaves of them.
namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;

TEST_F(PortalContract, EveryCharacterArrivesThroughACallAndThroughABatch) {
  const std::vector<std::string> texts = {"Д'Артаньян & Ко",
                                          "1+1=2 #5 50% %41",
                                          "\"q\" [x] ]y[ ?a=b&c",
                                          "Юля 😊",
                                          "e\xCC\x81 x\xE2\x80\x8By",
                                          "back\\slash <b>",
                                          "علي 明",
                                          "Иванов;+7,8"};
  std::vector<Command> commands;
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_FALSE(MustTravelAlone(Guest(texts[i], "")));
    commands.push_back(Guest(texts[i], absl::StrCat("b", i)));
  }
  const PortalAnswer batch = Send(commands);
  ASSERT_EQ(batch.fate, RequestFate::kAnswered) << batch.reason;
  EXPECT_TRUE(batch.reports_operating);
  EXPECT_EQ(batch.http_requests, 1);
  for (size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(texts[i]);
    ASSERT_EQ(batch.results[i].fate, Fate::kDone);
    EXPECT_EQ(Read(batch.results[i].id, {"LAST_NAME"}).fields.at("LAST_NAME"),
              texts[i]);
    const CommandResult alone = SendOne(Guest(texts[i], absl::StrCat("s", i)));
    ASSERT_EQ(alone.fate, Fate::kDone);
    EXPECT_EQ(Read(alone.id, {"LAST_NAME"}).fields.at("LAST_NAME"), texts[i]);
  }
  const CommandResult reference = SendOne(Guest("$result[c0]", "r"));
  EXPECT_EQ(Read(reference.id, {"LAST_NAME"}).fields.at("LAST_NAME"), "$result[c0]");
}

TEST_F(PortalContract, MultifieldsAreAddedChangedAndDeletedByTheirRows) {
  for (const bool in_batch : {false, true}) {
    SCOPED_TRACE(in_batch);
    AddContact add = Guest("Orlova", absl::StrCat("m", in_batch));
    add.content.fields["BIRTHDATE"] = "1990-05-01";
    add.content.multifields["PHONE"] = {{"+79165550123", "MOBILE"},
                                        {"+74955554567", "WORK"}};
    add.content.multifields["EMAIL"] = {{"anna@example.com", "WORK"}};
    const auto send = [&](const Command& command) {
      if (!in_batch) return SendOne(command);
      return Send({command, GetProfile{}}).results.at(0);
    };
    const ContactId id = send(add).id;
    ASSERT_TRUE(id.exists());
    ContactRow row = Read(id, {"BIRTHDATE", "PHONE", "EMAIL"});
    EXPECT_EQ(row.stamp, add.stamp);
    EXPECT_EQ(row.fields.at("BIRTHDATE"), "1990-05-01");
    ASSERT_EQ(row.multifields.at("PHONE").size(), 2u);
    ASSERT_EQ(row.multifields.at("EMAIL").size(), 1u);

    UpdateContact update;
    update.id = id;
    update.fields["BIRTHDATE"] = "";
    update.multifields = {
        {"PHONE", row.multifields.at("PHONE")[0].id, "+79165550199", "MOBILE"},
        {"PHONE", row.multifields.at("PHONE")[1].id, "", ""},
        {"PHONE", 0, "+79165550177", "HOME"}};
    EXPECT_EQ(send(update).fate, Fate::kDone);
    row = Read(id, {"BIRTHDATE", "LAST_NAME", "PHONE", "EMAIL"});
    EXPECT_EQ(row.fields.at("BIRTHDATE"), "");
    EXPECT_EQ(row.fields.at("LAST_NAME"), "Orlova");
    std::vector<std::string> phones;
    for (const MultiRow& phone : row.multifields.at("PHONE")) {
      phones.push_back(phone.value + " " + phone.type);
    }
    EXPECT_THAT(phones, ElementsAre("+79165550199 MOBILE", "+79165550177 HOME"));
    EXPECT_EQ(row.multifields.at("EMAIL").size(), 1u);
  }
}

TEST_F(PortalContract, AFieldOfSeveralValuesTakesOursAsAListAndIsReadAsOneText) {
  HttpRequest make;
  make.method = "POST";
  make.target =
      absl::StrCat("/rest/1/", emulator_.kWebhookCode, "/crm.contact.userfield.add");
  make.body =
      R"({"fields":{"FIELD_NAME":"TAGS","USER_TYPE_ID":"string","MULTIPLE":"Y"}})";
  ASSERT_EQ(http_->Send(make).status, 200);
  ASSERT_TRUE(SendOne(GetContactFields{}).fields.at("UF_CRM_TAGS").multiple);
  const auto tags = [&](ContactId id) {
    return Read(id, {"UF_CRM_TAGS"}).fields["UF_CRM_TAGS"];
  };
  for (const bool in_batch : {false, true}) {
    SCOPED_TRACE(in_batch);
    AddContact add = Guest("Orlova", absl::StrCat("t", in_batch));
    add.content.fields["UF_CRM_TAGS"] = "A-77";
    const auto send = [&](const Command& command) {
      if (!in_batch) return SendOne(command);
      return Send({command, GetProfile{}}).results.at(0);
    };
    const ContactId id = send(add).id;
    EXPECT_EQ(tags(id), "A-77");
    UpdateContact update;
    update.id = id;
    update.fields["UF_CRM_TAGS"] = "Д, 5";
    EXPECT_EQ(send(update).fate, Fate::kDone);
    EXPECT_EQ(tags(id), "Д, 5");
    update.fields["UF_CRM_TAGS"] = "";
    EXPECT_EQ(send(update).fate, Fate::kDone);
    EXPECT_EQ(tags(id), "");
    ImportContacts import;
    import.items.push_back({add.content, { kOriginator, "i", "1|nonce|1|hash|" }});
    EXPECT_EQ(tags(send(import).items.at(0).id), "A-77");
  }
}

TEST_F(PortalContract, StatusesAreThoseOfTheFieldsDictionary) {
  const std::map<std::string, const char*> one = {{"HONORIFIC", "HNR_RU_2"},
                                                  {"SOURCE_ID", "RECOMMENDATION"},
                                                  {"TYPE_ID", "SUPPLIER"}};
  for (const StatusField& field : kStatusFields) {
    SCOPED_TRACE(field.name);
    const Command get =
        GetContactFields{.statuses_of = field.name, .dictionary = field.dictionary};
    for (const CommandResult& told :
         {SendOne(get), Send({get, GetProfile{}}).results.at(0)}) {
      ASSERT_EQ(told.fields.size(), 1u);
      EXPECT_EQ(told.fields.at(field.name).items->count(one.at(field.name)), 1u);
      EXPECT_EQ(told.fields.at(field.name).items->count("NOPE"), 0u);
    }
  }
}

TEST_F(PortalContract, AContactImportedAloneIsTheOneThatABatchWouldHaveImported) {
  for (const bool in_batch : {false, true}) {
    SCOPED_TRACE(in_batch);
    AddContact add = Guest("Д'Артаньян & Ко", absl::StrCat("alone", in_batch));
    add.content.fields["BIRTHDATE"] = "1990-05-01";
    add.content.multifields["PHONE"] = {{"+79165550123", "MOBILE"}};
    ImportContacts import;
    import.single = true;
    import.items.push_back({add.content, add.stamp});
    const CommandResult result =
        in_batch ? Send({import, GetProfile{}}).results.at(0) : SendOne(import);
    ASSERT_EQ(result.items.size(), 1u);
    ASSERT_EQ(result.items[0].fate, Fate::kDone);
    const ContactRow row =
        Read(result.items[0].id, {"LAST_NAME", "BIRTHDATE", "PHONE"});
    EXPECT_EQ(row.stamp, add.stamp);
    EXPECT_EQ(row.fields.at("LAST_NAME"), "Д'Артаньян & Ко");
    EXPECT_EQ(row.fields.at("BIRTHDATE"), "1990-05-01");
    EXPECT_EQ(row.multifields.at("PHONE").at(0).value, "+79165550123");
  }
}

TEST_F(PortalContract, AnImportCreatesTheContactsThatAnAddWouldHaveCreated) {
  for (const bool in_batch : {false, true}) {
    SCOPED_TRACE(in_batch);
    ImportContacts import;
    for (const char* name : {"Д'Артаньян & Ко", "1+1=2 #5 50%"}) {
      AddContact add = Guest(name, absl::StrCat(name, in_batch));
      add.content.fields["BIRTHDATE"] = "1990-05-01";
      add.content.multifields["PHONE"] = {{"+79165550123", "MOBILE"}};
      add.content.multifields["EMAIL"] = {{"anna@example.com", "WORK"}};
      ASSERT_TRUE(CanBeImported(add.content));
      import.items.push_back({add.content, add.stamp});
    }
    import.items.push_back(import.items.back());
    import.items[2].content.multifields["EMAIL"] = {{ "no address", "WORK" }};
    const CommandResult result =
        in_batch ? Send({import, GetProfile{}}).results.at(0) : SendOne(import);
    ASSERT_EQ(result.fate, Fate::kDone);
    ASSERT_EQ(result.items.size(), 3u);
    for (const size_t i : {0, 1}) {
      ASSERT_EQ(result.items[i].fate, Fate::kDone);
      const ContactRow row =
          Read(result.items[i].id, {"LAST_NAME", "BIRTHDATE", "PHONE", "EMAIL"});
      EXPECT_EQ(row.stamp, import.items[i].stamp);
      EXPECT_EQ(row.fields.at("LAST_NAME"),
                import.items[i].content.fields.at("LAST_NAME"));
      EXPECT_EQ(row.fields.at("BIRTHDATE"), "1990-05-01");
      EXPECT_EQ(row.multifields.at("PHONE").at(0).type, "MOBILE");
      EXPECT_EQ(row.multifields.at("EMAIL").at(0).value, "anna@example.com");
    }
    EXPECT_NE(result.items[2].fate, Fate::kDone);
    EXPECT_TRUE(result.items[2].answered);
    EXPECT_EQ(CountContacts(), in_batch ? 4 : 2);
  }
}

TEST_F(PortalContract, ABirthDateIsReadRightInEveryZone) {
  for (const char* zone : {"+03:00", "-05:00", "+00:00", "Europe/Moscow"}) {
    SCOPED_TRACE(zone);
    emulator_.Post("/config", {{"timezone", zone}});
    AddContact add = Guest("Zone", zone);
    add.content.fields["BIRTHDATE"] = "1990-07-01";
    EXPECT_EQ(Read(SendOne(add).id, {"BIRTHDATE"}).fields.at("BIRTHDATE"),
              "1990-07-01");
  }
}

TEST_F(PortalContract, PagesFollowTheIdsToTheEnd) {
  emulator_.Post("/contacts/add",
                 {{"fields", {{"LAST_NAME", "Test"}}}, {"count", 120}});
  std::vector<int64_t> seen;
  ContactId after(0);
  for (int page = 0; page < 3; ++page) {
    ListContacts list;
    list.after = after;
    const CommandResult result = SendOne(list);
    ASSERT_TRUE(result.complete_page);
    for (const ContactRow& row : result.rows) seen.push_back(row.id.value());
    EXPECT_EQ(result.last_page, page == 2);
    after = result.rows.back().id;
  }
  EXPECT_EQ(seen.size(), 120u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  const CommandResult newest = SendOne(ListNewest{});
  EXPECT_TRUE(newest.complete_page);
  EXPECT_EQ(newest.rows.at(0).id.value(), seen.back());
  ListContacts window;
  window.after = ContactId(seen[9]);
  window.upto = ContactId(seen[19]);
  EXPECT_EQ(SendOne(window).rows.size(), 10u);
}

TEST_F(PortalContract, AnOriginFindsItsContactAndNoOther) {
  const ContactId id = SendOne(Guest("A", "key-1")).id;
  SendOne(Guest("B", "key-2"));
  ListContacts list;
  list.origin = Stamp{kOriginator, "key-1", ""};
  const CommandResult result = SendOne(list);
  ASSERT_EQ(result.rows.size(), 1u);
  EXPECT_EQ(result.rows[0].id, id);
  EXPECT_TRUE(result.complete_page);
}

TEST_F(PortalContract, AMissingContactIsGoneForGetAndUpdate) {
  const ContactId id = SendOne(Guest("A", "k")).id;
  emulator_.Post("/contacts/delete", {{"id", id.value()}});
  UpdateContact update;
  update.id = id;
  update.fields["NAME"] = "B";
  EXPECT_EQ(SendOne(GetContact{id}).fate, Fate::kGone);
  // It does not say of a delete that there was nothing to delete.
  EXPECT_NE(SendOne(DeleteContact{id}).fate, Fate::kDone);
  EXPECT_EQ(SendOne(update).fate, Fate::kGone);
  const PortalAnswer batch = Send({GetContact{id}, update, GetProfile{}});
  EXPECT_EQ(batch.results[0].fate, Fate::kGone);
  EXPECT_EQ(batch.results[1].fate, Fate::kGone);
  EXPECT_EQ(batch.results[2].fate, Fate::kDone);
  EXPECT_TRUE(batch.results[2].admin);
}

TEST_F(PortalContract, ARefusedValueStaysInItsSlotAndOpen) {
  AddContact bad = Guest("Bad", "k1");
  bad.content.multifields["EMAIL"] = {{"no address", "WORK"}};
  const PortalAnswer answer = Send({Guest("Good", "k0"), bad, Guest("Good", "k2")});
  EXPECT_EQ(answer.results[0].fate, Fate::kDone);
  EXPECT_EQ(answer.results[1].fate, Fate::kUnknown);
  EXPECT_TRUE(answer.results[1].answered);
  EXPECT_EQ(answer.results[1].portal_code, "ERROR_CORE");
  EXPECT_EQ(answer.results[2].fate, Fate::kDone);
  EXPECT_EQ(CountContacts(), 2);
}

TEST_F(PortalContract, FaultsLeaveExactlyWhatTheyProve) {
  struct Case {
    const char* name;
    nlohmann::json rule;
    RequestFate fate;
    const char* reason;
    int contacts;
  };
  const Case cases[] = {
      {"reset before",
       {{"kind", "reset"}},
       RequestFate::kUnknown,
       "CONNECTION_LOST",
       0},
      {"reset after",
       {{"kind", "reset"}, {"commit", true}},
       RequestFate::kUnknown,
       "CONNECTION_LOST",
       1},
      {"html",
       {{"kind", "html"}, {"status", 504}, {"commit", true}},
       RequestFate::kUnknown,
       "PORTAL_ANSWERED_HTML",
       1},
      {"html 503",
       {{"kind", "html"}, {"status", 503}},
       RequestFate::kUnknown,
       "PORTAL_ANSWERED_HTML",
       0},
      {"html 200",
       {{"kind", "html"}, {"status", 200}, {"commit", true}},
       RequestFate::kUnknown,
       "PORTAL_ANSWERED_HTML",
       1},
      {"half a json",
       {{"kind", "truncate"}},
       RequestFate::kUnknown,
       "PORTAL_ANSWER_BROKEN",
       1},
      {"internal",
       {{"kind", "error"}, {"error", "INTERNAL_SERVER_ERROR"}},
       RequestFate::kUnknown,
       "PORTAL_INTERNAL_ERROR",
       0},
      {"throttle", {{"kind", "throttle"}}, RequestFate::kTooFast, "PORTAL_TOO_FAST", 0},
  };
  for (Case c : cases) {
    SCOPED_TRACE(c.name);
    emulator_.Post("/reset", nlohmann::json::object());
    c.rule["method"] = "crm.contact.add";
    c.rule["times"] = 1;
    Fault(c.rule);
    const PortalAnswer answer = Send({Guest("A", "k")});
    EXPECT_EQ(answer.fate, c.fate);
    EXPECT_EQ(answer.reason, c.reason);
    EXPECT_EQ(answer.results.at(0).fate,
              c.fate == RequestFate::kTooFast ? Fate::kNotExecuted : Fate::kUnknown);
    EXPECT_EQ(CountContacts(), c.contacts);
  }
}

TEST_F(PortalContract, TheOperatingLimitOfACommandIsDefinite) {
  Fault({{"kind", "operating"}, {"method", "crm.contact.add"}, {"times", 2}});
  const PortalAnswer alone = Send({Guest("A", "k")});
  EXPECT_EQ(alone.fate, RequestFate::kAnswered);
  EXPECT_EQ(alone.results[0].fate, Fate::kNotExecuted);
  EXPECT_TRUE(alone.results[0].operating_limit);
  const PortalAnswer batch = Send({Guest("A", "k1"), Guest("A", "k2")});
  EXPECT_EQ(batch.results[0].fate, Fate::kNotExecuted);
  EXPECT_TRUE(batch.results[0].operating_limit);
  EXPECT_EQ(batch.results[1].fate, Fate::kDone);
}

}  // namespace
}  // namespace guestbridge::agent
