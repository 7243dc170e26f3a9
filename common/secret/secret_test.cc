#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/secret/aes_gcm.h"
#include "common/secret/core_dumps.h"
#include "common/secret/digest.h"
#include "common/secret/key_ring.h"
#include "common/secret/sealer.h"
#include "common/secret/secret_string.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::SeededRandom;
using testing::StatusIs;
using testing::TempDir;

constexpr char kPlace[] = "integrations/main/connection#webhook_secret";

TEST(DigestTest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Base64Url("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  EXPECT_EQ(Sha256Base64Url("").size(), 43);
}

TEST(SecretStringTest, MovesAndCopies) {
  SecretString a("top");
  SecretString b = a;
  SecretString c = std::move(a);
  EXPECT_EQ(b.Reveal(), "top");
  EXPECT_EQ(c.Reveal(), "top");
  b = SecretString("other");
  c = b;
  EXPECT_EQ(c.Reveal(), "other");
  EXPECT_TRUE(SecretString().empty());
}

TEST(SecretStringTest, ComparesWholeTexts) {
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abcd"));
  EXPECT_TRUE(ConstantTimeEquals("", ""));
}

TEST(AesGcmTest, AgreesWithThePublishedVector) {
  // McGrew and Viega, test case 14.
  const std::string key(32, '\0');
  const std::string nonce(12, '\0');
  const std::string plain(16, '\0');
  const std::string sealed = secret_internal::Encrypt(key, nonce, "", plain);
  const std::string expected =
      "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
      "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
  EXPECT_EQ(sealed, expected);
  EXPECT_EQ(secret_internal::Decrypt(key, nonce, "", sealed), plain);
}

class SealerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Sealer> Open(const std::string& file, bool create = true) {
    auto sealer = OpenSealer(file, create, random_);
    EXPECT_THAT(sealer, IsOk());
    return sealer.ok() ? *std::move(sealer) : nullptr;
  }
  void Write(const std::string& file, const std::string& text, mode_t mode) {
    std::ofstream(file) << text;
    chmod(file.c_str(), mode);
  }

  TempDir dir_;
  SeededRandom random_;
  const std::string key_file_ = dir_.File("key");
};

TEST_F(SealerTest, OpensWhatItSealed) {
  auto sealer = Open(key_file_);
  for (const std::string& text :
       {std::string(), std::string("s"), std::string("секрет\0x", 14),
        std::string(5000, 'y')}) {
    const std::string sealed = sealer->Seal(SecretString(text), kPlace);
    auto opened = sealer->Open(sealed, kPlace);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(opened->Reveal(), text);
  }
  const std::string sealed = sealer->Seal(SecretString("findme"), kPlace);
  EXPECT_THAT(sealed, Not(HasSubstr("findme")));
  EXPECT_NE(sealed, sealer->Seal(SecretString("findme"), kPlace));
}

TEST_F(SealerTest, KeepsItsKeyInTheFile) {
  auto first = Open(key_file_);
  const std::string sealed = first->Seal(SecretString("s"), kPlace);
  auto second = Open(key_file_, /*create=*/false);
  EXPECT_EQ(second->KeyId(), first->KeyId());
  EXPECT_EQ(second->KeyId().size(), 16);
  EXPECT_THAT(second->Open(sealed, kPlace), IsOk());
  struct stat info {};
  ASSERT_EQ(stat(key_file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(SealerTest, RefusesAnyChangedByteAndAnyCut) {
  auto sealer = Open(key_file_);
  const std::string sealed = sealer->Seal(SecretString("secret"), kPlace);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const bool in_key_id = i >= 1 && i <= 8;
    EXPECT_EQ(ReasonOf(sealer->Open(changed, kPlace).status()),
              in_key_id ? "SECRET_KEY_MISMATCH" : "SECRET_CORRUPT");
    EXPECT_THAT(sealer->Open(sealed.substr(0, i), kPlace),
                StatusIs(absl::StatusCode::kDataLoss, "SECRET_CORRUPT"));
  }
}

TEST_F(SealerTest, RefusesASecretMovedElsewhere) {
  auto sealer = Open(key_file_);
  const std::string sealed = sealer->Seal(SecretString("secret"), kPlace);
  EXPECT_THAT(sealer->Open(sealed, "integrations/other/connection#webhook_secret"),
              StatusIs(absl::StatusCode::kDataLoss, "SECRET_CORRUPT"));
}

TEST_F(SealerTest, TellsAnotherKeyFromDamage) {
  const std::string sealed = Open(key_file_)->Seal(SecretString("secret"), kPlace);
  EXPECT_THAT(Open(dir_.File("other"))->Open(sealed, kPlace),
              StatusIs(absl::StatusCode::kFailedPrecondition, "SECRET_KEY_MISMATCH"));
}

TEST_F(SealerTest, NamesWhatIsWrongWithAKeyFile) {
  const auto reason = [&](const std::string& file, bool create) {
    return ReasonOf(OpenSealer(file, create, random_).status());
  };
  EXPECT_EQ(reason(dir_.File("none"), false), "KEY_FILE_MISSING");
  EXPECT_EQ(reason(dir_.File("no/such/folder"), true), "KEY_FILE_UNREADABLE");
  EXPECT_EQ(reason(dir_.path(), true), "KEY_FILE_UNREADABLE");
  Write(dir_.File("short"), "abcdef\n", 0600);
  EXPECT_EQ(reason(dir_.File("short"), true), "KEY_FILE_MALFORMED");
  Write(dir_.File("words"), std::string(64, 'z'), 0600);
  EXPECT_EQ(reason(dir_.File("words"), true), "KEY_FILE_MALFORMED");
  Write(dir_.File("empty"), "", 0600);
  EXPECT_EQ(reason(dir_.File("empty"), true), "KEY_FILE_MALFORMED");
  Write(dir_.File("open"), std::string(64, 'a'), 0640);
  EXPECT_EQ(reason(dir_.File("open"), true), "KEY_FILE_READABLE_BY_OTHERS");
  Write(dir_.File("fine"), std::string(64, 'a'), 0400);
  EXPECT_EQ(reason(dir_.File("fine"), false), "");
}

TEST_F(SealerTest, ReadsAKeyInBase64) {
  Write(dir_.File("hex"), std::string(64, '0') + "\n", 0600);
  Write(dir_.File("base64"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 0600);
  EXPECT_EQ(Open(dir_.File("hex"))->KeyId(), Open(dir_.File("base64"))->KeyId());
  Write(dir_.File("short"), "AAAAAAAAAAAAAAAAAAAAAA==", 0600);
  EXPECT_EQ(ReasonOf(OpenSealer(dir_.File("short"), false, random_).status()),
            "KEY_FILE_MALFORMED");
}

TEST_F(SealerTest, NumbersEachSealingAndBindsTheNumber) {
  auto sealer = Open(key_file_);
  std::string sealed = sealer->Seal(SecretString("secret"), kPlace);
  const auto head = ReadSealHead(sealed);
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->numbered);
  EXPECT_EQ(head->key_id, sealer->KeyId());
  const auto again = ReadSealHead(sealer->Seal(SecretString("secret"), kPlace));
  EXPECT_NE(head->number, again->number);
  sealed[9] = static_cast<char>(sealed[9] ^ 1);
  EXPECT_EQ(ReasonOf(sealer->Open(sealed, kPlace).status()), "SECRET_CORRUPT");
}

// As it was written before sealings were numbered.
std::string SealUnnumbered(const SecretString& key, const std::string& secret,
                           const std::string& place) {
  const std::string head =
      std::string(1, '\x01') +
      absl::HexStringToBytes(
          Sha256Hex("guestbridge key id" + key.Reveal()).substr(0, 16));
  const std::string associated = head + std::string(1, '\0') + place;
  const std::string data_key(32, 'd');
  const std::string nonce(12, 'n');
  return head + nonce +
         secret_internal::Encrypt(key.Reveal(), nonce, associated, data_key) + nonce +
         secret_internal::Encrypt(data_key, nonce, associated, secret);
}

TEST(KeyRingTest, OpensTheFormWithoutANumber) {
  SeededRandom random;
  const SecretString key(std::string(32, 'k'));
  KeyRing ring(key, random);
  const std::string sealed = SealUnnumbered(key, "secret", kPlace);
  EXPECT_FALSE(ReadSealHead(sealed)->numbered);
  const auto opened = ring.Open(sealed, kPlace);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->Reveal(), "secret");
  EXPECT_EQ(ReasonOf(ring.Open(sealed, "elsewhere").status()), "SECRET_CORRUPT");
}

TEST(KeyRingTest, SealsWithOneKeyAndOpensWithAll) {
  SeededRandom random;
  const SecretString first = MakeKey(random);
  const SecretString second = MakeKey(random);
  KeyRing ring(first, random);
  const std::string old = ring.Seal(SecretString("old"), kPlace);
  EXPECT_FALSE(ring.Use(KeyIdOf(second)));
  ring.Add({first, second});
  ASSERT_TRUE(ring.Use(KeyIdOf(second)));
  const std::string fresh = ring.Seal(SecretString("new"), kPlace);
  EXPECT_EQ(ReadSealHead(fresh)->key_id, KeyIdOf(second));
  EXPECT_THAT(ring.Open(old, kPlace), IsOk());
  EXPECT_THAT(ring.Open(fresh, kPlace), IsOk());
}

TEST(KeyRingTest, SaysThatAKeyIsMissingAndOpensOnceItIsThere) {
  SeededRandom random;
  const SecretString second = MakeKey(random);
  KeyRing other(second, random);
  const std::string sealed = other.Seal(SecretString("s"), kPlace);
  KeyRing ring(MakeKey(random), random);
  int missed = 0;
  ring.SetOnMissing([&] { ++missed; });
  EXPECT_EQ(ReasonOf(ring.Open(sealed, kPlace).status()), "SECRET_KEY_MISMATCH");
  EXPECT_EQ(missed, 1);
  ring.Add({second});
  EXPECT_THAT(ring.Open(sealed, kPlace), IsOk());
  EXPECT_EQ(missed, 1);
}

TEST(KeyRingTest, AProofHoldsForItsMessageOnly) {
  SeededRandom random;
  KeyRing ring(MakeKey(random), random);
  const std::string proof = ring.Prove("message");
  EXPECT_THAT(ring.CheckProof("message", proof, kPlace), IsOk());
  EXPECT_EQ(ReasonOf(ring.CheckProof("another", proof, kPlace)), "SECRET_CORRUPT");
  EXPECT_EQ(ReasonOf(ring.CheckProof("message", "", kPlace)), "SECRET_CORRUPT");
  EXPECT_EQ(KeyIdOfProof(proof), ring.KeyId());
  KeyRing other(MakeKey(random), random);
  EXPECT_EQ(ReasonOf(other.CheckProof("message", proof, kPlace)),
            "SECRET_KEY_MISMATCH");
}

TEST(CoreDumpsTest, AreForbiddenByLimitAndByFlag) {
  EXPECT_EXIT(
      {
        ForbidCoreDumps();
        rlimit limit{};
        getrlimit(RLIMIT_CORE, &limit);
        const bool forbidden = limit.rlim_cur == 0 && limit.rlim_max == 0 &&
                               prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
        _exit(forbidden ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace guestbridge
