#include "sync-agent/source/onec_odata/keyset_reader.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;

using Script = std::vector<std::pair<int, std::string>>;  // status, body

// Answers by a script; keeps what it was asked.
class ScriptedHttp : public HttpClient {
 public:
  ScriptedHttp(Script script, std::vector<HttpRequest>* requests,
               const absl::Duration* takes, guestbridge::testing::FakeClock* clock)
      : script_(std::move(script)), requests_(requests), takes_(takes), clock_(clock) {}
  HttpResult Send(const HttpRequest& request) override {
    clock_->Advance(*takes_);
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    const size_t at = requests_->size();
    requests_->push_back(request);
    if (at >= script_.size()) {
      result.outcome = HttpOutcome::kNotSent;
      result.reason = "CONNECTION_REFUSED";
      return result;
    }
    result.status = script_[at].first;
    if (result.status == 0) {
      result.outcome = HttpOutcome::kSentNoAnswer;
      result.reason = "TIMED_OUT";
      return result;
    }
    result.body = script_[at].second;
    return result;
  }

 private:
  const Script script_;
  std::vector<HttpRequest>* requests_;
  const absl::Duration* takes_;
  guestbridge::testing::FakeClock* clock_;
};

constexpr std::pair<int, const char*> kTimedOut = {0, ""};

// A page of rows "code:key".
std::pair<int, std::string> Page(const std::vector<std::pair<int, int>>& rows) {
  std::vector<std::string> items;
  for (const auto& [code, key] : rows) {
    items.push_back(
        absl::StrCat(R"({"Code":"c)", code, R"(","Ref_Key":"k)", key, R"("})"));
  }
  return {200, absl::StrCat(R"({"value":[)", absl::StrJoin(items, ","), "]}")};
}

class KeysetReaderTest : public ::testing::Test {
 protected:
  void Start(Script script, int page_rows = 3) {
    session_ = std::make_unique<ODataSession>(
        std::make_unique<ScriptedHttp>(std::move(script), &requests_, &takes_, &clock_),
        "/b/odata", "Мария", SecretString("п"));
    KeysetQuery query;
    query.entity = "Catalog_Clients";
    query.filter = "IsFolder eq false";
    query.order_by = "Code";
    query.select = {"Ref_Key", "Code"};
    query.identity = {"Ref_Key"};
    query.page_rows = page_rows;
    query.most_group_rows = most_group_rows_;
    reader_ = std::make_unique<KeysetReader>(query, *session_, clock_);
  }
  // Keys of the next page; "|" behind the last, "!" and the reason of an error.
  std::string Next() {
    const auto page = reader_->Next();
    if (!page.ok()) return absl::StrCat("!", ReasonOf(page.status()));
    std::vector<std::string> keys;
    for (const ODataRow& row : page->rows) keys.push_back(row.Get("Ref_Key"));
    return absl::StrCat(absl::StrJoin(keys, " "), page->last ? "|" : "");
  }
  std::string Target(size_t at) { return requests_.at(at).target; }

  // A page of `count` rows that share one value.
  static std::pair<int, std::string> Group(int count) {
    std::vector<std::pair<int, int>> rows;
    for (int i = 0; i < count; ++i) rows.emplace_back(1, i);
    return Page(rows);
  }
  // Rows that the next page asks for.
  int TopOf(size_t at) {
    int top = 0;
    const std::string target = Target(at);
    const size_t begin = target.find("$top=");
    if (begin == std::string::npos) return 0;
    EXPECT_TRUE(absl::SimpleAtoi(target.substr(begin + 5), &top)) << target;
    return top;
  }

  guestbridge::testing::FakeClock clock_;
  absl::Duration takes_;  // every answer
  int most_group_rows_ = 256'000;
  std::vector<HttpRequest> requests_;
  std::unique_ptr<ODataSession> session_;
  std::unique_ptr<KeysetReader> reader_;
};

TEST_F(KeysetReaderTest, GoesOnFromTheLastValueAndLeavesOutWhatItHad) {
  Start({Page({{1, 1}, {2, 2}, {3, 3}}), Page({{3, 3}, {4, 4}, {5, 5}}),
         Page({{5, 5}, {6, 6}})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "k4 k5");
  EXPECT_EQ(Next(), "k6|");
  EXPECT_EQ(Target(0),
            "/b/odata/Catalog_Clients?$format=json&$filter=IsFolder%20eq%20false"
            "&$select=Ref_Key,Code&$orderby=Code&$top=3");
  EXPECT_TRUE(absl::StrContains(Target(1), "and%20Code%20ge%20'c3'&"));
  EXPECT_EQ(requests_[0].headers.find("Authorization")->second,
            "Basic 0JzQsNGA0LjRjzrQvw==");
  EXPECT_EQ(requests_[0].headers.find("Accept")->second, "application/json");
}

TEST_F(KeysetReaderTest, ListsAValueThatMoreRowsShareThanAPageHolds) {
  Start({Page({{1, 1}, {2, 2}, {2, 3}}), Page({{2, 2}, {2, 3}, {2, 4}}),
         Page({{2, 4}, {2, 2}, {2, 3}}), Page({{2, 2}, {2, 3}, {2, 4}, {2, 5}, {2, 6}}),
         Page({{3, 7}})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "k4");
  EXPECT_EQ(Next(), "k5 k6");
  EXPECT_EQ(Next(), "k7|");
  EXPECT_TRUE(absl::StrContains(Target(3), "Code%20eq%20'c2'"));
  EXPECT_FALSE(absl::StrContains(Target(3), "$orderby"));
  EXPECT_TRUE(absl::StrContains(Target(4), "Code%20gt%20'c2'"));
}

TEST_F(KeysetReaderTest, EndsThoughTheDatabaseMovesTies) {
  Start({Page({{2, 1}, {2, 2}, {2, 3}}), Page({{2, 2}, {2, 3}, {2, 4}}),
         Page({{2, 1}, {2, 2}, {2, 4}}), Page({{2, 1}, {2, 2}, {2, 3}, {2, 4}}),
         Page({})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "k4");
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(Next(), "|");
}

TEST_F(KeysetReaderTest, AsksABrokenPageOnceMoreAndThenLeavesItToTheCaller) {
  Start({{200, R"({"value":[{"Ref)"}, Page({{1, 1}}), {200, "<html>"}, {200, "{"}, {}});
  EXPECT_EQ(Next(), "k1|");
  EXPECT_EQ(Next(), "!SOURCE_ANSWER_BROKEN");
  EXPECT_EQ(requests_.size(), 4u);
}

TEST_F(KeysetReaderTest, ShrinksAPageThatFailsAsAWhole) {
  const std::pair<int, std::string> fat = {
      500, R"({"odata.error":{"code":"-1","message":{"value":"Память"}}})"};
  Start({fat, fat, Page({{1, 1}})}, /*page_rows=*/200);
  EXPECT_EQ(Next(), "k1|");
  EXPECT_TRUE(absl::StrContains(Target(0), "$top=200"));
  EXPECT_TRUE(absl::StrContains(Target(1), "$top=50"));
  EXPECT_TRUE(absl::StrContains(Target(2), "$top=12"));
}

TEST_F(KeysetReaderTest, APageThatTimesOutIsAskedForSmallerTheNextTime) {
  Start({kTimedOut, kTimedOut, Page({{1, 1}})}, /*page_rows=*/200);
  EXPECT_EQ(Next(), "!SOURCE_UNREACHABLE");
  EXPECT_EQ(Next(), "!SOURCE_UNREACHABLE");
  EXPECT_EQ(Next(), "k1|");
  EXPECT_EQ(TopOf(0), 200);
  EXPECT_EQ(TopOf(1), 50);
  EXPECT_EQ(TopOf(2), 12);
}

TEST_F(KeysetReaderTest, PagesAreAsLargeAsTwentySecondsAllow) {
  // Each page is full, and takes its time: a second for each row that is asked for.
  const auto page = [](int from, int count) {
    std::vector<std::pair<int, int>> rows;
    for (int i = from; i < from + count; ++i) rows.emplace_back(i, i);
    return Page(rows);
  };
  Start({page(0, 80), page(79, 20), page(98, 20)}, /*page_rows=*/80);
  takes_ = absl::Seconds(80);
  Next();
  takes_ = absl::Seconds(10);
  Next();
  Next();
  EXPECT_EQ(TopOf(0), 80);
  EXPECT_EQ(TopOf(1), 20);
  EXPECT_EQ(TopOf(2), 40);  // and grow when 1C is quicker again
}

TEST_F(KeysetReaderTest, RequestsThatAreSlowInThemselvesDoNotMakePagesTiny) {
  Script script;
  int at = 0;
  for (const int count : {200, 66, 25, 25, 25}) {
    std::vector<std::pair<int, int>> rows;
    for (int i = 0; i < count; ++i) rows.emplace_back(at + i, at + i);
    at += count - 1;  // the next one begins with the last of this one
    script.push_back(Page(rows));
  }
  Start(std::move(script), /*page_rows=*/200);
  takes_ = absl::Seconds(60);
  for (int i = 0; i < 5; ++i) Next();
  EXPECT_EQ(TopOf(1), 66);
  EXPECT_EQ(TopOf(4), 25);
}

TEST_F(KeysetReaderTest, AValueThatMoreRowsShareThanALimitHoldsIsListedWhole) {
  most_group_rows_ = 1000;
  Start({Group(3), Group(3), Group(1000), Group(1200), Page({{2, 5000}})});
  EXPECT_EQ(Next(), "k0 k1 k2");
  const std::string rest = Next();
  EXPECT_EQ(std::count(rest.begin(), rest.end(), 'k'), 1197);
  EXPECT_EQ(TopOf(2), 1000);
  EXPECT_EQ(TopOf(3), 0);
  EXPECT_EQ(Next(), "k5000|");
}

TEST_F(KeysetReaderTest, AListThatTheServerCutsShortIsAnErrorAndNotTheEnd) {
  most_group_rows_ = 1000;
  std::pair<int, std::string> cut = Group(1100);
  cut.second.replace(cut.second.size() - 1, 1, R"(,"odata.nextLink":"x"})");
  Start({Group(3), Group(3), Group(1000), cut});
  EXPECT_EQ(Next(), "k0 k1 k2");
  EXPECT_EQ(Next(), "!SOURCE_LIST_CUT");
}

TEST_F(KeysetReaderTest, ARefusalThatNoPageSizeCuresIsAnError) {
  const std::pair<int, std::string> refusal = {
      500, R"({"odata.error":{"code":"-1","message":{"value":"Нельзя"}}})"};
  Start({refusal, refusal, refusal, refusal, refusal}, /*page_rows=*/20);
  EXPECT_EQ(Next(), "!SOURCE_REFUSED");
  EXPECT_EQ(requests_.size(), 3u);
}

TEST_F(KeysetReaderTest, TheSamePageCanBeAskedForAfterALostConnection) {
  Start({Page({{1, 1}, {2, 2}, {3, 3}})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "!SOURCE_UNREACHABLE");
  EXPECT_EQ(Next(), "!SOURCE_UNREACHABLE");
  EXPECT_EQ(Target(1), Target(2));
}

TEST_F(KeysetReaderTest, AServerThatRepeatsItsFirstPageForEverIsFoundOut) {
  for (const auto& page :
       {Page({{1, 1}, {2, 2}, {3, 3}}), Page({{1, 1}, {1, 2}, {1, 3}})}) {
    requests_.clear();
    Start(Script(100, page));
    std::string last;
    for (int i = 0; i < 30 && last != "!SOURCE_PAGES_REPEAT"; ++i) last = Next();
    EXPECT_EQ(last, "!SOURCE_PAGES_REPEAT");
    EXPECT_LT(requests_.size(), 30u);
  }
}

TEST_F(KeysetReaderTest, PagesThatAreNotInOrderAreAnErrorAndNoGap) {
  const auto page = [](const std::vector<std::string>& codes) {
    std::vector<std::string> items;
    for (const std::string& code : codes) {
      items.push_back(
          absl::StrCat(R"({"Code":")", code, R"(","Ref_Key":"k)", code, R"("})"));
    }
    return std::pair<int, std::string>(
        200, absl::StrCat(R"({"value":[)", absl::StrJoin(items, ","), "]}"));
  };
  Start({page({"003", "002", "001"})});
  EXPECT_EQ(Next(), "!SOURCE_ORDER_IGNORED");
  // How other texts are sorted is the database's affair.
  requests_.clear();
  Start({page({"", "12", "9", "Б", "А", "а-2", "а 1"})});
  EXPECT_EQ(Next(), "k k12 k9 kБ kА kа-2 kа 1");
}

TEST_F(KeysetReaderTest, MoreOfNothingIsABrokenAnswer) {
  Start(Script(10, {200, R"({"value":[],"odata.nextLink":"x"})"}));
  EXPECT_EQ(Next(), "!SOURCE_ANSWER_BROKEN");
}

TEST_F(KeysetReaderTest, GoesOnBehindAPageThatEndsWithoutAValue) {
  Start({{200, R"({"value":[{"Code":null,"Ref_Key":"k1"},{"Code":"c1","Ref_Key":"k2"},
                            {"Code":null,"Ref_Key":"k3"}]})"},
         Page({{1, 2}, {2, 4}})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "k4|");
  EXPECT_TRUE(absl::StrContains(Target(1), "Code%20ge%20'c1'"));
}

TEST_F(KeysetReaderTest, APageWithoutAnyValueNamesTheAttribute) {
  const std::pair<int, std::string> nulls = {
      200, R"({"value":[{"Ref_Key":"k1"},{"Ref_Key":"k2"},{"Ref_Key":"k3"}]})"};
  Start({nulls});
  EXPECT_EQ(Next(), "!SOURCE_ATTRIBUTE_MISSING");
}

TEST_F(KeysetReaderTest, LeavesHiddenRowsOutFromTheFirstRefusalOn) {
  const std::pair<int, std::string> hidden = {
      401, R"({"odata.error":{"code":"20","message":{"value":"Права"}}})"};
  Start({hidden, Page({{1, 1}, {2, 2}, {3, 3}}), Page({{3, 3}})});
  EXPECT_EQ(Next(), "k1 k2 k3");
  EXPECT_EQ(Next(), "|");
  EXPECT_FALSE(absl::StrContains(Target(0), "allowedOnly"));
  EXPECT_TRUE(absl::StrContains(Target(1), "&allowedOnly=true"));
  EXPECT_TRUE(absl::StrContains(Target(2), "&allowedOnly=true"));
}

TEST_F(KeysetReaderTest, TheServiceDocumentReadsAsJsonAndAsAtom) {
  Start({{200, R"({"value":[{"name":"A","url":"A"},{"name":"B"}]})"},
         {200, R"(<?xml version="1.0"?><service><workspace>)"
               R"(<collection href="A"/><collection href="B"></collection>)"
               R"(</workspace></service>)"},
         {200, "<service><workspace/></service>"}});
  EXPECT_THAT(session_->FetchServiceDocument()->sets, ElementsAre("A", "B"));
  EXPECT_THAT(session_->FetchServiceDocument()->sets, ElementsAre("A", "B"));
  EXPECT_THAT(session_->FetchServiceDocument()->sets, ElementsAre());
  EXPECT_EQ(Target(0), "/b/odata?$format=json");
}

}  // namespace
}  // namespace guestbridge::agent
