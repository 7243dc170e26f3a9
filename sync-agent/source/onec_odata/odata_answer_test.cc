#include "sync-agent/source/onec_odata/odata_answer.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

const ODataCall kCall = {"Catalog_Clients", {"Ref_Key", "Phone", "LastName"}};

HttpResult Answer(int status, std::string body) {
  HttpResult result;
  result.outcome = HttpOutcome::kAnswered;
  result.status = status;
  result.body = std::move(body);
  return result;
}

std::string Error(const std::string& code, const std::string& text) {
  return R"({"odata.error":{"code":")" + code +
         R"(","message":{"lang":"ru","value":")" + text + R"("}}})";
}

std::string ReasonFor(int status, const std::string& body) {
  return ReasonOf(DecodeRows(Answer(status, body), kCall).status());
}

TEST(CheckAnswerTest, ClassifiesByStatusCodeAndWords) {
  struct Case {
    int status;
    std::string body;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {401, "", "SOURCE_CREDENTIALS_REFUSED"},
      {401, "<html>401.5</html>", "SOURCE_CREDENTIALS_REFUSED"},
      {401, Error("20", "Недостаточно прав"), "SOURCE_RIGHT_MISSING"},
      {403, Error("20", "x"), "SOURCE_RIGHT_MISSING"},
      {403, "<html></html>", "SOURCE_RIGHT_MISSING"},
      {404, "<html>404</html>", "SOURCE_NOT_PUBLISHED"},
      {410, "", "SOURCE_NOT_PUBLISHED"},
      {301, "", "SOURCE_REDIRECTED"},
      {302, "<html>login</html>", "SOURCE_REDIRECTED"},
      {401, Error("5", "x"), "SOURCE_CREDENTIALS_REFUSED"},
      {400, Error("6", "Метод не найден"), "SOURCE_ATTRIBUTE_MISSING"},
      {400, Error("17", "Режим загрузки"), "SOURCE_REFUSED"},
      {500, Error("18", "Имя свойства уже используется"), "SOURCE_MODEL_INVALID"},
      {409, Error("15", "Запись существует"), "SOURCE_REFUSED"},
      {429, "", "SOURCE_BUSY"},
      {500,
       Error("-1", "Превышено максимальное время ожидания предоставления блокировки"),
       "SOURCE_BUSY"},
      {500, Error("-1", "Ошибка при выполнении запроса: server_addr=tcp://srv:1560"),
       "SOURCE_SERVER_FAILED"},
      {500, Error("-1", "Недостаточно памяти для получения результата запроса"),
       "SOURCE_SERVER_FAILED"},
      {500, Error("-1", "Сеанс работы завершен администратором"),
       "SOURCE_SERVER_FAILED"},
      {500, "Ошибка соединения с сервером 1С:Предприятия 8.3", "SOURCE_SERVER_FAILED"},
      {500, "Сервер баз данных не обнаружен", "SOURCE_SERVER_FAILED"},
      {500,
       "Различаются версии клиента и сервера 1С:Предприятия (8.3.24.1 - 8.3.27.1), "
       "клиентское приложение: Модуль расширения веб-сервера",
       "SOURCE_VERSIONS_DIFFER"},
      {400, "<html>The 1C:Enterprise client and server versions are different</html>",
       "SOURCE_VERSIONS_DIFFER"},
      {500, "<html>HTTP Error 500.19 - Internal Server Error</html>",
       "SOURCE_WEB_SERVER_MISCONFIGURED"},
      {503, "Монопольный режим: начало сеанса невозможно", "SOURCE_IN_MAINTENANCE"},
      {500, Error("-1", "Infobase session start is prohibited"),
       "SOURCE_IN_MAINTENANCE"},
      {503, "", "SOURCE_UNREACHABLE"},
      {404, Error("8", "Тип сущности не найден"), "SOURCE_ENTITY_MISSING"},
      {404, Error("9", "Экземпляр сущности не найден"), "CLIENT_GONE"},
      {404, "<m:error xmlns:m=\"x\"><m:code>9</m:code></m:error>", "CLIENT_GONE"},
      {400, Error("6", "Сегмент пути Phone не найден!"), "SOURCE_ATTRIBUTE_MISSING"},
      {400, Error("14", "Поле LastName не найдено"), "SOURCE_ATTRIBUTE_MISSING"},
      {400, Error("14", "Ошибка разбора"), "SOURCE_REFUSED"},
      {400, Error("15", "Запись существует"), "SOURCE_REFUSED"},
      {412, Error("0", "x"), "SOURCE_REFUSED"},
      {412, "", "SOURCE_REFUSED"},
      {500, Error("-1", "Конфликт блокировок при выполнении транзакции"),
       "SOURCE_BUSY"},
      {500, Error("-1", "НЕ УДАЛОСЬ ЗАБЛОКИРОВАТЬ запись"), "SOURCE_BUSY"},
      {500, Error("-1", "Lock request time out period exceeded"), "SOURCE_BUSY"},
      {500, Error("-1", "Карточка гостя заблокирована администратором"),
       "SOURCE_REFUSED"},
      {500, Error("-1", "The guest is blocked"), "SOURCE_REFUSED"},
      {500, Error("-1", "Начало сеанса с информационной базой запрещено. Архив"),
       "SOURCE_IN_MAINTENANCE"},
      {500, "Начало сеанса с информационной базой запрещено", "SOURCE_IN_MAINTENANCE"},
      {503, "<html>Ведутся технические работы</html>", "SOURCE_IN_MAINTENANCE"},
      {200, "<html>Начало сеанса с информационной базой запрещено</html>",
       "SOURCE_IN_MAINTENANCE"},
      {500, Error("-1", "Не обнаружено свободной лицензии!"),
       "SOURCE_LICENCES_EXHAUSTED"},
      {406, "Не найдена лицензия", "SOURCE_LICENCES_EXHAUSTED"},
      {406, "", "SOURCE_LICENCES_EXHAUSTED"},
      {502, "<html>nginx</html>", "SOURCE_UNREACHABLE"},
      {504, "", "SOURCE_UNREACHABLE"},
      {500, "<html>oops</html>", "SOURCE_ANSWER_BROKEN"},
      {200, "<html>welcome</html>", "SOURCE_ANSWER_BROKEN"},
      {200, "", "SOURCE_ANSWER_BROKEN"},
      {200, R"({"value":[{"Ref_Key":"a)", "SOURCE_ANSWER_BROKEN"},
      {200, R"({"value":[{"Remarks":"технические работы, лицензия)",
       "SOURCE_ANSWER_BROKEN"},
      {200, R"({"value":[1]})", "SOURCE_ANSWER_BROKEN"},
      {200, "[]", "SOURCE_ANSWER_BROKEN"},
      {200, std::string(200'000, '['), "SOURCE_ANSWER_BROKEN"},
      {200, R"({"value":[{"a":)" + std::string(100'000, '9') + "}]}",
       "SOURCE_ANSWER_BROKEN"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ReasonFor(c.status, c.body), c.reason)
        << c.status << " " << c.body.substr(0, 200);
  }
}

TEST(CheckAnswerTest, WhatPassesByItselfIsWorthARetryAndTheRestNeedsAPerson) {
  const std::set<std::string> passes = {
      "SOURCE_UNREACHABLE",    "SOURCE_IN_MAINTENANCE", "SOURCE_LICENCES_EXHAUSTED",
      "SOURCE_BUSY",           "SOURCE_ANSWER_BROKEN",  "SOURCE_SERVER_FAILED",
      "SOURCE_VERSIONS_DIFFER"};
  for (const int status : {301, 400, 401, 403, 404, 406, 429, 500, 502, 503, 504}) {
    for (const char* text : {"", "блокировка", "лицензия", "кластер", "500.19",
                             "начало сеанса", "версии клиента и сервера"}) {
      const absl::Status verdict = CheckAnswer(Answer(status, text), kCall);
      EXPECT_EQ(absl::IsUnavailable(verdict), passes.count(ReasonOf(verdict)) > 0)
          << status << " " << text << " " << verdict;
      EXPECT_NE(FindReason(ReasonOf(verdict)), nullptr) << ReasonOf(verdict);
    }
  }
}

TEST(CheckAnswerTest, NeverRepeatsTheMessage) {
  const absl::Status status =
      CheckAnswer(Answer(500, Error("-1", "Гость Иванов уже заселён")), kCall);
  EXPECT_EQ(ReasonOf(status), "SOURCE_REFUSED");
  EXPECT_EQ(status.ToString().find("Иванов"), std::string::npos);
  EXPECT_EQ(ParametersOf(status)["code"], "-1");
}

TEST(CheckAnswerTest, NamesTheAttributeThatTheMessageNames) {
  const absl::Status status =
      CheckAnswer(Answer(400, Error("6", "Сегмент пути Phone не найден!")), kCall);
  EXPECT_EQ(ParametersOf(status)["attribute"], "Phone");
}

TEST(CheckAnswerTest, SaysWhyThereIsNoAnswer) {
  HttpResult result;
  result.outcome = HttpOutcome::kSentNoAnswer;
  result.reason = "TIMED_OUT";
  const absl::Status status = CheckAnswer(result, kCall);
  EXPECT_EQ(ReasonOf(status), "SOURCE_UNREACHABLE");
  EXPECT_EQ(ParametersOf(status)["cause"], "TIMED_OUT");
  result.reason = "ADDRESS_REFUSED";
  EXPECT_EQ(ReasonOf(CheckAnswer(result, kCall)), "SOURCE_ADDRESS_REFUSED");
}

TEST(DecodeRowsTest, ReadsNumbersAndTextsAlike) {
  const auto answer = DecodeRows(
      Answer(200,
             "\xef\xbb\xbf"
             R"({"odata.metadata":"x","value":[{"A":"1","B":2,"C":true,"D":null,
                 "E":[{"LineNumber":"1"}],"F":"\u041e\u000b \"","G":1.5}]})"),
      kCall);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->rows.size(), 1u);
  const ODataRow& row = answer->rows[0];
  EXPECT_EQ(row.Get("A"), "1");
  EXPECT_EQ(row.Get("B"), "2");
  EXPECT_EQ(row.Get("C"), "true");
  EXPECT_EQ(row.Find("D"), nullptr);
  EXPECT_EQ(row.Find("E"), nullptr);
  EXPECT_EQ(row.Get("F"), "О\x0b \"");
  EXPECT_EQ(row.Get("G"), "1.5");
}

TEST(DecodeRowsTest, OneGuestsCutEmojiDoesNotSpoilThePage) {
  for (const char* text : {R"("Привет \ud83d")", "\"Привет \xed\xa0\xbd\""}) {
    const auto answer =
        DecodeRows(Answer(200, absl::StrCat(R"({"value":[{"Ref_Key":"a","Remarks":)",
                                            text, R"(},{"Ref_Key":"b"}]})")),
                   kCall);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->rows.size(), 2u);
    EXPECT_TRUE(
        absl::StartsWith(answer->rows[0].Get("Remarks"), "Привет \xef\xbf\xbd"));
  }
}

TEST(DecodeRowsTest, RowsOfAnotherSetAreNoAnswer) {
  const auto reason = [](const std::string& set, const std::string& asked) {
    return ReasonOf(
        DecodeRows(Answer(200, absl::StrCat(R"({"odata.metadata":"http://h/b/)", set,
                                            R"(","value":[{"Ref_Key":"a"}]})")),
                   {asked, {"Ref_Key"}})
            .status());
  };
  EXPECT_EQ(reason("$metadata#Catalog_Clients", "Catalog_Clients"), "");
  EXPECT_EQ(reason("$metadata#Catalog_Clients/@Element", "Catalog_Clients"), "");
  EXPECT_EQ(
      reason("$metadata#InformationRegister_X_RecordType", "InformationRegister_X"),
      "");
  EXPECT_EQ(reason("$metadata", "Catalog_Clients"), "");
  EXPECT_EQ(reason("$metadata#Catalog_%D0%93", "Catalog_Г"), "");
  EXPECT_EQ(reason("$metadata#Catalog_Hotels", "Catalog_Clients"),
            "SOURCE_ANSWER_BROKEN");
}

// Bad input of a base, a proxy or a cache; none may crash, hang or be taken for rows.
TEST(DecodeRowsTest, TakesValuesOfAnyTypeAndNullsEverywhere) {
  const std::string long_text(20 << 20, 'x');
  const auto answer = DecodeRows(
      Answer(200,
             absl::StrCat(R"({"value":[{"Ref_Key":null,"Code":null,"Phone":{"a":1}},)",
                          R"({"Ref_Key":12,"Code":[1],"Phone":true,"Created":-1e40},)",
                          R"({"Ref_Key":"a","Code":"\u0000b","Phone":")", long_text,
                          R"("}]})")),
      kCall);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->rows.size(), 3u);
  EXPECT_TRUE(answer->rows[0].values.empty());
  EXPECT_EQ(answer->rows[1].Get("Ref_Key"), "12");
  EXPECT_EQ(answer->rows[1].Find("Code"), nullptr);
  EXPECT_EQ(answer->rows[2].Get("Code"), std::string("\0b", 2));
  EXPECT_EQ(answer->rows[2].Get("Phone").size(), long_text.size());
}

TEST(DecodeRowsTest, ReadsASingleEntityAndAnEmptyList) {
  const auto single = DecodeRows(Answer(200, R"({"Ref_Key":"a","value":"b"})"), kCall);
  ASSERT_TRUE(single.ok());
  EXPECT_EQ(single->rows.at(0).Get("Ref_Key"), "a");
  const auto none = DecodeRows(Answer(200, R"({"value":[]})"), kCall);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->rows.empty());
}

TEST(CheckXmlTest, APageInPlaceOfAnXmlDocumentIsToldByItsWords) {
  const auto check = [](const std::string& body) {
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    result.body = body;
    return CheckXml(result, {"$metadata", {}});
  };
  EXPECT_TRUE(check("\xEF\xBB\xBF<?xml version=\"1.0\"?><edmx:Edmx").ok());
  EXPECT_TRUE(check("<edmx:Edmx>").ok());
  EXPECT_EQ(ReasonOf(check("<html>Ведутся технические работы</html>")),
            "SOURCE_IN_MAINTENANCE");
  EXPECT_EQ(ReasonOf(check("<html>Welcome</html>")), "SOURCE_ANSWER_BROKEN");
}

TEST(DecodeSetsTest, ReadsAtomAndJsonAndTakesNoHalfName) {
  using Sets = std::vector<std::string>;
  const std::string atom =
      R"(<service><collection href="Catalog_Clients"/><collection href="Catalog_B"/>)";
  const auto of_atom = DecodeSets(Answer(200, atom + "</service>"));
  ASSERT_TRUE(of_atom.ok()) << of_atom.status();
  EXPECT_EQ(*of_atom, (Sets{"Catalog_Clients", "Catalog_B"}));
  const auto of_json =
      DecodeSets(Answer(200, R"({"value":[{"name":"A","url":"Catalog_A"}]})"));
  ASSERT_TRUE(of_json.ok()) << of_json.status();
  EXPECT_EQ(*of_json, Sets{"Catalog_A"});
  EXPECT_EQ(ReasonOf(DecodeSets(Answer(200, atom.substr(0, 70))).status()),
            "SOURCE_ANSWER_BROKEN");
}

}  // namespace
}  // namespace guestbridge::agent
