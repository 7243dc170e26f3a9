#include "common/http/host_name.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(HostName, IsLabelsOfLettersDigitsAndDashes) {
  for (const char* name : {"a", "hotel.bitrix24.ru", "my_portal.example",
                           "xn--e1a.example", "127.1", "a-b.c"}) {
    EXPECT_TRUE(IsHostName(name)) << name;
  }
  for (const char* name : {"", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a b", "a/b",
                           "a:1", "[::1]", "user@host", "a%2e", "отель.рф"}) {
    EXPECT_FALSE(IsHostName(name)) << name;
  }
}

TEST(HostName, IsOfBoundedLength) {
  const std::string label(63, 'a');
  EXPECT_TRUE(IsHostName(label));
  EXPECT_FALSE(IsHostName(label + "a"));
  const std::string name = absl::StrCat(label, ".", label, ".", label, ".");
  EXPECT_TRUE(IsHostName(name + std::string(61, 'a')));
  EXPECT_FALSE(IsHostName(name + std::string(62, 'a')));
}

}  // namespace
}  // namespace guestbridge
