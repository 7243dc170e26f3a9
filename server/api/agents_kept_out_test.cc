// Agents that were evicted or banned: what ends, what is refused, and who is told so.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "server/api/clients.h"
#include "server/api/connection_checks.h"
#include "server/api/connection_tester.h"
#include "server/api/enrollments_fixture_test.h"
#include "server/api/system_status.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;

// Something happens the next time that it is asked.
class InterruptingRandom final : public Random {
 public:
  uint64_t Next64() override {
    if (next != nullptr) std::exchange(next, nullptr)();
    return random_.Next64();
  }
  std::function<void()> next;

 private:
  testing::SeededRandom random_;
};

class AgentsKeptOutTest : public EnrollmentsFixture {};

TEST_F(AgentsKeptOutTest, EvictingEndsTheOpenStreamAndTheCertificateUntilItJoinsAnew) {
  const std::string unused = CreateToken("hotel-1");
  const auto chain = Join("hotel-1", unused, *MakePrivateKey());
  ASSERT_THAT(chain, IsOk());
  const auto session = ConnectAgent("hotel-1", "one");
  ASSERT_NE(session, nullptr);
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  TellAgents();
  const Session::Step step = session->Next(stream_);
  ASSERT_TRUE(step.end.has_value());
  EXPECT_EQ(ReasonOf(*step.end), "AGENT_EVICTED");
  EXPECT_THAT(Shown(*chain), StatusIs(kUnauthenticated, "AGENT_EVICTED"));
  EXPECT_THAT(Renew(*chain, *MakePrivateKey()),
              StatusIs(kUnauthenticated, "AGENT_EVICTED"));
  const auto again = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(**Shown(*again), "hotel-1");
  const auto back = ConnectAgent("hotel-1", "one");
  ASSERT_NE(back, nullptr);
  TellAgents();
  EXPECT_FALSE(back->closed());
}

TEST_F(AgentsKeptOutTest, AStreamThatOpensWhileItsAgentIsEvictedEndsToo) {
  ASSERT_THAT(Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey()), IsOk());
  v1::HelloRequest request;
  request.set_agent("hotel-1");
  request.set_installation("one");
  const auto hello = agents_.Hello(request);
  ASSERT_THAT(hello, IsOk());
  const auto session = agents_.Enter(hello->session());
  ASSERT_THAT(session, IsOk());
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  (*session)->Attach(std::make_shared<Waker>([] {}));
  agents_.StreamBegan(*session);
  EXPECT_TRUE((*session)->closed());
}

TEST_F(AgentsKeptOutTest, WhoIsKeptOutWhileItsSessionOpensGetsNone) {
  const std::vector<std::pair<std::string, std::function<absl::Status()>>> kept_out = {
      {"AGENT_EVICTED", [&] { return enrollments_.Evict("agents/hotel-1"); }},
      {"AGENT_BANNED", [&] { return enrollments_.Ban("agents/hotel-1"); }},
  };
  ASSERT_THAT(Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey()), IsOk());
  for (const auto& [reason, keep_out] : kept_out) {
    InterruptingRandom random;
    SessionHub sessions(clock_, random, "one");
    Agents agents(*store_, clock_, sessions, dispatcher_, leases_);
    // The session's token is drawn when its row is written.
    random.next = [&, keep = keep_out] {
      ASSERT_THAT(keep(), IsOk());
      agents.OnChanges(*store_->ChangesAfter(0, 1000));
    };
    v1::HelloRequest request;
    request.set_agent("hotel-1");
    request.set_installation("one");
    EXPECT_EQ(ReasonOf(agents.Hello(request).status()), reason);
    EXPECT_THAT(sessions.All(), ::testing::IsEmpty());
  }
}

TEST_F(AgentsKeptOutTest, ABanRefusesTheNameWhateverItShows) {
  const auto session = ConnectAgent("hotel-1", "one");  // With an API token.
  ASSERT_NE(session, nullptr);
  ASSERT_THAT(enrollments_.Ban("agents/hotel-1"), IsOk());
  TellAgents();
  const Session::Step step = session->Next(stream_);
  ASSERT_TRUE(step.end.has_value());
  EXPECT_EQ(ReasonOf(*step.end), "AGENT_BANNED");
  v1::HelloRequest hello;
  hello.set_agent("hotel-1");
  hello.set_installation("one");
  EXPECT_THAT(agents_.Hello(hello),
              StatusIs(absl::StatusCode::kPermissionDenied, "AGENT_BANNED"));
  v1::CreateAgentRequest create;
  create.set_agent_id("hotel-1");
  EXPECT_EQ(ReasonOf(enrollments_.Create(create).status()), "AGENT_BANNED");
  EXPECT_TRUE(agents_.Get("agents/hotel-1")->banned());
  ASSERT_THAT(enrollments_.Unban("agents/hotel-1"), IsOk());
  EXPECT_THAT(agents_.Hello(hello), IsOk());
}

TEST_F(AgentsKeptOutTest, EvictingWhoWasNeverEnrolledSaysWhatToDo) {
  EXPECT_EQ(ReasonOf(enrollments_.Evict("agents/hotel-1")), "AGENT_NOT_FOUND");
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  EXPECT_EQ(ReasonOf(enrollments_.Evict("agents/hotel-1")), "AGENT_NOT_ENROLLED");
  EXPECT_EQ(ReasonOf(enrollments_.Ban("agents/hotel-2")), "AGENT_NOT_FOUND");
}

TEST_F(AgentsKeptOutTest, StatusSaysThatAStandbyMayNotCome) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  CreateToken("hotel-2");
  v1::UpdateIntegrationRequest update;
  update.mutable_integration()->set_name("integrations/main");
  update.mutable_integration()->set_standby_agent("hotel-2");
  update.mutable_update_mask()->add_paths("standby_agent");
  ASSERT_THAT(integrations_.Update(update), IsOk());
  const auto attention = [this] {
    SystemStatus status(*store_, clock_, sessions_, credentials_, "1");
    std::vector<std::string> reasons;
    const auto got = status.Get();
    for (const auto& why : got->integrations(0).attention()) {
      if (absl::StartsWith(why.reason(), "STANDBY_")) reasons.push_back(why.reason());
    }
    return reasons;
  };
  EXPECT_THAT(attention(), ::testing::ElementsAre("STANDBY_AWAY"));
  ASSERT_THAT(enrollments_.Evict("agents/hotel-2"), IsOk());
  EXPECT_THAT(attention(), ::testing::ElementsAre("STANDBY_EVICTED"));
  ASSERT_THAT(enrollments_.Ban("agents/hotel-2"), IsOk());
  EXPECT_THAT(attention(), ::testing::ElementsAre("STANDBY_BANNED"));
  ASSERT_THAT(enrollments_.Unban("agents/hotel-2"), IsOk());
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  EXPECT_THAT(attention(), ::testing::IsEmpty()) << "it is back, and still named";
}

TEST_F(AgentsKeptOutTest, StatusAndRunsSayThatTheAgentThatServesMayNotCome) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  // Another could be named instead.
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  const auto said = [&] {
    SystemStatus status(*store_, clock_, sessions_, credentials_, "1");
    std::vector<std::string> reasons;
    const auto got = status.Get();
    for (const auto& why : got->integrations(0).attention()) {
      if (absl::StartsWith(why.reason(), "AGENT_")) reasons.push_back(why.reason());
    }
    const auto seen = runs_.Get(run->name(), Reach::Everything());
    for (const auto& why : seen->notices()) reasons.push_back(why.reason());
    return reasons;
  };
  EXPECT_THAT(said(), ::testing::ElementsAre("AGENT_AWAY", "AGENT_AWAY"));
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(),
              ::testing::ElementsAre("AGENT_AWAY_EVICTED", "AGENT_AWAY_EVICTED"));
  ASSERT_THAT(enrollments_.Ban("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::ElementsAre("AGENT_AWAY_BANNED", "AGENT_AWAY_BANNED"));
  ASSERT_THAT(enrollments_.Unban("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(),
              ::testing::ElementsAre("AGENT_AWAY_EVICTED", "AGENT_AWAY_EVICTED"));
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  EXPECT_THAT(said(), ::testing::IsEmpty());
}

TEST_F(AgentsKeptOutTest, WhoAsksAnAgentThatMayNotComeIsToldSo) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  Erasures erasures(*store_, *sealer_);
  Clients clients(*store_, sessions_, clock_, erasures);
  ConnectionChecks checks(*store_, clock_);
  ConnectionTester tester(*store_, *sealer_, credentials_, sessions_, checks);
  const auto said = [&] {
    const auto agent = agents_.Get("agents/hotel-1");
    v1::ListClientsRequest list;
    list.set_parent("integrations/main");
    const auto tested =
        tester.Test("integrations/main/connection", Patience())->checks();
    return std::vector<std::string>{
        agent->problems(0).explanation().reason(),
        ReasonOf(clients.List(list, Patience()).status()),
        ReasonOf(mappings_.Load("integrations/main", Patience()).status()),
        std::find_if(tested.begin(), tested.end(), [](const v1::Check& check) {
          return check.name() == "agent";
        })->reason()};
  };
  EXPECT_THAT(said(), ::testing::Each("AGENT_NOT_CONNECTED"));
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::Each("AGENT_AWAY_EVICTED"));
  ASSERT_THAT(enrollments_.Ban("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::Each("AGENT_AWAY_BANNED"));
  v1::ListClientsRequest list;
  list.set_parent("integrations/main");
  const absl::Status error = clients.List(list, Patience()).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ParametersOf(error),
              ::testing::UnorderedElementsAre(::testing::Pair("agent", "hotel-1"),
                                              ::testing::Pair("integration", "main")));
}

TEST_F(AgentsKeptOutTest,
       WhoWasEvictedAndServesNothingIsNotToBeStartedBeforeItMayJoin) {
  const CertificateKey key = MakePrivateKey();
  ASSERT_THAT(Join("hotel-1", CreateToken("hotel-1"), *key), IsOk());
  const auto said = [&] {
    const auto agent = agents_.Get("agents/hotel-1");
    EXPECT_TRUE(agent->healthy()) << "nothing waits for it";
    std::vector<std::string> reasons;
    for (const v1::AgentProblem& problem : agent->problems()) {
      reasons.push_back(problem.explanation().reason());
      EXPECT_EQ(problem.explanation().parameters().at("agent"), "hotel-1");
    }
    return reasons;
  };
  EXPECT_THAT(said(), ::testing::IsEmpty());
  ASSERT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::ElementsAre("AGENT_EVICTED"));
  ASSERT_THAT(enrollments_.Ban("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::IsEmpty()) << "for good";
  ASSERT_THAT(enrollments_.Unban("agents/hotel-1"), IsOk());
  EXPECT_THAT(said(), ::testing::ElementsAre("AGENT_EVICTED"));
  // From here on starting it is what helps.
  const std::string token = CreateToken("hotel-1");
  EXPECT_THAT(said(), ::testing::IsEmpty());
  ASSERT_THAT(Join("hotel-1", token, *key), IsOk());
  EXPECT_THAT(said(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace guestbridge::server
