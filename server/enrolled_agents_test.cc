// Agents with certificates at a whole server, over the wire: what becomes of a stream
// when the certificate that it was opened with ends, and what stays of those who are
// not let in: a record, and nothing else.
#include <openssl/x509v3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/certificate/certificate.h"
#include "common/certificate/signing_request.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/agent_enrollment.grpc.pb.h"
#include "guestbridge/v1/api_token.grpc.pb.h"
#include "guestbridge/v1/audit.pb.h"
#include "server/audit/keys.h"
#include "server/identity/peer_certificate.h"
#include "server/server.h"
#include "server/server_fixture_test.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/signing_requests.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;
using ::guestbridge::testing::RequestWith;
using ::guestbridge::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Property;
using ::testing::StartsWith;
using Record = v1::AuditRecord;

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

  // A join token, made by the admin.
  std::string CreateToken(const std::string& agent) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", "Bearer " + admin_);
    v1::CreateAgentRequest create;
    create.set_agent_id(agent);
    v1::CreateAgentResponse created;
    EXPECT_THAT(FromGrpcStatus(v1::AgentService::NewStub(Open({}))->CreateAgent(
                    &context, create, &created)),
                IsOk());
    return created.join_token();
  }

  // The certificate.
  absl::StatusOr<std::string> JoinWith(const std::string& agent,
                                       const std::string& token,
                                       const std::string& signing_request) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::JoinRequest join;
    join.set_agent(agent);
    join.set_join_token(token);
    join.set_signing_request(signing_request);
    v1::JoinResponse joined;
    const grpc::Status status =
        v1::AgentEnrollmentService::NewStub(Open({}))->Join(&context, join, &joined);
    if (!status.ok()) return FromGrpcStatus(status);
    return joined.certificate_chain();
  }

  // With a new token and a new key.
  Identity Join(const std::string& agent = "hotel-1") {
    Identity identity;
    identity.key = MakePrivateKey();
    const auto chain =
        JoinWith(agent, CreateToken(agent), MakeSigningRequest(*identity.key, agent));
    EXPECT_THAT(chain, IsOk());
    if (chain.ok()) identity.chain = *chain;
    return identity;
  }

  absl::StatusOr<std::string> RenewWith(const Identity& shown,
                                        const std::string& signing_request) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::RenewRequest request;
    request.set_signing_request(signing_request);
    v1::RenewResponse renewed;
    const grpc::Status status = v1::AgentEnrollmentService::NewStub(Open(shown))
                                    ->Renew(&context, request, &renewed);
    if (!status.ok()) return FromGrpcStatus(status);
    return renewed.certificate_chain();
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
    const auto chain = RenewWith(shown, MakeSigningRequest(*identity.key, "hotel-1"));
    EXPECT_THAT(chain, IsOk());
    if (chain.ok()) identity.chain = *chain;
    return identity;
  }

  absl::Status Hello(const Identity& shown, const std::string& agent) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::HelloRequest hello;
    hello.set_agent(agent);
    hello.set_installation("one");
    v1::HelloResponse said;
    return FromGrpcStatus(
        v1::AgentControlService::NewStub(Open(shown))->Hello(&context, hello, &said));
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

  // Signed by the server's own authority for agents, which never gave it out.
  Identity Issue(const Validity& validity) {
    return Issue(validity,
                 *ParseCertificate(ReadAll(options_.data_dir + "/agent-ca.pem")),
                 *ParsePrivateKey(ReadAll(options_.data_dir + "/agent-ca.key")));
  }
  static Identity Issue(const Validity& validity, X509& issuer, EVP_PKEY& issuer_key) {
    CertificateTerms terms;
    terms.common_name = "hotel-1";
    terms.alternative_names = "URI:guestbridge://agents/hotel-1";
    terms.extended_key_usage = "clientAuth";
    terms.validity = validity;
    Identity identity;
    identity.key = MakePrivateKey();
    identity.chain = ToPem(
        *IssueCertificate(terms, *identity.key, issuer, issuer_key, SystemRandom()));
    return identity;
  }

  std::unique_ptr<Store> Bare() {
    auto store = OpenSqliteStore(options_.data_dir + "/server.db");
    EXPECT_THAT(store, IsOk());
    return *std::move(store);
  }

  void EditEnrollment(const std::string& agent,
                      const std::function<void(store::EnrollmentRecord&)>& edit) {
    EXPECT_THAT(Bare()->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto record,
                          GetRecord<store::EnrollmentRecord>(t, EnrollmentKey(agent)));
      store::EnrollmentRecord enrollment =
          record.has_value() ? record->value : store::EnrollmentRecord();
      edit(enrollment);
      return PutRecord(t, EnrollmentKey(agent), enrollment);
    }),
                IsOk());
  }

  // All that is stored of agents.
  std::vector<std::string> Agents() {
    std::vector<std::string> documents;
    EXPECT_THAT(Bare()->Read([&](Transaction& t) -> absl::Status {
      for (const char* prefix : {"agents/", "enrollments/"}) {
        GB_ASSIGN_OR_RETURN(const auto found, t.List(prefix, "", 1000));
        for (const Document& document : found) {
          documents.push_back(document.key + "=" + document.body);
        }
      }
      return absl::OkStatus();
    }),
                IsOk());
    return documents;
  }

  std::vector<Record> Refusals() {
    std::vector<Record> refusals;
    EXPECT_THAT(Bare()->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto records,
                          ListRecords<Record>(t, kAuditRecords, "", 10000));
      for (const auto& record : records) {
        if (record.value.outcome() == Record::DENIED) refusals.push_back(record.value);
      }
      return absl::OkStatus();
    }),
                IsOk());
    return refusals;
  }

  void ExpectRecorded(const std::string& reason, const std::string& method,
                      const std::string& principal, const std::string& agent) {
    EXPECT_THAT(Refusals(),
                Contains(AllOf(Property(&Record::reason, reason),
                               Property(&Record::method, "guestbridge.v1." + method),
                               Property(&Record::principal, principal),
                               Property(&Record::peer, StartsWith("127.0.0.1:")),
                               Property(&Record::resource, "agents/" + agent))));
  }

  testing::TempDir dir_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::string admin_;
};

constexpr char kJoin[] = "AgentEnrollmentService/Join";
constexpr char kRenew[] = "AgentEnrollmentService/Renew";
constexpr char kHello[] = "AgentControlService/Hello";

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

TEST_F(EnrolledAgentsTest, AJoinTokenThatIsRefusedIsOnRecordAndChangesNothing) {
  Start();
  const std::string used = CreateToken("hotel-1");
  ASSERT_THAT(JoinWith("hotel-1", used, MakeSigningRequest(*MakePrivateKey(), "")),
              IsOk());
  const std::string expired = CreateToken("hotel-2");
  EditEnrollment("hotel-2", [](store::EnrollmentRecord& enrollment) {
    enrollment.mutable_join_token()->set_expire_unix_seconds(1);
  });
  const std::vector<std::string> before = Agents();
  const std::string request = MakeSigningRequest(*MakePrivateKey(), "");
  struct Case {
    std::string agent;
    std::string token;
    std::string reason;
  };
  for (const Case& bad : std::vector<Case>{{"hotel-1", "gbj_no", "JOIN_TOKEN_UNKNOWN"},
                                           {"hotel-1", used, "JOIN_TOKEN_USED"},
                                           {"hotel-2", expired, "JOIN_TOKEN_EXPIRED"},
                                           {"hotel-3", used, "JOIN_TOKEN_UNKNOWN"}}) {
    EXPECT_THAT(JoinWith(bad.agent, bad.token, request),
                StatusIs(absl::StatusCode::kUnauthenticated, bad.reason));
  }
  ExpectRecorded("JOIN_TOKEN_UNKNOWN", kJoin, "", "hotel-1");
  ExpectRecorded("JOIN_TOKEN_USED", kJoin, "", "hotel-1");
  ExpectRecorded("JOIN_TOKEN_EXPIRED", kJoin, "", "hotel-2");
  EXPECT_EQ(Agents(), before);
  for (const Record& record : Refusals()) {
    EXPECT_EQ(record.SerializeAsString().find(used.substr(4)), std::string::npos);
  }
}

TEST_F(EnrolledAgentsTest, OfFiftyClientsThatRaceForOneTokenFortyNineAreOnRecord) {
  Start();
  const std::string token = CreateToken("hotel-1");
  std::atomic<int> won = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([&] {
      const std::string request = MakeSigningRequest(*MakePrivateKey(), "hotel-1");
      const auto joined = JoinWith("hotel-1", token, request);
      if (joined.ok()) {
        ++won;
      } else {
        EXPECT_EQ(ReasonOf(joined.status()), "JOIN_TOKEN_USED");
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(won, 1);
  server_->Drain(absl::ZeroDuration());
  int refused = 0;
  for (const Record& record : Refusals()) {
    if (record.reason() == "JOIN_TOKEN_USED") refused += std::max(record.count(), 1);
  }
  EXPECT_EQ(refused, 49);
}

TEST_F(EnrolledAgentsTest, ARequestForMoreThanItsNameIsOnRecordAndChangesNothing) {
  Start();
  const Identity joined = Join("hotel-2");
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const std::vector<std::string> before = Agents();
  struct Case {
    std::string request;
    std::string reason;
  };
  for (const Case& bad : std::vector<Case>{
           {"no request", "SIGNING_REQUEST_INVALID"},
           {MakeSigningRequest(*key, "hotel-9"), "SIGNING_REQUEST_NAME_FOREIGN"},
           {RequestWith(*key, "", NID_basic_constraints, "CA:TRUE"),
            "SIGNING_REQUEST_FOR_AUTHORITY"}}) {
    SCOPED_TRACE(bad.reason);
    EXPECT_THAT(JoinWith("hotel-1", token, bad.request),
                StatusIs(absl::StatusCode::kInvalidArgument, bad.reason));
    EXPECT_THAT(RenewWith(joined, bad.request),
                StatusIs(absl::StatusCode::kInvalidArgument, bad.reason));
    EXPECT_THAT(Refusals(),
                Contains(AllOf(Property(&Record::reason, bad.reason),
                               Property(&Record::principal, "agents/hotel-2"),
                               Property(&Record::method,
                                        std::string("guestbridge.v1.") + kRenew))));
    EXPECT_THAT(
        Refusals(),
        Contains(AllOf(
            Property(&Record::reason, bad.reason), Property(&Record::principal, ""),
            Property(&Record::peer, StartsWith("127.0.0.1:")),
            Property(&Record::method, std::string("guestbridge.v1.") + kJoin))));
  }
  EXPECT_EQ(Agents(), before);
  EXPECT_THAT(JoinWith("hotel-1", token, MakeSigningRequest(*key, "hotel-1")), IsOk());
}

TEST_F(EnrolledAgentsTest, ACertificateThatIsRefusedIsOnRecordAndChangesNothing) {
  Start();
  Join("hotel-1");
  const Identity other_agent = Join("hotel-2");
  const absl::Time now = absl::Now();
  const absl::Duration hour = absl::Hours(1);
  const CertificateKey other_key = MakePrivateKey();
  const Certificate other_authority =
      MakeAuthority("agents", *other_key, {now - hour, now + hour}, SystemRandom());
  // What was issued, but not yet or no longer counts.
  const Identity early = Issue({now + hour, now + 2 * hour});
  const Identity late = Issue({now - 2 * hour, now - hour});
  EditEnrollment("hotel-1", [&](store::EnrollmentRecord& enrollment) {
    enrollment.mutable_current()->set_fingerprint(
        FingerprintOf(*ParseCertificate(early.chain)));
    *enrollment.mutable_previous() = enrollment.current();
    enrollment.mutable_previous()->set_fingerprint(
        FingerprintOf(*ParseCertificate(late.chain)));
  });
  const std::vector<std::string> before = Agents();
  const auto refused = [&](const Identity& shown) {
    return ReasonOf(Hello(shown, "hotel-1"));
  };
  EXPECT_EQ(refused(Issue({now - hour, now + hour}, *other_authority, *other_key)),
            "CERTIFICATE_UNKNOWN");
  ExpectRecorded("CERTIFICATE_UNKNOWN", kHello, "", "hotel-1");
  EXPECT_EQ(refused(Issue({now - hour, now + hour})), "CERTIFICATE_UNKNOWN")
      << "of the right authority, but never given out";
  EXPECT_EQ(refused(early), "CERTIFICATE_NOT_YET_VALID");
  ExpectRecorded("CERTIFICATE_NOT_YET_VALID", kHello, "", "hotel-1");
  EXPECT_EQ(refused(late), "CERTIFICATE_OUTDATED");
  ExpectRecorded("CERTIFICATE_OUTDATED", kHello, "", "hotel-1");
  EXPECT_EQ(refused(other_agent), "AGENT_NAME_FOREIGN");
  ExpectRecorded("AGENT_NAME_FOREIGN", kHello, "agents/hotel-2", "hotel-2");
  EXPECT_EQ(Agents(), before);
}

}  // namespace
}  // namespace guestbridge::server
