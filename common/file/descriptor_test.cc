#include "common/file/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(Descriptor, ClosesWhatItHoldsOnce) {
  int held = -1;
  {
    Descriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    held = first.fd();
    ASSERT_TRUE(first.open());
    Descriptor second(std::move(first));
    EXPECT_TRUE(IsOpen(held));
    Descriptor third(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int replaced = third.fd();
    third = std::move(second);
    EXPECT_FALSE(IsOpen(replaced));
    EXPECT_EQ(third.fd(), held);
  }
  EXPECT_FALSE(IsOpen(held));
  EXPECT_FALSE(Descriptor().open());
}

TEST(WriteAll, WritesAllOrSaysSo) {
  const testing::TempDir folder;
  const std::string file = folder.File("a");
  const std::string text(1 << 20, 'x');
  {
    const Descriptor out(open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_TRUE(WriteAll(out.fd(), text));
  }
  SyncFolder(folder.path());
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
  const Descriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(WriteAll(full.fd(), text));
}

}  // namespace
}  // namespace guestbridge
