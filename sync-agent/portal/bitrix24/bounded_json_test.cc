#include "sync-agent/portal/bitrix24/bounded_json.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

std::string AsTheLibrary(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TEST(DumpJson, WritesWhatTheLibraryWrites) {
  testing::SeededRandom random(20261127);
  static constexpr char kNasty[] = "\"\\/\b\n \x7f~\x1f";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    const size_t length = random.Next64() % 12;
    for (size_t i = 0; i < length; ++i) {
      const uint64_t bits = random.Next64();
      text += bits % 3 == 0   ? kNasty[(bits >> 8) % (sizeof(kNasty) - 1)]
              : bits % 3 == 1 ? static_cast<char>('a' + (bits >> 8) % 26)
                              : static_cast<char>(bits >> 16);
    }
    const Json json = {{"halt", 0},
                       {text, Json::array({text, "plain", -1, 2.5, true, nullptr})},
                       {"cmd", {{"c0", text}}},
                       {"empty", {Json::object(), Json::array()}}};
    ASSERT_EQ(DumpJson(json), AsTheLibrary(json)) << "round " << round;
  }
  for (const Json& json : {Json(), Json("Анна"), Json(7), Json::object()}) {
    EXPECT_EQ(DumpJson(json), AsTheLibrary(json));
  }
}

}  // namespace
}  // namespace guestbridge::agent
