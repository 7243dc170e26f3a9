#include "sync-agent/source/onec_odata/keyset_reader.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;

using Script = std::vector<std::pair<int, std::string>>;  // status, body

// Answers by a script; keeps what it was asked.
class ScriptedHttp : public HttpClient {
 public:
  ScriptedHttp(Script script, std::vector<HttpRequest>* requests)
      : script_(std::move(script)), requests_(requests) {}
  HttpResult Send(const HttpRequest& request) override {
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
    result.body = script_[at].second;
    return result;
  }

 private:
  const Script script_;
  std::vector<HttpRequest>* requests_;
};

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
        std::make_unique<ScriptedHttp>(std::move(script), &requests_), "/b/odata",
        "Мария", SecretString("п"));
    KeysetQuery query;
    query.entity = "Catalog_Clients";
    query.filter = "IsFolder eq false";
    query.order_by = "Code";
    query.select = {"Ref_Key", "Code"};
    query.identity = {"Ref_Key"};
    query.page_rows = page_rows;
    reader_ = std::make_unique<KeysetReader>(query, *session_);
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
