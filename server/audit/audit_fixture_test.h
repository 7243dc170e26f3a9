#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/secret/sealer.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/audited_store.h"
#include "server/audit/chain.h"
#include "server/audit/keys.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

// An audited store on SQLite, and the same file without the audit.
namespace guestbridge::server {

class AuditFixture : public ::testing::Test {
 protected:
  AuditFixture()
      : sealer_(*OpenSealer(dir_.File("secret.key"), true, random_)),
        bare_(*OpenSqliteStore(dir_.File("server.db"), clock_)),
        store_(*AuditedStore::Open(*OpenSqliteStore(dir_.File("server.db"), clock_),
                                   *sealer_, random_, clock_)) {}

  template <typename T>
  void Put(const std::string& key, const T& value) {
    EXPECT_THAT(store_->Write([&](Transaction& t) { return PutRecord(t, key, value); }),
                testing::IsOk());
  }

  void PutSchedule(const std::string& cron) {
    store::ScheduleRecord record;
    record.set_cron(cron);
    Put("schedules/main", record);
  }

  // Past the audit.
  void Tamper(const std::function<absl::Status(Transaction&)>& body) {
    EXPECT_THAT(bare_->Write(body), testing::IsOk());
  }

  // Nothing can be put into the chain while `body` runs.
  void WithADamagedHead(const std::function<void()>& body) {
    store::AuditHeadRecord head;
    Tamper([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto record,
                          GetRecord<store::AuditHeadRecord>(t, kAuditHeadDocument));
      head = record->value;
      return t.Put(kAuditHeadDocument, "\xff");
    });
    body();
    Tamper([&](Transaction& t) { return PutRecord(t, kAuditHeadDocument, head); });
  }

  std::vector<v1::AuditRecord> Records() {
    std::vector<v1::AuditRecord> all;
    EXPECT_THAT(bare_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto records,
                          ListRecords<v1::AuditRecord>(t, kAuditRecords, "", 10000));
      for (auto& record : records) all.push_back(std::move(record.value));
      return absl::OkStatus();
    }),
                testing::IsOk());
    return all;
  }

  v1::VerifyAuditResponse Verify() {
    const auto answer = store_->audit().Verify();
    EXPECT_THAT(answer, testing::IsOk());
    return answer.ok() ? *answer : v1::VerifyAuditResponse();
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<Store> bare_;
  std::unique_ptr<AuditedStore> store_;
};

}  // namespace guestbridge::server
