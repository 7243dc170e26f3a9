#include "server/data_directory.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

TEST(DataDirectoryTest, AServerKeepsItsIdAndSharesItWithNoOther) {
  const testing::TempDir dir;
  testing::SeededRandom random;
  const auto one = DataDirectory::Open(dir.File("one"));
  ASSERT_THAT(one, IsOk());
  const auto id = one->ServerId(random);
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(*DataDirectory::Open(dir.File("one"))->ServerId(random), *id);
  EXPECT_NE(*DataDirectory::Open(dir.File("two"))->ServerId(random), *id);
}

TEST(DataDirectoryTest, AnIdThatIsCutIsMadeAnew) {
  const testing::TempDir dir;
  testing::SeededRandom random;
  const auto directory = DataDirectory::Open(dir.File("one"));
  ASSERT_THAT(directory, IsOk());
  std::ofstream(directory->File("server-id")) << "1234";
  const auto id = directory->ServerId(random);
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(id->size(), 36U);
  EXPECT_EQ(*directory->ServerId(random), *id);
}

}  // namespace
}  // namespace guestbridge::server
