#include "sync-agent/portal/bitrix24/event_decoder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/portal/bitrix24/answer_decoder.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CommandResult Decode(const Command& command, const std::string& body,
                     int status = 200) {
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = status;
  http.headers = {{"content-type", "application/json"}};
  http.body = body;
  const PortalAnswer answer = DecodeAnswer(http, {command});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered) << body;
  return answer.results.at(0);
}

TEST(EventDecoder, CommandsAreSpelledAsThePortalReadsThem) {
  EXPECT_EQ(DumpJson(EncodeParams(BindEvent{ContactEvent::kDeleted})),
            R"({"event":"ONCRMCONTACTDELETE","event_type":"offline"})");
  EXPECT_EQ(DumpJson(EncodeParams(BindEvent{ContactEvent::kUpdated})),
            R"({"event":"ONCRMCONTACTUPDATE","event_type":"offline"})");
  EXPECT_EQ(DumpJson(EncodeParams(GetBoundEvents{})), "{}");
  EXPECT_EQ(DumpJson(EncodeParams(PollEvents{})), R"({"clear":1,"limit":50})");
}

TEST(EventDecoder, EventsComeAsTheContactsTheyHappenedTo) {
  const CommandResult result = Decode(
      PollEvents{},
      R"({"result":{"process_id":null,"events":[)"
      R"({"ID":"1","EVENT_NAME":"ONCRMCONTACTDELETE","EVENT_DATA":{"FIELDS":{"ID":89}}},)"
      R"({"ID":"2","EVENT_NAME":"onCrmContactUpdate","EVENT_DATA":{"FIELDS":{"ID":"90"}}},)"
      R"({"ID":"3","EVENT_NAME":"ONCRMDEALADD","EVENT_DATA":{"FIELDS":{"ID":7}}}]}})");
  EXPECT_EQ(result.fate, Fate::kDone);
  EXPECT_THAT(result.events,
              ElementsAre(PortalEvent{ContactEvent::kDeleted, ContactId(89)},
                          PortalEvent{ContactEvent::kUpdated, ContactId(90)}));
  EXPECT_TRUE(result.complete_page);
  EXPECT_TRUE(result.last_page);
}

TEST(EventDecoder, AnEventWithoutItsContactMakesThePageIncomplete) {
  for (const char* event :
       {R"({"EVENT_NAME":"ONCRMCONTACTDELETE","EVENT_DATA":false})",
        R"({"EVENT_NAME":"ONCRMCONTACTDELETE","EVENT_DATA":{"FIELDS":{"ID":0}}})",
        R"({"EVENT_NAME":"ONCRMCONTACTDELETE","EVENT_DATA":[]})",
        R"({"EVENT_NAME":"ONCRMCONTACTDELETE"})", R"({})", "5", "null"}) {
    SCOPED_TRACE(event);
    const CommandResult result =
        Decode(PollEvents{}, std::string(R"({"result":{"process_id":null,"events":[)") +
                                 event + "]}}");
    EXPECT_EQ(result.fate, Fate::kDone);
    EXPECT_FALSE(result.complete_page);
    EXPECT_THAT(result.events, IsEmpty());
  }
}

TEST(EventDecoder, AFullPageIsNotTheLast) {
  const CommandResult result =
      Decode(PollEvents{.limit = 1},
             R"({"result":{"events":[{"EVENT_NAME":"ONCRMCONTACTDELETE",)"
             R"("EVENT_DATA":{"FIELDS":{"ID":8}}}]}})");
  EXPECT_FALSE(result.last_page);
  EXPECT_TRUE(Decode(PollEvents{}, R"({"result":{"events":[]}})").last_page);
}

TEST(EventDecoder, WhatHoldsNoEventsIsNoAnswer) {
  for (const char* result :
       {"true", "[]", "{}", R"({"events":7})", R"({"events":null})"}) {
    EXPECT_EQ(Decode(PollEvents{}, std::string(R"({"result":)") + result + "}").fate,
              Fate::kUnknown)
        << result;
  }
}

TEST(EventDecoder, OnlyOfflineHandlersOfOurEventsCountAsBound) {
  const CommandResult result =
      Decode(GetBoundEvents{},
             R"({"result":[{"event":"ONCRMCONTACTDELETE","offline":1},)"
             R"({"event":"ONCRMCONTACTUPDATE","offline":0,"handler":"https://x"},)"
             R"({"event":"ONCRMDEALADD","offline":"1"}]})");
  EXPECT_EQ(result.fate, Fate::kDone);
  EXPECT_THAT(result.bound, ElementsAre(ContactEvent::kDeleted));
}

TEST(EventDecoder, BindingTwiceIsDone) {
  EXPECT_EQ(Decode(BindEvent{}, R"({"result":true})").fate, Fate::kDone);
  EXPECT_EQ(Decode(BindEvent{}, R"({"error":"ERROR_HANDLER_ALREADY_EXIST"})", 400).fate,
            Fate::kDone);
  EXPECT_EQ(Decode(BindEvent{}, R"({"error":"ERROR_EVENT_NOT_FOUND"})", 400).fate,
            Fate::kRefused);
}

TEST(EventDecoder, WhoMayNotHaveEventsIsToldSoAndTheRunGoesOn) {
  for (const Command& command :
       {Command(BindEvent{}), Command(GetBoundEvents{}), Command(PollEvents{})}) {
    SCOPED_TRACE(MethodOf(command));
    for (const char* code :
         {"WRONG_AUTH_TYPE", "ACCESS_DENIED", "ERROR_METHOD_NOT_FOUND"}) {
      const CommandResult result =
          Decode(command, std::string(R"({"error":")") + code + R"("})", 403);
      EXPECT_EQ(result.fate, Fate::kNotExecuted) << code;
      EXPECT_TRUE(result.unavailable) << code;
    }
  }
}

}  // namespace
}  // namespace guestbridge::agent
