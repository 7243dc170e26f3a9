#include "sync-agent/mapping/text_rules.h"

#include "absl/strings/str_cat.h"
#include "common/text/utf8.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

// Whoever cleans texts passes over what is plain.
TEST(PlainText, HasNothingToBeCleaned) {
  int plain = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string pair = {static_cast<char>(first), static_cast<char>(second)};
      for (const std::string& text : {pair, absl::StrCat("а", pair), pair + "a"}) {
        if (!IsPlain(text)) continue;
        ++plain;
        ASSERT_EQ(ToValidUtf8(text), text) << first << " " << second;
        ASSERT_EQ(RemoveControls(text, false), text) << first << " " << second;
      }
    }
  }
  EXPECT_GT(plain, 30'000);
}

TEST(PlainText, IsWhatNearlyAllGuestsAreWrittenIn) {
  for (const char* text :
       {"", "Иванов-Ёлкин", "Müller", "+7 (916) 555-01-23", "~!@# ", "Ωμέγα"}) {
    EXPECT_TRUE(IsPlain(text)) << text;
  }
  for (const char* text : {"\x7f", "a\tb", "a\nb", "\xc2\x85", "№ 5", "\xd0", "\xff"}) {
    EXPECT_FALSE(IsPlain(text)) << text;
  }
}

}  // namespace
}  // namespace guestbridge::agent
