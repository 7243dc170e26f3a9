#include "sync-agent/control/enrollment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/certificate/signing_request.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent_enrollment.grpc.pb.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

namespace v1 = guestbridge::v1;

// Signs whatever it is asked for, with a real authority over real TLS.
class FakeEnrollmentService final : public v1::AgentEnrollmentService::Service {
 public:
  FakeEnrollmentService(const Clock& clock, Random& random)
      : clock_(clock), random_(random), authority_key_(MakePrivateKey()) {
    const Validity years = {absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(9)};
    authority_ = MakeAuthority("fake", *authority_key_, years, random_);
    const CertificateKey key = MakePrivateKey();
    const Certificate own =
        IssueCertificate({"server", "IP:127.0.0.1", "serverAuth", years}, *key,
                         *authority_, *authority_key_, random_);
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
    tls.pem_key_cert_pairs.push_back({ToPem(*key).Reveal(), ToPem(*own)});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeEnrollmentService() override { server_->Shutdown(); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  std::string authority() const { return ToPem(*authority_); }

  grpc::Status Join(grpc::ServerContext*, const v1::JoinRequest* request,
                    v1::JoinResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex);
    tokens.push_back(request->join_token());
    const auto asked = ReadSigningRequest(request->signing_request());
    keys.push_back(PublicKeyDigest(*asked->public_key));
    if (!refusal.empty()) {
      return ToGrpcStatus(MakeError(refusal, {{"agent", request->agent()}}),
                          Language::kEnglish);
    }
    response->set_certificate_chain(Sign(*asked->public_key));
    return grpc::Status::OK;
  }

  grpc::Status Renew(grpc::ServerContext* context, const v1::RenewRequest* request,
                     v1::RenewResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto shown = context->auth_context()->FindPropertyValues("x509_pem_cert");
    renewals += shown.empty() ? 0 : 1;
    if (!shown.empty()) {
      renewed_with.emplace_back(shown[0].data(), shown[0].size());
    }
    response->set_certificate_chain(
        Sign(*ReadSigningRequest(request->signing_request())->public_key));
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::string refusal;  // A reason; empty: none.
  std::vector<std::string> tokens;
  std::vector<std::string> keys;
  int renewals = 0;
  std::vector<std::string> renewed_with;  // PEM, shown by the callers of Renew.

 private:
  std::string Sign(EVP_PKEY& key) {
    const absl::Time now = clock_.Now();
    return ToPem(*IssueCertificate({"hotel-1",
                                    "URI:guestbridge://agents/hotel-1",
                                    "clientAuth",
                                    {now - absl::Hours(1), now + absl::Hours(167)}},
                                   key, *authority_, *authority_key_, random_));
  }

  const Clock& clock_;
  Random& random_;
  CertificateKey authority_key_;
  Certificate authority_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class EnrollmentTest : public ::testing::Test {
 protected:
  EnrollmentTest() : server_(clock_, random_) {
    std::ofstream(dir_.File("ca.pem")) << server_.authority();
  }

  void WriteToken(const std::string& token) {
    std::ofstream(dir_.File("join.token")) << token << "\n";
  }
  absl::StatusOr<std::unique_ptr<Enrollment>> Open() {
    ServerAddress address;
    address.host_port = server_.address();
    address.tls_ca = dir_.File("ca.pem");
    return Enrollment::Open(
        {address, "hotel-1", dir_.File("join.token"), std::string(dir_.File("."))},
        random_, clock_);
  }
  std::string Identity(const std::string& file = "identity.pem") {
    std::ifstream in(dir_.File(file));
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  static std::string CertificateIn(const std::string& identity) {
    return identity.substr(identity.find("-----BEGIN CERTIFICATE-----"));
  }
  static absl::Status Refusal(const std::string& reason) {
    return MakeError(reason, {{"agent", "hotel-1"}});
  }
  // Joined, and renewed once.
  std::unique_ptr<Enrollment> Renewed() {
    WriteToken("gbj_one");
    auto enrollment = Open();
    EXPECT_TRUE((*enrollment)->Connect().ok());
    clock_.Advance(absl::Hours(110));
    EXPECT_TRUE((*enrollment)->RenewWhenDue().ok());
    return *std::move(enrollment);
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  FakeEnrollmentService server_;
};

TEST_F(EnrollmentTest, JoinsOnceAndKeepsWhatItGot) {
  WriteToken("gbj_one");
  const auto enrollment = Open();
  ASSERT_TRUE(enrollment.ok()) << enrollment.status();
  const auto channel = (*enrollment)->Connect();
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_EQ(*(*enrollment)->Connect(), *channel);
  struct stat facts {};
  ASSERT_EQ(stat(dir_.File("identity.pem").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  unlink(dir_.File("join.token").c_str());
  const auto later = Open();
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_TRUE((*later)->Connect().ok());
  EXPECT_EQ(server_.tokens, std::vector<std::string>{"gbj_one"});
  EXPECT_EQ(Identity().find("gbj_one"), std::string::npos);
}

TEST_F(EnrollmentTest, WithoutCertificateAndTokenItSaysSoAtOnce) {
  EXPECT_EQ(ReasonOf(Open().status()), "TOKEN_FILE_UNREADABLE");
}

TEST_F(EnrollmentTest, AsksAgainWithTheSameKeyWhenItNeverGotTheAnswer) {
  WriteToken("gbj_one");
  server_.refusal = "SERVER_STOPPING";
  EXPECT_FALSE((*Open())->Connect().ok());
  server_.refusal = "";
  EXPECT_TRUE((*Open())->Connect().ok());
  ASSERT_EQ(server_.keys.size(), 2u);
  EXPECT_EQ(server_.keys[0], server_.keys[1]);
}

TEST_F(EnrollmentTest, ANewerTokenJoinsAnewWithAnotherKey) {
  WriteToken("gbj_one");
  ASSERT_TRUE((*Open())->Connect().ok());
  WriteToken("gbj_two");
  ASSERT_TRUE((*Open())->Connect().ok());
  ASSERT_EQ(server_.keys.size(), 2u);
  EXPECT_NE(server_.keys[0], server_.keys[1]);
}

TEST_F(EnrollmentTest, ARefusedTokenLeavesTheCertificateInUse) {
  WriteToken("gbj_one");
  const auto enrollment = Open();
  ASSERT_TRUE((*enrollment)->Connect().ok());
  WriteToken("gbj_two");
  server_.refusal = "JOIN_TOKEN_EXPIRED";
  EXPECT_TRUE((*enrollment)->Connect().ok());
  EXPECT_TRUE((*enrollment)->Connect().ok());
  EXPECT_EQ(server_.tokens.size(), 2u);
}

TEST_F(EnrollmentTest, ARefusedTokenWithoutCertificateIsTheError) {
  WriteToken("gbj_one");
  server_.refusal = "JOIN_TOKEN_USED";
  EXPECT_EQ(ReasonOf((*Open())->Connect().status()), "JOIN_TOKEN_USED");
}

TEST_F(EnrollmentTest, RenewsAfterHalfOfTheLifeAndShowsItWithTheNextConnection) {
  WriteToken("gbj_one");
  const auto enrollment = Open();
  const auto channel = (*enrollment)->Connect();
  const std::string first = Identity();
  EXPECT_TRUE((*enrollment)->RenewWhenDue().ok());
  EXPECT_EQ(Identity(), first);
  clock_.Advance(absl::Hours(110));  // Half and a tenth of 168, at the latest.
  ASSERT_TRUE((*enrollment)->RenewWhenDue().ok());
  EXPECT_EQ(server_.renewals, 1);
  EXPECT_NE(Identity(), first);
  EXPECT_FALSE((*enrollment)->ShouldReconnect());
  clock_.Advance(absl::Hours(30));
  EXPECT_TRUE((*enrollment)->ShouldReconnect());
  EXPECT_NE(*(*enrollment)->Connect(), *channel);
  EXPECT_FALSE((*enrollment)->ShouldReconnect());
}

TEST_F(EnrollmentTest, AgentsThatJoinedTogetherDoNotRenewTogether) {
  WriteToken("gbj_one");
  ASSERT_TRUE((*Open())->Connect().ok());
  // From 84 to 101 of 168 hours on it is due, and overdue half of the rest later.
  const auto overdue = [this] {
    int count = 0;
    for (int i = 0; i < 20; ++i) count += (*Open())->RenewalOverdue().has_value();
    return count;
  };
  clock_.Advance(absl::Hours(124));
  EXPECT_EQ(overdue(), 0);
  clock_.Advance(absl::Hours(5));
  EXPECT_GT(overdue(), 0);
  EXPECT_LT(overdue(), 20);
  clock_.Advance(absl::Hours(5));
  EXPECT_EQ(overdue(), 20);
}

TEST_F(EnrollmentTest, ARefusalIsNotTheEndWhileThereIsANewerCertificate) {
  const auto enrollment = Renewed();
  // The channel shows the one before still.
  EXPECT_TRUE(enrollment->ShowAnother(Refusal("CERTIFICATE_OUTDATED")));
  ASSERT_TRUE(enrollment->Connect().ok());
  EXPECT_FALSE(enrollment->ShowAnother(Refusal("CERTIFICATE_OUTDATED")));
  EXPECT_FALSE(enrollment->ShowAnother(Refusal("AGENT_EVICTED")));
}

TEST_F(EnrollmentTest, AServerThatKnowsOnlyTheCertificateBeforeIsShownThatOne) {
  WriteToken("gbj_one");
  (void)(*Open())->Connect();
  const std::string before = Identity();
  Renewed();
  EXPECT_EQ(Identity("identity.previous.pem"), before);
  struct stat facts {};
  ASSERT_EQ(stat(dir_.File("identity.previous.pem").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);

  // Also after a restart of the agent.
  const auto enrollment = *Open();
  const auto channel = enrollment->Connect();
  ASSERT_TRUE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
  EXPECT_NE(*enrollment->Connect(), *channel);
  ASSERT_TRUE(enrollment->RenewWhenDue().ok());
  EXPECT_EQ(server_.renewed_with.back(), CertificateIn(before));
  // Whatever becomes of that answer, the server knows this one.
  EXPECT_EQ(Identity("identity.previous.pem"), before);
  EXPECT_TRUE(enrollment->Connect().ok());
  EXPECT_EQ(server_.renewals, 2);
}

TEST_F(EnrollmentTest, TheCertificateBeforeIsRenewedAtOnceThoughItsTimeIsFarOff) {
  const auto enrollment = Renewed();
  ASSERT_TRUE(enrollment->Connect().ok());
  enrollment->Start([] {});
  // Until it waits for its next time, half a minute from now at the earliest.
  absl::SleepFor(absl::Milliseconds(300));
  ASSERT_TRUE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
  const auto renewals = [this] {
    const std::lock_guard<std::mutex> lock(server_.mutex);
    return server_.renewals;
  };
  const absl::Time patience = absl::Now() + absl::Seconds(15);
  while (renewals() < 2 && absl::Now() < patience) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(renewals(), 2);
  enrollment->Stop();
}

TEST_F(EnrollmentTest, NeitherOfTwoCertificatesIsKnownIsTheEnd) {
  const auto enrollment = Renewed();
  (void)enrollment->Connect();
  ASSERT_TRUE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
  (void)enrollment->Connect();
  EXPECT_FALSE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
}

TEST_F(EnrollmentTest, AnExpiredCertificateBeforeIsNotShown) {
  const auto enrollment = Renewed();
  (void)enrollment->Connect();
  clock_.Advance(absl::Hours(60));
  EXPECT_FALSE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
}

TEST_F(EnrollmentTest, WhoJoinsAnewKeepsNothingOfBefore) {
  const auto enrollment = Renewed();
  WriteToken("gbj_two");
  ASSERT_TRUE(enrollment->Connect().ok());
  EXPECT_EQ(Identity("identity.previous.pem"), "");
  EXPECT_FALSE(enrollment->ShowAnother(Refusal("CERTIFICATE_UNKNOWN")));
}

TEST_F(EnrollmentTest, ADamagedIdentityIsToldAndNotOverwritten) {
  std::ofstream(dir_.File("identity.pem")) << "half a ";
  WriteToken("gbj_one");
  EXPECT_EQ(ReasonOf(Open().status()), "CERTIFICATE_FILE_UNUSABLE");
  EXPECT_EQ(Identity(), "half a ");
}

}  // namespace
}  // namespace guestbridge::agent
