#include "sync-agent/portal/bitrix24/import_decoder.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sync-agent/portal/bitrix24/answer_decoder.h"

namespace guestbridge::agent {
namespace {

ImportContacts Of(size_t count) {
  ImportContacts import;
  import.items.resize(count);
  return import;
}

PortalAnswer Decode(const std::string& body, std::vector<Command> commands,
                    int status = 200) {
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = status;
  http.headers = {{"content-type", "application/json"}};
  http.body = body;
  return DecodeAnswer(http, commands);
}

CommandResult Items(const std::string& items, size_t count) {
  const PortalAnswer answer =
      Decode(absl::StrCat(R"({"result":{"items":)", items, "}}"), {Of(count)});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered);
  return answer.results.at(0);
}

TEST(ImportDecoder, EachContactHasAWordOfItsOwn) {
  const CommandResult result =
      Items(R"([{"item":{"id":15}},)"
            R"({"error":"CRM_FIELD_ERROR_REQUIRED","error_description":"Поле"},)"
            R"({"error":"ERROR_CORE","error_description":"x"},)"
            R"({"error":"","error_description":"Not found"},)"
            R"({"error":"ACCESS_DENIED"},{"item":{"id":"16"}}])",
            6);
  EXPECT_EQ(result.fate, Fate::kDone);
  ASSERT_EQ(result.items.size(), 6u);
  EXPECT_EQ(result.items[0].fate, Fate::kDone);
  EXPECT_EQ(result.items[0].id, ContactId(15));
  EXPECT_EQ(result.items[1].fate, Fate::kRefused);
  EXPECT_TRUE(result.items[1].answered);
  EXPECT_EQ(result.items[1].reason, "CONTACT_FIELD_REFUSED");
  EXPECT_EQ(result.items[1].portal_code, "CRM_FIELD_ERROR_REQUIRED");
  for (const size_t open : {2, 3, 4}) {
    SCOPED_TRACE(open);
    EXPECT_EQ(result.items[open].fate, Fate::kUnknown);
    EXPECT_TRUE(result.items[open].answered);
  }
  EXPECT_EQ(result.items[5].id, ContactId(16));
}

TEST(ImportDecoder, ItemsMayComeAsAMapOfTheKeysThatWereSentInAnyOrder) {
  const CommandResult result =
      Items(R"({"1":{"item":{"id":16}},"0":{"item":{"id":15}}})", 2);
  ASSERT_EQ(result.items.size(), 2u);
  EXPECT_EQ(result.items[0].id, ContactId(15));
  EXPECT_EQ(result.items[1].id, ContactId(16));
}

TEST(ImportDecoder, AnAnswerThatDoesNotMatchWhatWasSentLeavesEveryContactInDoubt) {
  for (const char* items :
       {"[]", R"([{"item":{"id":15}}])",
        R"([{"item":{"id":15}},{"item":{"id":16}},{"item":{"id":17}}])",
        R"({"0":{"item":{"id":15}},"2":{"item":{"id":16}}})",
        R"({"a":{"item":{"id":15}},"b":{"item":{"id":16}}})", "null", "5", "\"x\""}) {
    SCOPED_TRACE(items);
    const CommandResult result = Items(items, 2);
    EXPECT_EQ(result.fate, Fate::kUnknown);
    EXPECT_FALSE(result.answered);
    ASSERT_EQ(result.items.size(), 2u);
    for (const ItemResult& item : result.items) {
      EXPECT_EQ(item.fate, Fate::kUnknown);
      EXPECT_FALSE(item.id.exists());
      EXPECT_EQ(item.reason, "PORTAL_ANSWER_BROKEN");
    }
  }
}

TEST(ImportDecoder, AContactWithoutAPlausibleIdIsInDoubtAlone) {
  for (const char* item :
       {R"({"item":{"id":0}})", R"({"item":{"id":-4}})", R"({"item":{"id":true}})",
        R"({"item":{"id":1.5}})", R"({"item":{}})", R"({"item":[]})", "{}", "null", "7",
        R"({"item":{"id":9},"error":"CRM_FIELD_ERROR_REQUIRED"})",
        R"({"item":{"ID":9}})", R"({"item":{"id":99999999999999999999}})"}) {
    SCOPED_TRACE(item);
    const CommandResult result =
        Items(absl::StrCat("[", item, R"(,{"item":{"id":16}}])"), 2);
    ASSERT_EQ(result.items.size(), 2u);
    EXPECT_EQ(result.items[0].fate, Fate::kUnknown);
    EXPECT_FALSE(result.items[0].id.exists());
    EXPECT_EQ(result.items[1].fate, Fate::kDone);
  }
}

TEST(ImportDecoder, AnImportThatIsShutSaysThatAnotherWayIsOpen) {
  struct Case {
    const char* name;
    int status;
    const char* body;
    bool unavailable;
    RequestFate request;
    const char* reason;
  };
  const Case cases[] = {
      {"no such method", 404, R"({"error":"ERROR_METHOD_NOT_FOUND"})", true,
       RequestFate::kAnswered, "PORTAL_METHOD_MISSING"},
      {"no right to import", 400, R"({"error":"ACCESS_DENIED"})", true,
       RequestFate::kAnswered, "RIGHT_MISSING_ON_PORTAL"},
      {"no right, contact by contact", 200,
       R"({"result":{"items":[{"error":"ACCESS_DENIED"},{"error":"ACCESS_DENIED"}]}})",
       true, RequestFate::kAnswered, "RIGHT_MISSING_ON_PORTAL"},
      {"no contacts among its items", 400, R"({"error":"NOT_FOUND"})", true,
       RequestFate::kAnswered, "PORTAL_REFUSED"},
      {"other parameters", 400, R"({"error":"100"})", true, RequestFate::kAnswered,
       "CONTACT_FIELD_REFUSED"},
      {"too many contacts", 400, R"({"error":"MAX_IMPORT_BATCH_SIZE_EXCEEDED"})", true,
       RequestFate::kAnswered, "PORTAL_REFUSED"},
      {"a plan without REST", 403, R"({"error":"ACCESS_DENIED"})", false,
       RequestFate::kRefused, "PORTAL_PLAN_WITHOUT_REST"},
      {"a scope that is missing", 401, R"({"error":"insufficient_scope"})", false,
       RequestFate::kRefused, "SCOPE_MISSING"},
      {"too fast", 503, R"({"error":"QUERY_LIMIT_EXCEEDED"})", false,
       RequestFate::kTooFast, "PORTAL_TOO_FAST"},
      {"operating limit", 429, R"({"error":"OPERATION_TIME_LIMIT"})", false,
       RequestFate::kAnswered, "OPERATING_TIME_USED_UP"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const PortalAnswer answer = Decode(c.body, {Of(2)}, c.status);
    EXPECT_EQ(answer.fate, c.request);
    const CommandResult& result = answer.results.at(0);
    EXPECT_EQ(result.fate, Fate::kNotExecuted);
    EXPECT_EQ(result.unavailable, c.unavailable);
    EXPECT_EQ(result.reason, c.reason);
    ASSERT_EQ(result.items.size(), 2u);
    for (const ItemResult& item : result.items) {
      EXPECT_EQ(item.fate, Fate::kNotExecuted);
      EXPECT_EQ(item.reason, c.reason);
    }
  }
}

TEST(ImportDecoder, AShutImportInABatchIsNoRefusedRequest) {
  const PortalAnswer answer = Decode(
      R"({"result":{"result":[],"result_error":{)"
      R"("c0":{"error":"ERROR_METHOD_NOT_FOUND"},"c1":{"error":"ACCESS_DENIED"}}}})",
      {Of(1), Of(1)});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered);
  EXPECT_TRUE(answer.results[0].unavailable);
  EXPECT_TRUE(answer.results[1].unavailable);
  // Of a contact's own command the same code still stops the run.
  const PortalAnswer add =
      Decode(R"({"result":{"result":[],"result_error":{)"
             R"("c0":{"error":"ACCESS_DENIED"},"c1":{"error":"ACCESS_DENIED"}}}})",
             {AddContact{}, AddContact{}});
  EXPECT_EQ(add.fate, RequestFate::kRefused);
}

TEST(ImportDecoder, WhateverBecomesOfTheRequestEachContactHasAWord) {
  for (const char* body :
       {"<html>", "", "{}", R"({"result":5})", R"({"error":"INTERNAL_SERVER_ERROR"})",
        R"({"error":"ERROR_CORE"})", R"({"error":"CRM_FIELD_ERROR_REQUIRED"})",
        R"({"result":{"result":{"c0":7},"result_error":[]}})",
        R"({"result":{"result":[],"result_error":{"c0":[]}}})"}) {
    SCOPED_TRACE(body);
    for (const std::vector<Command>& commands :
         {std::vector<Command>{Of(3)}, std::vector<Command>{Of(3), Of(3)}}) {
      for (const CommandResult& result : Decode(body, commands).results) {
        EXPECT_EQ(result.fate, Fate::kUnknown);
        ASSERT_EQ(result.items.size(), 3u);
        EXPECT_EQ(result.items[2].fate, Fate::kUnknown);
        EXPECT_EQ(result.items[2].answered, result.answered);
      }
    }
  }
}

TEST(ImportDecoder, AContactImportedAloneHasTheWordOfItsCommand) {
  ImportContacts one = Of(1);
  one.single = true;
  const auto word = [&](const std::string& body, int status = 200) {
    const PortalAnswer answer = Decode(body, {one}, status);
    EXPECT_EQ(answer.fate, RequestFate::kAnswered) << body;
    EXPECT_EQ(answer.results.at(0).items.size(), 1u) << body;
    return answer.results.at(0).items.at(0);
  };
  const ItemResult done = word(R"({"result":{"item":{"id":15}}})");
  EXPECT_EQ(done.fate, Fate::kDone);
  EXPECT_EQ(done.id, ContactId(15));
  EXPECT_EQ(word(R"({"error":"CRM_FIELD_ERROR_REQUIRED"})", 400).fate, Fate::kRefused);
  // None of these says that the contact was not made.
  for (const char* code :
       {"ERROR_CORE", "100", "ERROR_ARGUMENT", "NOT_FOUND", "INVALID_ARG_VALUE", "0"}) {
    EXPECT_EQ(word(std::string(R"({"error":")") + code + R"("})", 400).fate,
              Fate::kUnknown)
        << code;
  }
  EXPECT_EQ(word(R"({"error":"ERROR_METHOD_NOT_FOUND"})", 404).fate,
            Fate::kNotExecuted);
  for (const char* result : {"{}", R"({"item":{}})", R"({"item":{"id":0}})", "[]"}) {
    EXPECT_EQ(word(std::string(R"({"result":)") + result + "}").fate, Fate::kUnknown)
        << result;
  }
}

}  // namespace
}  // namespace guestbridge::agent
