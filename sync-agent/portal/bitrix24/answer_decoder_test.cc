#include "sync-agent/portal/bitrix24/answer_decoder.h"

#include "absl/strings/str_cat.h"
#include "common/text/catalogue.h"
#include "gtest/gtest.h"
#include "sync-agent/portal/bitrix24/contact_decoder.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

HttpResult Answered(int status, std::string body,
                    std::string type = "application/json; charset=utf-8") {
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = status;
  http.headers = {{"content-type", std::move(type)}};
  http.body = std::move(body);
  return http;
}

UpdateContact UpdateOf(int64_t id) {
  UpdateContact update;
  update.id = ContactId(id);
  return update;
}

ListContacts ListOfIds(std::vector<int64_t> ids) {
  ListContacts list;
  for (const int64_t id : ids) list.ids.emplace_back(id);
  return list;
}

const Command kAdd = AddContact{};
const Command kUpdate = UpdateOf(7);
const Command kGet = GetContact{ContactId(7)};
const Command kList = ListOfIds({1, 2, 3});

PortalAnswer Single(const Command& command, const std::string& body, int status = 200) {
  return DecodeAnswer(Answered(status, body), {command});
}

constexpr char kBatchGood[] =
    R"({"result":{"result":{"c0":4711,"c1":true},"result_error":[],"result_total":[],)"
    R"("result_next":[],"result_time":{"c0":{"duration":0.4,"operating":1.5,)"
    R"("operating_reset_at":1767226200}}},"time":{"duration":0.9}})";

TEST(AnswerDecoder, AnIdInTheCommandsOwnSlotIsTheProofOfAnAdd) {
  struct Case {
    const char* result;
    int64_t id;
  };
  for (const Case& c :
       {Case{"4711", 4711}, Case{"\"4711\"", 4711}, Case{"0", 0}, Case{"-5", 0},
        Case{"\"\"", 0}, Case{"\"12x\"", 0}, Case{"true", 0}, Case{"null", 0},
        Case{"[]", 0}, Case{"1.5", 0}, Case{"[4711]", 0},
        Case{"99999999999999999999", 0}, Case{"9223372036854775807", INT64_MAX}}) {
    SCOPED_TRACE(c.result);
    const PortalAnswer answer =
        Single(kAdd, absl::StrCat(R"({"result":)", c.result, "}"));
    ASSERT_EQ(answer.results.size(), 1u);
    EXPECT_EQ(answer.results[0].fate, c.id > 0 ? Fate::kDone : Fate::kUnknown);
    EXPECT_EQ(answer.results[0].id.value(), c.id);
    EXPECT_FALSE(answer.results[0].answered);
  }
}

TEST(AnswerDecoder, EachErrorProvesWhatItsCodeProvesAndNoMore) {
  struct Case {
    const char* name;
    const Command& command;
    int status;
    const char* body;
    RequestFate request;
    Fate fate;
    bool answered;
    const char* reason;
  };
  const Case cases[] = {
      {"bucket full", kAdd, 503, R"({"error":"QUERY_LIMIT_EXCEEDED"})",
       RequestFate::kTooFast, Fate::kNotExecuted, false, "PORTAL_TOO_FAST"},
      {"bucket full, other status and case", kAdd, 200,
       R"({"error":"query_limit_exceeded"})", RequestFate::kTooFast, Fate::kNotExecuted,
       false, "PORTAL_TOO_FAST"},
      {"operating limit", kAdd, 429, R"({"error":"OPERATION_TIME_LIMIT"})",
       RequestFate::kAnswered, Fate::kNotExecuted, true, "OPERATING_TIME_USED_UP"},
      {"token", kAdd, 401, R"({"error":"expired_token"})", RequestFate::kRefused,
       Fate::kNotExecuted, false, "TOKEN_REFUSED"},
      {"scope, box status", kAdd, 401, R"({"error":"insufficient_scope"})",
       RequestFate::kRefused, Fate::kNotExecuted, false, "SCOPE_MISSING"},
      {"plan", kAdd, 403, R"({"error":"ACCESS_DENIED"})", RequestFate::kRefused,
       Fate::kNotExecuted, false, "PORTAL_PLAN_WITHOUT_REST"},
      {"blocked", kAdd, 503, R"({"error":"OVERLOAD_LIMIT"})", RequestFate::kRefused,
       Fate::kNotExecuted, false, "PORTAL_BLOCKED"},
      {"closed, as 500", kAdd, 500, R"({"error":"PORTAL_DELETED"})",
       RequestFate::kRefused, Fate::kNotExecuted, false, "PORTAL_CLOSED"},
      {"portal cannot check the token", kAdd, 401, R"({"error":"CONNECTION_ERROR"})",
       RequestFate::kNotSent, Fate::kNotExecuted, false, "TOKEN_CHECK_UNAVAILABLE"},
      {"unknown method", kAdd, 404, R"({"error":"ERROR_METHOD_NOT_FOUND"})",
       RequestFate::kRefused, Fate::kNotExecuted, false, "PORTAL_METHOD_MISSING"},
      {"field code", kAdd, 400, R"({"error":"CRM_FIELD_ERROR_REQUIRED"})",
       RequestFate::kAnswered, Fate::kRefused, true, "CONTACT_FIELD_REFUSED"},
      {"binding, number", kAdd, 400, R"({"error":100})", RequestFate::kAnswered,
       Fate::kRefused, true, "CONTACT_FIELD_REFUSED"},
      {"binding, text", kAdd, 400, R"({"error":"100"})", RequestFate::kAnswered,
       Fate::kRefused, true, "CONTACT_FIELD_REFUSED"},
      {"argument", kAdd, 400, R"({"error":"ERROR_ARGUMENT","argument":"fields"})",
       RequestFate::kAnswered, Fate::kRefused, true, "CONTACT_FIELD_REFUSED"},
      {"core error of an add", kAdd, 400,
       R"({"error":"ERROR_CORE","error_description":"E-mail<br>"})",
       RequestFate::kAnswered, Fate::kUnknown, true, "PORTAL_REFUSED"},
      {"empty code of an add", kAdd, 400,
       R"({"error":"","error_description":"Access denied."})", RequestFate::kAnswered,
       Fate::kUnknown, true, "RIGHT_MISSING_ON_PORTAL"},
      {"not found of an add", kAdd, 400, R"({"error":"NOT_FOUND"})",
       RequestFate::kAnswered, Fate::kUnknown, true, "PORTAL_REFUSED"},
      {"core error as 500", kAdd, 500, R"({"error":"ERROR_CORE"})",
       RequestFate::kUnknown, Fate::kUnknown, false, "PORTAL_INTERNAL_ERROR"},
      {"internal, status 200", kAdd, 200, R"({"error":"INTERNAL_SERVER_ERROR"})",
       RequestFate::kUnknown, Fate::kUnknown, false, "PORTAL_INTERNAL_ERROR"},
      {"unencodable", kAdd, 200, R"({"error":"WRONG_ENCODING"})", RequestFate::kUnknown,
       Fate::kUnknown, false, "PORTAL_ANSWER_BROKEN"},
      {"gone by get", kGet, 400, R"({"error":"","error_description":"Not found"})",
       RequestFate::kAnswered, Fate::kGone, true, "CONTACT_NOT_ON_PORTAL"},
      {"gone by get, code", kGet, 400, R"({"error":"NOT_FOUND"})",
       RequestFate::kAnswered, Fate::kGone, true, "CONTACT_NOT_ON_PORTAL"},
      {"gone by update", kUpdate, 400,
       R"({"error":"","error_description":"Contact is not found"})",
       RequestFate::kAnswered, Fate::kGone, true, "CONTACT_NOT_ON_PORTAL"},
      {"core error says not found", kUpdate, 400,
       R"({"error":"ERROR_CORE","error_description":"Element not found"})",
       RequestFate::kAnswered, Fate::kUnknown, true, "PORTAL_REFUSED"},
      {"rights of an update", kUpdate, 400,
       R"({"error":"","error_description":"Access denied."})", RequestFate::kAnswered,
       Fate::kUnknown, true, "RIGHT_MISSING_ON_PORTAL"},
      {"rights of a read", kGet, 400,
       R"({"error":"","error_description":"Access denied."})", RequestFate::kAnswered,
       Fate::kRefused, true, "RIGHT_MISSING_ON_PORTAL"},
      {"another error of a read", kList, 400,
       R"({"error":"","error_description":"Failed to get list."})",
       RequestFate::kAnswered, Fate::kRefused, true, "PORTAL_REFUSED"},
      {"rest 3 shape", kAdd, 400, R"({"error":{"code":"X","message":"y"}})",
       RequestFate::kAnswered, Fate::kUnknown, true, "PORTAL_REFUSED"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const PortalAnswer answer = Single(c.command, c.body, c.status);
    EXPECT_EQ(answer.fate, c.request);
    ASSERT_EQ(answer.results.size(), 1u);
    EXPECT_EQ(answer.results[0].fate, c.fate);
    EXPECT_EQ(answer.results[0].answered, c.answered);
    EXPECT_EQ(answer.results[0].reason, c.reason);
  }
}

TEST(AnswerDecoder, WhatIsNoAnswerLeavesEveryCommandInDoubt) {
  struct Case {
    const char* name;
    int status;
    const char* body;
    const char* type;
    const char* reason;
  };
  const Case cases[] = {
      {"html 200", 200, "<html>ok</html>", "text/html", "PORTAL_ANSWERED_HTML"},
      {"html 502", 502, "<html>", "text/html", "PORTAL_ANSWERED_HTML"},
      {"html 503", 503, "<h1>stub</h1>", "text/html", "PORTAL_ANSWERED_HTML"},
      {"html 504", 504, " <html>", "", "PORTAL_ANSWERED_HTML"},
      {"html 403", 403, "<html>", "text/html", "PORTAL_ANSWERED_HTML"},
      {"empty 500", 500, "", "", "PORTAL_INTERNAL_ERROR"},
      {"empty 200", 200, "", "application/json", "PORTAL_ANSWER_BROKEN"},
      {"number", 200, "5", "application/json", "PORTAL_ANSWER_BROKEN"},
      {"array", 200, "[]", "application/json", "PORTAL_ANSWER_BROKEN"},
      {"neither", 200, "{}", "application/json", "PORTAL_ANSWER_BROKEN"},
      {"both", 200, R"({"result":5,"error":"X"})", "", "PORTAL_ANSWER_BROKEN"},
      {"invalid utf-8", 200, "{\"result\":\"\xff\"}", "", "PORTAL_ANSWER_BROKEN"},
      {"html redirect", 302, "", "text/html", "PORTAL_ANSWERED_HTML"},
      {"batch error", 400, R"({"error":"","error_description":"x"})", "",
       "PORTAL_REFUSED"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const PortalAnswer answer =
        DecodeAnswer(Answered(c.status, c.body, c.type), {kAdd, kUpdate});
    EXPECT_EQ(answer.fate, RequestFate::kUnknown);
    EXPECT_EQ(answer.reason, c.reason);
    ASSERT_EQ(answer.results.size(), 2u);
    for (const CommandResult& result : answer.results) {
      EXPECT_EQ(result.fate, Fate::kUnknown);
      EXPECT_FALSE(result.answered);
    }
  }
}

TEST(AnswerDecoder, HostileJsonIsRefusedWithoutHarm) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const std::string number = R"({"result":1)" + std::string(1000000, '0') + "}";
  for (const std::string& body :
       {R"({"result":)" + deep + "}", number, std::string("\xef\xbb\xbf{\"result\":"),
        std::string(1000000, '{')}) {
    const PortalAnswer answer = DecodeAnswer(Answered(200, body), {kAdd});
    EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
  }
}

// Every door that only a person can open, whatever status the portal gives it.
TEST(AnswerDecoder, EachShutDoorHasAReasonOfItsOwnWithARemedy) {
  struct Case {
    const char* code;
    const char* reason;
  };
  const Case cases[] = {
      {"ACCESS_DENIED", "PORTAL_PLAN_WITHOUT_REST"},
      {"PAYMENT_REQUIRED", "PORTAL_PLAN_WITHOUT_REST"},
      {"authorization_error", "PORTAL_USER_INACTIVE"},
      {"INVALID_CREDENTIALS", "TOKEN_REFUSED"},
      {"NO_AUTH_FOUND", "TOKEN_REFUSED"},
      {"invalid_token", "TOKEN_REFUSED"},
      {"expired_token", "TOKEN_REFUSED"},
      {"insufficient_scope", "SCOPE_MISSING"},
      {"user_access_error", "APPLICATION_NOT_FOR_USER"},
      {"APPLICATION_NOT_FOUND", "APPLICATION_NOT_INSTALLED"},
      {"NOT_INSTALLED", "APPLICATION_NOT_INSTALLED"},
      {"OVERLOAD_LIMIT", "PORTAL_BLOCKED"},
      {"PORTAL_DELETED", "PORTAL_CLOSED"},
      {"METHOD_CONFIRM_WAITING", "METHOD_AWAITS_CONFIRMATION"},
      {"METHOD_CONFIRM_DENIED", "METHOD_NOT_CONFIRMED"},
      {"INVALID_REQUEST", "PORTAL_WANTS_HTTPS"},
      {"ERROR_METHOD_NOT_FOUND", "PORTAL_METHOD_MISSING"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.code);
    const ReasonText* text = FindReason(c.reason);
    ASSERT_NE(text, nullptr);
    EXPECT_FALSE(text->remedy_en.empty());
    EXPECT_FALSE(text->remedy_ru.empty());
    const std::string body = absl::StrCat(R"({"error":")", c.code, R"("})");
    for (const int status : {200, 400, 401, 403, 404, 500, 503}) {
      for (const std::vector<Command>& commands :
           {std::vector<Command>{kAdd}, std::vector<Command>{kAdd, kGet}}) {
        const PortalAnswer answer = DecodeAnswer(Answered(status, body), commands);
        EXPECT_EQ(answer.fate, RequestFate::kRefused) << status;
        EXPECT_EQ(answer.reason, c.reason) << status;
        EXPECT_EQ(answer.results.back().fate, Fate::kNotExecuted);
      }
    }
    const PortalAnswer slots = DecodeAnswer(
        Answered(200, absl::StrCat(R"({"result":{"result":[],"result_error":{"c0":)",
                                   body, R"(,"c1":)", body, "}}}")),
        {kAdd, kGet});
    EXPECT_EQ(slots.fate, RequestFate::kRefused);
    EXPECT_EQ(slots.reason, c.reason);
    // A look behind what is written is let in, and changes nothing.
    const PortalAnswer looked =
        DecodeAnswer(Answered(200, absl::StrCat(R"({"result":{"result":{"c1":[]},)"
                                                R"("result_error":{"c0":)",
                                                body, "}}}")),
                     {kAdd, ListNewest{}});
    EXPECT_EQ(looked.fate, RequestFate::kRefused);
    EXPECT_EQ(looked.reason, c.reason);
    // A run learns it also where a read beside the write is answered.
    const PortalAnswer half = DecodeAnswer(
        Answered(200, absl::StrCat(R"({"result":{"result":{"c1":{"ID":"7"}},)"
                                   R"("result_error":{"c0":)",
                                   body, "}}}")),
        {kAdd, GetProfile{}});
    ASSERT_EQ(half.fate, RequestFate::kAnswered);
    EXPECT_EQ(half.results[0].fate, Fate::kNotExecuted);
    EXPECT_EQ(half.results[0].reason, c.reason);
    EXPECT_TRUE(half.results[0].not_allowed);
    EXPECT_FALSE(half.results[1].not_allowed);
  }
  EXPECT_FALSE(
      Single(kAdd, R"({"error":"OPERATION_TIME_LIMIT"})", 429).results[0].not_allowed);
}

TEST(AnswerDecoder, ATokenThatCannotBeCheckedJustNowIsTriedAgainWhateverTheStatus) {
  for (const int status : {200, 401, 403, 500, 503}) {
    const PortalAnswer answer = Single(kAdd, R"({"error":"CONNECTION_ERROR"})", status);
    EXPECT_EQ(answer.fate, RequestFate::kNotSent);
    EXPECT_EQ(answer.reason, "TOKEN_CHECK_UNAVAILABLE");
    EXPECT_EQ(answer.results[0].fate, Fate::kNotExecuted);
  }
}

TEST(AnswerDecoder, TenMegabytesOfJsonAreReadOrRefusedWithoutHarm) {
  std::string rows;
  while (rows.size() < size_t{10} << 20) {
    absl::StrAppend(&rows, rows.empty() ? "" : ",", R"({"ID":"1","COMMENTS":")",
                    std::string(1000, 'x'), "\"}");
  }
  const PortalAnswer many = Single(kList, absl::StrCat(R"({"result":[)", rows, "]}"));
  EXPECT_FALSE(many.results[0].complete_page);
  const PortalAnswer text =
      Single(kGet, absl::StrCat(R"({"result":{"ID":"7","COMMENTS":")",
                                std::string(size_t{10} << 20, 'x'), "\"}}"));
  EXPECT_EQ(text.results[0].fate, Fate::kDone);
  EXPECT_EQ(Single(kAdd, absl::StrCat("\"", std::string(kMaxAnswerBytes, 'x'), "\""))
                .results[0]
                .fate,
            Fate::kUnknown);
}

// Which of the two values is the other command's?
TEST(AnswerDecoder, AKeyThatStandsTwiceMakesTheWholeAnswerUnusable) {
  for (
      const char* body :
      {R"({"result":{"result":{"c0":5,"c0":6,"c1":true}}})",
       R"({"result":{"result":{"c0":5,"c1":true}},"result":{"result":{"c0":6}}})",
       R"({"result":{"result":{"c0":5,"c1":true}},"time":{"operating":1,"operating":2}})"}) {
    SCOPED_TRACE(body);
    const PortalAnswer answer = DecodeAnswer(Answered(200, body), {kAdd, kUpdate});
    EXPECT_EQ(answer.fate, RequestFate::kUnknown);
    EXPECT_EQ(answer.reason, "PORTAL_ANSWER_BROKEN");
  }
  // A colon in a text is none between key and value.
  EXPECT_EQ(
      Single(kGet, R"({"result":{"ID":"7","COMMENTS":"a:b\":c\\"}})").results[0].fate,
      Fate::kDone);
}

TEST(AnswerDecoder, InvalidUtf8AnywhereMakesTheWholeAnswerUnusable) {
  for (const char* bytes :
       {"\xff", "\xc3\x28", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80"}) {
    const PortalAnswer answer =
        Single(kGet, absl::StrCat(R"({"result":{"ID":"7","NAME":")", bytes, "\"}}"));
    EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
    EXPECT_EQ(answer.reason, "PORTAL_ANSWER_BROKEN");
  }
}

TEST(AnswerDecoder, SwappedSlotsAreNoAnswersToWhatWasAsked) {
  const Command other = GetContact{ContactId(8)};
  const Command list = ListOfIds({11, 12});
  const PortalAnswer answer = DecodeAnswer(
      Answered(200, R"({"result":{"result":{"c0":{"ID":"8"},"c1":{"ID":"7"},)"
                    R"("c2":[{"ID":"1"}],"c3":[{"ID":"11"}],"c4":true,"c5":4711}}})"),
      {kGet, other, list, kList, kAdd, kUpdate});
  EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
  EXPECT_EQ(answer.results[1].fate, Fate::kUnknown);
  EXPECT_FALSE(answer.results[2].complete_page);
  EXPECT_FALSE(answer.results[3].complete_page);
  EXPECT_EQ(answer.results[4].fate, Fate::kUnknown);
  EXPECT_EQ(answer.results[5].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, AListThatRepeatsItsFirstPageForEverIsSeenAtTheSecond) {
  std::string rows;
  for (int i = 1; i <= 50; ++i) {
    absl::StrAppend(&rows, i > 1 ? "," : "", R"({"ID":")", i, "\"}");
  }
  const std::string page = absl::StrCat(R"({"result":[)", rows, "]}");
  ListContacts first;
  first.after = ContactId(0);
  EXPECT_TRUE(Single(first, page).results[0].complete_page);
  ListContacts second;
  second.after = ContactId(50);
  const CommandResult again = Single(second, page).results[0];
  EXPECT_FALSE(again.complete_page);
  EXPECT_FALSE(again.last_page);
}

TEST(AnswerDecoder, WrongTypesInARowLeaveTheFieldOutOrTheWholeRow) {
  const CommandResult row =
      Single(kGet,
             R"({"result":{"ID":"7","NAME":{"a":1},"LAST_NAME":[],"BIRTHDATE":17,)"
             R"("PHONE":false,"EMAIL":null,"ORIGIN_ID":null}})")
          .results[0];
  ASSERT_EQ(row.fate, Fate::kDone);
  EXPECT_EQ(row.rows[0].fields.count("NAME"), 0u);
  EXPECT_EQ(row.rows[0].fields.count("LAST_NAME"), 0u);
  EXPECT_EQ(row.rows[0].unread, std::vector<std::string>{"NAME"});
  EXPECT_EQ(row.rows[0].fields.at("BIRTHDATE"), "17");
  EXPECT_TRUE(row.rows[0].multifields.at("PHONE").empty());
  EXPECT_TRUE(row.rows[0].multifields.at("EMAIL").empty());
  EXPECT_EQ(row.rows[0].stamp.origin, "");
  for (const char* result :
       {"null", "5", "true", "\"x\"", "[]", "{}", R"({"ID":{"a":7}})", R"({"ID":[7]})",
        R"({"ID":7.0})", R"({"ID":"7 "})", R"({"ID":"+7"})", R"({"ID":"0x7"})"}) {
    EXPECT_EQ(Single(kGet, absl::StrCat(R"({"result":)", result, "}")).results[0].fate,
              Fate::kUnknown)
        << result;
  }
}

TEST(AnswerDecoder, ValuesAndMarksOfWrongTypesAreNotTakenForNone) {
  for (const char* member :
       {R"("PHONE":"x")", R"("PHONE":5)", R"("PHONE":[5])",
        R"("EMAIL":[{"VALUE":"b"}])", R"("EMAIL":[{"ID":"x","VALUE":"a"}])",
        R"("EMAIL":[{"ID":3,"VALUE":{"x":1}}])", R"("EMAIL":[{"ID":3}])",
        R"("ORIGIN_ID":{"a":"b"})", R"("ORIGINATOR_ID":[])",
        R"("ORIGIN_VERSION":[1])"}) {
    SCOPED_TRACE(member);
    EXPECT_EQ(Single(kGet, absl::StrCat(R"({"result":{"ID":"7",)", member, "}}"))
                  .results[0]
                  .fate,
              Fate::kUnknown);
    const CommandResult page =
        Single(kList,
               absl::StrCat(R"({"result":[{"ID":"1"},{"ID":"2",)", member, "}]}"))
            .results[0];
    EXPECT_FALSE(page.complete_page);
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].id, ContactId(1));
  }
}

TEST(AnswerDecoder, NoTruncationProvesAnything) {
  const std::string whole = kBatchGood;
  for (size_t length = 0; length < whole.size(); ++length) {
    SCOPED_TRACE(length);
    const PortalAnswer answer =
        DecodeAnswer(Answered(200, whole.substr(0, length)), {kAdd, kUpdate});
    ASSERT_EQ(answer.results.size(), 2u);
    EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
    EXPECT_EQ(answer.results[1].fate, Fate::kUnknown);
  }
}

TEST(AnswerDecoder, AnyBytesGiveEachCommandOneFateAndNoDoneAddWithoutAnId) {
  testing::SeededRandom random(7);
  const std::string bodies[] = {
      kBatchGood,
      R"({"result":{"result":[4711,[{"ID":"1","PHONE":[{"ID":"2","VALUE":"x"}]}]],)"
      R"("result_error":{"c0":{"error":"","error_description":"Not found"}}}})",
      R"({"error":{"code":100},"error_description":null,"time":{"operating":"1e9"}})"};
  static constexpr char kTokens[] = "{}[],:\"0123-eE.\\null";
  for (int round = 0; round < 20000; ++round) {
    std::string body = bodies[static_cast<size_t>(round) % 3];
    for (uint64_t edits = 1 + random.Next64() % 4; edits > 0; --edits) {
      const size_t at = random.Next64() % body.size();
      const char c = kTokens[random.Next64() % (sizeof(kTokens) - 1)];
      if (random.Next64() % 2 == 0) {
        body[at] = c;
      } else {
        body.insert(at, 1, c);
      }
    }
    const PortalAnswer answer = DecodeAnswer(Answered(200, body), {kAdd, kList});
    ASSERT_EQ(answer.results.size(), 2u) << body;
    if (answer.results[0].fate == Fate::kDone) {
      ASSERT_TRUE(answer.results[0].id.exists()) << body;
    }
  }
}

TEST(AnswerDecoder, ABatchGivesEachCommandItsOwnWordAndTime) {
  const PortalAnswer answer = DecodeAnswer(Answered(200, kBatchGood), {kAdd, kUpdate});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered);
  EXPECT_TRUE(answer.reports_operating);
  EXPECT_EQ(answer.results[0].fate, Fate::kDone);
  EXPECT_EQ(answer.results[0].id, ContactId(4711));
  EXPECT_EQ(answer.results[0].time.duration_seconds, 0.4);
  EXPECT_EQ(answer.results[0].time.operating_seconds, 1.5);
  EXPECT_EQ(answer.results[0].time.operating_reset_unix, 1767226200);
  EXPECT_EQ(answer.results[1].fate, Fate::kDone);
  EXPECT_LT(answer.results[1].time.duration_seconds, 0);
}

TEST(AnswerDecoder, BatchMapsMayBeArraysOrHaveNumericKeys) {
  for (const char* body :
       {R"({"result":{"result":[4711,true],"result_error":[]}})",
        R"({"result":{"result":{"0":4711,"1":true},"result_error":[]}})",
        R"({"result":{"result":{"c1":true,"c0":"4711"}}})"}) {
    SCOPED_TRACE(body);
    const PortalAnswer answer = DecodeAnswer(Answered(200, body), {kAdd, kUpdate});
    EXPECT_EQ(answer.results[0].id, ContactId(4711));
    EXPECT_EQ(answer.results[1].fate, Fate::kDone);
    EXPECT_FALSE(answer.reports_operating);
  }
  // An incomplete array says nothing about whose value it holds.
  const PortalAnswer answer =
      DecodeAnswer(Answered(200, R"({"result":{"result":[4711],"result_error":[]}})"),
                   {kAdd, kUpdate});
  EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, ErrorsOfABatchStayInTheirSlots) {
  const PortalAnswer answer = DecodeAnswer(
      Answered(200, R"({"result":{"result":{"c0":1},"result_error":{)"
                    R"("c1":{"error":"ERROR_CORE","error_description":"x"},)"
                    R"("c2":{"error":"OPERATION_TIME_LIMIT"},)"
                    R"("c3":{"error":"","error_description":"Not found"},)"
                    R"("c4":{"error":"insufficient_scope","error_description":""},)"
                    R"("c5":{"error":"ERROR_BATCH_LENGTH_EXCEEDED"}}}})"),
      {kAdd, kAdd, kAdd, kGet, kAdd, kAdd, kAdd});
  EXPECT_EQ(answer.fate, RequestFate::kAnswered);
  EXPECT_EQ(answer.results[0].fate, Fate::kDone);
  EXPECT_EQ(answer.results[1].fate, Fate::kUnknown);
  EXPECT_TRUE(answer.results[1].answered);
  EXPECT_EQ(answer.results[1].portal_code, "ERROR_CORE");
  EXPECT_EQ(answer.results[2].fate, Fate::kNotExecuted);
  EXPECT_TRUE(answer.results[2].operating_limit);
  EXPECT_EQ(answer.results[3].fate, Fate::kGone);
  EXPECT_EQ(answer.results[4].fate, Fate::kNotExecuted);
  EXPECT_EQ(answer.results[4].reason, "SCOPE_MISSING");
  EXPECT_EQ(answer.results[5].fate, Fate::kNotExecuted);
  EXPECT_EQ(answer.results[6].fate, Fate::kUnknown) << "in neither map";
  EXPECT_FALSE(answer.results[6].answered);
}

TEST(AnswerDecoder, ABatchOfWhichNothingWasLetInIsARefusedRequest) {
  const PortalAnswer answer =
      DecodeAnswer(Answered(200, R"({"result":{"result":[],"result_error":{)"
                                 R"("c0":{"error":"insufficient_scope"},)"
                                 R"("c1":{"error":"insufficient_scope"}}}})"),
                   {kAdd, kAdd});
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "SCOPE_MISSING");
}

TEST(AnswerDecoder, ASlotWithValueAndErrorIsInDoubt) {
  const PortalAnswer answer =
      DecodeAnswer(Answered(200, R"({"result":{"result":{"c0":5,"c1":6},)"
                                 R"("result_error":{"c0":{"error":"100"}}}})"),
                   {kAdd, kAdd});
  EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
  EXPECT_EQ(answer.results[1].fate, Fate::kDone);
}

TEST(AnswerDecoder, APageIsCompleteOnlyWhenEveryRowIsWhatWasAskedFor) {
  ListContacts window;
  window.after = ContactId(10);
  window.upto = ContactId(20);
  ListContacts origin;
  origin.origin = Stamp{"guestbridge:B", "k1", ""};
  struct Case {
    const char* name;
    Command command;
    const char* rows;
    bool complete;
  };
  const Case cases[] = {
      {"empty", kList, "[]", true},
      {"some", kList, R"([{"ID":"1"},{"ID":"3"}])", true},
      {"object with numeric keys", kList, R"({"0":{"ID":"1"},"2":{"ID":3}})", true},
      {"foreign id", kList, R"([{"ID":"1"},{"ID":"9"}])", false},
      {"twice", kList, R"([{"ID":"1"},{"ID":"1"}])", false},
      {"wrong order", kList, R"([{"ID":"3"},{"ID":"1"}])", false},
      {"row without id", kList, R"([{"NAME":"x"}])", false},
      {"row that is no object", kList, R"([5])", false},
      {"inside the window", window, R"([{"ID":"11"},{"ID":"20"}])", true},
      {"at the open end", window, R"([{"ID":"10"}])", false},
      {"past the end", window, R"([{"ID":"21"}])", false},
      {"origin", origin,
       R"([{"ID":"1","ORIGINATOR_ID":"guestbridge:b","ORIGIN_ID":"K1"}])", true},
      {"another origin", origin,
       R"([{"ID":"1","ORIGINATOR_ID":"guestbridge:b","ORIGIN_ID":"k2"}])", false},
      {"newest", ListNewest{}, R"([{"ID":"9"},{"ID":"3"}])", true},
      {"newest upside down", ListNewest{}, R"([{"ID":"3"},{"ID":"9"}])", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const PortalAnswer answer =
        Single(c.command, absl::StrCat(R"({"result":)", c.rows, R"(,"total":0})"));
    EXPECT_EQ(answer.results[0].fate, Fate::kDone);
    EXPECT_EQ(answer.results[0].complete_page, c.complete);
    EXPECT_TRUE(answer.results[0].last_page);
  }
  EXPECT_EQ(Single(kList, R"({"result":"x"})").results[0].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, AFullPageIsNotTheLastAndAnOverfullOneIsNotPlausible) {
  for (const size_t count : {49, 50, 51}) {
    std::string rows;
    for (size_t i = 1; i <= count; ++i) {
      absl::StrAppend(&rows, i > 1 ? "," : "", R"({"ID":")", i, "\"}");
    }
    const PortalAnswer answer =
        Single(ListContacts{}, absl::StrCat(R"({"result":[)", rows, "]}"));
    EXPECT_EQ(answer.results[0].rows.size(), count);
    EXPECT_EQ(answer.results[0].last_page, count < 50);
    EXPECT_EQ(answer.results[0].complete_page, count <= 50);
  }
}

TEST(AnswerDecoder, AContactIsReadInEveryFormPhpPrintsIt) {
  const PortalAnswer answer = Single(
      kGet,
      R"({"result":{"ID":"7","NAME":"Anna","SECOND_NAME":null,"LEAD_ID":12,)"
      R"("UF_CRM_X":true,"UF_CRM_LIST":["a"],"UF_CRM_TWO":["a",7],"UF_CRM_NONE":[],)"
      R"("BIRTHDATE":"1990-05-01T03:00:00+03:00",)"
      R"("ORIGINATOR_ID":"o","ORIGIN_ID":null,"ORIGIN_VERSION":"v",)"
      R"("PHONE":[{"ID":"9001","VALUE_TYPE":"MOBILE","VALUE":"+7","TYPE_ID":"PHONE"}],)"
      R"("EMAIL":{"3":{"ID":12,"VALUE":"a@example.com","VALUE_TYPE":"WORK"}}}})");
  ASSERT_EQ(answer.results[0].fate, Fate::kDone);
  const ContactRow& row = answer.results[0].rows.at(0);
  EXPECT_EQ(row.id, ContactId(7));
  EXPECT_EQ(row.stamp, (Stamp{"o", "", "v"}));
  EXPECT_EQ(row.fields.at("NAME"), "Anna");
  EXPECT_EQ(row.fields.at("SECOND_NAME"), "");
  EXPECT_EQ(row.fields.at("LEAD_ID"), "12");
  EXPECT_EQ(row.fields.at("UF_CRM_X"), "Y");
  EXPECT_EQ(row.fields.at("UF_CRM_LIST"), "a");
  EXPECT_EQ(row.fields.at("UF_CRM_TWO"), "a, 7");
  EXPECT_EQ(row.fields.count("UF_CRM_NONE"), 0u);
  EXPECT_EQ(row.fields.at("BIRTHDATE"), "1990-05-01");
  EXPECT_EQ(row.multifields.at("PHONE").at(0).id, 9001);
  EXPECT_EQ(row.multifields.at("EMAIL").at(0).value, "a@example.com");
  // The answer about another contact is no answer.
  EXPECT_EQ(Single(kGet, R"({"result":{"ID":"8"}})").results[0].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, ADateIsTheDayThatWasMeant) {
  struct Case {
    const char* printed;
    const char* meant;
  };
  for (const Case& c : {Case{"1990-05-01T03:00:00+03:00", "1990-05-01"},
                        Case{"1990-07-01T03:00:00+04:00", "1990-07-01"},
                        Case{"1990-04-30T19:00:00-05:00", "1990-05-01"},
                        Case{"1999-12-31T19:00:00-05:00", "2000-01-01"},
                        Case{"1990-05-01T00:00:00+00:00", "1990-05-01"},
                        Case{"1990-05-01T00:00:00-01:00", "1990-05-01"},
                        Case{"1990-05-01", "1990-05-01"}, Case{"", ""},
                        Case{"01.05.1990", "01.05.1990"}}) {
    EXPECT_EQ(DecodeDate(c.printed), c.meant) << c.printed;
  }
}

TEST(AnswerDecoder, TheProfileTellsAnAdministrator) {
  EXPECT_TRUE(
      Single(GetProfile{}, R"({"result":{"ID":"1","ADMIN":true}})").results[0].admin);
  EXPECT_FALSE(
      Single(GetProfile{}, R"({"result":{"ID":"1","ADMIN":false}})").results[0].admin);
}

TEST(AnswerDecoder, ContactFieldsCarryTypeAndWhetherTheyCanBeWritten) {
  const CommandResult known =
      Single(
          GetContactFields{},
          R"({"result":{"ID":{"type":"integer","isReadOnly":true},)"
          R"("UF_CRM_1":{"type":"string","isReadOnly":false,"isRequired":true},"ODD":7}})")
          .results[0];
  EXPECT_EQ(known.fate, Fate::kDone);
  ASSERT_EQ(known.fields.size(), 3u);
  EXPECT_TRUE(known.fields.at("ID").read_only);
  EXPECT_EQ(known.fields.at("UF_CRM_1").type, "string");
  EXPECT_FALSE(known.fields.at("UF_CRM_1").read_only);
  EXPECT_TRUE(known.fields.at("UF_CRM_1").required);
  EXPECT_FALSE(known.fields.at("UF_CRM_1").multiple);
  EXPECT_FALSE(known.fields.at("UF_CRM_1").items.has_value());
  EXPECT_FALSE(known.fields.at("ID").required);
  // Nothing of a list that can't be whole.
  for (const char* text : {R"({"result":[]})", R"({"result":{}})", R"({"result":true})",
                           R"({"result":{"NAME":{"type":"string"}}})"}) {
    const CommandResult broken = Single(GetContactFields{}, text).results[0];
    EXPECT_EQ(broken.fate, Fate::kUnknown);
    EXPECT_TRUE(broken.fields.empty());
  }
}

TEST(AnswerDecoder, AListFieldTellsItsValuesWhereAllCanBeRead) {
  const auto fields =
      Single(GetContactFields{},
             R"({"result":{"ID":{"type":"integer"},)"
             R"("UF_A":{"type":"enumeration","isMultiple":true,)"
             R"("items":[{"ID":"45","VALUE":"Silver"},{"ID":46,"VALUE":"Gold"}]},)"
             R"("UF_B":{"type":"enumeration","items":[]},)"
             R"("UF_C":{"type":"enumeration","items":[{"ID":"45"},{"VALUE":"x"}]}}})")
          .results[0]
          .fields;
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_TRUE(fields.at("UF_A").multiple);
  EXPECT_EQ(fields.at("UF_A").items, (std::set<std::string>{"45", "46"}));
  EXPECT_EQ(fields.at("UF_B").items, std::set<std::string>());
  EXPECT_FALSE(fields.at("UF_C").items.has_value());
}

TEST(AnswerDecoder, AFieldOfStatusesTellsItsDictionary) {
  const auto fields =
      Single(GetContactFields{},
             R"({"result":{"ID":{"type":"integer","statusType":"X"},)"
             R"("SOURCE_ID":{"type":"crm_status"},"UF_C":{"type":"crm_status"},)"
             R"("UF_A":{"type":"crm_status","statusType":"DEAL_TYPE"},)"
             R"("UF_B":{"type":"crm_status","settings":{"ENTITY_TYPE":"SOURCE"}},)"
             R"("UF_D":{"type":"crm_status","settings":[]}}})")
          .results[0]
          .fields;
  ASSERT_EQ(fields.size(), 6u);
  EXPECT_EQ(fields.at("SOURCE_ID").dictionary, "SOURCE");
  EXPECT_EQ(fields.at("UF_A").dictionary, "DEAL_TYPE");
  EXPECT_EQ(fields.at("UF_B").dictionary, "SOURCE");
  for (const char* none : {"ID", "UF_C", "UF_D"}) {
    EXPECT_EQ(fields.at(none).dictionary, "") << none;
  }
}

TEST(AnswerDecoder, AFieldsStatusesAreToldByTheirIds) {
  const Command get =
      GetContactFields{.statuses_of = "HONORIFIC", .dictionary = "HONORIFIC"};
  const CommandResult told =
      Single(get, R"({"result":[{"ID":"1","STATUS_ID":"HNR_RU_1","NAME":"Mr."},)"
                  R"({"ID":"2","STATUS_ID":"HNR_RU_2"}]})")
          .results[0];
  EXPECT_EQ(told.fate, Fate::kDone);
  ASSERT_EQ(told.fields.size(), 1u);
  EXPECT_EQ(told.fields.at("HONORIFIC").items,
            (std::set<std::string>{"HNR_RU_1", "HNR_RU_2"}));
  // Whoever may not see them is shown none; behind a full page there may be more.
  std::string page = R"({"STATUS_ID":"HNR_RU_0"})";
  for (int i = 1; i < 50; ++i) page += absl::StrCat(R"(,{"STATUS_ID":"X)", i, R"("})");
  for (const std::string& text : {std::string(), page}) {
    const CommandResult untold =
        Single(get, absl::StrCat(R"({"result":[)", text, "]}")).results[0];
    EXPECT_EQ(untold.fate, Fate::kDone);
    EXPECT_TRUE(untold.fields.empty());
  }
  EXPECT_EQ(Single(get, R"({"result":[{"ID":"1"}]})").results[0].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, OnlyTrueIsADoneUpdate) {
  EXPECT_EQ(Single(kUpdate, R"({"result":true})").results[0].fate, Fate::kDone);
  EXPECT_EQ(Single(kUpdate, R"({"result":false})").results[0].fate, Fate::kUnknown);
  EXPECT_EQ(Single(kUpdate, R"({"result":[]})").results[0].fate, Fate::kUnknown);
}

TEST(AnswerDecoder, ARedirectIsNamedByItsHostAlone) {
  HttpResult http = Answered(302, "", "");
  http.headers.emplace("location", "https://New.example.com:8443/rest/1/s3cr3t/batch");
  const PortalAnswer answer = DecodeAnswer(http, {kAdd, kAdd});
  EXPECT_EQ(answer.fate, RequestFate::kRefused);
  EXPECT_EQ(answer.reason, "PORTAL_REDIRECT_REFUSED");
  EXPECT_EQ(answer.parameters.at("new_host"), "new.example.com");
  EXPECT_EQ(answer.results[1].fate, Fate::kNotExecuted);
}

TEST(AnswerDecoder, WithoutAnAnswerItMattersWhetherAnythingLeft) {
  HttpResult http;
  http.reason = "HOST_NOT_FOUND";
  PortalAnswer answer = DecodeAnswer(http, {kAdd});
  EXPECT_EQ(answer.fate, RequestFate::kNotSent);
  EXPECT_EQ(answer.results[0].fate, Fate::kNotExecuted);
  http.outcome = HttpOutcome::kSentNoAnswer;
  http.reason = "TIMED_OUT";
  answer = DecodeAnswer(http, {kAdd});
  EXPECT_EQ(answer.fate, RequestFate::kUnknown);
  EXPECT_EQ(answer.reason, "TIMED_OUT");
  EXPECT_EQ(answer.results[0].fate, Fate::kUnknown);
}

TEST(DecodeAnswer, ContactsFoundByAValueAreIdsOnly) {
  const FindContacts find{FindContacts::By::kPhone, {"+79160000000"}};
  const CommandResult two =
      Single(find, R"({"result":{"CONTACT":[7,"9"]}})").results[0];
  EXPECT_EQ(two.fate, Fate::kDone);
  ASSERT_EQ(two.rows.size(), 2u);
  EXPECT_EQ(two.rows[1].id, ContactId(9));
  EXPECT_EQ(Single(find, R"({"result":[]})").results[0].fate, Fate::kDone);
  EXPECT_EQ(Single(find, R"({"result":{"CONTACT":[0]}})").results[0].fate,
            Fate::kUnknown);
}

TEST(DecodeAnswer, AMissingRightToImportShutsThatWayAndProvesThatNothingHappened) {
  AddContact add;
  add.import = true;
  const char kDenied[] = R"({"error":"","error_description":"Access denied."})";
  const CommandResult quiet = Single(add, kDenied).results[0];
  EXPECT_EQ(quiet.fate, Fate::kNotExecuted);
  EXPECT_TRUE(quiet.unavailable);
  EXPECT_EQ(quiet.reason, "RIGHT_MISSING_ON_PORTAL");
  add.import = false;
  EXPECT_FALSE(Single(add, kDenied).results[0].unavailable);
}

}  // namespace
}  // namespace guestbridge::agent
