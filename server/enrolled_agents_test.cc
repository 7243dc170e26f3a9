// Agents with certificates at a whole server, over the wire: what becomes of a stream
// when the certificate that it was opened with ends.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/certificate/certificate.h"
#include "common/certificate/signing_request.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/agent_enrollment.grpc.pb.h"
#include "guestbridge/v1/api_token.grpc.pb.h"
#include "server/server.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using Channel = std::shared_ptr<grpc::Channel>;

std::string ReadAll(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

struct Identity {
  CertificateKey key;
  std::string chain;
};

class EnrolledAgentsTest : public ::testing::Test {
 protected:
  void Start() {
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("data");
    auto server = Server::Start(options_, SystemClock(), SystemRandom());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    admin_ = ReadAll(server_->first_token_file());
    ASSERT_FALSE(admin_.empty());
    admin_.pop_back();
  }

  Channel Open(const Identity& identity) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadAll(options_.data_dir + "/ca.pem");
    if (identity.key != nullptr) {
      tls.pem_private_key = ToPem(*identity.key).Reveal();
      tls.pem_cert_chain = identity.chain;
    }
    // Channels of one process would share a connection otherwise.
    grpc::ChannelArguments alone;
    alone.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(tls),
                                     alone);
  }

  // With a new token and a new key.
  Identity Join() {
    grpc::ClientContext create_context;
    SetDeadline(create_context);
    create_context.AddMetadata("authorization", "Bearer " + admin_);
    v1::CreateAgentRequest create;
    create.set_agent_id("hotel-1");
    v1::CreateAgentResponse created;
    const Channel anyone = Open({});
    EXPECT_THAT(FromGrpcStatus(v1::AgentService::NewStub(anyone)->CreateAgent(
                    &create_context, create, &created)),
                IsOk());
    Identity identity;
    identity.key = MakePrivateKey();
    grpc::ClientContext join_context;
    SetDeadline(join_context);
    v1::JoinRequest join;
    join.set_agent("hotel-1");
    join.set_join_token(created.join_token());
    join.set_signing_request(MakeSigningRequest(*identity.key, "hotel-1"));
    v1::JoinResponse joined;
    EXPECT_THAT(FromGrpcStatus(v1::AgentEnrollmentService::NewStub(anyone)->Join(
                    &join_context, join, &joined)),
                IsOk());
    identity.chain = joined.certificate_chain();
    return identity;
  }

  // Of the role agent, for any name.
  std::string MakeTokenForAny() {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", "Bearer " + admin_);
    v1::CreateApiTokenRequest request;
    request.mutable_api_token()->set_display_name("any");
    request.mutable_api_token()->add_grants()->set_role(v1::Grant::AGENT);
    v1::CreateApiTokenResponse made;
    EXPECT_THAT(FromGrpcStatus(v1::ApiTokenService::NewStub(Open({}))->CreateApiToken(
                    &context, request, &made)),
                IsOk());
    return made.secret();
  }

  Identity Renew(const Identity& shown) {
    Identity identity;
    identity.key = MakePrivateKey();
    grpc::ClientContext context;
    SetDeadline(context);
    v1::RenewRequest request;
    request.set_signing_request(MakeSigningRequest(*identity.key, "hotel-1"));
    v1::RenewResponse renewed;
    EXPECT_THAT(FromGrpcStatus(v1::AgentEnrollmentService::NewStub(Open(shown))
                                   ->Renew(&context, request, &renewed)),
                IsOk());
    identity.chain = renewed.certificate_chain();
    return identity;
  }

  // An open stream of the agent.
  struct Stream {
    std::unique_ptr<v1::AgentControlService::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader;

    // Reads to its end.
    absl::Status Await() {
      v1::WatchResponse message;
      while (reader->Read(&message)) {
      }
      return FromGrpcStatus(reader->Finish());
    }
  };
  // `token`: shown as well; empty: none.
  static absl::StatusOr<std::string> Hello(v1::AgentControlService::Stub& stub,
                                           const std::string& installation,
                                           const std::string& token) {
    grpc::ClientContext context;
    SetDeadline(context);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::HelloRequest hello;
    hello.set_agent("hotel-1");
    hello.set_installation(installation);
    v1::HelloResponse said;
    const grpc::Status status = stub.Hello(&context, hello, &said);
    if (!status.ok()) return FromGrpcStatus(status);
    return said.session();
  }
  std::unique_ptr<Stream> Watch(const Identity& identity,
                                const std::string& installation = "one",
                                const std::string& token = "") {
    auto stream = std::make_unique<Stream>();
    stream->stub = v1::AgentControlService::NewStub(Open(identity));
    const auto session = Hello(*stream->stub, installation, token);
    EXPECT_THAT(session, IsOk());
    if (!session.ok()) return stream;
    SetDeadline(stream->context);
    if (!token.empty()) stream->context.AddMetadata("authorization", "Bearer " + token);
    v1::WatchRequest request;
    request.set_session(*session);
    stream->reader = stream->stub->Watch(&stream->context, request);
    v1::WatchResponse message;
    EXPECT_TRUE(stream->reader->Read(&message));
    return stream;
  }

  testing::TempDir dir_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::string admin_;
};

TEST_F(EnrolledAgentsTest, AStreamEndsWithTheCertificateThatItWasOpenedWith) {
  options_.agent_certificate_life = absl::Seconds(4);
  Start();
  const Identity identity = Join();
  const auto stream = Watch(identity);
  // A newer one does not help the older, which has not become void by it.
  const Identity newer = Renew(identity);
  EXPECT_EQ(ReasonOf(stream->Await()), "CERTIFICATE_OUTDATED");
}

TEST_F(EnrolledAgentsTest, JoiningAnewEndsTheStreamOfTheKeyBefore) {
  Start();
  const auto stream = Watch(Join());
  Join();
  EXPECT_EQ(ReasonOf(stream->Await()), "CERTIFICATE_UNKNOWN");
}

TEST_F(EnrolledAgentsTest, AStrangerUnderTheNameSinceBeforeTheJoinGivesItUp) {
  Start();
  const std::string token = MakeTokenForAny();
  const auto stranger = Watch({}, "stranger", token);
  const Identity owner = Join();
  const auto own = Watch(owner);
  EXPECT_EQ(ReasonOf(stranger->Await()), "SESSION_REPLACED");
  EXPECT_EQ(ReasonOf(Hello(*stranger->stub, "stranger", token).status()),
            "AGENT_HAS_CERTIFICATE");
  // A second machine with the certificate is no stranger's case.
  const auto copy = v1::AgentControlService::NewStub(Open(owner));
  EXPECT_EQ(ReasonOf(Hello(*copy, "two", "").status()), "AGENT_NAME_IN_USE");
  own->context.TryCancel();
  EXPECT_EQ(own->Await().code(), absl::StatusCode::kCancelled);
}

TEST_F(EnrolledAgentsTest, ARenewalEndsNoStream) {
  Start();
  const Identity first = Join();
  const auto stream = Watch(first);
  const Identity second = Renew(first);
  stream->context.TryCancel();
  EXPECT_EQ(stream->Await().code(), absl::StatusCode::kCancelled);
  const auto next = Watch(second);
  next->context.TryCancel();
  EXPECT_EQ(next->Await().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace guestbridge::server
