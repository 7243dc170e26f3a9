#include "server/audit/audited_store.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "server/audit/audit_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AuditedStoreTest : public AuditFixture {
 protected:
  static AuditedCall Call(const std::string& method) {
    return {.principal = "apiTokens/q7",
            .principal_name = "ivanova",
            .peer = "10.0.0.7:51724",
            .request_id = "abc",
            .method = "guestbridge.v1." + method};
  }

  void SaveConnection(const std::string& secret) {
    store::ConnectionRecord record;
    record.mutable_connection()->set_hotel("Riviera");
    record.set_sealed_webhook_secret(sealer_->Seal(
        SecretString(secret), "integrations/main/connection#webhook_secret"));
    Put("connections/main", record);
  }

  static std::string Text(const v1::AuditRecord& record, const std::string& field) {
    for (const v1::AuditChange& change : record.changes()) {
      if (change.field() == field) {
        return absl::StrCat(change.before(), "->", change.after());
      }
    }
    return "";
  }
};

TEST_F(AuditedStoreTest, AChangeOfConfigurationIsRecordedWithWhoAndWhat) {
  PutSchedule("0 3 * * *");
  const AuditedCall call = Call("ScheduleService/SetSchedule");
  {
    const AuditScope scope(call);
    PutSchedule("0 4 * * *");
  }
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].principal(), "server");
  EXPECT_EQ(records[0].principal_name(), "");
  EXPECT_EQ(records[1].principal(), "apiTokens/q7");
  EXPECT_EQ(records[1].principal_name(), "ivanova");
  EXPECT_EQ(records[1].peer(), "10.0.0.7:51724");
  EXPECT_EQ(records[1].request_id(), "abc");
  EXPECT_EQ(records[1].method(), "guestbridge.v1.ScheduleService/SetSchedule");
  EXPECT_EQ(records[1].resource(), "integrations/main/schedule");
  EXPECT_EQ(records[1].outcome(), v1::AuditRecord::ALLOWED);
  EXPECT_EQ(absl::FromUnixSeconds(records[1].time().seconds()), clock_.Now());
  EXPECT_EQ(Text(records[1], "cron"), "0 3 * * *->0 4 * * *");
}

TEST_F(AuditedStoreTest, ASwitchIsShownOnAndOff) {
  store::ScheduleRecord record;
  record.set_cron("0 3 * * *");
  Put("schedules/main", record);
  record.set_paused(true);
  Put("schedules/main", record);
  record.set_paused(false);
  Put("schedules/main", record);
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(Text(records[1], "paused"), "false->true");
  EXPECT_EQ(Text(records[2], "paused"), "true->false");
}

TEST_F(AuditedStoreTest, AChangeThatIsNotKeptLeavesNoRecordAndTheReverse) {
  EXPECT_FALSE(store_
                   ->Write([](Transaction& t) -> absl::Status {
                     GB_RETURN_IF_ERROR(
                         PutRecord(t, "schedules/main", store::ScheduleRecord()));
                     return MakeError("CONNECTION_NOT_SET", {{"integration", "main"}});
                   })
                   .ok());
  EXPECT_THAT(Records(), IsEmpty());
  // The note of the end can't be read: no record, hence no change.
  PutSchedule("0 3 * * *");
  Tamper([](Transaction& t) { return t.Put(kAuditHeadDocument, "\xff"); });
  store::ScheduleRecord record;
  record.set_cron("0 4 * * *");
  EXPECT_FALSE(store_
                   ->Write([&](Transaction& t) {
                     return PutRecord(t, "schedules/main", record);
                   })
                   .ok());
  EXPECT_THAT(Records(), SizeIs(1));
  EXPECT_THAT(bare_->Read([](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto kept,
                        GetRecord<store::ScheduleRecord>(t, "schedules/main"));
    EXPECT_EQ(kept->value.cron(), "0 3 * * *");
    return absl::OkStatus();
  }),
              IsOk());
  AuditEntry entry;
  entry.resource = "integrations/main";
  const absl::Status before = store_->audit().Record(entry);
  EXPECT_EQ(ReasonOf(before), "AUDIT_NOT_WRITTEN");
  EXPECT_EQ(before.code(), absl::StatusCode::kUnavailable);
}

TEST_F(AuditedStoreTest, SecretsAreKeyedHashesThatCanBeCompared) {
  SaveConnection("planted-secret-1");
  SaveConnection("planted-secret-1");  // Sealed anew, but the same.
  SaveConnection("planted-secret-2");
  SaveConnection("planted-secret-1");
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(3));
  const std::string one = store_->audit().key().Hash("planted-secret-1");
  const std::string two = store_->audit().key().Hash("planted-secret-2");
  EXPECT_EQ(Text(records[0], "sealed_webhook_secret"), "->" + one);
  EXPECT_EQ(Text(records[1], "sealed_webhook_secret"), one + "->" + two);
  EXPECT_EQ(Text(records[2], "sealed_webhook_secret"), two + "->" + one);
  for (const v1::AuditRecord& record : records) {
    EXPECT_FALSE(absl::StrContains(record.SerializeAsString(), "planted"));
  }
}

TEST_F(AuditedStoreTest, WhatChangesByTheClockIsNotRecorded) {
  PutSchedule("0 3 * * *");
  store::ScheduleRecord record;
  record.set_cron("0 3 * * *");
  record.set_last_fired_unix_seconds(1);
  Put("schedules/main", record);
  store::LeaseRecord lease;
  lease.set_epoch(2);
  Put("leases/base/portal", lease);
  store::AgentRecord agent;
  agent.set_vouched_unix_millis(3);
  Put("agents/hotel-1", agent);
  store::TokenRecord tokens;
  tokens.set_expire_unix_seconds(4);
  Put("tokens/main", tokens);
  EXPECT_THAT(Records(), SizeIs(1));
}

TEST_F(AuditedStoreTest, ARunIsRecordedWhenAPersonStartsItAndNotWhenItsAgentReports) {
  store::RunRecord run;
  run.mutable_run()->set_kind(v1::Run::EXPORT);
  const AuditedCall start = Call("RunService/StartExport");
  {
    const AuditScope scope(start);
    Put("runs/main/000000000017", run);
  }
  const AuditedCall report = Call("AgentControlService/ReportRun");
  {
    const AuditScope scope(report);
    run.set_report_sequence(1);
    Put("runs/main/000000000017", run);
  }
  Put("runs/main/000000000018", run);  // By the schedule.
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].resource(), "integrations/main/runs/17");
}

TEST_F(AuditedStoreTest, ADocumentThatNobodyKnowsIsRecordedWithoutItsContent) {
  Tamper([](Transaction& t) { return t.Put("novelties/main", "planted before"); });
  EXPECT_THAT(
      store_->Write([](Transaction& t) { return t.Put("novelties/main", "planted"); }),
      IsOk());
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].resource(), "novelties/main");
  EXPECT_EQ(records[0].changes(0).after(), store_->audit().key().Hash("planted"));
  EXPECT_FALSE(absl::StrContains(records[0].SerializeAsString(), "planted"));
}

TEST_F(AuditedStoreTest, ALongChangeIsCutAndCounted) {
  store::MappingRecord record;
  for (int i = 0; i < 300; ++i) {
    record.mutable_mapping()->add_entries()->set_source(absl::StrCat("Field", i));
  }
  Put("mappings/main/00000001", record);
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].resource(), "integrations/main/fieldMappings/1");
  EXPECT_EQ(records[0].changes_size(), 200);
  EXPECT_EQ(records[0].omitted_changes(), 100);
}

TEST_F(AuditedStoreTest, WhatGuestsAreComparedWithIsHashed) {
  store::MappingRecord record;
  record.mutable_mapping()->set_filter("LastName = Planted");
  v1::ClientCondition& condition = *record.mutable_mapping()->add_conditions();
  condition.set_attribute("LastName");
  condition.add_values("Planted");
  condition.set_text("LastName = Planted");
  Put("mapping-drafts/main", record);
  const auto records = Records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(Text(records[0], "mapping.conditions[0].attribute"), "->LastName");
  EXPECT_FALSE(absl::StrContains(records[0].SerializeAsString(), "Planted"));
}

TEST_F(AuditedStoreTest, ADeletedIntegrationIsNamedFirst) {
  store::IntegrationRecord integration;
  integration.mutable_integration()->set_display_name("Riviera");
  Put("integrations/main", integration);
  PutSchedule("0 3 * * *");
  store::MappingRecord mapping;
  mapping.mutable_mapping()->add_entries()->set_source("LastName");
  Put("mappings/main/00000001", mapping);
  EXPECT_THAT(store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Delete("mappings/main/00000001"));
    GB_RETURN_IF_ERROR(t.Delete("integrations/main"));
    return t.Delete("schedules/main");
  }),
              IsOk());
  const v1::AuditRecord record = Records().back();
  EXPECT_EQ(record.resource(), "integrations/main");
  EXPECT_EQ(Text(record, "integration.display_name"), "Riviera->");
  EXPECT_EQ(Text(record, "cron"), "0 3 * * *->");
  EXPECT_EQ(record.changes().rbegin()->resource(), "integrations/main/fieldMappings/1");
}

}  // namespace
}  // namespace guestbridge::server
