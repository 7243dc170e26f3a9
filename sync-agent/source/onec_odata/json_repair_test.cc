#include "sync-agent/source/onec_odata/json_repair.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

TEST(RepairJsonTest, LeavesWhatIsTextAsItIs) {
  for (const std::string& text :
       {std::string(R"({"A":"Ёлка \"x\" 😀 \ud83d\ude00 \u0041 \\ud83d"})"),
        std::string("{\"A\":\"\xf4\x8f\xbf\xbf \xed\x9f\xbf\"}"), std::string(),
        std::string(R"(\)"), std::string(R"(\u00)"), std::string("a\0b", 3)}) {
    EXPECT_EQ(RepairJson(text), text);
  }
}

TEST(RepairJsonTest, ReplacesHalvesOfPairsAndBytesThatAreNoText) {
  const std::string bad = "\xef\xbf\xbd";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("a\ud83d")", "\"a" + bad + "\""},
      {R"("\ude00\ud83d\ude00")", "\"" + bad + R"(\ud83d\ude00")"},
      {R"("\ud83d\ud83d\ude00")", "\"" + bad + R"(\ud83d\ude00")"},
      {R"("\ud83d\n")", "\"" + bad + R"(\n")"},
      {R"("\\\ud83d")", R"("\\)" + bad + "\""},
      {"\"\xed\xa0\xbd\"", "\"" + bad + bad + bad + "\""},
      {"\"\xff\xd0\"", "\"" + bad + bad + "\""},
      {"\"\xc0\xaf\"", "\"" + bad + bad + "\""},
      {"\xd0", bad},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(RepairJson(text), expected);
}

}  // namespace
}  // namespace guestbridge::agent
