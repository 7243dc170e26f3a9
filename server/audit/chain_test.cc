#include "server/audit/chain.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "server/audit/audit_fixture_test.h"
#include "server/store/store_conformance_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using Answer = v1::VerifyAuditResponse;

class ChainTest : public AuditFixture {
 protected:
  ChainTest() {
    for (int i = 1; i <= 5; ++i) PutSchedule(absl::StrCat(i, " 3 * * *"));
  }

  absl::Status Copy(Transaction& t, int64_t from, int64_t to) {
    GB_ASSIGN_OR_RETURN(const auto document, t.Get(AuditRecordDocument(from)));
    return t.Put(AuditRecordDocument(to), document->body);
  }

  void ExpectDefect(Answer::Defect defect, int64_t number) {
    const Answer answer = Verify();
    EXPECT_EQ(Answer::Defect_Name(answer.defect()), Answer::Defect_Name(defect));
    EXPECT_EQ(answer.defect_number(), number);
  }
};

TEST_F(ChainTest, IsWholeWhenNobodyTouchedIt) {
  const Answer answer = Verify();
  EXPECT_EQ(answer.defect(), Answer::DEFECT_UNSPECIFIED);
  EXPECT_EQ(answer.records(), 5);
  EXPECT_EQ(answer.last_number(), 5);
  EXPECT_EQ(answer.last_hash(), Records().back().hash());
}

TEST_F(ChainTest, FindsAChangedRecord) {
  Tamper([](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<v1::AuditRecord>(t, AuditRecordDocument(3)));
    record->value.set_principal("somebody else");
    return PutRecord(t, AuditRecordDocument(3), record->value);
  });
  ExpectDefect(Answer::CHANGED, 3);
  EXPECT_EQ(Verify().last_number(), 2);
}

TEST_F(ChainTest, FindsAChangedRecordThatWasGivenAFittingHash) {
  Tamper([](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<v1::AuditRecord>(t, AuditRecordDocument(3)));
    record->value.set_principal("somebody else");
    record->value.set_hash(HashOf(record->value));
    return PutRecord(t, AuditRecordDocument(3), record->value);
  });
  ExpectDefect(Answer::CHANGED, 4);
}

TEST_F(ChainTest, FindsBytesThatAreNoRecord) {
  Tamper([](Transaction& t) { return t.Put(AuditRecordDocument(2), "\xff\xff"); });
  ExpectDefect(Answer::CHANGED, 2);
}

// What a later version writes is hashed by that version's own rules.
TEST_F(ChainTest, ARecordWithFieldsOfALaterVersionIsNotCalledChanged) {
  for (const bool in_change : {false, true}) {
    v1::AuditRecord original;
    Tamper([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto record,
                          GetRecord<v1::AuditRecord>(t, AuditRecordDocument(3)));
      original = record->value;
      google::protobuf::Message* part = &record->value;
      if (in_change) part = record->value.mutable_changes(0);
      part->GetReflection()->MutableUnknownFields(part)->AddLengthDelimited(99, "new");
      record->value.set_hash("by the rules of that version");
      return PutRecord(t, AuditRecordDocument(3), record->value);
    });
    const absl::Status refused = store_->audit().Verify().status();
    EXPECT_THAT(refused, testing::StatusIs(absl::StatusCode::kFailedPrecondition,
                                           "AUDIT_RECORD_NEWER"));
    EXPECT_THAT(ParametersOf(refused),
                ::testing::ElementsAre(::testing::Pair("record", "3")));
    Tamper(
        [&](Transaction& t) { return PutRecord(t, AuditRecordDocument(3), original); });
  }
  ExpectDefect(Answer::DEFECT_UNSPECIFIED, 0);
}

TEST_F(ChainTest, FindsARemovedRecord) {
  Tamper([](Transaction& t) { return t.Delete(AuditRecordDocument(3)); });
  ExpectDefect(Answer::REMOVED, 3);
}

TEST_F(ChainTest, FindsARemovedBeginning) {
  Tamper([](Transaction& t) { return t.Delete(AuditRecordDocument(1)); });
  ExpectDefect(Answer::REMOVED, 1);
}

TEST_F(ChainTest, FindsARemovedEnd) {
  Tamper([](Transaction& t) { return t.Delete(AuditRecordDocument(5)); });
  ExpectDefect(Answer::REMOVED, 5);
  for (int i = 1; i < 5; ++i) {
    Tamper([&](Transaction& t) { return t.Delete(AuditRecordDocument(i)); });
  }
  ExpectDefect(Answer::REMOVED, 1);
}

TEST_F(ChainTest, FindsReorderedRecords) {
  Tamper([this](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(Copy(t, 2, 9));
    GB_RETURN_IF_ERROR(Copy(t, 3, 2));
    GB_RETURN_IF_ERROR(Copy(t, 9, 3));
    return t.Delete(AuditRecordDocument(9));
  });
  ExpectDefect(Answer::REORDERED, 2);
}

TEST_F(ChainTest, FindsARecordThatWasPutIn) {
  v1::AuditRecord record = Records().back();
  record.set_number(6);
  record.set_previous_number(5);
  record.set_previous_hash(record.hash());
  record.set_hash(HashOf(record));
  Tamper([&](Transaction& t) { return PutRecord(t, AuditRecordDocument(6), record); });
  ExpectDefect(Answer::ADDED, 6);
}

// Whoever can write to the database can compute all hashes, but has no key.
TEST_F(ChainTest, FindsAChainThatWasMadeAnew) {
  Tamper([](Transaction& t) -> absl::Status {
    v1::AuditRecord record;
    record.set_number(1);
    record.set_principal("nobody");
    record.set_hash(HashOf(record));
    for (int i = 2; i <= 5; ++i) {
      GB_RETURN_IF_ERROR(t.Delete(AuditRecordDocument(i)));
    }
    GB_RETURN_IF_ERROR(PutRecord(t, AuditRecordDocument(1), record));
    GB_ASSIGN_OR_RETURN(auto head,
                        GetRecord<store::AuditHeadRecord>(t, kAuditHeadDocument));
    head->value.set_number(1);
    head->value.set_hash(record.hash());
    return PutRecord(t, kAuditHeadDocument, head->value);
  });
  ExpectDefect(Answer::END_CHANGED, 1);
  Tamper([](Transaction& t) { return t.Delete(kAuditHeadDocument); });
  ExpectDefect(Answer::END_CHANGED, 1);
}

TEST_F(ChainTest, TheTextThatIsHashedIsStable) {
  v1::AuditRecord record;
  record.set_number(7);
  record.mutable_time()->set_seconds(1769828400);
  record.set_principal("ivanova");
  record.set_outcome(v1::AuditRecord::ALLOWED);
  v1::AuditChange& change = *record.add_changes();
  change.set_field("cron");
  change.set_after("0 3 * * *");
  record.set_previous_number(6);
  EXPECT_EQ(CanonicalText(record),
            "guestbridge audit record\n"
            "number 1 7\n"
            "time.seconds 10 1769828400\n"
            "principal 7 ivanova\n"
            "outcome 1 1\n"
            "change\n"
            "field 4 cron\n"
            "after 9 0 3 * * *\n"
            "previous_number 1 6\n");
}

// A record of before principals were named has the hash that it had then.
TEST_F(ChainTest, ANameIsHashedBehindThePrincipalAndChangesNoOlderRecord) {
  v1::AuditRecord record;
  record.set_number(7);
  record.set_principal("apiTokens/q7");
  record.set_peer("10.0.0.7:51724");
  EXPECT_EQ(HashOf(record),
            "ad6a29b9024f2c627fb094bb245954c9692dd17ce0e08d6568f22c5994ddda1a");
  record.set_principal_name("Иванова");
  EXPECT_EQ(CanonicalText(record),
            "guestbridge audit record\n"
            "number 1 7\n"
            "principal 12 apiTokens/q7\n"
            "principal_name 14 Иванова\n"
            "peer 14 10.0.0.7:51724\n");
}

TEST_F(ChainTest, ARecordKeepsTheNameAndIsFoundWhenItIsChanged) {
  const AuditedCall call{.principal = "apiTokens/q7",
                         .principal_name = "ivanova",
                         .peer = "",
                         .request_id = "",
                         .method = "guestbridge.v1.ScheduleService/SetSchedule"};
  {
    const AuditScope scope(call);
    PutSchedule("6 3 * * *");
  }
  // Behind five records of the server, which have none.
  ExpectDefect(Answer::DEFECT_UNSPECIFIED, 0);
  EXPECT_EQ(Records()[4].principal_name(), "");
  EXPECT_EQ(Records()[5].principal_name(), "ivanova");
  Tamper([](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<v1::AuditRecord>(t, AuditRecordDocument(6)));
    record->value.set_principal_name("petrov");
    return PutRecord(t, AuditRecordDocument(6), record->value);
  });
  ExpectDefect(Answer::CHANGED, 6);
}

// A field that is not hashed could be changed by anybody.
TEST_F(ChainTest, EveryFieldIsHashed) {
  const google::protobuf::Descriptor& fields = *v1::AuditRecord::descriptor();
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *fields.field(i);
    if (field.name() == "name" || field.name() == "hash") continue;
    v1::AuditRecord record;
    const auto& reflection = *record.GetReflection();
    switch (field.cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&record, &field, "x");
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&record, &field, 1);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&record, &field, 1);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_ENUM:
        reflection.SetEnumValue(&record, &field, 1);
        break;
      default:
        if (field.is_repeated()) {
          record.add_changes()->set_field("x");
        } else {
          record.mutable_time()->set_seconds(1);
        }
    }
    EXPECT_NE(HashOf(record), HashOf(v1::AuditRecord())) << field.name();
  }
}

using SharedChainTest = StoreConformance;

TEST_P(SharedChainTest, TwoServersWriteOneChain) {
  testing::TempDir dir;
  testing::SeededRandom random;
  const auto sealer = OpenSealer(dir.File("secret.key"), true, random);
  ASSERT_THAT(sealer, IsOk());
  std::vector<std::unique_ptr<AuditedStore>> stores;
  for (int i = 0; i < 2; ++i) {
    auto opened = place_->Open();
    ASSERT_THAT(opened, IsOk());
    auto audited = AuditedStore::Open(*std::move(opened), **sealer, random, clock_);
    ASSERT_THAT(audited, IsOk());
    stores.push_back(*std::move(audited));
  }
  // One key for both: what they hash can be compared.
  EXPECT_EQ(stores[0]->audit().key().Hash("x"), stores[1]->audit().key().Hash("x"));
  constexpr int kWrites = 20;
  std::vector<std::thread> threads;
  std::vector<int> done(2);
  for (size_t i = 0; i < stores.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kWrites; ++n) {
        store::ScheduleRecord record;
        record.set_cron(absl::StrCat(i, " ", n));
        const auto written = stores[i]->Write([&](Transaction& t) {
          return PutRecord(t, absl::StrCat("schedules/hotel-", i), record);
        });
        // What did not commit under contention left no record either.
        if (written.ok()) ++done[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto answer = stores[0]->audit().Verify();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->defect(), Answer::DEFECT_UNSPECIFIED);
  EXPECT_EQ(answer->records(), done[0] + done[1]);
  EXPECT_GT(answer->records(), kWrites);
}

INSTANTIATE_TEST_SUITE_P(AllStores, SharedChainTest, ::testing::ValuesIn(Backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace guestbridge::server
