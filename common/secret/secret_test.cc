#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "common/secret/aes_gcm.h"
#include "common/secret/digest.h"
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

}  // namespace
}  // namespace guestbridge
