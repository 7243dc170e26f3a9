#include "server/api/enrollments.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "server/api/enrollments_fixture_test.h"
#include "tests/testing/signing_requests.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::RequestWith;
using ::guestbridge::testing::StatusIs;

constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class EnrollmentsTest : public EnrollmentsFixture {};

TEST_F(EnrollmentsTest, ATokenAndAKeyGiveACertificateThatTheServerWroteItself) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto chain = Join("hotel-1", token, *key);
  ASSERT_THAT(chain, IsOk());
  const Certificate certificate = ParseCertificate(*chain);
  ASSERT_NE(certificate, nullptr);
  EXPECT_TRUE(BelongTogether(*certificate, *key));
  EXPECT_FALSE(IsAuthority(*certificate));
  EXPECT_EQ(UriNamesOf(*certificate),
            std::vector<std::string>{"guestbridge://agents/hotel-1"});
  EXPECT_EQ(X509_get_extended_key_usage(certificate.get()),
            static_cast<uint32_t>(XKU_SSL_CLIENT));
  EXPECT_EQ(X509_get_key_usage(certificate.get()),
            static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(
      ValidityOf(*certificate).end,
      absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now())) + absl::Hours(7 * 24));
  EXPECT_EQ(**Shown(*chain), "hotel-1");
}

TEST_F(EnrollmentsTest, TheStoreDoesNotHoldTheToken) {
  const std::string token = CreateToken("hotel-1");
  EXPECT_GE(token.size(), 52u);
  ASSERT_THAT(store_->Read([&](Transaction& transaction) -> absl::Status {
    const auto document = transaction.Get("enrollments/hotel-1");
    EXPECT_EQ(document->value().body.find(token.substr(4)), std::string::npos);
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(EnrollmentsTest, TheSameKeyGetsItsCertificateAgainAndAnotherKeyNothing) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto first = Join("hotel-1", token, *key);
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(*Join("hotel-1", token, *key), *first);
  EXPECT_THAT(Join("hotel-1", token, *MakePrivateKey()),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_USED"));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Join("hotel-1", token, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_USED"));
  EXPECT_EQ(**Shown(*first), "hotel-1");
}

TEST_F(EnrollmentsTest, OfFiftyKeysThatRaceForOneTokenOneWins) {
  const std::string token = CreateToken("hotel-1");
  std::atomic<int> won = 0;
  std::atomic<int> used = 0;
  std::vector<std::string> requests;
  for (int i = 0; i < 50; ++i) {
    requests.push_back(MakeSigningRequest(*MakePrivateKey(), "hotel-1"));
  }
  std::vector<std::thread> clients;
  for (const std::string& request : requests) {
    clients.emplace_back([&] {
      const auto joined = JoinWith("hotel-1", token, request);
      if (joined.ok()) ++won;
      if (ReasonOf(joined.status()) == "JOIN_TOKEN_USED") ++used;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(used, 49);
}

TEST_F(EnrollmentsTest, UnknownExpiredAndReplacedTokensAreToldApart) {
  const CertificateKey key = MakePrivateKey();
  const std::string token = CreateToken("hotel-1");
  const std::string other = CreateToken("hotel-2");
  EXPECT_THAT(Join("hotel-1", "gbj_x", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-1", "", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-3", "", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-1", other, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  const std::string newer = CreateToken("hotel-1");
  EXPECT_THAT(Join("hotel-1", token, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Join("hotel-1", newer, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_EXPIRED"));
}

TEST_F(EnrollmentsTest, WhatARequestMayNotAskForIsRefusedAndTheTokenStaysGood) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto refused = [&](const std::string& request, const std::string& reason) {
    EXPECT_THAT(JoinWith("hotel-1", token, request), StatusIs(kInvalid, reason));
  };
  refused("", "SIGNING_REQUEST_INVALID");
  refused(std::string(100000, 'x'), "SIGNING_REQUEST_INVALID");
  refused(MakeSigningRequest(*key, "hotel-2"), "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_subject_alt_name,
                      "URI:guestbridge://agents/hotel-2"),
          "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_subject_alt_name, "IP:127.0.0.1"),
          "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_basic_constraints, "CA:TRUE"),
          "SIGNING_REQUEST_FOR_AUTHORITY");
  refused(RequestWith(*key, "hotel-1", NID_key_usage, "keyCertSign"),
          "SIGNING_REQUEST_FOR_AUTHORITY");
  const CertificateKey short_key(EVP_RSA_gen(1024));
  refused(MakeSigningRequest(*short_key, "hotel-1"), "SIGNING_REQUEST_KEY_WEAK");
  // A request for another's key: the signature is not by it.
  std::string broken = MakeSigningRequest(*key, "hotel-1");
  const size_t near_end = broken.rfind("-----END") - 12;
  broken[near_end] = broken[near_end] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(JoinWith("hotel-1", token, broken).ok());
  EXPECT_THAT(Join("hotel-1", token, *key), IsOk());
}

TEST_F(EnrollmentsTest, Ed25519AndStrongRsaKeysAreTaken) {
  const CertificateKey ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_THAT(Join("a", CreateToken("a"), *ed), IsOk());
  const CertificateKey rsa(EVP_RSA_gen(2048));
  EXPECT_THAT(Join("b", CreateToken("b"), *rsa), IsOk());
}

TEST_F(EnrollmentsTest, ARenewalWhoseAnswerWasLostCanBeRepeated) {
  const auto first = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Hours(84));
  ASSERT_THAT(Renew(*first, *MakePrivateKey()), IsOk());  // Never arrives.
  const auto second = Renew(*first, *MakePrivateKey());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(**Shown(*first), "hotel-1");
  EXPECT_EQ(**Shown(*second), "hotel-1");
  const auto third = Renew(*second, *MakePrivateKey());
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(Shown(*first), StatusIs(kUnauthenticated, "CERTIFICATE_UNKNOWN"));
  EXPECT_THAT(Renew("", *MakePrivateKey()),
              StatusIs(kUnauthenticated, "CERTIFICATE_MISSING"));
}

TEST_F(EnrollmentsTest, AnExpiredCertificateIsReplacedByJoiningAnew) {
  const auto first = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Hours(7 * 24));
  EXPECT_THAT(Shown(*first), StatusIs(kUnauthenticated, "CERTIFICATE_OUTDATED"));
  EXPECT_THAT(Renew(*first, *MakePrivateKey()),
              StatusIs(kUnauthenticated, "CERTIFICATE_OUTDATED"));
  const auto second = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(**Shown(*second), "hotel-1");
}

TEST_F(EnrollmentsTest, AnotherAuthoritysCertificateForTheSameNameIsNotTaken) {
  ASSERT_THAT(Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey()), IsOk());
  const AgentAuthority other = MakeAuthorityOf(clock_.Now(), random_);
  const auto forged = other.Issue("hotel-1", *MakePrivateKey(), clock_.Now());
  ASSERT_THAT(forged, IsOk());
  EXPECT_THAT(Shown(forged->chain), StatusIs(kUnauthenticated, "CERTIFICATE_UNKNOWN"));
}

<<<<<<< HEAD
=======
TEST_F(EnrollmentsTest, EvictingEndsTheOpenStreamAndTheCertificateUntilItJoinsAnew) {
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

TEST_F(EnrollmentsTest, AStreamThatOpensWhileItsAgentIsEvictedEndsToo) {
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

TEST_F(EnrollmentsTest, WhoIsKeptOutWhileItsSessionOpensGetsNone) {
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

TEST_F(EnrollmentsTest, ABanRefusesTheNameWhateverItShows) {
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

TEST_F(EnrollmentsTest, EvictingWhoWasNeverEnrolledSaysWhatToDo) {
  EXPECT_EQ(ReasonOf(enrollments_.Evict("agents/hotel-1")), "AGENT_NOT_FOUND");
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  EXPECT_EQ(ReasonOf(enrollments_.Evict("agents/hotel-1")), "AGENT_NOT_ENROLLED");
  EXPECT_EQ(ReasonOf(enrollments_.Ban("agents/hotel-2")), "AGENT_NOT_FOUND");
}

TEST_F(EnrollmentsTest, AnIntegrationThatAPersonAssignedIsNobodyElses) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(),
            "hotel-1");
  request.set_integrations(0, "integrations/none");
  EXPECT_EQ(ReasonOf(enrollments_.Create(request).status()), "INTEGRATION_NOT_FOUND");
}

TEST_F(EnrollmentsTest, AStandbyThatIsGivenTheIntegrationChangesPlaces) {
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  Prepare("main");
  CreateToken("hotel-2");
  v1::UpdateIntegrationRequest update;
  update.mutable_integration()->set_name("integrations/main");
  update.mutable_integration()->set_standby_agent("hotel-2");
  update.mutable_update_mask()->add_paths("standby_agent");
  ASSERT_THAT(integrations_.Update(update), IsOk());
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-2");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(),
            "hotel-2");
  EXPECT_EQ(integrations_.Get("integrations/main")->standby_agent(), "hotel-1");
}

TEST_F(EnrollmentsTest, StatusSaysThatAStandbyMayNotCome) {
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

TEST_F(EnrollmentsTest, StatusAndRunsSayThatTheAgentThatServesMayNotCome) {
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

TEST_F(EnrollmentsTest, WhoAsksAnAgentThatMayNotComeIsToldSo) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  Clients clients(*store_, sessions_, clock_);
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

TEST_F(EnrollmentsTest, WhoWasEvictedAndServesNothingIsNotToBeStartedBeforeItMayJoin) {
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

TEST_F(EnrollmentsTest, AStandbyIsAnotherThanTheAgentThatHasNoConnectionYet) {
  v1::CreateIntegrationRequest create;
  create.set_integration_id("new");
  create.mutable_integration()->set_type(v1::Integration::BITRIX24);
  ASSERT_THAT(integrations_.Create(create), IsOk());
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/new");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  v1::UpdateIntegrationRequest update;
  update.mutable_integration()->set_name("integrations/new");
  update.mutable_integration()->set_standby_agent("hotel-1");
  update.mutable_update_mask()->add_paths("standby_agent");
  EXPECT_EQ(ReasonOf(integrations_.Update(update).status()), "STANDBY_SERVES");
  CreateToken("hotel-2");
  update.mutable_integration()->set_standby_agent("hotel-2");
  ASSERT_THAT(integrations_.Update(update), IsOk());
  request.set_agent_id("hotel-2");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  EXPECT_EQ(integrations_.Get("integrations/new")->standby_agent(), "hotel-1");
}

>>>>>>> x1
TEST_F(EnrollmentsTest, AServerWithoutAuthoritySaysWhy) {
  Enrollments none(*store_, clock_, random_, MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  EXPECT_EQ(ReasonOf(none.Create(request).status()), "AGENT_AUTHORITY_NOT_SHARED");
  EXPECT_EQ(ReasonOf(agents_.Get("agents/hotel-1").status()), "AGENT_NOT_FOUND");
}

}  // namespace
}  // namespace guestbridge::server
