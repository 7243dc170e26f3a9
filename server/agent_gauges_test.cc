#include "server/agent_gauges.h"

#include <optional>
#include <string>

#include "server/api/api_fixture_test.h"
#include "server/api/enrollments.h"
#include "server/identity/peer_certificate.h"
#include "server/store/forwarding_store_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class FitfulStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  bool away = false;

  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    if (away) return MakeError("DATABASE_UNREACHABLE", {{"database", "test"}});
    return ForwardingStore::Read(body);
  }
};

class AgentGaugesTest : public ApiFixture {
 protected:
  // After a look at the store. Nothing: there is no such series.
  std::optional<double> Gauge(const std::string& name, const std::string& agent,
                              const std::string& queue = "") {
    gauges_.Refresh();
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      if (family.name != "guestbridge_server_agent_" + name) continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        bool fits = false;
        bool of_queue = queue.empty();
        for (const auto& label : metric.label) {
          fits = fits || (label.name == "agent" && label.value == agent);
          of_queue = of_queue || (label.name == "queue" && label.value == queue);
        }
        if (fits && of_queue) return metric.gauge.value;
      }
    }
    return std::nullopt;
  }
  size_t Series() {
    gauges_.Refresh();
    size_t series = 0;
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      series += family.metric.size();
    }
    return series;
  }

  v1::AgentReport Report(absl::Duration clock_difference) {
    v1::AgentReport report;
    const absl::Time by_its_clock = clock_.Now() + clock_difference;
    *report.mutable_clock_time() = ToTimestamp(by_its_clock);
    v1::IntegrationReport& entry = *report.add_integrations();
    entry.set_integration("integrations/main");
    entry.set_effective_revision(
        agents_.Get("agents/hotel-1")->integrations(0).sent_revision());
    v1::AgentQueues& queues = *entry.mutable_queues();
    queues.set_clients(3);
    queues.set_write_backs(4);
    queues.set_write_backs_parked(5);
    queues.set_doubts(6);
    *queues.mutable_oldest_doubt_time() = ToTimestamp(by_its_clock - absl::Seconds(90));
    return report;
  }

  FitfulStore fitful_{*store_};
  prometheus::Registry registry_;
  AgentGauges gauges_{fitful_, clock_, agents_, registry_};
};

TEST_F(AgentGaugesTest, ShowWhatTheAgentReports) {
  Prepare("main");
  const auto session = ConnectAgent("hotel-1", "one");
  ASSERT_NE(session, nullptr);
  v1::AgentReport report = Report(absl::Seconds(-7));
  ASSERT_THAT(agents_.TakeReport(*session, report), IsOk());
  EXPECT_EQ(Gauge("connected", "hotel-1"), 1);
  EXPECT_EQ(Gauge("healthy", "hotel-1"), 1);
  EXPECT_EQ(Gauge("last_seen_timestamp_seconds", "hotel-1"),
            absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
  EXPECT_EQ(Gauge("clock_difference_seconds", "hotel-1"), -7);
  EXPECT_EQ(Gauge("configuration_differs", "hotel-1"), 0);
  EXPECT_EQ(Gauge("waiting", "hotel-1", "clients"), 3);
  EXPECT_EQ(Gauge("waiting", "hotel-1", "write_backs"), 4);
  EXPECT_EQ(Gauge("waiting", "hotel-1", "write_backs_parked"), 5);
  EXPECT_EQ(Gauge("waiting", "hotel-1", "doubts"), 6);
  EXPECT_EQ(Gauge("oldest_doubt_seconds", "hotel-1"), 90);

  v1::IntegrationReport& entry = *report.mutable_integrations(0);
  entry.set_effective_revision(entry.effective_revision() - 1);
  entry.mutable_queues()->clear_oldest_doubt_time();
  v1::AgentProblem& problem = *report.add_problems();
  problem.mutable_explanation()->set_reason("AGENT_DISK_LOW");
  problem.set_stops_work(true);
  ASSERT_THAT(agents_.TakeReport(*session, report), IsOk());
  EXPECT_EQ(Gauge("configuration_differs", "hotel-1"), 1);
  EXPECT_EQ(Gauge("oldest_doubt_seconds", "hotel-1"), 0);
  EXPECT_EQ(Gauge("healthy", "hotel-1"), 0);

  ASSERT_THAT(agents_.Goodbye(session), IsOk());
  EXPECT_EQ(Gauge("connected", "hotel-1"), 0);
}

TEST_F(AgentGaugesTest, OfAnAgentThatSaysNothingOfItselfThereAreNoFigures) {
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  EXPECT_EQ(Gauge("connected", "hotel-1"), 1);
  EXPECT_EQ(Gauge("clock_difference_seconds", "hotel-1"), std::nullopt);
  EXPECT_EQ(Gauge("configuration_differs", "hotel-1"), std::nullopt);
  EXPECT_EQ(Gauge("waiting", "hotel-1", "doubts"), std::nullopt);
  EXPECT_EQ(Gauge("oldest_doubt_seconds", "hotel-1"), std::nullopt);
}

TEST_F(AgentGaugesTest, WhoWasEvictedOrBannedIsGoneUntilItIsBack) {
  Enrollments enrollments(*store_, clock_, random_, MakeError("ENROLLMENT_NEEDS_TLS"));
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  ASSERT_THAT(store_->Write([](Transaction& t) {
    store::EnrollmentRecord enrolled;
    enrolled.set_generation(1);
    return PutRecord(t, EnrollmentKey("hotel-1"), enrolled);
  }),
              IsOk());
  const size_t both = Series();
  EXPECT_GT(both, 0U);
  ASSERT_THAT(enrollments.Evict("agents/hotel-1"), IsOk());
  EXPECT_EQ(Gauge("connected", "hotel-1"), std::nullopt);
  EXPECT_EQ(Series(), both / 2);
  ASSERT_THAT(enrollments.Ban("agents/hotel-2"), IsOk());
  EXPECT_EQ(Series(), 0U);
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  EXPECT_EQ(Gauge("connected", "hotel-1"), 1);
  EXPECT_EQ(Series(), both / 2);
}

TEST_F(AgentGaugesTest, NothingIsShownWhileTheStoreDoesNotAnswer) {
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  const size_t all = Series();
  EXPECT_GT(all, 0U);
  fitful_.away = true;
  EXPECT_EQ(Series(), 0U);
  fitful_.away = false;
  EXPECT_EQ(Series(), all);
}

}  // namespace
}  // namespace guestbridge::server
