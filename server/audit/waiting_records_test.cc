#include "server/audit/waiting_records.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/audit/audit_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::testing::SizeIs;

class WaitingRecordsTest : public AuditFixture {
 protected:
  // As a program does that has the database and no key.
  void Leave(const std::string& id) {
    store::ApiTokenEntryRecord made;
    made.mutable_token()->set_id(id);
    made.mutable_token()->set_name("night desk");
    made.add_digests("planted-digest");
    Tamper([&](Transaction& t) { return LeaveForAudit(t, 1000, made); });
  }

  int TakeUp() {
    const auto taken = waiting_.TakeUp();
    EXPECT_THAT(taken, IsOk());
    return taken.value_or(-1);
  }

  WaitingRecords waiting_{*store_, store_->audit()};
};

TEST_F(WaitingRecordsTest, WhatWasLeftIsPutAtTheEndOfTheChainOnce) {
  PutSchedule("0 3 * * *");
  Leave("abc");
  EXPECT_THAT(Records(), SizeIs(1));
  EXPECT_EQ(TakeUp(), 1);
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[1].principal(), "localUsers/1000");
  EXPECT_EQ(records[1].method(), "guestbridge-server token create");
  EXPECT_EQ(records[1].resource(), "apiTokens/abc");
  EXPECT_EQ(records[1].outcome(), v1::AuditRecord::ALLOWED);
  EXPECT_NE(records[1].DebugString().find("night desk"), std::string::npos);
  EXPECT_EQ(records[1].DebugString().find("planted-digest"), std::string::npos);
  EXPECT_EQ(TakeUp(), 0);
  EXPECT_THAT(Records(), SizeIs(2));
  EXPECT_EQ(Verify().defect(), v1::VerifyAuditResponse::DEFECT_UNSPECIFIED);
}

TEST_F(WaitingRecordsTest, WhatCannotBePutIntoTheChainGoesOnWaiting) {
  PutSchedule("0 3 * * *");
  Leave("abc");
  WithADamagedHead([&] { EXPECT_FALSE(waiting_.TakeUp().ok()); });
  EXPECT_EQ(TakeUp(), 1);
}

TEST_F(WaitingRecordsTest, OneThatNobodyCanReadDoesNotKeepOthersWaiting) {
  Tamper([](Transaction& t) { return t.Put("audit-waiting/aaa", "\xff"); });
  for (int i = 0; i < 120; ++i) Leave(absl::StrCat("b", i));
  EXPECT_EQ(TakeUp(), 120);
  EXPECT_THAT(Records(), SizeIs(120));
}

TEST_F(WaitingRecordsTest, OneThatNobodyCanReadIsLoggedOnceUntilItChanges) {
  const auto logged = [&] {
    ::testing::internal::CaptureStderr();
    for (int i = 0; i < 3; ++i) TakeUp();
    const std::string text = ::testing::internal::GetCapturedStderr();
    return std::vector<std::string>(absl::StrSplit(text, "unreadable")).size() - 1;
  };
  Tamper([](Transaction& t) { return t.Put("audit-waiting/aaa", "\xff"); });
  EXPECT_EQ(logged(), 1U);
  EXPECT_EQ(logged(), 0U);
  Tamper([](Transaction& t) { return t.Put("audit-waiting/aaa", "\xfe"); });
  EXPECT_EQ(logged(), 1U);
}

}  // namespace
}  // namespace guestbridge::server
