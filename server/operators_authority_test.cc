// A server whose operator supplies the authority of its agents: an intermediate of the
// operator's own CA, in files.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/certificate/certificate.h"
#include "common/certificate/signing_request.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/agent_enrollment.grpc.pb.h"
#include "server/identity/made_authority_test.h"
#include "server/server.h"
#include "server/server_fixture_test.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;

class OperatorsAuthorityTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerFixture::SetUp();
    options_.agent_ca_cert = dir_.File("agent-ca.pem");
    options_.agent_ca_key = dir_.File("agent-ca.key");
    std::ofstream(options_.agent_ca_key) << ToPem(*agents_.key).Reveal();
    chmod(options_.agent_ca_key.c_str(), 0640);
    std::ofstream(desks_file_) << ToPem(*MakeCa("desks", nullptr).certificate);
  }

  std::string CreateToken(const std::string& agent) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::CreateAgentRequest request;
    request.set_agent_id(agent);
    v1::CreateAgentResponse created;
    const Channel admin =
        As({.name = "ivanova", .grants = {{Role::kAdmin, ""}}, .agent = ""});
    EXPECT_THAT(FromGrpcStatus(v1::AgentService::NewStub(admin)->CreateAgent(
                    &context, request, &created)),
                IsOk());
    return created.join_token();
  }

  // `key`: of the certificate shown; null: none is shown.
  Channel Showing(const std::string& chain, EVP_PKEY* key) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadAll(options_.data_dir + "/ca.pem");
    if (key != nullptr) {
      tls.pem_private_key = ToPem(*key).Reveal();
      tls.pem_cert_chain = chain;
    }
    // Channels of one process would share a connection otherwise.
    grpc::ChannelArguments alone;
    alone.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(tls),
                                     alone);
  }

  std::string Join(const std::string& agent, EVP_PKEY& key) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::JoinRequest join;
    join.set_agent(agent);
    join.set_join_token(CreateToken(agent));
    join.set_signing_request(MakeSigningRequest(key, agent));
    v1::JoinResponse joined;
    EXPECT_THAT(FromGrpcStatus(v1::AgentEnrollmentService::NewStub(Showing("", nullptr))
                                   ->Join(&context, join, &joined)),
                IsOk());
    return joined.certificate_chain();
  }

  absl::Status Hello(const std::string& chain, EVP_PKEY& key) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::HelloRequest hello;
    hello.set_agent("hotel-1");
    hello.set_installation("one");
    v1::HelloResponse said;
    return FromGrpcStatus(v1::AgentControlService::NewStub(Showing(chain, &key))
                              ->Hello(&context, hello, &said));
  }

  const Authority root_ = MakeCa("root of the chain", nullptr);
  const Authority agents_ = MakeCa("agents", &root_);
  const std::string desks_file_ = dir_.File("desks.pem");
};

TEST_F(OperatorsAuthorityTest, AnIntermediateSignsWithAndWithoutTheRootAboveIt) {
  for (const bool with_root : {false, true}) {
    SCOPED_TRACE(with_root);
    std::ofstream(options_.agent_ca_cert)
        << ToPem(*agents_.certificate) << (with_root ? ToPem(*root_.certificate) : "");
    Start();
    const CertificateKey key = MakePrivateKey();
    const std::string chain = Join("hotel-1", *key);
    const std::vector<Certificate> shown = ParseCertificates(chain);
    ASSERT_EQ(shown.size(), with_root ? 3U : 2U);
    EXPECT_TRUE(IsIssuedBy(*shown[0], *agents_.certificate));
    EXPECT_THAT(Hello(chain, *key), IsOk());
    // The handshake judges as well.
    options_.client_ca = desks_file_;
    Start();
    EXPECT_THAT(Hello(chain, *key), IsOk());
    options_.client_ca.clear();
    EXPECT_EQ(access((options_.data_dir + "/agent-ca.key").c_str(), F_OK), -1)
        << "the server makes none of its own";
  }
}

TEST_F(OperatorsAuthorityTest, AKeyThatEverybodyMayReadStartsNoServer) {
  std::ofstream(options_.agent_ca_cert) << ToPem(*agents_.certificate);
  chmod(options_.agent_ca_key.c_str(), 0644);
  const auto start = [&] {
    return Server::Start(options_, SystemClock(), SystemRandom()).status();
  };
  EXPECT_EQ(ReasonOf(start()), "KEY_FILE_READABLE_BY_OTHERS");
  chmod(options_.agent_ca_key.c_str(), 0640);
  EXPECT_THAT(start(), IsOk()) << "a group may be trusted with it";
}

TEST_F(OperatorsAuthorityTest, TheKeyOfAnotherAuthorityStartsNoServer) {
  std::ofstream(options_.agent_ca_cert) << ToPem(*root_.certificate);
  EXPECT_EQ(ReasonOf(Server::Start(options_, SystemClock(), SystemRandom()).status()),
            "AGENT_AUTHORITY_UNUSABLE");
}

}  // namespace
}  // namespace guestbridge::server
