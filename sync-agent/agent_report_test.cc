#include "sync-agent/agent_report.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

TEST(AgentReport, TellsTheRoomThatIsLeftAndWhatTheLedgersTake) {
  const testing::TempDir dir;
  std::filesystem::create_directory(dir.File("ledgers"));
  std::ofstream(dir.File("ledgers/main.db")) << std::string(5000, 'x');
  v1::AgentReport report;
  DescribeDisk(dir.File(""), &report);
  EXPECT_EQ(report.disk().ledger_bytes(), 5000);
  EXPECT_GT(report.disk().total_bytes(), 0);
  EXPECT_LE(report.disk().free_bytes(), report.disk().total_bytes());
  EXPECT_TRUE(IsHealthy(report));
  EXPECT_FALSE(std::filesystem::exists(dir.File("probe"))) << "leaves nothing behind";
}

TEST(AgentReport, ADirectoryThatCannotBeWrittenStopsTheWork) {
  const testing::TempDir dir;
  v1::AgentReport report;
  DescribeDisk(dir.File("gone"), &report);
  ASSERT_EQ(report.problems_size(), 1);
  EXPECT_EQ(report.problems(0).explanation().reason(), "DATA_DIRECTORY_UNUSABLE");
  EXPECT_EQ(report.problems(0).explanation().parameters().at("problem"),
            "No such file or directory");
  EXPECT_FALSE(IsHealthy(report));
}

TEST(AgentReport, OnlyWhatAPersonActsOnIsToldAtOnce) {
  v1::AgentReport report;
  report.add_integrations()->set_integration("integrations/main");
  const std::string before = EssenceOf(report);
  report.mutable_disk()->set_free_bytes(7);
  report.mutable_integrations(0)->mutable_queues()->set_clients(7);
  EXPECT_EQ(EssenceOf(report), before);
  report.mutable_integrations(0)->set_effective_revision(7);
  EXPECT_NE(EssenceOf(report), before);
  v1::AgentReport late = report;
  DescribeCertificate("hotel-1", absl::UnixEpoch(), &late);
  EXPECT_NE(EssenceOf(late), EssenceOf(report));
  EXPECT_TRUE(IsHealthy(late)) << "it still works";
}

TEST(AgentReport, WhatJudgesConfigurationsHasADigest) {
  LocalPolicy policy;
  const std::string none = RulesDigest(policy, "");
  policy.portal_hosts = std::vector<std::string>();
  const std::string no_host = RulesDigest(policy, "");
  EXPECT_NE(no_host, none) << "no host is not every host";
  policy.portal_hosts->push_back("portal.example.com");
  EXPECT_NE(RulesDigest(policy, ""), no_host);
  EXPECT_NE(RulesDigest(policy, "a CA"), RulesDigest(policy, ""));
  EXPECT_EQ(RulesDigest(policy, "a CA"), RulesDigest(policy, "a CA"));
}

}  // namespace
}  // namespace guestbridge::agent
