#include "server/identity/call_guard.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "server/identity/any_method_test.h"
#include "server/identity/api_tokens.h"
#include "server/store/sqlite_store.h"

namespace guestbridge::server {
namespace {

// A self-signed certificate for `localhost`, and its key, as PEM.
struct Certificate {
  std::string certificate;
  std::string key;
};

std::string ReadBio(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Certificate MakeCertificate() {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                          EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), key.get());
  X509_NAME* name = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1,
                             -1, 0);
  X509_set_issuer_name(x509.get(), name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(x509.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(x509.get(), key.get(), EVP_sha256());

  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), x509.get());
  Certificate made{.certificate = ReadBio(bio.get()), .key = ""};
  bio.reset(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  made.key = ReadBio(bio.get());
  return made;
}

// Handlers that ask the guard first, as the wrapper of server/api does.
class Runs final : public v1::RunService::Service {
 public:
  explicit Runs(const CallGuard& guard) : guard_(guard) {}
  grpc::Status StartExport(grpc::ServerContext* context,
                           const v1::StartExportRequest* request,
                           v1::Run* run) override {
    const auto caller = guard_.Check("/guestbridge.v1.RunService/StartExport",
                                     CallGuard::CredentialsOf(*context), request);
    if (!caller.ok()) return ToGrpcStatus(caller.status(), Language::kEnglish);
    ++started;
    run->set_name(caller->name);
    return grpc::Status::OK;
  }
  std::atomic<int> started = 0;

 private:
  const CallGuard& guard_;
};

class Agents final : public v1::AgentService::CallbackService {
 public:
  explicit Agents(const CallGuard& guard) : guard_(guard) {}
  grpc::ServerUnaryReactor* GetAgent(grpc::CallbackServerContext* context,
                                     const v1::GetAgentRequest* request,
                                     v1::Agent* agent) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto caller = guard_.Check("/guestbridge.v1.AgentService/GetAgent",
                                     CallGuard::CredentialsOf(*context), request);
    if (caller.ok()) agent->set_name(caller->name);
    reactor->Finish(caller.ok() ? grpc::Status::OK
                                : ToGrpcStatus(caller.status(), Language::kEnglish));
    return reactor;
  }

 private:
  const CallGuard& guard_;
};

class CallGuardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 absl::StrCat("guestbridge-guard-", RandomToken(SystemRandom(), 12));
    std::filesystem::create_directories(directory_);
    store_ = Open();
    guard_ = std::make_unique<CallGuard>(store_.get());
    runs_ = std::make_unique<Runs>(*guard_);
    agents_ = std::make_unique<Agents>(*guard_);

    const Certificate made = MakeCertificate();
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({made.key, made.certificate});
    const auto credentials = grpc::SslServerCredentials(options);
    credentials->SetAuthMetadataProcessor(guard_->Processor());
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("localhost:0", credentials, &port);
    builder.RegisterService(runs_.get());
    builder.RegisterService(agents_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    grpc::SslCredentialsOptions trust;
    trust.pem_root_certs = made.certificate;
    channel_ = grpc::CreateChannel(absl::StrCat("localhost:", port),
                                   grpc::SslCredentials(trust));
  }
  void TearDown() override {
    channel_.reset();
    if (server_ != nullptr) server_->Shutdown();
    server_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::unique_ptr<Store> Open() {
    auto store = OpenSqliteStore((directory_ / "server.db").string());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::string Token(Role role, const std::string& name) {
    const auto token =
        CreateApiToken(*store_, SystemRandom(), SystemClock(), role, name);
    EXPECT_TRUE(token.ok()) << token.status();
    return token.ok() ? token->Reveal() : "";
  }

  static void Carry(grpc::ClientContext& context, const std::string& token) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!token.empty()) {
      context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    }
  }

  grpc::Status StartExport(const std::string& token, v1::Run* run) {
    grpc::ClientContext context;
    Carry(context, token);
    return v1::RunService::NewStub(channel_)->StartExport(&context, {}, run);
  }

  grpc::Status GetAgent(const std::string& token, v1::Agent* agent) {
    grpc::ClientContext context;
    Carry(context, token);
    return v1::AgentService::NewStub(channel_)->GetAgent(&context, {}, agent);
  }

  // Any method by name, with an empty request.
  grpc::Status Call(const std::string& method, const std::string& token) {
    grpc::ClientContext context;
    Carry(context, token);
    return CallAnyMethod(channel_, method, &context);
  }

  std::filesystem::path directory_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<CallGuard> guard_;
  std::unique_ptr<Runs> runs_;
  std::unique_ptr<Agents> agents_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(CallGuardTest, TheRoleDecidesAndTheDetailsSurvive) {
  v1::Run run;
  EXPECT_TRUE(StartExport(Token(Role::kOperator, "desk"), &run).ok());
  EXPECT_EQ(run.name(), "desk") << "the caller is known";
  EXPECT_EQ(runs_->started, 1);

  const absl::Status denied =
      FromGrpcStatus(StartExport(Token(Role::kViewer, "screen"), &run));
  EXPECT_EQ(denied.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(denied), "ROLE_MISSING");
  EXPECT_EQ(ParametersOf(denied)["role_needed"], "operator");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(StartExport("", &run))), "TOKEN_MISSING");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(StartExport("gbt_unknown", &run))),
            "TOKEN_UNKNOWN");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(StartExport("something else", &run))),
            "TOKEN_UNKNOWN");
  EXPECT_EQ(runs_->started, 1);
}

TEST_F(CallGuardTest, CallbackHandlersAreGuardedTheSameWay) {
  v1::Agent agent;
  EXPECT_TRUE(GetAgent(Token(Role::kViewer, "screen"), &agent).ok());
  EXPECT_EQ(agent.name(), "screen");
  const absl::Status denied =
      FromGrpcStatus(GetAgent(Token(Role::kAgent, "hotel"), &agent));
  EXPECT_EQ(ReasonOf(denied), "ROLE_MISSING");
  EXPECT_EQ(ParametersOf(denied)["role_needed"], "viewer");
}

TEST_F(CallGuardTest, ATokenOfAnotherProcessIsKnownAtOnce) {
  v1::Run run;
  ASSERT_EQ(ReasonOf(FromGrpcStatus(StartExport("gbt_early", &run))), "TOKEN_UNKNOWN");
  const auto other = Open();
  const auto token =
      CreateApiToken(*other, SystemRandom(), SystemClock(), Role::kAdmin, "boss");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(StartExport(token->Reveal(), &run).ok());
}

TEST_F(CallGuardTest, WhatHasNoHandlerOfOursIsRefusedBeforeIt) {
  const std::string reflection =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_EQ(Call(reflection, "").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  // This server has no reflection: whoever gets past the guard hears so.
  EXPECT_EQ(Call(reflection, Token(Role::kAgent, "hotel")).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Call("/other.Service/Do", Token(Role::kIntegration, "x")).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Call("/grpc.health.v1.Health/Check", "").error_code(),
            grpc::StatusCode::OK);
}

TEST_F(CallGuardTest, ATokenIsStoredHashedOnly) {
  const std::string token = Token(Role::kAdmin, "boss");
  EXPECT_EQ(token.size(), 56u);
  EXPECT_EQ(token.substr(0, 4), "gbt_");
  const absl::Status read = store_->Read([&](Transaction& t) -> absl::Status {
    const auto documents = t.List("", "", 100);
    EXPECT_TRUE(documents.ok());
    for (const Document& document : *documents) {
      EXPECT_EQ(document.key.find(token.substr(4)), std::string::npos);
      EXPECT_EQ(document.body.find(token.substr(4)), std::string::npos);
    }
    EXPECT_EQ(documents->size(), 2u) << "the token, and what it is called";
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(ReasonOf(CreateApiToken(*store_, SystemRandom(), SystemClock(),
                                    Role::kAdmin, "two\nlines")
                         .status()),
            "TOKEN_NAME_INVALID");
}

TEST(PlaintextGuardTest, EverythingIsAllowed) {
  const CallGuard guard(nullptr);
  EXPECT_TRUE(guard.Check("/guestbridge.v1.RunService/StartExport", {}, nullptr).ok());
}

}  // namespace
}  // namespace guestbridge::server
