#include "sync-agent/source/onec_odata/change_stream.h"

#include <algorithm>
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
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/lookup_table.h"
#include "tests/testing/fake_clock.h"

namespace guestbridge::agent {
namespace {

using ::testing::Contains;
using ::testing::Not;

std::string GuidOf(char letter) {
  return absl::StrCat("3f0c1a52-0000-4000-8000-00000000000", std::string(1, letter));
}

// A base with clients a to f, all with a contact, and a change history.
struct HistoryBase {
  std::string clients = "abcdef";
  std::string history;  // clients of its rows, the oldest first, one a second
  bool history_published = true;
  std::vector<std::string> calls;
};

class HistoryBaseHttp : public HttpClient {
 public:
  explicit HistoryBaseHttp(HistoryBase& base) : base_(base) {}

  HttpResult Send(const HttpRequest& request) override {
    const std::string& target = request.target;
    const std::string call = NameOf(target);
    base_.calls.push_back(call);
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    std::vector<std::string> rows;
    const bool of_history = call == "newest" || call == "history";
    if (of_history && !base_.history_published) {
      result.status = 404;
      result.body =
          R"({"odata.error":{"code":"8","message":{"value":"Сущность не найдена"}}})";
      return result;
    }
    for (size_t i = 0; of_history && i < base_.history.size(); ++i) {
      rows.push_back(absl::StrCat(R"({"Period":"2026-01-05T10:00:0)", i,
                                  R"(","Client_Key":")", GuidOf(base_.history[i]),
                                  R"("})"));
    }
    if (call == "newest" && !rows.empty()) rows = {rows.back()};
    for (const char letter : base_.clients) {
      const bool asked = call == "keys" && absl::StrContains(target, GuidOf(letter));
      if (asked || call == "all") rows.push_back(Client(letter));
    }
    result.body = absl::StrCat(R"({"value":[)", absl::StrJoin(rows, ","), "]}");
    return result;
  }

 private:
  static std::string NameOf(const std::string& target) {
    if (absl::StrContains(target, "History")) {
      return absl::StrContains(target, "desc") ? "newest" : "history";
    }
    if (absl::StrContains(target, "desc")) return "newest client";
    if (absl::StrContains(target, "Ref_Key%20eq%20guid'")) return "keys";
    if (absl::StrContains(target, "CreateDate%20ge")) return "created";
    return absl::StrContains(target, "B24ContactID%20eq") ? "without an ID" : "all";
  }
  static std::string Client(char letter) {
    return absl::StrCat(R"({"Ref_Key":")", GuidOf(letter), R"(","Code":")",
                        std::string(1, letter),
                        R"(","IsFolder":false,"DataVersion":"AAAAAQAAAAA="})");
  }

  HistoryBase& base_;
};

class ChangeStreamTest : public ::testing::Test {
 protected:
  ChangeStreamTest()
      : profile_(*LoadSourceProfile("1c-hotel", "")),
        session_(std::make_unique<HistoryBaseHttp>(base_), "/b/odata/standard.odata",
                 "u", SecretString("p")),
        lookups_(session_, clock_),
        attributes_(profile_.client, session_, clock_),
        clients_(profile_, session_, lookups_, attributes_, clock_) {
    base_.history = "abcdef";
    since_.period = SourceTime{"2026-01-05T10:00:00"};
    since_.created = SourceTime{"2026-01-05T10:00:00"};
  }

  // The clients of a whole reading since `since_`; it knows the version of each of
  // `known_`.
  std::string Read() {
    base_.calls.clear();
    const KnownRows known =
        [this](
            absl::Span<const ClientKey> keys) -> absl::StatusOr<std::vector<KnownRow>> {
      std::vector<KnownRow> rows;
      for (const ClientKey& key : keys) {
        const bool is_known = absl::StrContains(known_, key.guid().back());
        rows.push_back({is_known ? "AAAAAQAAAAA=" : "", false});
      }
      return rows;
    };
    ChangeStream stream(since_, {}, known, clients_, rules_);
    std::string read;
    for (int i = 0; i < 50; ++i) {
      const auto page = stream.Next();
      if (!page.ok()) return absl::StrCat(read, "!", ReasonOf(page.status()));
      for (const ClientRow& row : page->rows) read.push_back(row.key.guid().back());
      if (!page->last) continue;
      notice_ = ReasonOf(page->notice);
      next_ = *DecodeMarks(page->watermark);
      std::sort(read.begin(), read.end());
      return read;
    }
    return read + " without an end";
  }

  HistoryBase base_;
  guestbridge::testing::FakeClock clock_;  // in the base's zone 15:00
  SourceProfile profile_;
  ODataSession session_;
  LookupTable lookups_;
  ClientAttributes attributes_;
  ClientTable clients_;
  Marks since_;
  ChangeRules rules_;
  std::string known_;
  std::string notice_;
  Marks next_;
};

TEST_F(ChangeStreamTest, AsManyChangedClientsAsAreWorthItAreReadByKey) {
  rules_.most_keys = 6;
  base_.history = "abcdefabc";
  EXPECT_EQ(Read(), "abcdef");
  EXPECT_THAT(base_.calls, Contains("keys"));
  EXPECT_THAT(base_.calls, Not(Contains("all")));
}

TEST_F(ChangeStreamTest, WhoWasReadBeforeIsReadOnceMoreOnlyWithAnotherVersion) {
  since_.period = SourceTime{"2026-01-05T10:00:03"};
  known_ = "bcdef";
  EXPECT_EQ(Read(), "aef") << "a has changed, and its row came in late";
  base_.history = "abcdefb";
  EXPECT_EQ(Read(), "abef") << "who is named anew is read whatever its version";
}

TEST_F(ChangeStreamTest, MoreChangedClientsAreFoundByTheirVersions) {
  rules_.most_keys = 5;
  known_ = "abcd";
  EXPECT_EQ(Read(), "ef");
  EXPECT_THAT(base_.calls, Contains("all"));
  EXPECT_EQ(notice_, "");
  EXPECT_EQ(next_.period->text, "2026-01-05T10:00:05");
}

TEST_F(ChangeStreamTest, AHistoryWithoutTheWatermarksMomentIsReadWholeAndThatIsSaid) {
  since_.period = SourceTime{"2026-01-05T10:00:30"};
  known_ = "abcdef";
  EXPECT_EQ(Read(), "abcdef");
  EXPECT_EQ(notice_, "SOURCE_RESTORED");
}

TEST_F(ChangeStreamTest, AHistoryThatCannotBeReadLeavesTheVersionsAndThatIsSaid) {
  base_.history_published = false;
  known_ = "abcde";
  EXPECT_EQ(Read(), "f");
  EXPECT_EQ(notice_, "CHANGE_HISTORY_UNAVAILABLE");
  since_ = next_;
  EXPECT_FALSE(since_.period.has_value());
  EXPECT_EQ(Read(), "f");
  EXPECT_EQ(notice_, "CHANGE_HISTORY_UNAVAILABLE");
  // It is back.
  base_.history_published = true;
  EXPECT_EQ(Read(), "f");
  EXPECT_EQ(notice_, "");
}

TEST_F(ChangeStreamTest, WhenNobodyWaitsClientsWithoutAnIdAreListedOnceAnHour) {
  rules_.unattended = true;
  Read();
  EXPECT_THAT(base_.calls, Contains("without an ID"));
  EXPECT_EQ(next_.listed.text, "2026-01-05T15:00:00");

  since_ = next_;
  clock_.Advance(absl::Minutes(50));
  Read();
  EXPECT_THAT(base_.calls, Not(Contains("without an ID")));
  EXPECT_EQ(next_.listed, since_.listed);

  clock_.Advance(absl::Minutes(10));
  Read();
  EXPECT_THAT(base_.calls, Contains("without an ID"));
  EXPECT_EQ(next_.listed.text, "2026-01-05T16:00:00");
}

TEST_F(ChangeStreamTest, WhoWaitsForARunSeesClientsWithoutAnIdAtOnce) {
  since_.listed = SourceTime{"2026-01-05T14:59:00"};
  Read();
  EXPECT_THAT(base_.calls, Contains("without an ID"));
}

TEST_F(ChangeStreamTest, AListOfTheFutureDoesNotPutTheNextOneOff) {
  rules_.unattended = true;
  since_.listed = SourceTime{"2026-01-05T18:00:00"};
  Read();
  EXPECT_THAT(base_.calls, Contains("without an ID"));
}

}  // namespace
}  // namespace guestbridge::agent
