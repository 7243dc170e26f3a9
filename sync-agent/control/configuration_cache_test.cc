#include "sync-agent/control/configuration_cache.h"

#include <sys/stat.h>

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;
using ::guestbridge::testing::SeededRandom;
using ::guestbridge::testing::StatusIs;
using ::guestbridge::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

v1::AgentConfiguration Configured(const std::string& id) {
  v1::AgentConfiguration configuration;
  configuration.set_integration("integrations/" + id);
  configuration.set_revision(5);
  configuration.mutable_connection()->mutable_webhook()->set_secret("webhook-code");
  return configuration;
}

class ConfigurationCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<Sealer> MakeSealer(const std::string& name) {
    auto sealer = OpenSealer(dir_.File(name), /*create=*/true, random_);
    EXPECT_THAT(sealer, IsOk());
    return *std::move(sealer);
  }
  std::string directory() const { return dir_.File("configurations"); }
  std::string file() const { return directory() + "/main.configuration"; }

  TempDir dir_;
  SeededRandom random_;
};

TEST_F(ConfigurationCacheTest, GivesBackWhatItKept) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  ASSERT_THAT(cache.Keep(Configured("other")), IsOk());
  const auto kept = ConfigurationCache(directory(), *sealer).Load();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].integration, "main");
  ASSERT_THAT(kept[0].configuration, IsOk());
  EXPECT_EQ(kept[0].configuration->connection().webhook().secret(), "webhook-code");
  EXPECT_EQ(kept[1].integration, "other");
}

TEST_F(ConfigurationCacheTest, IsForItsOwnerAlone) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  struct stat facts {};
  ASSERT_EQ(stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(directory().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST_F(ConfigurationCacheTest, HoldsNoSecretInTheClear) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  EXPECT_THAT(ReadAll(file()), Not(HasSubstr("webhook-code")));
}

TEST_F(ConfigurationCacheTest, SaysThatACutFileIsUnreadable) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  const std::string sealed = ReadAll(file());
  std::ofstream(file(), std::ios::binary) << sealed.substr(0, sealed.size() / 2);
  const auto kept = cache.Load();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_THAT(kept[0].configuration,
              StatusIs(absl::StatusCode::kDataLoss, "CONFIGURATION_UNREADABLE"));
}

TEST_F(ConfigurationCacheTest, OpensNothingWithAnotherKey) {
  const auto sealer = MakeSealer("key");
  const auto other = MakeSealer("another-key");
  ASSERT_THAT(ConfigurationCache(directory(), *sealer).Keep(Configured("main")),
              IsOk());
  const auto kept = ConfigurationCache(directory(), *other).Load();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_THAT(kept[0].configuration,
              StatusIs(absl::StatusCode::kDataLoss, "CONFIGURATION_UNREADABLE"));
}

TEST_F(ConfigurationCacheTest, DoesNotTakeAnotherIntegrationsFile) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  ASSERT_EQ(rename(file().c_str(), (directory() + "/other.configuration").c_str()), 0);
  const auto kept = cache.Load();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_FALSE(kept[0].configuration.ok());
}

TEST_F(ConfigurationCacheTest, ForgetsOnRequest) {
  const auto sealer = MakeSealer("key");
  ConfigurationCache cache(directory(), *sealer);
  ASSERT_THAT(cache.Keep(Configured("main")), IsOk());
  cache.Forget("main");
  EXPECT_TRUE(cache.Load().empty());
}

}  // namespace
}  // namespace guestbridge::agent
