#include "server/watch/change_feed.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

TEST(ChangeFeedTest, TellsThatCommitsWereLostAndThenWhatFollows) {
  const testing::TempDir dir;
  const auto store = *OpenSqliteStore(dir.File("server.db"));
  const auto put = [&](const std::string& key) {
    return store->Write([&](Transaction& t) { return t.Put(key, "1"); }).ok();
  };
  ASSERT_TRUE(put("a"));
  std::atomic<bool> was_rewound{false};
  absl::Notification looked_again;
  absl::Notification told;
  ChangeFeed feed(*store, [&] { was_rewound = true; });
  const auto subscription = feed.Subscribe("", [&](const std::vector<Change>& changes) {
    if (changes.empty() && was_rewound && !looked_again.HasBeenNotified()) {
      looked_again.Notify();
    }
    for (const Change& change : changes) {
      if (change.key == "after" && !told.HasBeenNotified()) told.Notify();
    }
  });
  // Somebody has a revision that this database does not: it was restored.
  ASSERT_TRUE(*store->Outrun({.revision = 1000}));
  EXPECT_TRUE(looked_again.WaitForNotificationWithTimeout(kLong));
  ASSERT_TRUE(put("after"));
  EXPECT_TRUE(told.WaitForNotificationWithTimeout(kLong));
}

TEST(ChangeFeedTest, WhoSubscribedEarlierDoesNotWaitForWhoTakesLong) {
  const testing::TempDir dir;
  const auto store = *OpenSqliteStore(dir.File("server.db"));
  ChangeFeed feed(*store);
  absl::Notification early;
  absl::Notification go_on;
  const auto first =
      feed.Subscribe("a", [&](const std::vector<Change>&) { early.Notify(); });
  const auto slow = feed.Subscribe("", [&](const std::vector<Change>&) {
    go_on.WaitForNotificationWithTimeout(kLong);
  });
  ASSERT_TRUE(store->Write([](Transaction& t) { return t.Put("a", "1"); }).ok());
  EXPECT_TRUE(early.WaitForNotificationWithTimeout(kLong / 2));
  go_on.Notify();
}

}  // namespace
}  // namespace guestbridge::server
