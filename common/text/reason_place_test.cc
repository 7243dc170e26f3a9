#include "common/text/reason_place.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/text/reason_area.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<ReasonPlace> PlacesOf(absl::string_view reason) {
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      if (text->reason == reason) return PlacesOf(*text, area.name);
    }
  }
  ADD_FAILURE() << "no area holds " << reason;
  return {};
}

TEST(ReasonAreaTest, EveryReasonStandsInOneAreaAndNoLabelDoes) {
  std::set<const ReasonText*> seen;
  for (const ReasonArea& area : ReasonAreas()) {
    EXPECT_NE(FindReason(absl::StrCat("LABEL_AREA_", area.name)), nullptr) << area.name;
    EXPECT_THAT(area.reasons, Not(IsEmpty()));
    for (const ReasonText* text : area.reasons) {
      EXPECT_FALSE(IsLabel(*text)) << text->reason;
      EXPECT_TRUE(seen.insert(text).second) << text->reason;
    }
  }
  for (const ReasonText* text : AllReasons()) {
    EXPECT_EQ(seen.count(text) == 1, !IsLabel(*text)) << text->reason;
  }
}

TEST(ReasonPlaceTest, EveryReasonIsMetSomewhere) {
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      const auto places = PlacesOf(*text, area.name);
      EXPECT_THAT(places, Not(IsEmpty())) << text->reason;
      for (const ReasonPlace place : places) {
        EXPECT_NE(FindReason(absl::StrCat("LABEL_PLACE_", NameOf(place))), nullptr)
            << NameOf(place);
      }
      // Nothing fails with a reason that the catalogue gives no code.
      if (text->code == absl::StatusCode::kOk) {
        EXPECT_THAT(places, Not(Contains(ReasonPlace::kCall))) << text->reason;
      }
    }
  }
}

TEST(ReasonPlaceTest, AReasonSaysWhatItIsAbout) {
  using Place = ReasonPlace;
  EXPECT_THAT(PlacesOf("INTEGRATION_NOT_FOUND"), ElementsAre(Place::kCall));
  EXPECT_THAT(PlacesOf("CHECK_HOTEL_OK"), ElementsAre(Place::kCheck));
  EXPECT_THAT(PlacesOf("MAPPED_FIELD_NOW_MULTIPLE"), ElementsAre(Place::kRun));
  EXPECT_THAT(PlacesOf("CONTACT_UNREADABLE"), ElementsAre(Place::kRun, Place::kClient));
  EXPECT_THAT(PlacesOf("SOURCE_RIGHT_MISSING"),
              ElementsAre(Place::kCall, Place::kCheck, Place::kRun, Place::kClient));
  EXPECT_THAT(PlacesOf("AMBIGUOUS_MATCH"), ElementsAre(Place::kClient));
  EXPECT_THAT(PlacesOf("VALUE_CUT"), ElementsAre(Place::kValue));
  EXPECT_THAT(PlacesOf("ATTENTION_RUN_FAILED"), ElementsAre(Place::kStatus));
  EXPECT_THAT(PlacesOf("LINE_NOT_JSON"), ElementsAre(Place::kLine));
}

}  // namespace
}  // namespace guestbridge
