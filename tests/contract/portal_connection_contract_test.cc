#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/portal_contract_fixture_test.h"

// The way to the portal: credentials, addresses, events, what a probe says.
namespace guestbridge::agent {
namespace {

using guestbridge::testing::PortalEmulator;
using ::testing::ElementsAre;

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
  HttpRequest make;
  make.method = "POST";
  make.target =
      absl::StrCat("/rest/1/", emulator_.kWebhookCode, "/crm.contact.userfield.add");
  make.body = R"({"fields":{"FIELD_NAME":"CHANNEL","USER_TYPE_ID":"crm_status",)"
              R"("SETTINGS":{"ENTITY_TYPE":"SOURCE"}}})";
  ASSERT_EQ(http_->Send(make).status, 200);
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
  ASSERT_FALSE(find("SOURCE_ID").items.empty());
  EXPECT_EQ(find("SOURCE_ID").items[0].id, "CALL");
  ASSERT_FALSE(find("TYPE_ID").items.empty());
  EXPECT_EQ(find("TYPE_ID").items[0].id, "CLIENT");
  ASSERT_FALSE(find("UF_CRM_CHANNEL").items.empty());
  EXPECT_EQ(find("UF_CRM_CHANNEL").items[0].id, "CALL");
}

}  // namespace
}  // namespace guestbridge::agent
