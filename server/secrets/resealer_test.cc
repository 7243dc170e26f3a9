#include "server/secrets/resealer.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/secrets/seal_index.h"
#include "server/secrets/secret_keys.h"
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

std::string Place(const std::string& id, const std::string& field) {
  return absl::StrCat("integrations/", id, "/connection#", field);
}

// A server with a data directory of its own.
struct OneServer {
  OneServer(Store& store, const std::string& folder, Random& random,
            const Clock& clock) {
    std::filesystem::create_directories(folder);
    auto opened = SecretKeys::Open(store, *MakeKeySource({}, folder, random, clock),
                                   random, clock);
    error = opened.status();
    if (!opened.ok()) return;
    keys = *std::move(opened);
    resealer = std::make_unique<Resealer>(store, *keys, clock);
  }
  Sealer& sealer() { return keys->sealer(); }

  absl::Status error;
  std::unique_ptr<SecretKeys> keys;
  std::unique_ptr<Resealer> resealer;
};

class ResealerTest : public ::testing::Test {
 protected:
  ResealerTest()
      : store_(*OpenSqliteStore(dir_.File("server.db"))),
        one_(*store_, dir_.File("one"), random_, clock_) {
    EXPECT_THAT(one_.error, IsOk());
  }

  // A connection with two secrets and its tokens, as the server keeps them.
  void PutSecrets(const std::string& id, Sealer& sealer) {
    const auto seal = [&](const char* field) {
      return sealer.Seal(SecretString(absl::StrCat(id, " ", field)), Place(id, field));
    };
    store::ConnectionRecord connection;
    connection.set_sealed_webhook_secret(seal("webhook_secret"));
    connection.set_sealed_source_password(seal("source_password"));
    store::TokenRecord tokens;
    tokens.set_sealed_refresh_token(seal("refresh_token"));
    tokens.set_grant(1);
    Put(sealer, "connections/" + id, connection);
    Put(sealer, "tokens/" + id, tokens);
  }
  template <typename T>
  void Put(Sealer& sealer, const std::string& key, const T& record) {
    ASSERT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      GB_RETURN_IF_ERROR(PutRecord(t, key, record));
      return NoteSeals(t, sealer, key, record);
    }),
                IsOk());
  }
  // Behind the server's back.
  void PutBytes(const std::string& key, const std::string& body) {
    ASSERT_THAT(store_->Write([&](Transaction& t) { return t.Put(key, body); }),
                IsOk());
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
  template <typename T>
  T Stored(const std::string& key) {
    T record;
    EXPECT_TRUE(record.ParseFromString(Bytes(key)));
    return record;
  }
  template <typename T>
  std::string Check(Sealer& sealer, const std::string& key) {
    const T record = Stored<T>(key);
    return ReasonOf(store_->Read(
        [&](Transaction& t) { return CheckSeals(t, sealer, key, record); }));
  }
  static std::string OpenPassword(Sealer& sealer, const std::string& id,
                                  const store::ConnectionRecord& record) {
    const auto secret =
        sealer.Open(record.sealed_source_password(), Place(id, "source_password"));
    return secret.ok() ? secret->Reveal() : ReasonOf(secret.status());
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  std::unique_ptr<Store> store_;
  OneServer one_;
};

using Connection = store::ConnectionRecord;
using Tokens = store::TokenRecord;

TEST_F(ResealerTest, AnOlderFieldOrRecordThatIsPutBackIsRefused) {
  PutSecrets("main", one_.sealer());
  const Connection old = Stored<Connection>("connections/main");
  PutSecrets("main", one_.sealer());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "");
  Connection mixed = Stored<Connection>("connections/main");
  mixed.set_sealed_source_password(old.sealed_source_password());
  PutBytes("connections/main", mixed.SerializeAsString());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
  PutBytes("connections/main", old.SerializeAsString());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
  EXPECT_EQ(Check<Tokens>(one_.sealer(), "tokens/main"), "") << "the others go on";
  // Nor does a rotation make it good.
  ASSERT_THAT(one_.keys->Rotate(false), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
}

TEST_F(ResealerTest, AnIndexThatSomebodyWroteOrTookAwayIsRefusedUntilEnteredAnew) {
  PutSecrets("main", one_.sealer());
  PutSecrets("other", one_.sealer());
  PutBytes("seals/main", Bytes("seals/other"));
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
  auto forged = Stored<store::SealIndexRecord>("seals/main");
  forged.mutable_seals()->back() ^= 1;
  PutBytes("seals/main", forged.SerializeAsString());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
  ASSERT_THAT(store_->Write([](Transaction& t) { return t.Delete("seals/main"); }),
              IsOk());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "SECRET_ROLLED_BACK");
  PutBytes("seals/main", forged.SerializeAsString());
  PutSecrets("main", one_.sealer());
  EXPECT_EQ(Check<Connection>(one_.sealer(), "connections/main"), "");
  EXPECT_EQ(Check<Tokens>(one_.sealer(), "tokens/main"), "");
}

TEST_F(ResealerTest, ASecretMovedToAnotherPlaceDoesNotOpen) {
  PutSecrets("main", one_.sealer());
  PutSecrets("other", one_.sealer());
  EXPECT_EQ(
      OpenPassword(one_.sealer(), "main", Stored<Connection>("connections/other")),
      "SECRET_CORRUPT");
}

// Left under a key that is taken away it would stop the whole integration.
TEST_F(ResealerTest, ARotationTakesWhoWasErasedAlong) {
  store::ErasuresRecord erasures;
  erasures.set_sealed_erasures(
      one_.sealer().Seal(SecretString("list"), Place("main", "erasures")));
  Put(one_.sealer(), "erasures/main", erasures);
  ASSERT_THAT(one_.keys->Rotate(/*shared=*/false), IsOk());
  EXPECT_EQ(one_.resealer->Count()->waiting, 2) << "with the proof of the index";
  EXPECT_EQ(*one_.resealer->Sweep(), 1);
  std::filesystem::remove(dir_.File("one/secret.key"));
  OneServer again(*store_, dir_.File("one"), random_, clock_);
  ASSERT_THAT(again.error, IsOk());
  const auto stored = Stored<store::ErasuresRecord>("erasures/main");
  const auto opened =
      again.sealer().Open(stored.sealed_erasures(), Place("main", "erasures"));
  EXPECT_EQ(opened.ok() ? opened->Reveal() : ReasonOf(opened.status()), "list");
  EXPECT_EQ(Check<store::ErasuresRecord>(again.sealer(), "erasures/main"), "");
}

TEST_F(ResealerTest, ARotationBringsEverythingUnderTheNewKey) {
  for (const char* id : {"a", "b", "c"}) PutSecrets(id, one_.sealer());
  const std::string before = one_.sealer().KeyId();
  ASSERT_THAT(one_.keys->Rotate(/*shared=*/false), IsOk());
  const std::string after = one_.sealer().KeyId();
  EXPECT_NE(after, before);
  SealCounts counts = *one_.resealer->Count();
  EXPECT_EQ(counts.secrets, 9);
  EXPECT_EQ(counts.waiting, 12) << "with the proofs of three indexes";
  EXPECT_EQ(OpenPassword(one_.sealer(), "a", Stored<Connection>("connections/a")),
            "a source_password")
      << "nothing stops meanwhile";
  EXPECT_EQ(*one_.resealer->Sweep(), 6) << "each takes its index along";
  counts = *one_.resealer->Count();
  EXPECT_EQ(counts.waiting, 0);
  EXPECT_EQ(counts.under[after], 9);
  EXPECT_EQ(counts.under[before], 0) << "nor is an index proved with it";
  const auto keys = *one_.keys->List();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[1].number, 2);
  EXPECT_TRUE(keys[1].seals);
  EXPECT_TRUE(keys[0].here);

  // The old key is needed no longer, also by a server that starts anew.
  std::filesystem::remove(dir_.File("one/secret.key"));
  OneServer again(*store_, dir_.File("one"), random_, clock_);
  ASSERT_THAT(again.error, IsOk());
  EXPECT_EQ(OpenPassword(again.sealer(), "b", Stored<Connection>("connections/b")),
            "b source_password");
  EXPECT_EQ(Check<Tokens>(again.sealer(), "tokens/b"), "");
}

TEST_F(ResealerTest, TheAuditsKeyIsCountedUnderTheKeyBeforeUntilItIsSealedAnew) {
  const auto put = [&] {
    store::AuditKeyRecord audit;
    audit.set_sealed_hash_key(one_.sealer().Seal(SecretString("a"), "audit#hash_key"));
    PutBytes("meta/audit-key", audit.SerializeAsString());
  };
  put();
  const std::string before = one_.sealer().KeyId();
  EXPECT_EQ((*one_.resealer->Count()).under[before], 0) << "no secret of anybody";
  ASSERT_THAT(one_.keys->Rotate(false), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  EXPECT_EQ((*one_.resealer->Count()).under[before], 1);
  EXPECT_EQ((*one_.resealer->Count()).waiting, 1) << "the old key may not go yet";
  put();
  EXPECT_EQ((*one_.resealer->Count()).under[before], 0);
  EXPECT_EQ((*one_.resealer->Count()).waiting, 0);
}

TEST_F(ResealerTest, AServerThatIsBehindCountsByTheKeyInForce) {
  PutSecrets("main", one_.sealer());
  const std::string before = one_.sealer().KeyId();
  store::KeyRecord keys = Stored<store::KeyRecord>("meta/key");
  keys.set_key_id("0123456789abcdef");
  keys.add_keys()->set_key_id(keys.key_id());
  PutBytes("meta/key", keys.SerializeAsString());
  EXPECT_FALSE(one_.resealer->Tick()) << "the key is not here";
  const SealCounts counts = *one_.resealer->Count();
  EXPECT_EQ(counts.waiting, 4) << "with the proof of the index";
  EXPECT_EQ(counts.under.at(before), 4);
}

TEST_F(ResealerTest, ARotationThatDiedHalfWayGoesOn) {
  for (const char* id : {"a", "b"}) PutSecrets(id, one_.sealer());
  const std::string old_tokens = Bytes("tokens/b");
  ASSERT_THAT(one_.keys->Rotate(false), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  // One more record under the key before: of a server that noticed late.
  Tokens late = Stored<Tokens>("tokens/b");
  late.ParseFromString(old_tokens);
  Put(one_.sealer(), "tokens/b", late);
  OneServer again(*store_, dir_.File("one"), random_, clock_);
  ASSERT_THAT(again.error, IsOk());
  EXPECT_EQ((*again.resealer->Count()).waiting, 1);
  again.resealer->Tick();
  EXPECT_EQ((*again.resealer->Count()).waiting, 0);
}

TEST_F(ResealerTest, TokensThatAreBeingRefreshedWait) {
  PutSecrets("main", one_.sealer());
  Tokens tokens = Stored<Tokens>("tokens/main");
  tokens.set_refreshing_server("two");
  tokens.set_refresh_sent_unix_seconds(absl::ToUnixSeconds(clock_.Now()));
  PutBytes("tokens/main", tokens.SerializeAsString());
  ASSERT_THAT(one_.keys->Rotate(false), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  EXPECT_EQ((*one_.resealer->Count()).waiting, 1);
  clock_.Advance(absl::Minutes(11));
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  EXPECT_EQ((*one_.resealer->Count()).waiting, 0);
}

TEST_F(ResealerTest, SeveralServersNeedTheNewKeyFirst) {
  const auto copy = [&](const std::string& name) {
    std::filesystem::create_directories(dir_.File("two"));
    std::filesystem::copy_file(dir_.File("one/" + name), dir_.File("two/" + name));
  };
  copy("secret.key");
  OneServer two(*store_, dir_.File("two"), random_, clock_);
  ASSERT_THAT(two.error, IsOk());
  PutSecrets("main", two.sealer());
  EXPECT_EQ(ReasonOf(one_.keys->Rotate(/*shared=*/true)), "NEW_KEY_MISSING");

  auto source = *MakeKeySource({}, dir_.File("one"), random_, clock_);
  ASSERT_THAT(source->Make(2), IsOk());
  ASSERT_THAT(one_.keys->Rotate(true), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  // The other has not got it: it says so and breaks nothing.
  const Connection stored = Stored<Connection>("connections/main");
  EXPECT_EQ(OpenPassword(two.sealer(), "main", stored), "SECRET_KEY_MISMATCH");
  EXPECT_EQ(ReasonOf(two.keys->Follow()), "SECRET_KEY_MISMATCH");
  copy("secret-2.key");
  clock_.Advance(absl::Minutes(1));
  two.resealer->Tick();
  EXPECT_EQ(OpenPassword(two.sealer(), "main", stored), "main source_password");
  EXPECT_EQ(two.sealer().KeyId(), one_.sealer().KeyId());

  ASSERT_THAT(source->Make(3), IsOk());
  ASSERT_THAT(source->Make(4), IsOk());
  EXPECT_EQ(ReasonOf(one_.keys->Rotate(true)), "NEW_KEY_AMBIGUOUS");
}

TEST_F(ResealerTest, AWrongKeyIsFoundAtStart) {
  OneServer other(*store_, dir_.File("other"), random_, clock_);
  EXPECT_EQ(ReasonOf(other.error), "KEY_FILE_MISSING");
  ASSERT_THAT((*MakeKeySource({}, dir_.File("other"), random_, clock_))->Make(1),
              IsOk());
  EXPECT_EQ(ReasonOf(OneServer(*store_, dir_.File("other"), random_, clock_).error),
            "SECRET_KEY_MISMATCH");
}

TEST_F(ResealerTest, WhatIsDamagedIsCountedAndHoldsUpNothing) {
  PutSecrets("a", one_.sealer());
  PutSecrets("b", one_.sealer());
  Connection damaged = Stored<Connection>("connections/a");
  damaged.mutable_sealed_source_password()->back() ^= 1;
  damaged.set_sealed_client_secret("no seal");
  PutBytes("connections/a", damaged.SerializeAsString());
  ASSERT_THAT(one_.keys->Rotate(false), IsOk());
  ASSERT_THAT(one_.resealer->Sweep(), IsOk());
  const SealCounts counts = *one_.resealer->Count();
  EXPECT_EQ(counts.damaged, 1);
  EXPECT_EQ(counts.waiting, 2) << "the record with the damage stays as it is";
}

}  // namespace
}  // namespace guestbridge::server
