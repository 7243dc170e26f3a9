#include "sync-agent/source/onec_odata/attribute_kinds.h"

#include <gtest/gtest.h>

#include <string>

namespace guestbridge::agent {
namespace {

// What an answer with these values of one attribute shows of it.
AttributeKindSet Shown(const std::vector<std::string>& values) {
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
  return KindsShownBy(answer->rows, "X");
}

AttributeKindSet Only(AttributeKind kind) { return {kind}; }

TEST(AttributeKindsTest, TheFormOfTheValuesTells) {
  EXPECT_EQ(Shown({R"("Orlova")"}), Only(AttributeKind::kText));
  EXPECT_EQ(Shown({R"("")"}), Only(AttributeKind::kText));
  EXPECT_EQ(Shown({R"("true")"}), Only(AttributeKind::kText));
  EXPECT_EQ(Shown({R"("1.5")"}), Only(AttributeKind::kText));
  EXPECT_EQ(Shown({"true", "false"}), Only(AttributeKind::kBoolean));
  EXPECT_EQ(Shown({"7", "-1.5"}), Only(AttributeKind::kNumber));
  EXPECT_EQ(Shown({R"("1980-05-17T00:00:00")", R"("0001-01-01T00:00:00")"}),
            Only(AttributeKind::kDate));
}

TEST(AttributeKindsTest, DigitsMayBeATextOrALargeNumber) {
  EXPECT_EQ(Shown({R"("123456")", R"("-7")", R"("0")"}), AttributeKindSet());
  EXPECT_EQ(Shown({R"("123456")", R"("12-34")"}), Only(AttributeKind::kText));
  EXPECT_EQ(Shown({R"("123456")", "123456"}), Only(AttributeKind::kNumber));
}

TEST(AttributeKindsTest, ATextMayLookLikeADate) {
  EXPECT_EQ(Shown({R"("1980-05-17T00:00:00")", R"("in May")"}),
            Only(AttributeKind::kText));
  EXPECT_EQ(Shown({R"("in May")", R"("1980-05-17T00:00:00")"}),
            Only(AttributeKind::kText));
}

TEST(AttributeKindsTest, NothingIsSaidWithoutValues) {
  EXPECT_EQ(Shown({}), AttributeKindSet());
  EXPECT_EQ(Shown({"null", "[]"}), AttributeKindSet());
}

TEST(AttributeKindsTest, ValuesOfSeveralTypesShowEachOfThem) {
  EXPECT_EQ(Shown({"true", R"("yes")"}),
            (AttributeKindSet{AttributeKind::kBoolean, AttributeKind::kText}));
  EXPECT_EQ(Shown({"true", "1"}),
            (AttributeKindSet{AttributeKind::kBoolean, AttributeKind::kNumber}));
}

}  // namespace
}  // namespace guestbridge::agent
