#include "sync-agent/source/onec_odata/attribute_kinds.h"

#include <gtest/gtest.h>

#include <string>

namespace guestbridge::agent {
namespace {

// What an answer with these values of one attribute shows of it.
std::optional<AttributeKind> Shown(const std::vector<std::string>& values) {
  HttpResult result;
  result.outcome = HttpOutcome::kAnswered;
  result.status = 200;
  result.body = R"({"value":[)";
  for (size_t i = 0; i < values.size(); ++i) {
    result.body +=
        (i == 0 ? R"({"IsFolder":false,"X":)" : R"(,{"IsFolder":false,"X":)") +
        values[i] + "}";
  }
  result.body += "]}";
  const auto answer = DecodeRows(result, {"Catalog_Clients", {"X"}});
  EXPECT_TRUE(answer.ok()) << answer.status();
  return KindShownBy(answer->rows, "X");
}

TEST(AttributeKindsTest, TheFormOfTheValuesTells) {
  EXPECT_EQ(Shown({R"("Orlova")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({R"("")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({R"("true")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({R"("1.5")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({"true", "false"}), AttributeKind::kBoolean);
  EXPECT_EQ(Shown({"7", "-1.5"}), AttributeKind::kNumber);
  EXPECT_EQ(Shown({R"("1980-05-17T00:00:00")", R"("0001-01-01T00:00:00")"}),
            AttributeKind::kDate);
}

TEST(AttributeKindsTest, DigitsMayBeATextOrALargeNumber) {
  EXPECT_EQ(Shown({R"("123456")", R"("-7")", R"("0")"}), std::nullopt);
  EXPECT_EQ(Shown({R"("123456")", R"("12-34")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({R"("123456")", "123456"}), AttributeKind::kNumber);
}

TEST(AttributeKindsTest, ATextMayLookLikeADate) {
  EXPECT_EQ(Shown({R"("1980-05-17T00:00:00")", R"("in May")"}), AttributeKind::kText);
  EXPECT_EQ(Shown({R"("in May")", R"("1980-05-17T00:00:00")"}), AttributeKind::kText);
}

TEST(AttributeKindsTest, NothingIsSaidWithoutValuesOrWithSeveralTypes) {
  EXPECT_EQ(Shown({}), std::nullopt);
  EXPECT_EQ(Shown({"null", "[]"}), std::nullopt);
  EXPECT_EQ(Shown({"true", R"("yes")"}), std::nullopt);
  EXPECT_EQ(Shown({"true", "1"}), std::nullopt);
}

}  // namespace
}  // namespace guestbridge::agent
