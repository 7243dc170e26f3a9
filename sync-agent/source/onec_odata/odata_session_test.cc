#include "sync-agent/source/onec_odata/odata_session.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using testing::IsOk;

// Answers an empty list; holds requests until they are let go, and counts how many it
// holds at once.
class GateHttp : public HttpClient {
 public:
  HttpResult Send(const HttpRequest& request) override {
    std::unique_lock<std::mutex> lock(mutex_);
    requests_.push_back(request);
    most_ = std::max(most_, ++inside_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    result.body = R"({"value":[]})";
    result.headers.emplace("date", "Mon, 05 Jan 2026 12:00:00 GMT");
    return result;
  }
  void AwaitInside(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= count; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int most() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return most_;
  }
  const HttpRequest& last() const { return requests_.back(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
  int most_ = 0;
  std::vector<HttpRequest> requests_;
};

ODataQuery Query() {
  ODataQuery query;
  query.entity = "Catalog_Clients";
  query.select = {"Ref_Key"};
  return query;
}

TEST(ODataSessionTest, SendsAsManyRequestsAtOnceAsTheProfileSays) {
  for (const int concurrency : {1, 2}) {
    auto owned = std::make_unique<GateHttp>();
    GateHttp& http = *owned;
    SessionRules rules;
    rules.concurrency = concurrency;
    ODataSession session(std::move(owned), "/b", "u", SecretString("p"), rules);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { EXPECT_THAT(session.FetchRows(Query()), IsOk()); });
    }
    http.AwaitInside(concurrency);
    http.Open();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(http.most(), concurrency);
    EXPECT_EQ(session.usage().requests, 4);
  }
}

TEST(ODataSessionTest, WaitsForTheFirstCallOfTheDay) {
  auto owned = std::make_unique<GateHttp>();
  GateHttp& http = *owned;
  http.Open();
  ODataSession session(std::move(owned), "/b", "u", SecretString("p"));
  ASSERT_THAT(session.FetchRows(Query()), IsOk());
  // 35 s after an idle night have been seen.
  EXPECT_GE(http.last().deadline, absl::Seconds(60));
}

TEST(ODataSessionTest, TheServiceDocumentTellsTheServersClock) {
  auto owned = std::make_unique<GateHttp>();
  owned->Open();
  ODataSession session(std::move(owned), "/b", "u", SecretString("p"));
  const auto document = session.FetchServiceDocument();
  ASSERT_THAT(document, IsOk());
  ASSERT_TRUE(document->server_clock.has_value());
  EXPECT_EQ(absl::ToUnixSeconds(*document->server_clock), 1767614400);
}

}  // namespace
}  // namespace guestbridge::agent
