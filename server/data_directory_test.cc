#include "server/data_directory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

TEST(DataDirectoryTest, AServerKnowsTheProcessBeforeItInItsFolder) {
  const testing::TempDir dir;
  testing::SeededRandom random;
  const auto one = DataDirectory::Open(dir.File("one"));
  ASSERT_THAT(one, IsOk());
  const ServerIdentity first = one->Identify(random);
  EXPECT_EQ(first.id.size(), 36U);
  EXPECT_EQ(first.before, "");
  ASSERT_THAT(one->Keep(first), IsOk());
  const ServerIdentity second = DataDirectory::Open(dir.File("one"))->Identify(random);
  EXPECT_NE(second.id, first.id);
  EXPECT_EQ(second.before, first.id);
  EXPECT_TRUE(second.before_is_over);
  EXPECT_FALSE(second.copied);
}

TEST(DataDirectoryTest, ACopiedIdIsNotTakenForOnesOwn) {
  const testing::TempDir dir;
  testing::SeededRandom random;
  const auto one = DataDirectory::Open(dir.File("one"));
  ASSERT_THAT(one, IsOk());
  const ServerIdentity original = one->Identify(random);
  ASSERT_THAT(one->Keep(original), IsOk());
  const auto two = DataDirectory::Open(dir.File("two"));
  ASSERT_THAT(two, IsOk());
  std::filesystem::copy_file(one->File("server-id"), two->File("server-id"));
  const ServerIdentity copy = two->Identify(random);
  EXPECT_NE(copy.id, original.id);
  EXPECT_EQ(copy.before, original.id);
  EXPECT_FALSE(copy.before_is_over) << "the original may run";
  EXPECT_TRUE(copy.copied);
  ASSERT_THAT(two->Keep(copy), IsOk());
  EXPECT_TRUE(two->Identify(random).before_is_over) << "it has its own now";
}

TEST(DataDirectoryTest, AnIdThatIsCutOrFromBeforePlacesWereKeptSaysLittle) {
  const testing::TempDir dir;
  testing::SeededRandom random;
  const auto directory = DataDirectory::Open(dir.File("one"));
  ASSERT_THAT(directory, IsOk());
  std::ofstream(directory->File("server-id")) << "1234";
  EXPECT_EQ(directory->Identify(random).before, "");
  const std::string old(36, 'a');
  std::ofstream(directory->File("server-id")) << old << "\n";
  const ServerIdentity identity = directory->Identify(random);
  EXPECT_EQ(identity.before, old);
  EXPECT_FALSE(identity.before_is_over);
  EXPECT_FALSE(identity.copied);
}

}  // namespace
}  // namespace guestbridge::server
