#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/certificate/certificate.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/audit.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "server/api/keys.h"
#include "server/calling_agent_test.h"
#include "server/identity/any_method_test.h"
#include "server/identity/api_tokens.h"
#include "server/local_token.h"
#include "server/ready_integration_test.h"
#include "server/secrets/seal_index.h"
#include "server/server.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

// What the audit of a whole server holds after calls over the wire.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;
using ::testing::Property;
using ::testing::StartsWith;
using Record = v1::AuditRecord;

class AuditedServerTest : public ::testing::Test {
 protected:
  AuditedServerTest() {
    std::filesystem::create_directory(dir_.File("data"));
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("data");
  }

  std::unique_ptr<Store> Bare() {
    auto store = OpenSqliteStore(dir_.File("data") + "/server.db");
    EXPECT_THAT(store, IsOk());
    return *std::move(store);
  }

  std::unique_ptr<Server> Start() {
    auto server = Server::Start(options_, SystemClock(), SystemRandom());
    EXPECT_THAT(server, IsOk());
    return server.ok() ? *std::move(server) : nullptr;
  }

  std::shared_ptr<grpc::Channel> Channel(const Server& server, const std::string& token,
                                         const std::string& certificate = "",
                                         const std::string& key = "") {
    if (options_.plaintext) {
      return grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
    }
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadAll(dir_.File("data") + "/ca.pem");
    tls.pem_cert_chain = certificate;
    tls.pem_private_key = key;
    auto credentials = grpc::SslCredentials(tls);
    if (!token.empty()) {
      credentials = grpc::CompositeChannelCredentials(
          credentials, grpc::AccessTokenCredentials(token));
    }
    return grpc::CreateChannel(server.address(), credentials);
  }

  // Any method by name, with an empty request.
  static grpc::StatusCode Call(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& method) {
    grpc::ClientContext context;
    return CallAnyMethod(channel, method, &context).error_code();
  }

  static std::vector<Record> Records(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::ListAuditRecordsResponse page;
    const grpc::Status status = v1::AuditService::NewStub(channel)->ListAuditRecords(
        &context, v1::ListAuditRecordsRequest(), &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {page.records().begin(), page.records().end()};
  }

  testing::TempDir dir_;
  ServerOptions options_;
};

TEST_F(AuditedServerTest, ChangesAndRefusalsSayWhoFromWhereAndInWhichRequest) {
  std::string admin;
  std::string viewer;
  {
    const auto store = Bare();
    const auto make = [&](Role role, const char* name) {
      const auto token =
          CreateApiToken(*store, SystemRandom(), SystemClock(), role, name);
      EXPECT_THAT(token, IsOk());
      return token->Reveal();
    };
    admin = make(Role::kAdmin, "ivanova");
    viewer = make(Role::kViewer, "guest");
  }
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto create = [&](const std::string& token, const std::string& request_id) {
    v1::CreateIntegrationRequest request;
    request.set_integration_id("main");
    request.mutable_integration()->set_type(v1::Integration::BITRIX24);
    grpc::ClientContext context;
    if (!request_id.empty()) context.AddMetadata("x-request-id", request_id);
    v1::Integration answer;
    return v1::IntegrationService::NewStub(Channel(*server, token))
        ->CreateIntegration(&context, request, &answer)
        .error_code();
  };
  EXPECT_EQ(create(admin, "order-66"), grpc::StatusCode::OK);
  EXPECT_EQ(create(viewer, ""), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(create("", "not an id, but a line"), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(create("gbt_unknown", ""), grpc::StatusCode::UNAUTHENTICATED);
  const auto records = Records(Channel(*server, admin));
  EXPECT_THAT(
      records,
      Contains(AllOf(Property(&Record::principal, StartsWith("apiTokens/")),
                     Property(&Record::principal_name, "ivanova"),
                     Property(&Record::request_id, "order-66"),
                     Property(&Record::peer, StartsWith("127.0.0.1:")),
                     Property(&Record::resource, "integrations/main"),
                     Property(&Record::outcome, Record::ALLOWED),
                     Property(&Record::method,
                              "guestbridge.v1.IntegrationService/CreateIntegration"))));
  EXPECT_THAT(records,
              Contains(AllOf(Property(&Record::principal, StartsWith("apiTokens/")),
                             Property(&Record::principal_name, "guest"),
                             Property(&Record::outcome, Record::DENIED),
                             Property(&Record::reason, "ROLE_MISSING"))));
  EXPECT_THAT(records, Contains(AllOf(Property(&Record::principal, ""),
                                      Property(&Record::reason, "TOKEN_MISSING"))));
  EXPECT_THAT(records, Contains(Property(&Record::reason, "TOKEN_UNKNOWN")));
  for (const Record& record : records) {
    EXPECT_FALSE(record.request_id().empty());
    EXPECT_EQ(record.request_id().find(' '), std::string::npos);
  }
  grpc::ClientContext context;
  v1::VerifyAuditResponse verified;
  ASSERT_TRUE(v1::AuditService::NewStub(Channel(*server, admin))
                  ->VerifyAudit(&context, {}, &verified)
                  .ok());
  EXPECT_EQ(verified.defect(), v1::VerifyAuditResponse::DEFECT_UNSPECIFIED);
  EXPECT_EQ(verified.records(), static_cast<int64_t>(records.size()));
}

TEST_F(AuditedServerTest, ATokenThatWasMadeOnTheMachineIsOnRecordOnceAServerRuns) {
  // No key is there yet.
  const auto token = CreateLocalToken(
      *Bare(), SystemRandom(), SystemClock(),
      {.name = "ivanova", .grants = {{Role::kAdmin, ""}}, .agent = ""});
  ASSERT_THAT(token, IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(
      Records(Channel(*server, token->Reveal())),
      Contains(AllOf(Property(&Record::principal, StartsWith("localUsers/")),
                     Property(&Record::method, "guestbridge-server token create"),
                     Property(&Record::resource, StartsWith("apiTokens/")))));
}

TEST_F(AuditedServerTest, RefusalsBeforeAnyHandlerOfOursAreOnRecord) {
  const auto admin =
      CreateApiToken(*Bare(), SystemRandom(), SystemClock(), Role::kAdmin, "ivanova");
  ASSERT_THAT(admin, IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(Call(Channel(*server, "gbt_unknown"),
                 "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
            grpc::StatusCode::UNAUTHENTICATED);
  // gRPC itself answers what is nobody's: no word of it is kept.
  EXPECT_EQ(Call(Channel(*server, admin->Reveal()), "/no.Service/Do"),
            grpc::StatusCode::UNIMPLEMENTED);
  const auto records = Records(Channel(*server, admin->Reveal()));
  EXPECT_THAT(records,
              Contains(AllOf(Property(&Record::outcome, Record::DENIED),
                             Property(&Record::principal, ""),
                             Property(&Record::reason, "TOKEN_UNKNOWN"),
                             Property(&Record::method,
                                      "grpc.reflection.v1alpha.ServerReflection/"
                                      "ServerReflectionInfo"))));
}

TEST_F(AuditedServerTest, WithAClientCaOnlyItsOwnCertificatesOpenTheDoor) {
  const absl::Time now = absl::Now();
  const CertificateKey desk_key = MakePrivateKey();
  const Certificate desks = MakeAuthority(
      "desks", *desk_key, {now - absl::Hours(1), now + absl::Hours(1)}, SystemRandom());
  options_.client_ca = dir_.File("desks.pem");
  std::ofstream(options_.client_ca) << ToPem(*desks);
  const auto token =
      CreateApiToken(*Bare(), SystemRandom(), SystemClock(), Role::kAdmin, "ivanova");
  ASSERT_THAT(token, IsOk());
  const std::string admin = token->Reveal();
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto show = [&](X509& issuer, EVP_PKEY& issuer_key) {
    CertificateTerms terms;
    terms.common_name = "desk";
    terms.alternative_names = "DNS:desk";
    terms.extended_key_usage = "clientAuth";
    terms.validity = {now - absl::Hours(1), now + absl::Hours(1)};
    const CertificateKey key = MakePrivateKey();
    const Certificate shown =
        IssueCertificate(terms, *key, issuer, issuer_key, SystemRandom());
    return Channel(*server, admin, ToPem(*shown), ToPem(*key).Reveal());
  };
  const auto list = [](const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::ListIntegrationsResponse page;
    return ReasonOf(
        FromGrpcStatus(v1::IntegrationService::NewStub(channel)->ListIntegrations(
            &context, {}, &page)));
  };
  const auto own = show(*desks, *desk_key);
  EXPECT_EQ(list(own), "");
  EXPECT_EQ(list(Channel(*server, admin)), "CERTIFICATE_MISSING");
  // The handshake has to take those of the agents' CA.
  const std::string data = dir_.File("data");
  EXPECT_EQ(list(show(*ParseCertificate(ReadAll(data + "/agent-ca.pem")),
                      *ParsePrivateKey(ReadAll(data + "/agent-ca.key")))),
            "CERTIFICATE_OF_ANOTHER_CA");
  EXPECT_EQ(Call(Channel(*server, ""), "/grpc.health.v1.Health/Check"),
            grpc::StatusCode::OK);
  const auto records = Records(own);
  for (const char* reason : {"CERTIFICATE_MISSING", "CERTIFICATE_OF_ANOTHER_CA"}) {
    EXPECT_THAT(records,
                Contains(AllOf(
                    Property(&Record::outcome, Record::DENIED),
                    Property(&Record::peer, StartsWith("127.0.0.1:")),
                    Property(&Record::reason, reason),
                    Property(&Record::method,
                             "guestbridge.v1.IntegrationService/ListIntegrations"))));
  }
}

TEST_F(AuditedServerTest, ACertificateThatTheHandshakeRefusesMakesNoCallAndNoRecord) {
  const absl::Time now = absl::Now();
  const absl::Duration hour = absl::Hours(1);
  const CertificateKey desk_key = MakePrivateKey();
  const CertificateKey other_key = MakePrivateKey();
  const Certificate desks =
      MakeAuthority("desks", *desk_key, {now - 3 * hour, now + hour}, SystemRandom());
  const Certificate others =
      MakeAuthority("others", *other_key, {now - 3 * hour, now + hour}, SystemRandom());
  options_.client_ca = dir_.File("desks.pem");
  std::ofstream(options_.client_ca) << ToPem(*desks);
  const auto token =
      CreateApiToken(*Bare(), SystemRandom(), SystemClock(), Role::kAdmin, "ivanova");
  ASSERT_THAT(token, IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto show = [&](X509& issuer, EVP_PKEY& issuer_key, const Validity& validity) {
    CertificateTerms terms;
    terms.common_name = "desk";
    terms.alternative_names = "DNS:desk";
    terms.extended_key_usage = "clientAuth";
    terms.validity = validity;
    const CertificateKey key = MakePrivateKey();
    const Certificate shown =
        IssueCertificate(terms, *key, issuer, issuer_key, SystemRandom());
    return Channel(*server, token->Reveal(), ToPem(*shown), ToPem(*key).Reveal());
  };
  constexpr char kMethod[] = "/guestbridge.v1.IntegrationService/ListIntegrations";
  EXPECT_EQ(Call(show(*others, *other_key, {now - hour, now + hour}), kMethod),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(show(*desks, *desk_key, {now - 2 * hour, now - hour}), kMethod),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(show(*desks, *desk_key, {now + hour / 2, now + hour}), kMethod),
            grpc::StatusCode::UNAVAILABLE);
  const auto own = show(*desks, *desk_key, {now - hour, now + hour});
  EXPECT_EQ(Call(own, kMethod), grpc::StatusCode::OK);
  EXPECT_THAT(Records(own), Not(Contains(Property(&Record::outcome, Record::DENIED))));
}

TEST_F(AuditedServerTest, AnAgentThatIsGivenAConfigurationIsOnRecordBefore) {
  options_.plaintext = true;
  ASSERT_THAT(Bare()->Write(PutReadyIntegration), IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto channel = Channel(*server, "");
  CallingAgent agent(channel, "hotel-1");
  ASSERT_TRUE(agent.Hello().ok());
  v1::WatchResponse message;
  ASSERT_TRUE(agent.Watch().Read(&message));
  ASSERT_TRUE(message.has_configuration());
  EXPECT_THAT(Records(channel),
              Contains(AllOf(
                  Property(&Record::principal, "agents/hotel-1"),
                  Property(&Record::method, "guestbridge.v1.AgentControlService/Watch"),
                  Property(&Record::resource, "integrations/main/connection"))));
}

TEST_F(AuditedServerTest, AConfigurationIsGivenToWhoeverHoldsTheTokenByTheRecord) {
  ASSERT_THAT(Bare()->Write(PutReadyIntegration), IsOk());
  const auto make = [&](Role role, const char* name) {
    const auto token =
        CreateApiToken(*Bare(), SystemRandom(), SystemClock(), role, name);
    EXPECT_THAT(token, IsOk());
    return token->Reveal();
  };
  const std::string admin = make(Role::kAdmin, "ivanova");
  const std::string any = make(Role::kAgent, "any hotel");
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  CallingAgent agent(Channel(*server, any), "hotel-1");
  ASSERT_TRUE(agent.Hello().ok());
  v1::WatchResponse message;
  ASSERT_TRUE(agent.Watch().Read(&message));
  ASSERT_TRUE(message.has_configuration());
  const auto records = Records(Channel(*server, admin));
  const auto given =
      std::find_if(records.begin(), records.end(), [](const Record& one) {
        return one.method() == "guestbridge.v1.AgentControlService/Watch";
      });
  ASSERT_NE(given, records.end());
  EXPECT_THAT(given->principal(), StartsWith("apiTokens/"))
      << "it only says that it is hotel-1";
  EXPECT_EQ(given->principal_name(), "any hotel");
  EXPECT_THAT(given->peer(), StartsWith("127.0.0.1:"));
  EXPECT_FALSE(given->request_id().empty());
  ASSERT_EQ(given->changes_size(), 2);
  EXPECT_EQ(given->changes(1).field(), "agent");
  EXPECT_EQ(given->changes(1).after(), "hotel-1");
}

TEST_F(AuditedServerTest, AnAgentThatAsksForAForeignTokenIsOnRecord) {
  options_.plaintext = true;
  ASSERT_THAT(Bare()->Write(PutReadyIntegration), IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto channel = Channel(*server, "");
  CallingAgent agent(channel, "stranger");
  ASSERT_TRUE(agent.Hello().ok());
  v1::AccessToken token;
  EXPECT_FALSE(agent.GetAccessToken("integrations/main", &token).ok());
  EXPECT_THAT(Records(channel),
              Contains(AllOf(Property(&Record::outcome, Record::DENIED),
                             Property(&Record::reason, "INTEGRATION_NOT_ASSIGNED"),
                             Property(&Record::resource, "integrations/main"))));
}

TEST_F(AuditedServerTest, NoAccessTokenLeavesWithoutARecord) {
  options_.plaintext = true;
  ASSERT_THAT(Bare()->Write(PutReadyIntegration), IsOk());
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto sealer =
      OpenSealer(dir_.File("data") + "/secret.key", /*create=*/false, SystemRandom());
  ASSERT_THAT(sealer, IsOk());
  const auto seal = [&](const char* secret, const char* field) {
    return (*sealer)->Seal(SecretString(secret), keys::SecretPlace("main", field));
  };
  store::TokenRecord tokens;
  tokens.set_sealed_refresh_token(seal("planted-refresh", "refresh_token"));
  tokens.set_sealed_access_token(seal("planted-access", "access_token"));
  tokens.set_lifetime_seconds(3600);
  tokens.set_expire_unix_seconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
  ASSERT_THAT(Bare()->Write([&](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Tokens("main"), tokens));
    return NoteSeals(t, **sealer, keys::Tokens("main"), tokens);
  }),
              IsOk());
  const auto channel = Channel(*server, "");
  CallingAgent agent(channel, "hotel-1");
  ASSERT_TRUE(agent.Hello().ok());
  v1::WatchResponse message;
  ASSERT_TRUE(agent.Watch().Read(&message));
  v1::AccessToken token;
  const grpc::Status given = agent.GetAccessToken("integrations/main", &token);
  ASSERT_TRUE(given.ok()) << given.error_message();
  EXPECT_EQ(token.token(), "planted-access");
  const auto records = Records(channel);
  EXPECT_THAT(
      records,
      Contains(AllOf(Property(&Record::method,
                              "guestbridge.v1.AgentControlService/GetAccessToken"),
                     Property(&Record::resource, "integrations/main/connection"))));
  for (const Record& record : records) {
    EXPECT_EQ(record.SerializeAsString().find("planted"), std::string::npos);
  }
  // The note of the end can't be read: nothing can be put behind it.
  ASSERT_THAT(
      Bare()->Write([](Transaction& t) { return t.Put("meta/audit-head", "\xff"); }),
      IsOk());
  v1::AccessToken refused;
  EXPECT_EQ(agent.GetAccessToken("integrations/main", &refused).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused.token(), "");
}

}  // namespace
}  // namespace guestbridge::server
