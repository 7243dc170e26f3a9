#include "common/text/locale.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(Locale, TheFirstVariableThatSaysSomethingCounts) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) unsetenv(name);
  EXPECT_EQ(LocaleLanguage(), Language::kEnglish);
  setenv("LANG", "ru_RU.UTF-8", 1);
  EXPECT_EQ(LocaleLanguage(), Language::kRussian);
  setenv("LC_ALL", "", 1);
  setenv("LC_MESSAGES", "en_GB.UTF-8", 1);
  EXPECT_EQ(LocaleLanguage(), Language::kEnglish);
  setenv("LC_ALL", "ru", 1);
  EXPECT_EQ(LocaleLanguage(), Language::kRussian);
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) unsetenv(name);
}

}  // namespace
}  // namespace guestbridge
