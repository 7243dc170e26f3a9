#include "server/api/change_listeners.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/resource/resource_name.h"
#include "server/api/api_fixture_test.h"
#include "server/api/enrollments.h"
#include "server/identity/api_tokens.h"
#include "server/identity/peer_certificate.h"
#include "server/store/watched_store_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

constexpr absl::Duration kLong = absl::Seconds(30);

// The dispatcher's store does not answer until the test lets it.
class ChangeListenersTest : public ApiFixture {
 protected:
  ChangeListenersTest() {
    slow_.before_read = [this] {
      if (!asked_.HasBeenNotified()) asked_.Notify();
      go_on_.WaitForNotificationWithTimeout(2 * kLong);
    };
  }

  // Does not return before the dispatcher waits for its store.
  void KeepTheDispatcherWaiting() {
    ASSERT_THAT(store_->Write([](Transaction& t) {
      return t.Put(keys::Integration("main"), "");
    }),
                IsOk());
    ASSERT_TRUE(asked_.WaitForNotificationWithTimeout(kLong));
  }

  std::string MakeToken() {
    const auto token = CreateApiToken(*store_, random_, clock_, Role::kViewer, "desk");
    EXPECT_THAT(token, IsOk());
    return DigestOf(*token);
  }

  void RevokeToken(const std::string& digest) {
    const auto holder = FindCaller(*store_, digest, clock_.Now());
    ASSERT_THAT(holder, IsOk());
    ASSERT_TRUE(holder->has_value());
    const auto id = ParseApiTokenName((*holder)->principal);
    ASSERT_THAT(id, IsOk());
    ASSERT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto entry, FindApiToken(t, *id));
      return RevokeApiToken(t, entry->value, clock_.Now());
    }),
                IsOk());
  }

  absl::Notification asked_;
  absl::Notification go_on_;
  WatchedStore slow_{*store_};
  Dispatcher slow_dispatcher_{slow_, *sealer_, sessions_, false};
  OpenStreams streams_{clock_};
  Enrollments enrollments_{*store_, clock_, random_, MakeError("ENROLLMENT_NEEDS_TLS")};
};

TEST_F(ChangeListenersTest, ARevokedTokenLosesItsStreamWhileTheDispatcherWaits) {
  const std::string digest = MakeToken();
  absl::Notification ended;
  std::string reason;
  ChangeListeners listeners(*store_, sessions_, agents_, streams_, slow_dispatcher_);
  const auto stream = streams_.Add(
      Caller(),
      [&]() -> absl::StatusOr<Caller> {
        GB_ASSIGN_OR_RETURN(auto caller, FindCaller(*store_, digest, clock_.Now()));
        return caller.has_value() ? *std::move(caller) : Caller();
      },
      [&](const absl::Status& why) {
        if (ended.HasBeenNotified()) return;
        reason = ReasonOf(why);
        ended.Notify();
      });
  KeepTheDispatcherWaiting();
  RevokeToken(digest);
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(kLong));
  EXPECT_EQ(reason, "TOKEN_REVOKED");
  EXPECT_FALSE(go_on_.HasBeenNotified());
  go_on_.Notify();
}

TEST_F(ChangeListenersTest, AnEvictedOrBannedAgentLosesItsSessionMeanwhile) {
  absl::Notification ended[2];
  std::shared_ptr<Session> sessions[2];
  const std::string names[2] = {"hotel-1", "hotel-2"};
  ChangeListeners listeners(*store_, sessions_, agents_, streams_, slow_dispatcher_);
  for (int i = 0; i < 2; ++i) {
    v1::HelloRequest hello;
    hello.set_agent(names[i]);
    hello.set_installation(names[i]);
    const auto said = agents_.Hello(hello);
    ASSERT_THAT(said, IsOk());
    sessions[i] = *agents_.Enter(said->session());
    sessions[i]->Attach(std::make_shared<Waker>([&ended, &sessions, i] {
      if (sessions[i]->closed() && !ended[i].HasBeenNotified()) ended[i].Notify();
    }));
  }
  ASSERT_THAT(store_->Write([](Transaction& t) {
    store::EnrollmentRecord enrolled;
    enrolled.set_generation(1);
    return PutRecord(t, EnrollmentKey("hotel-1"), enrolled);
  }),
              IsOk());
  KeepTheDispatcherWaiting();
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  EXPECT_TRUE(ended[0].WaitForNotificationWithTimeout(kLong));
  ASSERT_THAT(enrollments_.Ban("agents/hotel-2"), IsOk());
  EXPECT_TRUE(ended[1].WaitForNotificationWithTimeout(kLong));
  go_on_.Notify();
}

}  // namespace
}  // namespace guestbridge::server
