#include "server/audit/denied_calls.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/audit/audit_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::testing::SizeIs;

class DeniedCallsTest : public AuditFixture {
 protected:
  static AuditedCall Call(const std::string& method, int port,
                          const std::string& host = "10.0.0.7") {
    return {.principal = "",
            .peer = absl::StrCat(host, ":", port),
            .request_id = absl::StrCat("request-", port),
            .method = method};
  }

  DeniedCalls denied_{store_->audit(), clock_};
};

TEST_F(DeniedCallsTest, TheFirstIsRecordedAtOnceAndRepeatsAreCounted) {
  for (int port = 1; port <= 100; ++port) {
    denied_.Add(Call("A/B", port), "TOKEN_UNKNOWN", "integrations/main");
  }
  auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].outcome(), v1::AuditRecord::DENIED);
  EXPECT_EQ(records[0].reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(records[0].method(), "A/B");
  EXPECT_EQ(records[0].peer(), "10.0.0.7:1");
  EXPECT_EQ(records[0].request_id(), "request-1");
  EXPECT_EQ(records[0].resource(), "integrations/main");
  denied_.Tick();
  EXPECT_THAT(Records(), SizeIs(1));
  clock_.Advance(absl::Minutes(1));
  denied_.Tick();
  records = Records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[1].count(), 99);
  // A new minute.
  denied_.Add(Call("A/B", 101), "TOKEN_UNKNOWN", "");
  EXPECT_THAT(Records(), SizeIs(3));
  denied_.Finish();
  EXPECT_THAT(Records(), SizeIs(3));
}

TEST_F(DeniedCallsTest, OtherCallersMethodsReasonsAndAddressesAreRecordsOfTheirOwn) {
  denied_.Add(Call("A/B", 1), "TOKEN_UNKNOWN", "");
  denied_.Add(Call("A/C", 1), "TOKEN_UNKNOWN", "");
  denied_.Add(Call("A/B", 1), "TOKEN_MISSING", "");
  denied_.Add(Call("A/B", 1, "10.0.0.8"), "TOKEN_UNKNOWN", "");
  AuditedCall known = Call("A/B", 1);
  known.principal = "ivanova";
  denied_.Add(known, "ROLE_MISSING", "");
  EXPECT_THAT(Records(), SizeIs(5));
}

TEST_F(DeniedCallsTest, AFloodFromManyAddressesIsBounded) {
  constexpr int kCallers = 2000;
  for (int i = 0; i < kCallers; ++i) {
    denied_.Add(Call("A/B", 1, absl::StrCat("10.0.", i / 250, ".", i % 250)),
                "TOKEN_UNKNOWN", "");
  }
  EXPECT_THAT(Records(), SizeIs(DeniedCalls::kMostKinds + 1));
  denied_.Finish();
  const auto records = Records();
  int64_t counted = 0;
  for (const v1::AuditRecord& record : records) {
    counted += std::max(record.count(), 1);
  }
  EXPECT_EQ(counted, kCallers);
}

TEST_F(DeniedCallsTest, AFloodThatDoesNotEndDoesNotGrowTheDatabaseEither) {
  constexpr int kMinutes = 150;
  constexpr int kEachMinute = 550;
  for (int minute = 0; minute < kMinutes; ++minute) {
    for (int i = 0; i < kEachMinute; ++i) {
      denied_.Add(Call("A/B", 1, absl::StrCat("10.", i / 250, ".0.", i % 250)),
                  "TOKEN_UNKNOWN", "");
    }
    clock_.Advance(absl::Minutes(1));
    denied_.Tick();
  }
  denied_.Finish();
  const auto records = Records();
  int64_t counted = 0;
  int beyond = 0;
  for (const v1::AuditRecord& record : records) {
    counted += std::max(record.count(), 1);
    if (record.method().empty()) ++beyond;
  }
  EXPECT_EQ(counted, kMinutes * kEachMinute);
  // The first of them, their count after each of two hours, and at the end.
  EXPECT_EQ(beyond, 4);
  EXPECT_LE(records.size(), DeniedCalls::kStrangers + kMinutes + 4u);
}

TEST_F(DeniedCallsTest, AFloodThatCameToItsEndAndBeginsAnewTellsItsFirstAgain) {
  const auto flood = [&] {
    for (int i = 0; i < 600; ++i) {
      denied_.Add(Call("A/B", 1, absl::StrCat("10.", i / 250, ".0.", i % 250)),
                  "TOKEN_UNKNOWN", "");
    }
  };
  const auto beyond = [&] {
    const auto records = Records();
    return std::count_if(
        records.begin(), records.end(),
        [](const v1::AuditRecord& record) { return record.method().empty(); });
  };
  flood();
  EXPECT_EQ(beyond(), 1);
  for (int hours = 1; hours <= 3; ++hours) {
    clock_.Advance(absl::Hours(1));
    denied_.Tick();
    EXPECT_EQ(beyond(), 2) << "nothing came since the first hour";
  }
  flood();
  EXPECT_EQ(beyond(), 3);
}

TEST_F(DeniedCallsTest, AFloodOfStrangersDoesNotHideWhoIsKnown) {
  for (int i = 0; i < 1000; ++i) {
    denied_.Add(Call("A/B", 1, absl::StrCat("10.", i / 250, ".0.", i % 250)),
                "TOKEN_UNKNOWN", "");
  }
  clock_.Advance(absl::Minutes(1));
  denied_.Tick();
  AuditedCall known = Call("A/B", 1);
  known.principal = "apiTokens/abc";
  denied_.Add(known, "ROLE_MISSING", "");
  const auto records = Records();
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back().principal(), "apiTokens/abc");
  EXPECT_EQ(records.back().peer(), "10.0.0.7:1");
}

TEST_F(DeniedCallsTest, WhatCouldNotBeRecordedIsRecordedLater) {
  PutSchedule("0 3 * * *");
  WithADamagedHead([&] {
    denied_.Add(Call("A/B", 1), "TOKEN_UNKNOWN", "");
    denied_.Add(Call("A/B", 2), "TOKEN_UNKNOWN", "");
  });
  denied_.Finish();
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[1].count(), 2);
}

}  // namespace
}  // namespace guestbridge::server
