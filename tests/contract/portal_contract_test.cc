#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"
#include "tests/contract/portal_emulator.h"

// The portal client against a portal that speaks HTTP, TLS and PHP.
namespace guestbridge::agent {
namespace {

using guestbridge::testing::PortalEmulator;
using ::testing::ElementsAre;

constexpr char kOriginator[] = "guestbridge:base";

class PortalContract : public ::testing::Test {
 protected:
  PortalContract() : http_(emulator_.Connect()), portal_(Open(*http_)) {}

  std::unique_ptr<Portal> Open(HttpClient& http,
                               const std::string& code = PortalEmulator::kWebhookCode) {
    return MakeRestPortal(emulator_.WebhookSettings(code), http, SystemClock());
  }
  PortalAnswer Send(std::vector<Command> commands) {
    return portal_->Send({std::move(commands), absl::Seconds(20)});
  }
  CommandResult SendOne(Command command) {
    const PortalAnswer answer = Send({std::move(command)});
    EXPECT_EQ(answer.fate, RequestFate::kAnswered) << answer.reason;
    return answer.results.at(0);
  }
  static AddContact Guest(const std::string& name, const std::string& origin) {
    AddContact add;
    add.content.fields = {{"LAST_NAME", name}, {"COMMENTS", name}};
    add.stamp = {kOriginator, origin, "1|nonce|1|hash|"};
    return add;
  }
  ContactRow Read(ContactId id, std::vector<std::string> select) {
    ListContacts list;
    list.ids = {id};
    list.select = std::move(select);
    const CommandResult result = SendOne(list);
    EXPECT_TRUE(result.complete_page);
    return result.rows.at(0);
  }
  int CountContacts() { return emulator_.Get("/contacts/count")["count"]; }
  void Fault(const nlohmann::json& rule) { emulator_.Post("/faults", rule); }

  PortalEmulator emulator_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Portal> portal_;
};

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

TEST_F(PortalContract, ADoorThatIsShutIsARefusedRequestWithItsReason) {
  struct Case {
    nlohmann::json config;
    const char* reason;
  };
  const nlohmann::json no_crm = nlohmann::json::array(
      {{{"user", 1}, {"code", PortalEmulator::kWebhookCode}, {"scopes", {"user"}}}});
  for (const Case& c :
       {Case{{{"rest_in_plan", false}}, "PORTAL_PLAN_WITHOUT_REST"},
        Case{{{"overloaded", true}}, "PORTAL_BLOCKED"},
        Case{{{"portal_deleted", true}}, "PORTAL_CLOSED"},
        Case{{{"redirect_host", "new.example.com"}}, "PORTAL_REDIRECT_REFUSED"},
        Case{{{"webhooks", no_crm}}, "SCOPE_MISSING"}}) {
    SCOPED_TRACE(c.reason);
    emulator_.Post("/reset", nlohmann::json::object());
    emulator_.Post("/config", c.config);
    for (const std::vector<Command>& commands :
         {std::vector<Command>{Guest("A", "k")},
          std::vector<Command>{Guest("A", "k1"), Guest("A", "k2")}}) {
      const PortalAnswer answer = Send(commands);
      EXPECT_EQ(answer.fate, RequestFate::kRefused);
      EXPECT_EQ(answer.reason, c.reason);
      EXPECT_EQ(answer.results.size(), commands.size());
      EXPECT_EQ(answer.results.back().fate, Fate::kNotExecuted);
      EXPECT_FALSE(MakeError(answer.reason, answer.parameters).ok());
    }
    EXPECT_EQ(CountContacts(), 0);
  }
}

TEST_F(PortalContract, AWrongWebhookIsNamedWithoutItsSecret) {
  const auto wrong = Open(*http_, "n0tth3c0de");
  const PortalAnswer answer = wrong->Send({{GetProfile{}}, absl::Seconds(20)});
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "WEBHOOK_REFUSED");
  for (const auto& [key, value] : answer.parameters) {
    EXPECT_EQ(value.find("n0tth3c0de"), std::string::npos) << key;
  }
}

TEST_F(PortalContract, AnExpiredTokenIsReplacedOnceAndTheSameRequestSentAgain) {
  std::vector<std::string> refused;
  std::string token = emulator_.Post("/oauth/tokens", {{"user_id", 1}})["access_token"];
  RestPortalSettings settings;
  settings.token_source = [&](const SecretString& old) -> absl::StatusOr<SecretString> {
    if (!old.empty()) {
      refused.push_back(old.Reveal());
      token = emulator_.Post("/oauth/tokens", {{"user_id", 1}})["access_token"];
    }
    return SecretString(token);
  };
  const auto portal = MakeRestPortal(settings, *http_, SystemClock());
  EXPECT_EQ(portal->Send({{Guest("A", "k1")}, absl::Seconds(20)}).results[0].fate,
            Fate::kDone);
  EXPECT_TRUE(refused.empty());
  const std::string first = token;
  emulator_.Post("/oauth/tokens", {{"expire", "access"}, {"issue", false}});
  const PortalAnswer answer =
      portal->Send({{Guest("A", "k2"), Guest("A", "k3")}, absl::Seconds(20)});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered) << answer.reason;
  EXPECT_EQ(answer.http_requests, 2);
  EXPECT_THAT(refused, ElementsAre(first));
  EXPECT_EQ(CountContacts(), 3);
  // A fresh token that is refused too ends it.
  Fault({{"kind", "expired_token"}, {"method", "*"}});
  const PortalAnswer last = portal->Send({{Guest("A", "k4")}, absl::Seconds(20)});
  EXPECT_EQ(last.fate, RequestFate::kRefused);
  EXPECT_EQ(last.reason, "TOKEN_REFUSED");
  EXPECT_EQ(last.http_requests, 2);
}

TEST_F(PortalContract, ARenamedPortalIsFollowedOnceAndAWriteIsDoneOnce) {
  PortalEmulator renamed;
  const auto there = renamed.Connect();
  // Every host name leads to the second portal, whatever port it listens on.
  class Door final : public HttpClient {
   public:
    explicit Door(HttpClient& to) : to_(to) {}
    HttpResult Send(const HttpRequest& request) override { return to_.Send(request); }

   private:
    HttpClient& to_;
  };
  RestPortalSettings settings = emulator_.WebhookSettings();
  settings.host = "hotel.example.com";
  settings.connect = [&](const PortalAddress&) {
    return std::make_unique<Door>(*there);
  };
  const auto portal = MakeRestPortal(settings, *http_, SystemClock());
  emulator_.Post("/config", {{"redirect_host", "grand.example.com"}});
  const PortalAnswer first =
      portal->Send({{Guest("A", "k1"), Guest("B", "k2")}, absl::Seconds(20)});
  EXPECT_EQ(first.fate, RequestFate::kAnswered) << first.reason;
  EXPECT_EQ(first.moved_from, "hotel.example.com");
  EXPECT_EQ(first.moved_to, "grand.example.com");
  EXPECT_EQ(first.http_requests, 2);
  const PortalAnswer second = portal->Send({{Guest("C", "k3")}, absl::Seconds(20)});
  EXPECT_EQ(second.moved_to, "");
  EXPECT_EQ(second.http_requests, 1);
  EXPECT_EQ(renamed.Get("/contacts/count")["count"], 3);
  EXPECT_EQ(CountContacts(), 0);
  // The new host sends on again: one hop and no more.
  renamed.Post("/config", {{"redirect_host", "third.example.com"}});
  const auto fresh = MakeRestPortal(settings, *http_, SystemClock());
  const PortalAnswer third = fresh->Send({{Guest("D", "k4")}, absl::Seconds(20)});
  EXPECT_EQ(third.fate, RequestFate::kRefused);
  EXPECT_EQ(third.reason, "PORTAL_REDIRECT_REFUSED");
}

TEST_F(PortalContract, AnApplicationHearsOfDeletionsOnce) {
  const std::string token =
      emulator_.Post("/oauth/tokens", {{"user_id", 1}})["access_token"];
  RestPortalSettings settings;
  settings.token_source = [&](const SecretString&) -> absl::StatusOr<SecretString> {
    return SecretString(token);
  };
  const auto portal = MakeRestPortal(settings, *http_, SystemClock());
  const auto send = [&](const Command& command) {
    const PortalAnswer answer = portal->Send({{command}, absl::Seconds(20)});
    EXPECT_EQ(answer.fate, RequestFate::kAnswered) << answer.reason;
    return answer.results.at(0);
  };
  EXPECT_TRUE(send(GetBoundEvents{}).bound.empty());
  for (int time = 0; time < 2; ++time) {
    for (const ContactEvent event : {ContactEvent::kUpdated, ContactEvent::kDeleted}) {
      EXPECT_EQ(send(BindEvent{event}).fate, Fate::kDone);
    }
  }
  EXPECT_EQ(send(GetBoundEvents{}).bound.size(), 2u);

  const ContactId id = send(Guest("A", "k")).id;
  emulator_.Post("/contacts/delete", {{"id", id.value()}});
  const CommandResult events = send(PollEvents{});
  ASSERT_EQ(events.fate, Fate::kDone);
  EXPECT_TRUE(events.complete_page);
  EXPECT_TRUE(events.last_page);
  EXPECT_THAT(events.events, ElementsAre(PortalEvent{ContactEvent::kDeleted, id}));
  // The answer was the last word.
  EXPECT_TRUE(send(PollEvents{}).events.empty());
}

TEST_F(PortalContract, AWebhookHasNoEventsAndIsToldSo) {
  for (const Command& command :
       {Command(BindEvent{}), Command(PollEvents{}), Command(GetBoundEvents{})}) {
    const CommandResult result = SendOne(command);
    EXPECT_EQ(result.fate, Fate::kNotExecuted);
    EXPECT_TRUE(result.unavailable);
  }
  const PortalAnswer batch = Send({PollEvents{}, GetProfile{}});
  EXPECT_TRUE(batch.results[0].unavailable);
  EXPECT_EQ(batch.results[1].fate, Fate::kDone);
}

TEST_F(PortalContract, ABoxReportsNoOperating) {
  emulator_.Post("/config", {{"box", true}});
  EXPECT_FALSE(Send({Guest("A", "k")}).reports_operating);
  EXPECT_FALSE(Send({Guest("A", "k1"), Guest("A", "k2")}).reports_operating);
}

TEST_F(PortalContract, NothingIsSentWhereTheCertificateIsNotTrusted) {
  const auto http = emulator_.Connect(/*trusting=*/false);
  const PortalAnswer answer = Open(*http)->Send({{Guest("A", "k")}, absl::Seconds(20)});
  EXPECT_EQ(answer.fate, RequestFate::kNotSent);
  EXPECT_EQ(answer.reason, "TLS_CERTIFICATE_REFUSED");
  EXPECT_EQ(CountContacts(), 0);
}

class PortalProbeContract : public PortalContract {
 protected:
  std::vector<std::string> Test(
      HttpClient& http, const std::string& code = PortalEmulator::kWebhookCode) {
    auto probe =
        MakeRestPortalProbe(emulator_.WebhookSettings(code), http, SystemClock());
    std::vector<std::string> rows;
    for (const auto& check : probe->Test()) {
      EXPECT_NE(FindReason(check.reason), nullptr) << check.reason;
      static constexpr const char* kStates[] = {"OK", "WARNING", "FAILED"};
      rows.push_back(absl::StrCat(
          check.name, " ", kStates[static_cast<int>(check.state)], " ", check.reason));
    }
    return rows;
  }
};

TEST_F(PortalProbeContract, AGoodConnectionPassesEveryRow) {
  EXPECT_THAT(Test(*http_),
              ElementsAre("portal OK CHECK_PORTAL_OK", "tls OK CHECK_TLS_OK",
                          "token OK CHECK_TOKEN_OK", "scopes OK CHECK_SCOPES_OK",
                          "rights OK CHECK_RIGHTS_OK"));
}

TEST_F(PortalProbeContract, EachRowFailsForItsOwnReason) {
  EXPECT_THAT(Test(*emulator_.Connect(/*trusting=*/false)),
              ElementsAre("portal OK CHECK_PORTAL_REACHED",
                          "tls FAILED TLS_CERTIFICATE_REFUSED"));
  EXPECT_THAT(Test(*http_, "n0tth3c0de"),
              ElementsAre("portal OK CHECK_PORTAL_OK", "tls OK CHECK_TLS_OK",
                          "token FAILED WEBHOOK_REFUSED"));
  emulator_.Post(
      "/config",
      {{"webhooks", nlohmann::json::array({{{"user", 1},
                                            {"code", PortalEmulator::kWebhookCode},
                                            {"scopes", {"user"}}}})}});
  EXPECT_THAT(Test(*http_),
              ElementsAre("portal OK CHECK_PORTAL_OK", "tls OK CHECK_TLS_OK",
                          "token OK CHECK_TOKEN_OK", "scopes FAILED SCOPE_MISSING"));
  emulator_.Post("/reset", nlohmann::json::object());
  emulator_.Post("/config", {{"rest_in_plan", false}});
  EXPECT_THAT(Test(*http_), ElementsAre("portal FAILED PORTAL_PLAN_WITHOUT_REST",
                                        "tls OK CHECK_TLS_OK"));
}

TEST_F(PortalProbeContract, AnOwnerWithoutAdministratorsRightsIsAWarning) {
  emulator_.Post("/config",
                 {{"users", nlohmann::json::array({{{"id", 1}, {"admin", false}}})}});
  EXPECT_EQ(Test(*http_).back(), "rights WARNING PORTAL_USER_NOT_ADMIN");
}

TEST_F(PortalProbeContract, FieldsComeWithTypeTitleAndFlags) {
  auto probe = MakeRestPortalProbe(emulator_.WebhookSettings(), *http_, SystemClock());
  const auto fields = probe->FetchContactFields();
  ASSERT_TRUE(fields.ok()) << fields.status();
  const auto find = [&](const std::string& name) {
    return *std::find_if(fields->begin(), fields->end(),
                         [&](const PortalField& field) { return field.name == name; });
  };
  EXPECT_EQ(find("LAST_NAME").type, "string");
  EXPECT_FALSE(find("LAST_NAME").read_only);
  EXPECT_FALSE(find("LAST_NAME").title.empty());
  EXPECT_TRUE(find("ID").read_only);
  EXPECT_EQ(find("BIRTHDATE").type, "date");
  EXPECT_EQ(find("PHONE").type, "crm_multifield");
  EXPECT_TRUE(find("PHONE").multiple);
  ASSERT_FALSE(find("HONORIFIC").items.empty());
  EXPECT_EQ(find("HONORIFIC").items[0].id, "HNR_RU_1");
  EXPECT_EQ(find("HONORIFIC").items[0].title, "г-н");
}

}  // namespace
}  // namespace guestbridge::agent
