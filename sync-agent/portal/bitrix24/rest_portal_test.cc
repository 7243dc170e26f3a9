#include "sync-agent/portal/bitrix24/rest_portal.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Answers from a list, and keeps what was asked and left in time.
class FakeHttp final : public HttpClient {
 public:
  explicit FakeHttp(const Clock& clock) : clock_(clock) {}

  std::deque<HttpResult> answers;
  std::vector<HttpRequest> requests;

  HttpResult Send(const HttpRequest& request) override {
    if (clock_.Steady() >= request.leave_by) {
      HttpResult late;
      late.reason = "LEFT_TOO_LATE";
      return late;
    }
    requests.push_back(request);
    if (answers.empty()) return HttpResult();
    HttpResult answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }

 private:
  const Clock& clock_;
};

HttpResult Json200(const std::string& body) {
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = 200;
  http.headers = {{"content-type", "application/json"}};
  http.body = body;
  return http;
}

HttpResult MovedTo(const std::string& location) {
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = 302;
  http.headers = {{"location", location}};
  return http;
}

HttpResult NotSent(const std::string& reason) {
  HttpResult http;
  http.reason = reason;
  return http;
}

constexpr char kProfile[] = R"({"result":{"ID":"1","ADMIN":true}})";
constexpr char kNewHome[] = "https://grand.bitrix24.ru/rest/1/c0de/profile";

class RestPortalTest : public ::testing::Test {
 protected:
  // Passes on to `there_`, which outlives the clients.
  class Door final : public HttpClient {
   public:
    explicit Door(FakeHttp& to) : to_(to) {}
    HttpResult Send(const HttpRequest& request) override { return to_.Send(request); }

   private:
    FakeHttp& to_;
  };

  RestPortalTest() {
    RestPortalSettings settings;
    settings.webhook_user = 1;
    settings.webhook_secret = SecretString("c0de");
    settings.host = "hotel.bitrix24.ru";
    settings.connect = [this](const PortalAddress& address)
        -> absl::StatusOr<std::unique_ptr<HttpClient>> {
      opened_.push_back(ToText(address));
      if (!forbidden_.ok()) return forbidden_;
      return std::make_unique<Door>(there_);
    };
    settings.count_request = [this] { ++counted_; };
    portal_ = MakeRestPortal(std::move(settings), here_, clock_);
  }
  PortalAnswer Send() { return portal_->Send({{GetProfile{}}}); }

  testing::FakeClock clock_;
  FakeHttp here_{clock_};
  FakeHttp there_{clock_};
  std::vector<std::string> opened_;
  absl::Status forbidden_;  // not OK: no other host is opened
  int counted_ = 0;
  std::unique_ptr<Portal> portal_;
};

TEST_F(RestPortalTest, ARenamedPortalGetsTheSameRequestAtItsNewHostAndIsRemembered) {
  here_.answers = {MovedTo(kNewHome)};
  there_.answers = {Json200(kProfile)};
  const PortalAnswer first = Send();
  EXPECT_EQ(first.fate, RequestFate::kAnswered);
  EXPECT_EQ(first.results.at(0).fate, Fate::kDone);
  EXPECT_EQ(first.moved_from, "hotel.bitrix24.ru");
  EXPECT_EQ(first.moved_to, "grand.bitrix24.ru");
  EXPECT_EQ(first.http_requests, 2);
  ASSERT_EQ(there_.requests.size(), 1u);
  EXPECT_EQ(there_.requests[0].method, "POST");
  EXPECT_EQ(there_.requests[0].target, here_.requests.at(0).target);
  EXPECT_EQ(there_.requests[0].body, here_.requests[0].body);

  const PortalAnswer second = Send();
  EXPECT_EQ(second.moved_to, "") << "said once";
  EXPECT_EQ(second.http_requests, 1);
  EXPECT_EQ(here_.requests.size(), 1u);
  EXPECT_EQ(there_.requests.size(), 2u);
  EXPECT_THAT(opened_, ElementsAre("grand.bitrix24.ru"));
}

TEST_F(RestPortalTest, ARedirectThatIsNotAcceptableRefusesTheRequestAndSendsNothingOn) {
  for (const char* location : {"http://grand.bitrix24.ru/rest/1/c0de/profile",
                               "https://grand.bitrix24.ru/login",
                               "https://169.254.169.254/rest/1/c0de/profile",
                               "https://127.0.0.1/rest/1/c0de/profile",
                               "https://hotel.bitrix24.ru/rest/1/c0de/profile"}) {
    SCOPED_TRACE(location);
    here_.answers = {MovedTo(location)};
    const PortalAnswer answer = Send();
    EXPECT_EQ(answer.fate, RequestFate::kRefused);
    EXPECT_EQ(answer.reason, "PORTAL_REDIRECT_REFUSED");
    EXPECT_EQ(answer.results.at(0).fate, Fate::kNotExecuted);
    EXPECT_EQ(answer.moved_to, "");
    for (const auto& [name, value] : answer.parameters) {
      EXPECT_EQ(value.find("c0de"), std::string::npos) << name;
    }
  }
  EXPECT_THAT(opened_, IsEmpty());
  EXPECT_THAT(there_.requests, IsEmpty());
}

TEST_F(RestPortalTest, EveryRequestIsCountedButTheFirstOfOneThatWasCountedBefore) {
  here_.answers = {Json200(kProfile)};
  Send();
  EXPECT_EQ(counted_, 1);
  portal_->Send({.commands = {GetProfile{}}, .counted = true});
  EXPECT_EQ(counted_, 1);
  // The hop to a new host is one more.
  here_.answers = {MovedTo(kNewHome)};
  there_.answers = {Json200(kProfile)};
  portal_->Send({.commands = {GetProfile{}}, .counted = true});
  EXPECT_EQ(counted_, 2);
  Send();
  EXPECT_EQ(counted_, 3) << "remembered: no hop";
}

TEST_F(RestPortalTest, TheReplayWithAFreshTokenIsCountedToo) {
  RestPortalSettings settings;
  settings.host = "hotel.bitrix24.ru";
  settings.count_request = [this] { ++counted_; };
  int tokens = 0;
  settings.token_source = [&](const SecretString&) -> absl::StatusOr<SecretString> {
    return SecretString(std::to_string(++tokens));
  };
  const auto portal = MakeRestPortal(std::move(settings), here_, clock_);
  here_.answers = {Json200(R"({"error":"expired_token"})"), Json200(kProfile)};
  here_.answers[0].status = 401;
  const PortalAnswer answer =
      portal->Send({.commands = {GetProfile{}}, .counted = true});
  EXPECT_EQ(answer.results.at(0).fate, Fate::kDone);
  EXPECT_EQ(answer.http_requests, 2);
  EXPECT_EQ(counted_, 1);
}

TEST_F(RestPortalTest, WhatMayLeaveNoMoreIsNotSent) {
  here_.answers = {Json200(kProfile)};
  const auto send = [&](absl::Duration left) {
    return portal_->Send(
        {.commands = {GetProfile{}}, .leave_by = clock_.Steady() + left});
  };
  const PortalAnswer late = send(-absl::Milliseconds(1));
  EXPECT_EQ(late.fate, RequestFate::kNotSent);
  EXPECT_EQ(late.results.at(0).fate, Fate::kNotExecuted);
  EXPECT_THAT(here_.requests, IsEmpty());
  EXPECT_EQ(send(absl::Seconds(5)).fate, RequestFate::kAnswered);

  // Nor later by the way of a redirect, or again with a fresh token.
  here_.answers = {MovedTo(kNewHome)};
  there_.answers = {Json200(kProfile)};
  send(absl::Seconds(5));
  ASSERT_EQ(there_.requests.size(), 1u);
  EXPECT_EQ(there_.requests[0].leave_by, clock_.Steady() + absl::Seconds(5));
  RestPortalSettings settings;
  settings.host = "hotel.bitrix24.ru";
  settings.token_source =
      [&](const SecretString& refused) -> absl::StatusOr<SecretString> {
    if (!refused.empty()) clock_.Advance(absl::Seconds(6));
    return SecretString(refused.empty() ? "one" : "two");
  };
  const auto portal = MakeRestPortal(std::move(settings), here_, clock_);
  here_.requests.clear();
  here_.answers = {Json200(R"({"error":"expired_token"})"), Json200(kProfile)};
  here_.answers[0].status = 401;
  portal->Send(
      {.commands = {GetProfile{}}, .leave_by = clock_.Steady() + absl::Seconds(5)});
  EXPECT_EQ(here_.requests.size(), 1u) << "the fresh token came too late";
}

TEST_F(RestPortalTest, OneHopAndNoMore) {
  here_.answers = {MovedTo(kNewHome)};
  there_.answers = {MovedTo("https://third.bitrix24.ru/rest/1/c0de/profile")};
  const PortalAnswer answer = Send();
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "PORTAL_REDIRECT_REFUSED");
  EXPECT_EQ(answer.parameters.at("new_host"), "third.bitrix24.ru");
  EXPECT_EQ(answer.http_requests, 2);
  EXPECT_THAT(opened_, ElementsAre("grand.bitrix24.ru"));
}

TEST_F(RestPortalTest, AHostThatGivesNoAnswerOfAPortalIsNotRemembered) {
  here_.answers = {MovedTo(kNewHome)};
  for (const HttpResult& there :
       {NotSent("HOST_NOT_FOUND"), Json200(R"({"error":"INVALID_CREDENTIALS"})"),
        Json200("<html>"), Json200("{}")}) {
    there_.answers = {there};
    here_.requests.clear();
    const PortalAnswer answer = Send();
    EXPECT_NE(answer.fate, RequestFate::kAnswered);
    EXPECT_EQ(answer.moved_to, "");
    EXPECT_EQ(here_.requests.size(), 1u) << "asked at the old host again";
  }
  there_.answers = {Json200(kProfile)};
  EXPECT_EQ(Send().moved_to, "grand.bitrix24.ru");
}

TEST_F(RestPortalTest, ANameThatResolvesToAPrivateAddressIsARefusedRedirect) {
  here_.answers = {MovedTo(kNewHome)};
  there_.answers = {NotSent("ADDRESS_REFUSED")};
  const PortalAnswer answer = Send();
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "PORTAL_REDIRECT_REFUSED");
  EXPECT_EQ(answer.parameters.at("new_host"), "grand.bitrix24.ru");
}

TEST_F(RestPortalTest, AHostThatMayNotBeReachedRefusesTheRequestWithTheReasonForIt) {
  here_.answers = {MovedTo(kNewHome)};
  forbidden_ =
      MakeError("POLICY_PORTAL_HOST_NOT_ALLOWED", {{"host", "grand.bitrix24.ru"}});
  const PortalAnswer answer = Send();
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "POLICY_PORTAL_HOST_NOT_ALLOWED");
  EXPECT_EQ(answer.parameters.at("host"), "grand.bitrix24.ru");
  EXPECT_EQ(answer.results.at(0).fate, Fate::kNotExecuted);
  EXPECT_EQ(answer.moved_to, "");
  EXPECT_EQ(answer.http_requests, 1);
  EXPECT_THAT(there_.requests, IsEmpty());
}

TEST_F(RestPortalTest, WhatFollowsAnExecutionIsNotTakenForAMove) {
  here_.answers = {MovedTo(kNewHome)};
  here_.answers[0].status = 303;
  EXPECT_EQ(Send().fate, RequestFate::kUnknown);
  EXPECT_THAT(opened_, IsEmpty());
}

// It drops a text that stands where it wants a list.
TEST_F(RestPortalTest, AFieldThatTurnedMultipleOnThePortalIsSentAsAList) {
  UpdateContact update;
  update.id = ContactId(7);
  update.fields["UF_CRM_NO"] = "A-77";
  const auto sent = [&] {
    here_.answers = {Json200(R"({"result":true})")};
    portal_->Send({{update}});
    return here_.requests.back().body;
  };
  const auto learn = [&](const char* multiple) {
    here_.answers = {Json200(
        absl::StrCat(R"({"result":{"ID":{"type":"integer"},"UF_CRM_NO":{"type":)",
                     R"("string","isMultiple":)", multiple, "}}}"))};
    portal_->Send({{GetContactFields{}}});
  };
  const auto as_list = ::testing::HasSubstr(R"("UF_CRM_NO":["A-77"])");
  const auto as_text = ::testing::HasSubstr(R"("UF_CRM_NO":"A-77")");
  EXPECT_THAT(sent(), as_text);
  learn("true");
  EXPECT_THAT(sent(), as_list);
  // An answer that says nothing of it changes nothing.
  here_.answers = {Json200(R"({"result":[{"STATUS_ID":"HNR_RU_1"}]})")};
  portal_->Send(
      {{GetContactFields{.statuses_of = "HONORIFIC", .dictionary = "HONORIFIC"}}});
  EXPECT_THAT(sent(), as_list);
  learn("false");
  EXPECT_THAT(sent(), as_text);
}

}  // namespace
}  // namespace guestbridge::agent
