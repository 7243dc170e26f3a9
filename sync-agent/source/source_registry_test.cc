#include "sync-agent/source/source_registry.h"

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace guestbridge::agent {
namespace {

TEST(SourceRegistryTest, EachTypeThatIsToldOfCanBeConnected) {
  const testing::FakeClock clock;
  EXPECT_THAT(SourceTypes(), ::testing::IsSupersetOf({"jsonl", "onec-odata"}));
  for (const std::string& type : SourceTypes()) {
    SourceSettings settings;
    settings.type = type;
    // Known, and refuses an address that is none of its kind.
    const absl::Status refused = ConnectSource(settings, clock).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_NE(ReasonOf(refused), "SOURCE_TYPE_UNKNOWN") << type;
  }
}

TEST(SourceRegistryTest, ATypeThatNobodyKnowsIsNamed) {
  const testing::FakeClock clock;
  SourceSettings settings;
  settings.type = "ftp";
  const absl::Status refused = ConnectSource(settings, clock).status();
  EXPECT_EQ(ReasonOf(refused), "SOURCE_TYPE_UNKNOWN");
  EXPECT_EQ(ParametersOf(refused)["type"], "ftp");
}

}  // namespace
}  // namespace guestbridge::agent
