#include "sync-agent/source/onec_odata/ib_session.h"

#include <string>

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

using State = IbSession::State;

HttpResult Answer(int status, const std::string& cookie = "",
                  const std::string& body = "{}") {
  HttpResult result;
  result.outcome = HttpOutcome::kAnswered;
  result.status = status;
  result.body = body;
  if (!cookie.empty()) result.headers.emplace("set-cookie", cookie);
  return result;
}

// "header|cookie" of the next request of a series.
std::string Next(IbSession& session) {
  HttpRequest request;
  session.Prepare(&request);
  const auto header = request.headers.find("IBSession");
  const auto cookie = request.headers.find("Cookie");
  return (header == request.headers.end() ? "" : header->second) + "|" +
         (cookie == request.headers.end() ? "" : cookie->second);
}

void Open(IbSession& session) {
  EXPECT_EQ(Next(session), "start|");
  EXPECT_FALSE(session.TakeAnswer(Answer(200, "ibsession=a1; path=/hotel; HttpOnly")));
  EXPECT_EQ(session.state(), State::kOpen);
}

TEST(IbSessionTest, StartsIsReusedAndFinishes) {
  IbSession session;
  Open(session);
  EXPECT_EQ(Next(session), "|ibsession=a1");
  EXPECT_FALSE(session.TakeAnswer(Answer(200)));
  HttpRequest last;
  session.PrepareFinish(&last);
  EXPECT_EQ(last.headers.find("IBSession")->second, "finish");
  EXPECT_EQ(last.headers.find("Cookie")->second, "ibsession=a1");
  EXPECT_FALSE(session.TakeAnswer(Answer(500)));
  EXPECT_EQ(Next(session), "start|");
}

TEST(IbSessionTest, AnIgnoredHeaderIsSentOnce) {
  IbSession session;
  EXPECT_EQ(Next(session), "start|");
  EXPECT_FALSE(session.TakeAnswer(Answer(200, "other=1")));
  EXPECT_EQ(session.state(), State::kIgnored);
  session.BeginSeries();
  EXPECT_EQ(Next(session), "|");
}

TEST(IbSessionTest, AnErrorThatIsNotTheSessionsLeavesItUntried) {
  IbSession session;
  EXPECT_EQ(Next(session), "start|");
  EXPECT_FALSE(session.TakeAnswer(Answer(401, "", "<html>")));
  EXPECT_EQ(Next(session), "start|");
  EXPECT_FALSE(session.TakeAnswer(
      Answer(400, "", R"({"odata.error":{"code":"6","message":{"value":"Phone"}}})")));
  EXPECT_EQ(Next(session), "start|");
}

TEST(IbSessionTest, GoesWithoutWhenNoneIsFreeUntilTheNextSeries) {
  IbSession session;
  EXPECT_EQ(Next(session), "start|");
  EXPECT_TRUE(session.TakeAnswer(Answer(406)));
  EXPECT_EQ(Next(session), "|");
  EXPECT_FALSE(session.TakeAnswer(Answer(200)));
  EXPECT_EQ(Next(session), "|");
  session.BeginSeries();
  EXPECT_EQ(Next(session), "start|");
}

TEST(IbSessionTest, StartsAgainWhenTheSessionDiedWhateverTheVersionAnswers) {
  for (const int status : {400, 404, 406, 500}) {
    IbSession session;
    Open(session);
    EXPECT_EQ(Next(session), "|ibsession=a1");
    EXPECT_TRUE(session.TakeAnswer(Answer(status, "", "Сеанс отсутствует или удален")));
    EXPECT_EQ(Next(session), "start|") << status;
  }
}

TEST(IbSessionTest, AnAnswerOfALivingSessionIsNotSentTwice) {
  IbSession session;
  Open(session);
  for (const char* body :
       {R"({"odata.error":{"code":"9","message":{"value":"Экземпляр не найден"}}})",
        R"({"odata.error":{"code":"-1","message":{"value":"Гость уже заселён"}}})",
        "Начало сеанса с информационной базой запрещено"}) {
    for (const int status : {400, 404, 500}) {
      EXPECT_EQ(Next(session), "|ibsession=a1");
      EXPECT_FALSE(session.TakeAnswer(Answer(status, "", body))) << status << body;
    }
  }
  HttpResult lost;
  lost.outcome = HttpOutcome::kSentNoAnswer;
  EXPECT_EQ(Next(session), "|ibsession=a1");
  EXPECT_FALSE(session.TakeAnswer(lost));
  EXPECT_EQ(session.state(), State::kOpen);
}

TEST(IbSessionTest, GivesSessionsUpThatDieAtOnce) {
  IbSession session;
  for (int i = 0; i < 3; ++i) {
    Open(session);
    EXPECT_EQ(Next(session), "|ibsession=a1");
    EXPECT_TRUE(session.TakeAnswer(Answer(500, "", "Сеанс завершен")));
  }
  EXPECT_EQ(session.state(), State::kIgnored);
  EXPECT_EQ(Next(session), "|");
}

TEST(IbSessionTest, TakesNoCookieThatCouldBreakARequest) {
  for (const char* cookie : {"ibsession=", "ibsession=a b", "ibsession=a,b",
                             "xibsession=a", "ibsession=\xd0\xb9"}) {
    IbSession session;
    EXPECT_EQ(Next(session), "start|");
    EXPECT_FALSE(session.TakeAnswer(Answer(200, cookie)));
    EXPECT_EQ(session.state(), State::kIgnored) << cookie;
  }
}

TEST(IbSessionTest, OutsideASeriesItOnlyJoinsAnOpenSession) {
  IbSession session;
  HttpRequest request;
  session.Join(&request);
  EXPECT_TRUE(request.headers.empty());
  EXPECT_FALSE(session.TakeAnswer(Answer(200)));
  EXPECT_EQ(session.state(), State::kUntried);
}

}  // namespace
}  // namespace guestbridge::agent
