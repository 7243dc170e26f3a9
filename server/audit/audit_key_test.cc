#include "server/audit/audit_key.h"

#include "common/secret/key_file.h"
#include "common/secret/key_ring.h"
#include "common/status/error.h"
#include "server/audit/audit_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class AuditKeyTest : public AuditFixture {
 protected:
  std::string Sealed() {
    std::string sealed;
    EXPECT_THAT(bare_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto record,
                          GetRecord<store::AuditKeyRecord>(t, kAuditKeyDocument));
      sealed = record->value.sealed_hash_key();
      return absl::OkStatus();
    }),
                IsOk());
    return sealed;
  }
  void PutInForce(const std::string& key_id) {
    store::KeyRecord keys;
    keys.set_key_id(key_id);
    Tamper([&](Transaction& t) { return PutRecord(t, "meta/key", keys); });
  }
};

TEST_F(AuditKeyTest, IsMadeOnceAndOutlivesANewSealing) {
  const std::string hash = store_->audit().key().Hash("secret");
  EXPECT_EQ(hash.substr(0, 5), "hmac:");
  EXPECT_EQ(hash.size(), 37U);
  const std::string before = Sealed();
  KeyRing ring(*ReadKeyFile(dir_.File("secret.key")), random_);
  ASSERT_THAT(ResealAuditKey(*bare_, ring), IsOk());
  EXPECT_EQ(Sealed(), before) << "it is under the key that seals";
  const SecretString newer = MakeKey(random_);
  ring.Add({newer});
  ASSERT_TRUE(ring.Use(KeyIdOf(newer)));
  PutInForce(ring.KeyId());
  ASSERT_THAT(ResealAuditKey(*bare_, ring), IsOk());
  EXPECT_EQ(ReadSealHead(Sealed())->key_id, KeyIdOf(newer));
  KeyRing only(newer, random_);
  const auto again = OpenAuditKey(*bare_, only, random_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->Hash("secret"), hash);
  EXPECT_NE(again->Hash("other"), hash);
  EXPECT_EQ(again->Hash(""), "");
}

TEST_F(AuditKeyTest, AServerThatIsBehindDoesNotBringItBackUnderTheKeyBefore) {
  KeyRing ring(*ReadKeyFile(dir_.File("secret.key")), random_);
  const std::string older = ring.KeyId();
  const SecretString newer = MakeKey(random_);
  ring.Add({newer});
  PutInForce(KeyIdOf(newer));
  ASSERT_TRUE(ring.Use(KeyIdOf(newer)));
  ASSERT_THAT(ResealAuditKey(*bare_, ring), IsOk());
  const std::string resealed = Sealed();
  ASSERT_EQ(ReadSealHead(resealed)->key_id, KeyIdOf(newer));
  ASSERT_TRUE(ring.Use(older));
  ASSERT_THAT(ResealAuditKey(*bare_, ring), IsOk());
  EXPECT_EQ(Sealed(), resealed);
  KeyRing without(*ReadKeyFile(dir_.File("secret.key")), random_);
  EXPECT_THAT(ResealAuditKey(*bare_, without), IsOk()) << "nothing to complain of";
}

TEST_F(AuditKeyTest, AnotherServersKeyDoesNotOpenIt) {
  const auto other = OpenSealer(dir_.File("other.key"), true, random_);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(ReasonOf(OpenAuditKey(*bare_, **other, random_).status()),
            "SECRET_KEY_MISMATCH");
}

}  // namespace
}  // namespace guestbridge::server
