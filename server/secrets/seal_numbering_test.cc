#include "server/secrets/seal_numbering.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/secret/key_ring.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/secrets/resealer.h"
#include "server/secrets/seal_index.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

constexpr char kRecord[] = "connections/main";
constexpr char kPlace[] = "integrations/main/connection#source_password";

// A database that servers from before seals were numbered have used, and one of them
// that may still run.
class SealNumberingTest : public ::testing::Test {
 protected:
  SealNumberingTest() : store_(*OpenSqliteStore(dir_.File("server.db"))) {
    std::filesystem::create_directories(dir_.File("data"));
    auto source = *MakeKeySource({}, dir_.File("data"), random_, clock_);
    EXPECT_THAT(source->Make(1), IsOk());
    before_ = std::make_unique<KeyRing>(source->Read()->front(), random_);
    before_->SealNumbered(false);
    store::KeyRecord known;
    known.set_key_id(before_->KeyId());
    EXPECT_THAT(
        store_->Write([&](Transaction& t) { return PutRecord(t, "meta/key", known); }),
        IsOk());
    EXPECT_THAT(WriteAsBefore("of before"), IsOk());
    keys_ = Open();
    resealer_ = std::make_unique<Resealer>(*store_, *keys_, clock_);
  }

  std::unique_ptr<SecretKeys> Open() {
    auto keys = SecretKeys::Open(*store_,
                                 *MakeKeySource({}, dir_.File("data"), random_, clock_),
                                 random_, clock_);
    EXPECT_THAT(keys, IsOk());
    return *std::move(keys);
  }

  // A server of before knows nothing of the index.
  absl::Status WriteAsBefore(const std::string& secret) {
    store::ConnectionRecord record;
    record.set_sealed_source_password(before_->Seal(SecretString(secret), kPlace));
    return store_->Write([&](Transaction& t) { return PutRecord(t, kRecord, record); })
        .status();
  }
  absl::Status Write(const std::string& secret) {
    return store_
        ->Write([&](Transaction& t) -> absl::Status {
          store::ConnectionRecord record;
          record.set_sealed_source_password(
              keys_->sealer().Seal(SecretString(secret), kPlace));
          GB_RETURN_IF_ERROR(PutRecord(t, kRecord, record));
          return NoteSeals(t, keys_->sealer(), kRecord, record);
        })
        .status();
  }
  std::string Bytes(const std::string& key) {
    std::string body;
    EXPECT_THAT(store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto found, t.Get(key));
      if (found.has_value()) body = found->body;
      return absl::OkStatus();
    }),
                IsOk());
    return body;
  }
  // An empty body: the row is taken away.
  void PutBack(const std::map<std::string, std::string>& rows) {
    EXPECT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      for (const auto& [key, body] : rows) {
        GB_RETURN_IF_ERROR(body.empty() ? t.Delete(key) : t.Put(key, body));
      }
      return absl::OkStatus();
    }),
                IsOk());
  }
  std::string Stored() {
    std::string sealed;
    EXPECT_THAT(store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto record,
                          GetRecord<store::ConnectionRecord>(t, kRecord));
      sealed = record->value.sealed_source_password();
      return absl::OkStatus();
    }),
                IsOk());
    return sealed;
  }
  // As a server of before reads it: it knows one form.
  std::string ReadAsBefore() {
    const std::string sealed = Stored();
    if (ReadSealHead(sealed)->numbered) return "SECRET_CORRUPT";
    const auto secret = before_->Open(sealed, kPlace);
    return secret.ok() ? secret->Reveal() : ReasonOf(secret.status());
  }
  std::string Read() { return Read(*keys_); }
  std::string Read(SecretKeys& keys) {
    std::string read;
    EXPECT_THAT(store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto record,
                          GetRecord<store::ConnectionRecord>(t, kRecord));
      const absl::Status in_force =
          CheckSeals(t, keys.sealer(), kRecord, record->value);
      const auto secret =
          keys.sealer().Open(record->value.sealed_source_password(), kPlace);
      read = !in_force.ok() ? ReasonOf(in_force)
             : !secret.ok() ? ReasonOf(secret.status())
                            : secret->Reveal();
      return absl::OkStatus();
    }),
                IsOk());
    return read;
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<KeyRing> before_;
  std::unique_ptr<SecretKeys> keys_;
  std::unique_ptr<Resealer> resealer_;
  absl::StatusOr<bool> older_run_ = true;
};

TEST_F(SealNumberingTest, EachReadsWhatTheOtherWroteWhileBothRun) {
  EXPECT_EQ(Read(), "of before");
  ASSERT_THAT(Write("by the new one"), IsOk());
  EXPECT_EQ(ReadAsBefore(), "by the new one");
  ASSERT_THAT(WriteAsBefore("changed by the old one"), IsOk());
  EXPECT_EQ(Read(), "changed by the old one");
  EXPECT_EQ(*resealer_->Sweep(), 0)
      << "nothing is sealed in the form that one can't open";
  EXPECT_EQ((*resealer_->Count()).waiting, 0);
  EXPECT_EQ(ReadAsBefore(), "changed by the old one");
}

TEST_F(SealNumberingTest, NumbersComeWhenNoOlderServerWasSeenForAWhile) {
  SealNumbering numbering(
      *keys_, clock_, [this] { return older_run_; }, absl::Minutes(2));
  const auto tick = [&](absl::Duration later) {
    clock_.Advance(later);
    numbering.Tick();
    return keys_->numbered();
  };
  EXPECT_FALSE(tick(absl::Hours(1)));
  older_run_ = false;
  EXPECT_FALSE(tick(absl::Seconds(5)));
  EXPECT_FALSE(tick(absl::Seconds(119)));
  older_run_ = true;  // Its connections had broken.
  EXPECT_FALSE(tick(absl::Seconds(5)));
  older_run_ = false;
  EXPECT_FALSE(tick(absl::Seconds(5)));
  older_run_ = MakeError("DATABASE_UNREACHABLE");
  EXPECT_FALSE(tick(absl::Minutes(3))) << "nobody knows";
  older_run_ = false;
  EXPECT_FALSE(tick(absl::Seconds(5)));
  EXPECT_TRUE(tick(absl::Minutes(2)));
  EXPECT_EQ(Read(), "of before");
  EXPECT_EQ((*resealer_->Count()).waiting, 1);
  EXPECT_EQ(*resealer_->Sweep(), 1);
  EXPECT_TRUE(ReadSealHead(Stored())->numbered);
  EXPECT_EQ(Read(), "of before");
  EXPECT_TRUE(Open()->numbered()) << "for good";
}

TEST_F(SealNumberingTest, TheOtherNewServersFollow) {
  const auto other = Open();
  ASSERT_FALSE(other->numbered());
  ASSERT_THAT(keys_->NumberSeals(), IsOk());
  ASSERT_THAT(other->Follow(), IsOk());
  EXPECT_TRUE(other->numbered());
  EXPECT_TRUE(ReadSealHead(other->sealer().Seal(SecretString("s"), kPlace))->numbered);
}

TEST_F(SealNumberingTest, TheKeyIsNotRotatedWhileAnOlderServerMayRun) {
  EXPECT_EQ(ReasonOf(keys_->Rotate(/*shared=*/false)), "OLDER_SERVERS_RUN");
  EXPECT_EQ((*keys_->List()).size(), 1U) << "nor made";
  ASSERT_THAT(keys_->NumberSeals(), IsOk());
  EXPECT_THAT(keys_->Rotate(/*shared=*/false), IsOk());
}

// By who can write rows and has a copy of older ones.
TEST_F(SealNumberingTest, OnceSealsHaveNumbersOneWithoutIsPutBackInVain) {
  const std::string old = Bytes(kRecord);
  ASSERT_THAT(keys_->NumberSeals(), IsOk());
  EXPECT_EQ(Read(), "of before") << "until it has its number";
  PutBack({{"seals/main", ""}});
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK") << "nor before it has";
  ASSERT_THAT(Write("in force"), IsOk());
  PutBack({{"seals/main", ""}, {kRecord, old}});
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK");
  EXPECT_EQ(*resealer_->Sweep(), 0) << "it gets no number";
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK");
  EXPECT_EQ(Read(*Open()), "SECRET_ROLLED_BACK");
  ASSERT_THAT(Write("entered anew"), IsOk());
  EXPECT_EQ(Read(), "entered anew");
}

TEST_F(SealNumberingTest, NorDoesItHelpToPutTheRecordOfKeysBackWithIt) {
  const std::string old = Bytes(kRecord);
  const std::string old_keys = Bytes("meta/key");
  ASSERT_THAT(keys_->NumberSeals(), IsOk());
  ASSERT_EQ(*resealer_->Sweep(), 1);
  // Of another hotel.
  PutBack({{"connections/other", Bytes(kRecord)}});
  PutBack({{"meta/key", old_keys}, {"seals/main", ""}, {kRecord, old}});
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK");
  ASSERT_THAT(keys_->Follow(), IsOk());
  EXPECT_TRUE(keys_->numbered());
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK");
  PutBack({{"meta/key", old_keys}});
  const auto started = Open();
  EXPECT_TRUE(started->numbered());
  EXPECT_EQ(Read(*started), "SECRET_ROLLED_BACK");
}

TEST_F(SealNumberingTest, WhatAServerOfBeforeWritesLaterIsRefusedNotTaken) {
  ASSERT_THAT(keys_->NumberSeals(), IsOk());
  ASSERT_THAT(Write("numbered"), IsOk());
  ASSERT_THAT(WriteAsBefore("late"), IsOk());
  EXPECT_EQ(Read(), "SECRET_ROLLED_BACK");
}

}  // namespace
}  // namespace guestbridge::server
