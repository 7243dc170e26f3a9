#include "server/secrets/key_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/secret/key_ring.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/secrets/key_command.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kA(64, 'a');
const std::string kB(64, 'b');
constexpr char kZeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

class KeySourceTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text,
                   mode_t mode = 0600) {
    const std::string file = dir_.File(name);
    std::ofstream(file) << text;
    chmod(file.c_str(), mode);
    return file;
  }
  std::string Script(const std::string& body) {
    return File("command", absl::StrCat("#!/bin/sh\n", body, "\n"), 0700);
  }
  absl::StatusOr<std::vector<SecretString>> Read(KeyOptions options) {
    auto source =
        MakeKeySource(std::move(options), dir_.path(), random_, SystemClock());
    if (!source.ok()) return source.status();
    return (*source)->Read();
  }
  std::vector<std::string> Keys(KeyOptions options) {
    const auto keys = Read(std::move(options));
    EXPECT_THAT(keys, IsOk());
    std::vector<std::string> bytes;
    if (!keys.ok()) return bytes;
    for (const SecretString& key : *keys) bytes.push_back(key.Reveal());
    return bytes;
  }
  std::string Reason(KeyOptions options) {
    return ReasonOf(Read(std::move(options)).status());
  }

  testing::TempDir dir_;
  testing::SeededRandom random_;
  const std::string a_ = std::string(32, '\xaa');
  const std::string b_ = std::string(32, '\xbb');
};

TEST_F(KeySourceTest, TheServersOwnFilesAreReadByNumber) {
  auto source = MakeKeySource({}, dir_.path(), random_, SystemClock());
  ASSERT_THAT(source, IsOk());
  EXPECT_TRUE((*source)->can_make());
  EXPECT_EQ(ReasonOf((*source)->Read().status()), "KEY_FILE_MISSING");
  ASSERT_THAT((*source)->Make(1), IsOk());
  ASSERT_THAT((*source)->Make(2), IsOk());
  EXPECT_THAT(*(*source)->Read(), SizeIs(2));
  EXPECT_TRUE(std::filesystem::exists(dir_.File("secret.key")));
  struct stat info {};
  ASSERT_EQ(stat(dir_.File("secret-2.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  File("secret-10.key", kA);
  File("server.key", kB);
  EXPECT_EQ((*source)->Read()->back().Reveal(), a_);
  EXPECT_THAT(*(*source)->Read(), SizeIs(3)) << "server.key is no key of secrets";
}

TEST_F(KeySourceTest, KeysMayStandAnywhereAsFilesOrFolders) {
  const std::string file = File("one", kA + "\n");
  std::filesystem::create_directory(dir_.File("folder"));
  File("folder/2.key", kB);
  File("folder/notes.txt", "no key");
  EXPECT_THAT(Keys({.files = {file, dir_.File("folder")}}), ElementsAre(a_, b_));
  EXPECT_THAT(Keys({.files = {file, file}}), ElementsAre(a_));
}

TEST_F(KeySourceTest, NamesWhatIsWrongWithAKey) {
  EXPECT_EQ(Reason({.files = {dir_.File("none")}}), "KEY_FILE_MISSING");
  std::filesystem::create_directory(dir_.File("empty"));
  EXPECT_EQ(Reason({.files = {dir_.File("empty")}}), "KEY_FILE_MISSING");
  EXPECT_EQ(Reason({.files = {File("short", "abcd")}}), "KEY_FILE_MALFORMED");
  EXPECT_EQ(Reason({.files = {File("long", kA + "aa")}}), "KEY_FILE_MALFORMED");
  EXPECT_EQ(Reason({.files = {File("open", kA, 0644)}}), "KEY_FILE_READABLE_BY_OTHERS");
  EXPECT_EQ(Reason({.variable = SecretString(kA + ",xyz")}), "KEY_VARIABLE_MALFORMED");
  EXPECT_EQ(Reason({.command = Script("echo hello")}), "KEY_COMMAND_ANSWER_MALFORMED");
  EXPECT_EQ(Reason({.command = Script("true")}), "KEY_COMMAND_ANSWER_MALFORMED");
  EXPECT_EQ(Reason({.command = Script("exit 3")}), "KEY_COMMAND_FAILED");
  EXPECT_EQ(Reason({.command = dir_.File("none")}), "KEY_COMMAND_UNUSABLE");
  EXPECT_EQ(Reason({.files = {File("one", kA)}, .command = "/bin/true"}),
            "KEY_SOURCE_AMBIGUOUS");
}

TEST_F(KeySourceTest, AVariableHoldsSeveralKeysAndIsTakenOutOfTheEnvironment) {
  setenv("GUESTBRIDGE_SERVER_KEY", (kA + "," + kZeros).c_str(), 1);
  const SecretString taken = TakeKeyVariable();
  EXPECT_EQ(std::getenv("GUESTBRIDGE_SERVER_KEY"), nullptr);
  EXPECT_TRUE(TakeKeyVariable().empty());
  EXPECT_THAT(Keys({.variable = taken}), ElementsAre(a_, std::string(32, '\0')));
}

TEST_F(KeySourceTest, ACommandPrintsKeysAndIsNoShellLine) {
  setenv("GUESTBRIDGE_PLANTED", "s3cr3t", 1);
  const std::string file = Script(absl::StrCat(
      "[ $# = 0 ] && [ -z \"$GUESTBRIDGE_PLANTED\" ] && echo ", kA, " && echo ", kB));
  EXPECT_THAT(Keys({.command = file}), ElementsAre(a_, b_));
  EXPECT_EQ(Reason({.command = file + "; echo " + kA}), "KEY_COMMAND_UNUSABLE");
}

TEST_F(KeySourceTest, ACommandThatHangsOrFloodsIsStopped) {
  const auto reason = [&](const std::string& body) {
    return ReasonOf(
        RunKeyCommand(Script(body), absl::Seconds(2), SystemClock()).status());
  };
  EXPECT_EQ(reason("sleep 600"), "KEY_COMMAND_SLOW");
  EXPECT_EQ(reason("sleep 600 & exit 0"), "KEY_COMMAND_SLOW") << "its child writes on";
  EXPECT_EQ(reason("exec >&-; sleep 600"), "KEY_COMMAND_SLOW");
  EXPECT_EQ(reason("yes"), "KEY_COMMAND_FAILED");
}

}  // namespace
}  // namespace guestbridge::server
