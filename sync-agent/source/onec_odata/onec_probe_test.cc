#include "sync-agent/source/onec_odata/onec_probe.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "sync-agent/source/onec_odata/onec_base.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

// A base that publishes its clients, and has none; counts what it is asked.
class EmptyBaseHttp : public HttpClient {
 public:
  explicit EmptyBaseHttp(int* asked) : asked_(asked) {}
  HttpResult Send(const HttpRequest& request) override {
    ++*asked_;
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    result.body =
        absl::StrContains(request.target, "$select")
            ? R"({"value":[]})"
            : R"({"value":[{"name":"Catalog_Clients","url":"Catalog_Clients"}]})";
    return result;
  }

 private:
  int* const asked_;
};

class OneCProbeTest : public ::testing::Test {
 protected:
  OneCProbeTest() {
    auto profile = LoadSourceProfile("1c-hotel", "");
    EXPECT_TRUE(profile.ok()) << profile.status();
    auto address = ParseSourceAddress("https://1c.example.org/hotel");
    EXPECT_TRUE(address.ok()) << address.status();
    probe_ = MakeOneCProbe(std::make_shared<OneCBase>(
        *std::move(profile), *address, std::make_unique<EmptyBaseHttp>(&asked_), "u",
        SecretString("p"), clock_));
  }

  testing::FakeClock clock_;
  int asked_ = 0;
  std::unique_ptr<SourceProbe> probe_;
};

TEST_F(OneCProbeTest, ALookThatIsNoLongerWantedAsksTheBaseNothingMore) {
  const auto whole = probe_->Test("Ривьера", {}, [] { return true; });
  ASSERT_EQ(whole.back().name, "built-in-job");
  const int of_whole = asked_;

  // Called off after each of its requests.
  for (int enough = 1; enough < of_whole; ++enough) {
    asked_ = 0;
    const auto part = probe_->Test("Ривьера", {}, [&] { return asked_ < enough; });
    EXPECT_LT(part.size(), whole.size()) << enough;
    // A step that is under way ends: at most the requests of one finding.
    EXPECT_LE(asked_, enough + 4) << enough;
  }
}

}  // namespace
}  // namespace guestbridge::agent
