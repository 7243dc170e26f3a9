#include "common/text/utf8.h"

#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(Utf8Test, KeepsWhatIsWellFormed) {
  for (const char* text : {"", "plain", "Иван", "e\u0301", "\u200b", "😀", "\u20ac"}) {
    EXPECT_EQ(ToValidUtf8(text), text);
  }
}

TEST(Utf8Test, ReplacesEachBadByte) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(ToValidUtf8("a\xff"
                        "b"),
            "a" + bad + "b");
  EXPECT_EQ(ToValidUtf8("\xd0"), bad);                      // cut
  EXPECT_EQ(ToValidUtf8("\xc0\xaf"), bad + bad);            // overlong
  EXPECT_EQ(ToValidUtf8("\xed\xa0\x80"), bad + bad + bad);  // surrogate
  EXPECT_EQ(ToValidUtf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
}

TEST(Utf8Test, CutsBetweenCodePoints) {
  EXPECT_EQ(CutUtf8("Иван", 8), "Иван");
  EXPECT_EQ(CutUtf8("Иван", 7), "Ива");
  EXPECT_EQ(CutUtf8("😀", 3), "");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
}

}  // namespace
}  // namespace guestbridge
