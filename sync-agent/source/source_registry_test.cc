#include "sync-agent/source/source_registry.h"

#include <string>
#include <utility>
#include <vector>

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

TEST(SourceRegistryTest, WhatIsToBeReachedIsAskedForFirst) {
  const testing::FakeClock clock;
  std::vector<std::string> asked;
  const auto refuse = [&](absl::string_view what) {
    asked.emplace_back(what);
    return MakeError("POLICY_SOURCE_HOST_NOT_ALLOWED", {{"host", std::string(what)}});
  };
  for (const auto& [type, url] :
       {std::pair("onec-odata", "https://user.example:8443/hotel"),
        std::pair("onec-odata", "http://[fd00::1]/hotel"),
        std::pair("jsonl", "file:///srv/%65xchange/")}) {
    SourceSettings settings;
    settings.type = type;
    settings.url = url;
    EXPECT_EQ(ReasonOf(ConnectSource(settings, clock, {refuse, refuse}).status()),
              "POLICY_SOURCE_HOST_NOT_ALLOWED");
  }
  EXPECT_THAT(asked,
              ::testing::ElementsAre("user.example", "fd00::1", "/srv/exchange"));
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
