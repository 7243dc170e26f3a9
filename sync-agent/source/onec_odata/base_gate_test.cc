#include "sync-agent/source/onec_odata/base_gate.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "sync-agent/source/onec_odata/odata_session.h"

namespace guestbridge::agent {
namespace {

TEST(BaseGateTest, IsOneForEachAddressWithoutRegardToCase) {
  const auto gate = BaseGate::At("https://1c.example.org/Hotel");
  EXPECT_EQ(BaseGate::At("https://1c.example.org/hotel"), gate);
  EXPECT_NE(BaseGate::At("https://1c.example.org/other"), gate);
}

TEST(BaseGateTest, TheThirdWaitsUntilOneHasLeft) {
  const auto gate = BaseGate::At("https://1c.example.org/third");
  std::optional<BaseGate::Pass> first;
  first.emplace(*gate);
  const BaseGate::Pass second(*gate);
  std::atomic<bool> entered = false;
  std::thread third([&] {
    const BaseGate::Pass pass(*gate);
    entered = true;
  });
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  EXPECT_FALSE(entered);
  first.reset();
  third.join();
  EXPECT_TRUE(entered);
}

// Remembers how many requests were under way at once, of all sessions.
class CountingHttp : public HttpClient {
 public:
  CountingHttp(std::atomic<int>* now, std::atomic<int>* most)
      : now_(now), most_(most) {}
  HttpResult Send(const HttpRequest&) override {
    const int now = ++*now_;
    int most = *most_;
    while (now > most && !most_->compare_exchange_weak(most, now)) {
    }
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    --*now_;
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    result.body = R"({"value":[]})";
    return result;
  }

 private:
  std::atomic<int>* const now_;
  std::atomic<int>* const most_;
};

TEST(BaseGateTest, SessionsOfOneBaseAskItForNoMoreThanTwoThingsAtOnce) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  const auto gate = BaseGate::At("https://1c.example.org/shared");
  std::vector<std::unique_ptr<ODataSession>> sessions;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    sessions.push_back(std::make_unique<ODataSession>(
        std::make_unique<CountingHttp>(&now, &most), "/shared", "u", SecretString("p"),
        SessionRules(), gate));
    threads.emplace_back([session = sessions.back().get()] {
      for (int turn = 0; turn < 50; ++turn) {
        EXPECT_TRUE(session->FetchServiceDocument().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace guestbridge::agent
