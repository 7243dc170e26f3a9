#include "sync-agent/agent_metrics.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "prometheus/text_serializer.h"

namespace guestbridge::agent {
namespace {

std::string TextOf(const AgentMetrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

constexpr char kEnd[] =
    "guestbridge_agent_write_back_end_timestamp_seconds{integration=\"main\"}";

TEST(AgentMetrics, TellLengthPaceAndEndOfTheQueueTowards1C) {
  AgentMetrics metrics;
  Integration::Figures figures;
  figures.write_back_pending = 30;
  figures.write_back.per_second = 0.5;
  figures.write_back.end = absl::FromUnixSeconds(1060);
  metrics.Set("main", figures);
  const std::string text = TextOf(metrics);
  EXPECT_TRUE(absl::StrContains(
      text, "guestbridge_agent_write_back{integration=\"main\",state=\"pending\"} 30"));
  EXPECT_TRUE(absl::StrContains(
      text, "guestbridge_agent_write_back_per_second{integration=\"main\"} 0.5"));
  EXPECT_TRUE(absl::StrContains(text, std::string(kEnd) + " 1060")) << text;
  EXPECT_TRUE(absl::StrContains(
      text, "guestbridge_agent_write_back_quiet{integration=\"main\"} 0"));
}

TEST(AgentMetrics, TellWhetherTheAgentCanDoItsWork) {
  AgentMetrics metrics;
  metrics.SetHealthy(false);
  EXPECT_TRUE(absl::StrContains(TextOf(metrics), "guestbridge_agent_healthy 0"));
  metrics.SetHealthy(true);
  EXPECT_TRUE(absl::StrContains(TextOf(metrics), "guestbridge_agent_healthy 1"));
}

TEST(AgentMetrics, AnEndThatIsNoLongerKnownIsNotShown) {
  AgentMetrics metrics;
  Integration::Figures figures;
  figures.write_back.end = absl::FromUnixSeconds(1060);
  metrics.Set("main", figures);
  figures.write_back.end = std::nullopt;
  figures.write_back.quiet_until = absl::FromUnixSeconds(2000);
  metrics.Set("main", figures);
  EXPECT_FALSE(absl::StrContains(TextOf(metrics), kEnd));
  EXPECT_TRUE(absl::StrContains(
      TextOf(metrics), "guestbridge_agent_write_back_quiet{integration=\"main\"} 1"));
  figures.write_back.end = absl::FromUnixSeconds(3060);
  metrics.Set("main", figures);
  EXPECT_TRUE(absl::StrContains(TextOf(metrics), std::string(kEnd) + " 3060"));
}

}  // namespace
}  // namespace guestbridge::agent
