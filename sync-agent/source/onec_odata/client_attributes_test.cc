#include "sync-agent/source/onec_odata/client_attributes.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using testing::FakeClock;
using testing::IsOk;
using testing::StatusIs;

// A base of clients 1 to `clients`, with codes c01, c02, …
struct Base {
  std::set<std::string> missing;  // attributes
  std::string refused_in_filter;  // attribute that can't be compared
  bool filter_ignored = false;    // each page begins at the start
  bool boundary_lost = false;     // "ge" that works as "gt"
  int clients = 50;
  int same_code_from = 1000;
  std::vector<std::string> targets;

  HttpResult Answer(const std::string& target) {
    targets.push_back(target);
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 400;
    for (const std::string& name : missing) {
      if (absl::StrContains(target, name)) {
        // Without the name: words differ by version and language.
        result.body = R"({"odata.error":{"code":"6","message":{"value":"?"}}})";
        return result;
      }
    }
    if (!refused_in_filter.empty() &&
        absl::StrContains(target, refused_in_filter + "%20ge")) {
      result.status = 500;
      result.body = R"({"odata.error":{"code":"-1","message":{"value":"?"}}})";
      return result;
    }
    const size_t ge = target.find("ge%20'");
    std::string from = "c00";
    if (ge != std::string::npos && !filter_ignored) from = target.substr(ge + 6, 3);
    std::vector<std::string> rows;
    for (int i = 1; i <= clients && rows.size() < 20; ++i) {
      const int shown = std::min(i, same_code_from);
      const std::string code = absl::StrCat("c", absl::Dec(shown, absl::kZeroPad2));
      if (code < from || (boundary_lost && code == from)) continue;
      rows.push_back(absl::StrCat(R"({"Ref_Key":"k)", i, R"(","Code":")", code, "\"}"));
    }
    result.status = 200;
    result.body = absl::StrCat(R"({"value":[)", absl::StrJoin(rows, ","), "]}");
    return result;
  }
};

class BaseHttp : public HttpClient {
 public:
  explicit BaseHttp(Base* base) : base_(base) {}
  HttpResult Send(const HttpRequest& request) override {
    return base_->Answer(request.target);
  }

 private:
  Base* const base_;
};

class ClientAttributesTest : public ::testing::Test {
 protected:
  ClientAttributesTest()
      : session_(std::make_unique<BaseHttp>(&base_), "/b", "u", SecretString("p")),
        known_(names_, session_, clock_) {}

  Base base_;
  const ClientNames names_ = LoadSourceProfile("", "")->client;
  FakeClock clock_;
  ODataSession session_;
  ClientAttributes known_;
};

TEST_F(ClientAttributesTest, AWholeBaseCostsOneRequestAndItsOrderTwo) {
  ASSERT_THAT(known_.Learn(), IsOk());
  ASSERT_THAT(known_.Learn(), IsOk());
  EXPECT_EQ(base_.targets.size(), 1u);
  ASSERT_THAT(known_.LearnOrder(), IsOk());
  ASSERT_THAT(known_.LearnOrder(), IsOk());
  EXPECT_EQ(base_.targets.size(), 3u);
  EXPECT_EQ(known_.names()->version, "DataVersion");
  EXPECT_TRUE(known_.by_code());
}

TEST_F(ClientAttributesTest, LeavesOutWhatIsMissingThoughTheMessageNamesNothing) {
  base_.missing = {"DataVersion", "CreateDate"};
  ASSERT_THAT(known_.LearnOrder(), IsOk());
  EXPECT_EQ(known_.names()->version, "");
  EXPECT_EQ(known_.names()->created, "");
  EXPECT_EQ(known_.names()->code, "Code");
  EXPECT_EQ(known_.names()->is_folder, "IsFolder");
  EXPECT_TRUE(known_.by_code());
}

TEST_F(ClientAttributesTest, TheContactsAttributeIsNotOptional) {
  base_.missing = {"B24ContactID"};
  EXPECT_THAT(known_.Learn(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       "SOURCE_ATTRIBUTE_MISSING"));
}

TEST_F(ClientAttributesTest, LooksAgainAfterAnHourAndAfterADoubt) {
  base_.missing = {"DataVersion"};
  ASSERT_THAT(known_.Learn(), IsOk());
  base_.missing = {};
  clock_.Advance(absl::Minutes(59));
  ASSERT_THAT(known_.Learn(), IsOk());
  EXPECT_EQ(known_.names()->version, "");
  clock_.Advance(absl::Minutes(2));
  ASSERT_THAT(known_.Learn(), IsOk());
  EXPECT_EQ(known_.names()->version, "DataVersion");
  base_.missing = {"Code"};
  clock_.Advance(absl::Hours(50));
  ASSERT_THAT(known_.Learn(), IsOk());
  EXPECT_EQ(known_.names()->code, "Code");
  known_.Doubt();
  ASSERT_THAT(known_.LearnOrder(), IsOk());
  EXPECT_EQ(known_.names()->code, "");
  EXPECT_FALSE(known_.by_code());
}

TEST_F(ClientAttributesTest, ACodeThatCannotBePagedByIsNotUsed) {
  base_.refused_in_filter = "Code";
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kUnusable);
  base_.refused_in_filter = "";
  base_.filter_ignored = true;
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kUnusable);
  base_.filter_ignored = false;
  base_.boundary_lost = true;
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kUnusable);
  base_.boundary_lost = false;
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kUsable);
  base_.same_code_from = 10;
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kManyAlike);
  base_.clients = 5;
  EXPECT_EQ(*ProbeCodeOrder(names_, session_), CodeOrder::kUsable);
}

}  // namespace
}  // namespace guestbridge::agent
