#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/store.h"
#include "server/store/store_conformance_fixture_test.h"

// Binds every implementation of Store.
namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

INSTANTIATE_TEST_SUITE_P(All, StoreConformance, ::testing::ValuesIn(Backends()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreConformance, KeepsBytesAsTheyWere) {
  const std::string body("\0\xff\x01 text", 8);
  Put("a", body);
  Put("empty", "");
  ASSERT_TRUE(Get("a").has_value());
  EXPECT_EQ(Get("a")->body, body);
  ASSERT_TRUE(Get("empty").has_value());
  EXPECT_EQ(Get("empty")->body, "");
  EXPECT_FALSE(Get("absent").has_value());
}

TEST_P(StoreConformance, EachCommitThatWritesGetsTheNextRevision) {
  const int64_t first = Put("a", "1");
  const int64_t second = Put("b", "1");
  EXPECT_EQ(second, first + 1);
  EXPECT_EQ(Get("a")->version, first);
  EXPECT_EQ(Put("a", "1"), second + 1) << "also when the body is the same";
  EXPECT_EQ(Get("a")->version, second + 1);
}

TEST_P(StoreConformance, OneCommitHasOneRevision) {
  const auto revision = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "1"));
    return t.Put("b", "1");
  });
  ASSERT_TRUE(revision.ok());
  EXPECT_EQ(Get("a")->version, *revision);
  EXPECT_EQ(Get("b")->version, *revision);
}

TEST_P(StoreConformance, AWriteThatWritesNothingHasTheCurrentRevision) {
  const int64_t revision = Put("a", "1");
  const auto nothing = store_->Write([](Transaction&) { return absl::OkStatus(); });
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(*nothing, revision);
  EXPECT_EQ(Delete("absent"), revision);
}

TEST_P(StoreConformance, ARevisionIsNeverReusedAlsoAfterDeleteAndReopen) {
  Put("a", "1");
  const int64_t deleted = Delete("a");
  Reopen();
  EXPECT_EQ(store_->WaitForRevision(0, absl::ZeroDuration()), deleted);
  const int64_t again = Put("a", "2");
  EXPECT_EQ(again, deleted + 1);
  EXPECT_THAT(Changes(0), ElementsAre(absl::StrCat(again, " a")));
}

TEST_P(StoreConformance, AnErrorWritesNothing) {
  const int64_t before = Put("a", "1");
  const auto failed = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "2"));
    GB_RETURN_IF_ERROR(t.Put("b", "2"));
    GB_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t number, t.NextNumber("n"));
    return absl::AbortedError("no");
  });
  EXPECT_EQ(failed.status(), absl::AbortedError("no"));
  EXPECT_EQ(Get("a")->body, "1");
  EXPECT_FALSE(Get("b").has_value());
  EXPECT_EQ(store_->WaitForRevision(before, absl::ZeroDuration()), before);
  EXPECT_THAT(Changes(before), IsEmpty());
  EXPECT_EQ(Put("b", "3"), before + 1);
}

TEST_P(StoreConformance, ATransactionSeesItsOwnWrites) {
  Put("gone", "1");
  const auto written = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "1"));
    GB_ASSIGN_OR_RETURN(const auto a, t.Get("a"));
    EXPECT_TRUE(a.has_value());
    GB_RETURN_IF_ERROR(t.Delete("gone"));
    GB_ASSIGN_OR_RETURN(const auto gone, t.Get("gone"));
    EXPECT_FALSE(gone.has_value());
    GB_ASSIGN_OR_RETURN(const auto all, t.List("", "", 10));
    EXPECT_EQ(all.size(), 1u);
    return absl::OkStatus();
  });
  EXPECT_TRUE(written.ok()) << written.status();
}

TEST_P(StoreConformance, AReadRefusesToWrite) {
  const int64_t before = Put("a", "1");
  const absl::Status status = store_->Read([](Transaction& t) -> absl::Status {
    EXPECT_FALSE(t.Put("b", "1").ok());
    EXPECT_FALSE(t.Delete("a").ok());
    EXPECT_FALSE(t.NextNumber("n").ok());
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Get("a").has_value());
  EXPECT_EQ(Put("c", "1"), before + 1);
}

TEST_P(StoreConformance, AReadReturnsTheErrorOfItsBody) {
  EXPECT_EQ(store_->Read([](Transaction&) { return absl::AbortedError("no"); }),
            absl::AbortedError("no"));
  EXPECT_FALSE(Get("a").has_value()) << "and the store is usable afterwards";
}

TEST_P(StoreConformance, ListsOnePrefixInByteOrder) {
  for (const char* key : {"runs/b/1", "runs/a/2", "runs/a/10", "runs/a/1", "runs/a",
                          "runs/A/1", "runs0", "rum"}) {
    Put(key, "x");
  }
  EXPECT_THAT(Keys("runs/a/", "", 10),
              ElementsAre("runs/a/1", "runs/a/10", "runs/a/2"));
  EXPECT_THAT(Keys("runs/", "", 10), ElementsAre("runs/A/1", "runs/a", "runs/a/1",
                                                 "runs/a/10", "runs/a/2", "runs/b/1"));
  EXPECT_THAT(Keys("runs/a/", "", 10, true),
              ElementsAre("runs/a/2", "runs/a/10", "runs/a/1"));
  EXPECT_EQ(Keys("", "", 100).size(), 8u);
  EXPECT_EQ(Keys("", "", 100, true).size(), 8u);
  EXPECT_THAT(Keys("none/", "", 10), IsEmpty());
  EXPECT_THAT(Keys("runs/", "", 0), IsEmpty());
}

TEST_P(StoreConformance, PagesBothWaysWithoutGapOrRepetition) {
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) {
    all.push_back(absl::StrCat("k/", i < 10 ? "0" : "", i));
    Put(all.back(), "x");
  }
  Put("j", "x");
  Put("l", "x");
  for (const bool descending : {false, true}) {
    std::vector<std::string> seen;
    std::string after;
    while (true) {
      const auto page = Keys("k/", after, 7, descending);
      if (page.empty()) break;
      seen.insert(seen.end(), page.begin(), page.end());
      after = page.back();
    }
    if (descending) std::reverse(seen.begin(), seen.end());
    EXPECT_EQ(seen, all);
  }
}

TEST_P(StoreConformance, NumbersOfASequenceStartAtOneAndGoOn) {
  std::vector<int64_t> numbers;
  const auto take = [&](const char* sequence) {
    const auto written = store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t number, t.NextNumber(sequence));
      numbers.push_back(number);
      return absl::OkStatus();
    });
    EXPECT_TRUE(written.ok()) << written.status();
  };
  take("runs");
  take("runs");
  take("other");
  Reopen();
  take("runs");
  EXPECT_THAT(numbers, ElementsAre(1, 2, 1, 3));
}

TEST_P(StoreConformance, ANumberIsGivenBackWhenTheTransactionFails) {
  std::vector<int64_t> numbers;
  for (const bool commit : {false, true}) {
    (void)store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t number, t.NextNumber("runs"));
      numbers.push_back(number);
      return commit ? absl::OkStatus() : absl::AbortedError("no");
    });
  }
  EXPECT_THAT(numbers, ElementsAre(1, 1));
}

TEST_P(StoreConformance, ChangesAreTheLatestOfEachKeyInCommitOrder) {
  Put("a", "1");
  const int64_t b = Put("b", "1");
  const int64_t a = Put("a", "2");
  Put("c", "1");
  const int64_t c = Delete("c");
  EXPECT_THAT(Changes(0), ElementsAre(absl::StrCat(b, " b"), absl::StrCat(a, " a"),
                                      absl::StrCat(c, " c deleted")));
  EXPECT_THAT(Changes(b),
              ElementsAre(absl::StrCat(a, " a"), absl::StrCat(c, " c deleted")));
  EXPECT_THAT(Changes(0, 1), ElementsAre(absl::StrCat(b, " b")));
  EXPECT_THAT(Changes(c), IsEmpty());
}

TEST_P(StoreConformance, ChangesNeverCutACommitInTwo) {
  const int64_t one = Put("a", "1");
  const auto many = store_->Write([](Transaction& t) -> absl::Status {
    for (const char* key : {"b", "c", "d"}) GB_RETURN_IF_ERROR(t.Put(key, "1"));
    return absl::OkStatus();
  });
  ASSERT_TRUE(many.ok());
  EXPECT_THAT(Changes(0, 2), ElementsAre(absl::StrCat(one, " a")));
  EXPECT_EQ(Changes(one, 2).size(), 3u);
}

TEST_P(StoreConformance, WaitingEndsWithACommitAWakeOrTheTimeout) {
  const int64_t before = Put("a", "1");
  EXPECT_EQ(store_->WaitForRevision(before - 1, absl::InfiniteDuration()), before);
  EXPECT_EQ(store_->WaitForRevision(before, absl::Milliseconds(1)), before);

  std::thread writer([&] { Put("b", "1"); });
  EXPECT_EQ(store_->WaitForRevision(before, absl::InfiniteDuration()), before + 1);
  writer.join();

  // Wakes until the waiter is gone: it may not have been waiting yet at the first one.
  std::atomic<bool> woken = false;
  std::thread waiter([&] {
    EXPECT_EQ(store_->WaitForRevision(before + 1, absl::InfiniteDuration()),
              before + 1);
    woken = true;
  });
  while (!woken) {
    store_->WakeAll();
    std::this_thread::yield();
  }
  waiter.join();
}

TEST_P(StoreConformance, ConcurrentWritersLoseNothingAndShareNoRevision) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 25;
  std::vector<std::vector<int64_t>> revisions(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        const auto written = store_->Write([&](Transaction& t) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const auto counter, t.Get("counter"));
          const size_t length = counter.has_value() ? counter->body.size() : 0;
          return t.Put("counter", std::string(length + 1, 'x'));
        });
        ASSERT_TRUE(written.ok()) << written.status();
        revisions[thread].push_back(*written);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Get("counter")->body.size(), size_t{kThreads * kWrites});
  std::vector<int64_t> all;
  for (const auto& own : revisions) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST_P(StoreConformance, AnotherProcessSeesAndAddsDocuments) {
  Put("mine", "1");
  auto other = place_->Open();
  ASSERT_TRUE(other.ok()) << other.status();
  const auto written =
      (*other)->Write([](Transaction& t) { return t.Put("theirs", "1"); });
  ASSERT_TRUE(written.ok()) << written.status();
  ASSERT_TRUE(Get("theirs").has_value());
  EXPECT_EQ(Get("theirs")->version, *written);
  EXPECT_EQ(Put("mine", "2"), *written + 1);
}

TEST_P(StoreConformance, RecordsAreTypedDocuments) {
  store::ScheduleRecord schedule;
  schedule.set_cron("0 3 * * *");
  const auto written = store_->Write([&](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(PutRecord(t, "schedules/main", schedule));
    return t.Put("schedules/zzz", "\xff not a message");
  });
  ASSERT_TRUE(written.ok()) << written.status();
  const absl::Status read = store_->Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto found,
                        GetRecord<store::ScheduleRecord>(t, "schedules/main"));
    EXPECT_TRUE(found.has_value());
    EXPECT_EQ(found->value.cron(), "0 3 * * *");
    EXPECT_EQ(found->version, *written);
    GB_ASSIGN_OR_RETURN(const auto absent,
                        GetRecord<store::ScheduleRecord>(t, "schedules/none"));
    EXPECT_FALSE(absent.has_value());
    EXPECT_FALSE(GetRecord<store::ScheduleRecord>(t, "schedules/zzz").ok());
    EXPECT_FALSE(ListRecords<store::ScheduleRecord>(t, "schedules/", "", 10).ok());
    GB_ASSIGN_OR_RETURN(const auto listed,
                        ListRecords<store::ScheduleRecord>(t, "schedules/", "", 1));
    EXPECT_EQ(listed.size(), 1u);
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

}  // namespace
}  // namespace guestbridge::server
