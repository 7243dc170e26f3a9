#include "sync-agent/source/onec_odata/watermark.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

constexpr char kTime[] = "2024-05-01T10:00:00";
constexpr char kNode[] = "9a7e0000-0000-4000-8000-000000000002";

TEST(WatermarkTest, ReadsWhatItWrote) {
  Marks marks;
  marks.period = SourceTime{kTime};
  EXPECT_EQ(EncodeMarks(marks).value, "1|2024-05-01T10:00:00|-");
  marks.behind = true;
  EXPECT_EQ(EncodeMarks(marks).value, "1|2024-05-01T10:00:00|-|behind");
  EXPECT_TRUE(DecodeMarks(EncodeMarks(marks))->behind);
  marks.listed = SourceTime{"2024-05-01T11:00:00"};
  EXPECT_EQ(EncodeMarks(marks).value,
            "1|2024-05-01T10:00:00|-|behind|listed:2024-05-01T11:00:00");
  EXPECT_TRUE(DecodeMarks(EncodeMarks(marks))->behind);
  marks.behind = false;
  EXPECT_EQ(DecodeMarks(EncodeMarks(marks))->listed, marks.listed);
  EXPECT_FALSE(DecodeMarks(EncodeMarks(marks))->behind);
  marks.listed = {};
  marks.created = SourceTime{};
  marks.plan = PlanMark{kNode, 33, true};
  EXPECT_EQ(EncodeMarks(marks).value,
            "2|2024-05-01T10:00:00||9a7e0000-0000-4000-8000-000000000002:33+");
  for (const bool selected : {true, false}) {
    marks.plan->selected = selected;
    const std::optional<Marks> read = DecodeMarks(EncodeMarks(marks));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->period, marks.period);
    EXPECT_EQ(read->created, marks.created);
    EXPECT_EQ(read->plan, marks.plan);
  }
}

TEST(WatermarkTest, ReadsTheFormFromBeforeExchangePlans) {
  const std::optional<Marks> read = DecodeMarks({"1|2024-05-01T10:00:00|"});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->period->text, kTime);
  EXPECT_EQ(read->created->text, "");
  EXPECT_FALSE(read->plan.has_value());
  EXPECT_FALSE(DecodeMarks({"1|-|-"})->period.has_value());
}

TEST(WatermarkTest, AnotherFormIsNone) {
  const std::string node = kNode;
  const std::vector<std::string> texts = {"",
                                          "1|",
                                          "1|x|-",
                                          "1|-|-|-",
                                          "1|-|-|listed:",
                                          "1|-|-|listed:x",
                                          "1|-|listed:2024-05-01T11:00:00",
                                          "2|-|-",
                                          "2|-|-|-",
                                          "2|-|-|x:1",
                                          "1|-|-|" + node + ":1",
                                          "2|-|-|" + node,
                                          "2|-|-|" + node + ":",
                                          "2|-|-|" + node + ":-1",
                                          "2|-|-|" + node + ":1x",
                                          "2|-|-|" + node + ":1|",
                                          "2|x|-|" + node + ":1",
                                          "3|-|-|" + node + ":1"};
  for (const std::string& text : texts) {
    EXPECT_FALSE(DecodeMarks({text}).has_value()) << text;
  }
}

TEST(WatermarkTest, AnOverlapCrossesDaysAndStopsAtTheFirstYear) {
  EXPECT_EQ(Before({"2024-03-01T00:01:00"}, 120), "2024-02-29T23:59:00");
  EXPECT_EQ(Before({"0001-01-01T00:00:10"}, 120), "0001-01-01T00:00:00");
  EXPECT_EQ(Before({"0999-01-01T00:02:00"}, 60), "0999-01-01T00:01:00");
}

}  // namespace
}  // namespace guestbridge::agent
