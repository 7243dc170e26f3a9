#include "sync-agent/source/onec_odata/exchange_plan_stream.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/lookup_table.h"

namespace guestbridge::agent {
namespace {

constexpr char kNode[] = "9a7e0000-0000-4000-8000-000000000002";
constexpr char kOtherNode[] = "9a7e0000-0000-4000-8000-000000000003";

std::string GuidOf(char letter) {
  return absl::StrCat("3f0c1a52-0000-4000-8000-00000000000", std::string(1, letter));
}

// A base with clients a, b, c, …, a change history and an exchange plan. What goes
// wrong is queued by function.
struct FakeBase {
  std::string clients = "abcdef";
  std::string history;  // clients of its rows, the oldest first
  std::string node = kNode;
  int64_t received = 0;
  std::map<char, int64_t> registered;  // client -> message, 0: none yet
  std::string others;                  // entries that are no clients, as XML
  // Status and body; 0: the answer is lost, after the function was carried out.
  std::map<std::string, std::deque<std::pair<int, std::string>>> faults;
  std::vector<std::string> calls;

  void Change(const std::string& which) {
    for (const char letter : which) {
      registered[letter] = 0;
      history.push_back(letter);
    }
  }
};

class FakeBaseHttp : public HttpClient {
 public:
  explicit FakeBaseHttp(FakeBase& base) : base_(base) {}

  HttpResult Send(const HttpRequest& request) override {
    const std::string& target = request.target;
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    const std::string call = NameOf(target);
    const std::string function = call.substr(0, call.find(' '));
    base_.calls.push_back(call);
    auto& faults = base_.faults[function];
    if (!faults.empty() && faults.front().first != 0) {
      std::tie(result.status, result.body) = faults.front();
      faults.pop_front();
    } else {
      result.body = Answer(function, target);
      if (!faults.empty()) {
        faults.pop_front();
        result = {};
        result.outcome = HttpOutcome::kSentNoAnswer;
        result.reason = "TIMED_OUT";
        return result;
      }
    }
    if (request.on_body != nullptr && result.status == 200) {
      const std::string body = std::exchange(result.body, "");
      for (size_t at = 0; at < body.size(); at += 100) {
        if (!request.on_body(absl::string_view(body).substr(at, 100))) break;
      }
    }
    return result;
  }

 private:
  static int64_t MessageOf(const std::string& target) {
    int64_t message = -1;
    EXPECT_TRUE(absl::SimpleAtoi(target.substr(target.rfind('=') + 1), &message));
    return message;
  }
  static std::string NameOf(const std::string& target) {
    if (absl::StrContains(target, "/SelectChanges?")) {
      return absl::StrCat("select ", MessageOf(target));
    }
    if (absl::StrContains(target, "/NotifyChangesReceived?")) {
      return absl::StrCat("acknowledge ", MessageOf(target));
    }
    if (absl::StrContains(target, "/ExchangePlan_")) return "node";
    if (absl::StrContains(target, "History")) {
      return absl::StrContains(target, "desc") ? "newest" : "history";
    }
    if (absl::StrContains(target, "desc")) return "created";
    if (absl::StrContains(target, "Ref_Key%20eq%20guid'")) return "keys";
    // Parts of a reading by the history that find nothing here.
    if (absl::StrContains(target, "CreateDate%20ge")) return "nobody";
    return absl::StrContains(target, "B24ContactID%20eq") ? "nobody" : "all";
  }

  static std::string Rows(const std::vector<std::string>& rows) {
    return absl::StrCat(R"({"value":[)", absl::StrJoin(rows, ","), "]}");
  }
  std::string Client(char letter) const {
    return absl::StrCat(R"({"Ref_Key":")", GuidOf(letter), R"(","Code":")",
                        std::string(1, letter),
                        R"(","IsFolder":false,"CreateDate":"2024-01-01T00:00:00"})");
  }
  static std::string HistoryRow(size_t at, char letter) {
    return absl::StrCat(R"({"Period":"2024-05-01T10:00:)", at < 10 ? "0" : "", at,
                        R"(","Client_Key":")", GuidOf(letter), R"("})");
  }

  std::string Answer(const std::string& function, const std::string& target) {
    std::vector<std::string> rows;
    if (function == "node") {
      const auto node = [](const std::string& guid, const char* code, const char* own,
                           int64_t received) {
        return absl::StrCat(R"({"Ref_Key":")", guid, R"(","Code":")", code,
                            R"(   ","ThisNode":)", own, R"(,"ReceivedNo":")", received,
                            R"("})");
      };
      return Rows({node(kOtherNode, "gb", "true", 90),
                   node(base_.node, "gb", "false", base_.received)});
    }
    if (function == "select" || function == "acknowledge") {
      EXPECT_TRUE(absl::StrContains(
          target, absl::StrCat("?DataExchangePoint='https://h/b/odata/standard.odata/"
                               "ExchangePlan_GB(guid'",
                               base_.node, "')'&MessageNo=")))
          << target;
      return function == "select" ? Select(MessageOf(target))
                                  : Acknowledge(MessageOf(target));
    }
    if (function == "newest") {
      if (!base_.history.empty()) {
        rows = {HistoryRow(base_.history.size() - 1, base_.history.back())};
      }
    } else if (function == "history") {
      for (size_t i = 0; i < base_.history.size(); ++i) {
        rows.push_back(HistoryRow(i, base_.history[i]));
      }
    } else if (function == "created") {
      rows = {Client('a')};
    } else if (function != "nobody") {
      const bool by_key = function == "keys";
      for (const char letter : base_.clients) {
        if (!by_key || absl::StrContains(target, GuidOf(letter))) {
          rows.push_back(Client(letter));
        }
      }
    }
    return Rows(rows);
  }

  std::string Select(int64_t message) {
    EXPECT_GT(message, base_.received);
    std::string feed = "<feed>";
    for (auto& [letter, of] : base_.registered) {
      if (of == 0) of = message;
      const std::string url =
          absl::StrCat("http://h/Catalog_Clients(guid'", GuidOf(letter), "')");
      if (absl::StrContains(base_.clients, letter)) {
        absl::StrAppend(&feed, "<entry><id>", url, "</id></entry>");
      } else {
        absl::StrAppend(&feed, "<at:deleted-entry ref=\"", url, "\"/>");
      }
    }
    return absl::StrCat(feed, base_.others, "</feed>");
  }
  std::string Acknowledge(int64_t message) {
    base_.received = message;
    std::erase_if(base_.registered, [message](const auto& entry) {
      return entry.second != 0 && entry.second <= message;
    });
    return "";
  }

  FakeBase& base_;
};

class ExchangePlanStreamTest : public ::testing::Test {
 protected:
  ExchangePlanStreamTest() : ExchangePlanStreamTest("") {}
  explicit ExchangePlanStreamTest(const std::string& more)
      : profile_(*LoadSourceProfile(
            "", absl::StrCat("extends: 1c-hotel\n"
                             "exchange_plan: {set: ExchangePlan_GB, node: GB}\n",
                             more))),
        session_(std::make_unique<FakeBaseHttp>(base_), "/b/odata/standard.odata", "u",
                 SecretString("p")),
        lookups_(session_, SystemClock()),
        attributes_(profile_.client, session_, SystemClock()),
        clients_(profile_, session_, lookups_, attributes_, SystemClock()) {
    base_.history = "a";
  }

  // The clients of a whole reading since `since_`, in order, and after "!" the reason
  // of each error on the way; what it hands out becomes `next_`.
  std::string Read() {
    base_.calls.clear();
    ExchangePlanStream stream(*DecodeMarks(since_), {}, nullptr, "https://h", clients_);
    std::string read;
    for (int i = 0; i < 50; ++i) {
      const auto page = stream.Next();
      if (!page.ok()) {
        absl::StrAppend(&read, "!", ReasonOf(page.status()), " ");
        if (!absl::IsUnavailable(page.status())) return read;
        continue;
      }
      for (const ClientRow& row : page->rows) read.push_back(row.key.guid().back());
      if (page->last) {
        next_ = page->watermark;
        return read;
      }
    }
    return read + " without an end";
  }
  // Read, and everything is dealt with.
  std::string Settle() {
    const std::string read = Read();
    since_ = next_;
    return read;
  }
  std::string Calls() { return absl::StrJoin(base_.calls, ", "); }
  PlanMark Mark() { return *DecodeMarks(next_)->plan; }

  FakeBase base_;
  const SourceProfile profile_;
  ODataSession session_;
  LookupTable lookups_;
  ClientAttributes attributes_;
  ClientTable clients_;
  Watermark since_ = {
      absl::StrCat("2|2024-05-01T10:00:00|2024-01-01T00:00:00|", kNode, ":0")};
  Watermark next_;
};

TEST_F(ExchangePlanStreamTest,
       ReadsWhatIsRegisteredAndAcknowledgesItWhenItIsDealtWith) {
  base_.Change("bd");
  EXPECT_EQ(Settle(), "bd");
  EXPECT_EQ(Calls(), "node, newest, select 1, keys");
  EXPECT_EQ(base_.received, 0);
  base_.Change("d");
  base_.Change("e");
  EXPECT_EQ(Settle(), "de");
  EXPECT_EQ(Calls(), "node, acknowledge 1, newest, select 2, keys");
  EXPECT_EQ(base_.received, 1);
  EXPECT_EQ(Settle(), "");
  EXPECT_EQ(Calls(), "node, acknowledge 2, newest, select 3");
  // Nothing was registered, so there is nothing to acknowledge.
  EXPECT_EQ(Settle(), "");
  EXPECT_EQ(Calls(), "node, newest, select 3");
}

TEST_F(ExchangePlanStreamTest, WhatWasNotDealtWithIsReadAgain) {
  base_.Change("b");
  EXPECT_EQ(Read(), "b");
  base_.Change("c");
  EXPECT_EQ(Read(), "bc");
  EXPECT_EQ(base_.received, 0);
}

TEST_F(ExchangePlanStreamTest, AChangeBetweenSelectionAndAcknowledgementIsNotLost) {
  base_.Change("b");
  EXPECT_EQ(Settle(), "b");
  base_.Change("b");
  EXPECT_EQ(Settle(), "b");
}

TEST_F(ExchangePlanStreamTest, AnAcknowledgementWhoseAnswerIsLostIsNotRepeated) {
  base_.Change("b");
  EXPECT_EQ(Settle(), "b");
  base_.Change("c");
  base_.faults["acknowledge"] = {{0, ""}};
  EXPECT_EQ(Settle(), "!SOURCE_UNREACHABLE c");
  EXPECT_EQ(Calls(), "node, acknowledge 1, node, newest, select 2, keys");
}

TEST_F(ExchangePlanStreamTest, ALockIsNoReasonToReadOtherwise) {
  base_.Change("b");
  const std::string lock =
      "<m:error xmlns:m=\"m\"><m:code>-1</m:code><m:message>Конфликт блокировок при "
      "выполнении транзакции</m:message></m:error>";
  base_.faults["select"] = {{500, lock}, {500, lock}};
  EXPECT_EQ(Settle(), "!SOURCE_BUSY !SOURCE_BUSY b");
  EXPECT_EQ(Calls(), "node, newest, select 1, select 1, select 1, keys");
  EXPECT_TRUE(Mark().selected);
}

TEST_F(ExchangePlanStreamTest, AMessageThatMayStillGrowIsReadOnceMore) {
  base_.Change("b");
  base_.faults["select"] = {{0, ""}};
  EXPECT_EQ(Settle(), "!SOURCE_UNREACHABLE b");
  EXPECT_EQ(Mark(), (PlanMark{kNode, 0, false}));
  // The selection that was not waited for ends only now, after the one that was read.
  base_.registered['c'] = 1;
  EXPECT_EQ(Settle(), "bc");
  EXPECT_EQ(Settle(), "");
  EXPECT_EQ(base_.received, 1);
}

TEST_F(ExchangePlanStreamTest, ReadsByTheHistoryWhereThePlanIsOfNoUse) {
  const std::string refused =
      "<m:error xmlns:m=\"m\"><m:code>$</m:code><m:message>x</m:message></m:error>";
  const auto error = [&](const std::string& code) {
    return absl::StrReplaceAll(refused, {{"$", code}});
  };
  const std::vector<std::pair<int, std::string>> kPermanent = {
      {400, error("6")}, {401, error("20")},        {403, ""},
      {404, error("8")}, {404, "<html>404</html>"}, {405, error("19")},
      {501, error("0")}, {500, error("-1")}};
  base_.Change("b");
  for (const auto& fault : kPermanent) {
    for (const char* function : {"node", "select"}) {
      SCOPED_TRACE(absl::StrCat(function, " ", fault.first));
      // Twice: a list is asked for again without hidden rows.
      base_.faults[function] = {fault};
      if (function == std::string("node")) base_.faults[function].push_back(fault);
      EXPECT_EQ(Read(), "ab");  // the window of the history begins earlier
      EXPECT_TRUE(absl::StrContains(Calls(), ", history, ")) << Calls();
      base_.faults.clear();
    }
  }
  // The node had not moved: what is registered comes from the plan later.
  since_ = next_;
  EXPECT_EQ(Settle(), "b");
  base_.faults["acknowledge"] = {{405, error("19")}};
  base_.Change("c");
  EXPECT_EQ(Settle(), "abc");
  EXPECT_EQ(Mark(), (PlanMark{kNode, 0, true}));
  EXPECT_EQ(Settle(), "c");
  EXPECT_EQ(base_.received, 1);
}

TEST_F(ExchangePlanStreamTest, ANodeThatIsNewBeginsWithTheHistory) {
  base_.Change("b");
  for (const std::string& mark :
       {std::string("1|2024-05-01T10:00:00|2024-01-01T00:00:00"),
        absl::StrCat("2|2024-05-01T10:00:00|2024-01-01T00:00:00|", kOtherNode,
                     ":7+")}) {
    since_ = {mark};
    EXPECT_EQ(Read(), "ab");
    EXPECT_EQ(Mark(), (PlanMark{kNode, 0, false}));
    EXPECT_EQ(base_.received, 0);
  }
  since_ = next_;
  base_.Change("c");
  EXPECT_EQ(Settle(), "bc");  // registered before: given again
}

TEST_F(ExchangePlanStreamTest, ANodeWhoseNumberIsNotOursMeansEverything) {
  base_.Change("b");
  base_.received = 5;
  for (const char* mark : {":7+", ":7", ":6+", ":3+", ":4"}) {
    SCOPED_TRACE(mark);
    since_ = {absl::StrCat("2|2024-05-01T10:00:00||", kNode, mark)};
    EXPECT_EQ(Read(), "abcdef");
    EXPECT_EQ(Mark(), (PlanMark{kNode, 5, false}));
    EXPECT_EQ(base_.received, 5);
  }
  for (const char* mark : {":5", ":4+"}) {
    SCOPED_TRACE(mark);
    since_ = {absl::StrCat("2|2024-05-01T10:00:00||", kNode, mark)};
    EXPECT_EQ(Read(), "b");
  }
}

TEST_F(ExchangePlanStreamTest, AClientThatIsGoneDoesNotComeAndOthersArePassedOver) {
  base_.Change("bcx");  // x is not in the catalogue
  base_.others = "<entry><category term=\"StandardODATA.Catalog_Countries\"/></entry>";
  EXPECT_EQ(Settle(), "bc");
  EXPECT_EQ(Calls(), "node, newest, select 1, keys");
  base_.registered.clear();
  // They are acknowledged too, or they would pile up.
  EXPECT_EQ(Settle(), "");
  EXPECT_TRUE(Mark().selected);
}

TEST_F(ExchangePlanStreamTest, AFeedThatStaysUnreadableDoesNotStopExports) {
  base_.Change("b");
  const std::pair<int, std::string> broken = {200, "<feed><entry>\x01</entry></feed>"};
  base_.faults["select"] = {broken, broken};
  EXPECT_EQ(Read(), "!SOURCE_ANSWER_BROKEN !SOURCE_ANSWER_BROKEN b");
  base_.faults["select"] = {broken, broken, broken};
  EXPECT_EQ(Read(), "!SOURCE_ANSWER_BROKEN !SOURCE_ANSWER_BROKEN ab");
  EXPECT_EQ(Mark(), (PlanMark{kNode, 0, false}));
}

TEST_F(ExchangePlanStreamTest, MoreThanIsWorthReadingByKeyIsReadWhole) {
  std::string many;
  for (int i = 0; i <= 100'000; ++i) {
    absl::StrAppend(&many,
                    "<entry><id>http://h/Catalog_Clients(guid'3f0c1a52-0000-4000-"
                    "8000-000000",
                    100'000 + i, "')</id></entry>");
  }
  base_.others = many;
  EXPECT_EQ(Settle(), "abcdef");
  EXPECT_EQ(Mark(), (PlanMark{kNode, 0, true}));
  base_.others.clear();
  EXPECT_EQ(Settle(), "");
  EXPECT_EQ(base_.received, 1);
}

TEST_F(ExchangePlanStreamTest, AFullReadingRemembersWhereTheNodeStood) {
  base_.received = 8;
  const auto marks = FetchMarks(profile_, clients_.LatestTime(), session_);
  ASSERT_TRUE(marks.ok()) << marks.status();
  EXPECT_EQ(marks->plan, (PlanMark{kNode, 8, false}));
  base_.faults["node"] = {{404, "<html/>"}};
  EXPECT_FALSE(FetchMarks(profile_, clients_.LatestTime(), session_)->plan.has_value());
  base_.faults["node"] = {{0, ""}};
  EXPECT_TRUE(absl::IsUnavailable(
      FetchMarks(profile_, clients_.LatestTime(), session_).status()));
}

class WithoutHistoryTest : public ExchangePlanStreamTest {
 protected:
  WithoutHistoryTest() : ExchangePlanStreamTest("history: null\n") {}
};

TEST_F(WithoutHistoryTest, ReadsEverythingWhereThePlanIsOfNoUse) {
  base_.Change("b");
  EXPECT_EQ(Read(), "b");
  EXPECT_EQ(Calls(), "node, select 1, keys");
  base_.faults["node"] = {{404, "<html/>"}};
  EXPECT_EQ(Read(), "abcdef");
}

}  // namespace
}  // namespace guestbridge::agent
