#include "common/text/example.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "common/text/reason_area.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Language kBoth[] = {Language::kEnglish, Language::kRussian};

std::set<std::string> PlaceholdersOf(const ReasonText& text) {
  std::set<std::string> names;
  for (const absl::string_view one : {text.message_en, text.remedy_en}) {
    for (size_t open = one.find('{'); open != absl::string_view::npos;
         open = one.find('{', open + 1)) {
      names.insert(std::string(one.substr(open + 1, one.find('}', open) - open - 1)));
    }
  }
  return names;
}

TEST(ExampleTest, EveryPlaceholderOfAReasonHasAValue) {
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      for (const Language language : kBoth) {
        const Parameters example = ExampleOf(*text, language);
        for (const std::string& name : PlaceholdersOf(*text)) {
          const auto value = example.find(name);
          ASSERT_NE(value, example.end())
              << text->reason << " has {" << name
              << "}: give it a value in common/text/example.cc";
          EXPECT_FALSE(value->second.empty()) << name;
          EXPECT_LT(value->second.size(), 200u) << name;
        }
      }
    }
  }
}

TEST(ExampleTest, AnExampleReadsAsWhatAPersonSees) {
  const ReasonText& cron = *FindReason("CRON_INVALID");
  EXPECT_EQ(RenderMessage(cron.reason, ExampleOf(cron, Language::kEnglish),
                          Language::kEnglish),
            "The cron \"0 25 * * *\" names no time: field 2 (hour) is \"25\".");
  const ReasonText& hotel = *FindReason("HOTEL_NOT_FOUND");
  EXPECT_THAT(RenderMessage(hotel.reason, ExampleOf(hotel, Language::kRussian),
                            Language::kRussian),
              HasSubstr("Ривьера"));
}

// One word of the catalogue can mean two things; then each reason has its own.
TEST(ExampleTest, AValueIsThatOfItsReason) {
  const auto value = [](absl::string_view reason, const char* placeholder) {
    return ExampleOf(*FindReason(reason), Language::kEnglish).at(placeholder);
  };
  EXPECT_EQ(value("CLIENT_VERSION_MISSING", "attribute"), "DataVersion");
  EXPECT_EQ(value("ATTRIBUTE_UNKNOWN", "attribute"), "Phone");
  EXPECT_EQ(value("CHECK_VERSION_OK", "version"), "9.0.1.3");
  EXPECT_EQ(value("TIME_ZONE_UNKNOWN", "time_zone"), "Moscow");
  EXPECT_EQ(value("GUARD_REFUSED", "limit"), "25000");
  for (const char* of_mapping :
       {"MAPPED_FIELD_GONE", "MAPPED_FIELD_HOLDS_ONE", "MAPPED_VALUE_GONE"}) {
    EXPECT_EQ(value(of_mapping, "version"), "7");
  }
}

TEST(ExampleTest, EnglishExamplesHoldNoRussian) {
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      EXPECT_THAT(RenderMessage(text->reason, ExampleOf(*text, Language::kEnglish),
                                Language::kEnglish),
                  Not(::testing::ContainsRegex("\xD0|\xD1")))
          << text->reason;
    }
  }
}

}  // namespace
}  // namespace guestbridge
