#include "server/server.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "common/secret/sealer.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/client.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "server/calling_agent_test.h"
#include "server/identity/any_method_test.h"
#include "server/identity/api_tokens.h"
#include "server/identity/permission_table.h"
#include "server/ready_integration_test.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

// The whole server in this process, called over the wire.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;

class ServerTest : public ::testing::Test {
 protected:
  absl::Status Start() {
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("data");
    auto server = Server::Start(options_, SystemClock(), SystemRandom());
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    channel_ =
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    return absl::OkStatus();
  }

  // Puts a ready integration into the store.
  void Seed() {
    auto store = OpenSqliteStore(dir_.File("data") + "/server.db");
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT((*store)->Write(PutReadyIntegration), IsOk());
  }

  testing::TempDir dir_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServerTest, ARunGoesFromCallerToAgentAndBack) {
  options_.plaintext = true;
  std::filesystem::create_directory(dir_.File("data"));
  Seed();
  ASSERT_THAT(Start(), IsOk());
  CallingAgent agent(channel_, "a");
  const auto runs = v1::RunService::NewStub(channel_);

  ASSERT_TRUE(agent.Hello().ok());
  grpc::ClientReader<v1::WatchResponse>& stream = agent.Watch();
  v1::WatchResponse message;
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_EQ(message.configuration().integration(), "integrations/main");
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_TRUE(message.has_caught_up());

  v1::StartExportRequest start;
  start.set_parent("integrations/main");
  v1::Run run;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(runs->StartExport(&context, start, &run).ok());
  }
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_EQ(message.task().run().run().name(), run.name());

  grpc::ClientContext run_context;
  run_context.AddMetadata("accept-language", "ru");
  v1::WatchRunRequest watch_run;
  watch_run.set_name(run.name());
  const auto progress = runs->WatchRun(&run_context, watch_run);
  v1::Run seen;
  ASSERT_TRUE(progress->Read(&seen));
  EXPECT_EQ(seen.state(), v1::Run::PENDING);

  v1::ReportRunRequest report;
  report.set_session(agent.session());
  report.set_sequence(1);
  report.mutable_run()->set_name(run.name());
  report.mutable_run()->set_state(v1::Run::FAILED);
  report.mutable_run()->mutable_error()->set_reason("SERVER_STOPPING");
  v1::ReportRunResponse reported;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(agent.stub().ReportRun(&context, report, &reported).ok());
  }
  while (progress->Read(&seen)) {
  }
  EXPECT_TRUE(progress->Finish().ok());
  EXPECT_EQ(seen.state(), v1::Run::FAILED);
  EXPECT_EQ(seen.error().message(),
            RenderMessage("SERVER_STOPPING", {}, Language::kRussian));

  // A restarted agent takes over at once; its old stream says so.
  ASSERT_TRUE(agent.Hello().ok());
  while (stream.Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(FromGrpcStatus(stream.Finish())), "SESSION_REPLACED");
}

TEST_F(ServerTest, AMatchTellsItsAgentThatTheGuardNeedNotStopIt) {
  options_.plaintext = true;
  std::filesystem::create_directory(dir_.File("data"));
  Seed();
  ASSERT_THAT(Start(), IsOk());
  const auto clients = v1::ClientService::NewStub(channel_);
  v1::MatchClientsRequest match;
  match.set_parent("integrations/main");
  match.set_apply(true);
  match.set_beyond_guard(true);
  v1::Run run;
  grpc::ClientContext context;
  ASSERT_TRUE(clients->MatchClients(&context, match, &run).ok());
  EXPECT_EQ(run.kind(), v1::Run::MATCH);
  EXPECT_TRUE(run.beyond_guard());
}

TEST_F(ServerTest, DrainEndsStreams) {
  options_.plaintext = true;
  ASSERT_THAT(Start(), IsOk());
  CallingAgent agent(channel_, "a");
  ASSERT_TRUE(agent.Hello().ok());
  grpc::ClientReader<v1::WatchResponse>& stream = agent.Watch();
  v1::WatchResponse message;
  ASSERT_TRUE(stream.Read(&message));
  server_->Drain(absl::Seconds(5));
  EXPECT_FALSE(stream.Read(&message));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(stream.Finish())), "SERVER_STOPPING");
}

TEST_F(ServerTest, AHugeRequestIsRefused) {
  options_.plaintext = true;
  ASSERT_THAT(Start(), IsOk());
  const auto stub = v1::IntegrationService::NewStub(channel_);
  v1::CreateIntegrationRequest request;
  request.mutable_integration()->set_display_name(std::string(100 << 20, 'x'));
  v1::Integration answer;
  grpc::ClientContext context;
  EXPECT_EQ(stub->CreateIntegration(&context, request, &answer).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, EveryMethodAsksThePermissionTable) {
  ASSERT_THAT(Start(), IsOk());
  auto store = OpenSqliteStore(dir_.File("data") + "/server.db");
  ASSERT_THAT(store, IsOk());
  const auto channel = [&](const std::string& token) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadAll(dir_.File("data") + "/ca.pem");
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::SslCredentials(tls);
    if (!token.empty()) {
      credentials = grpc::CompositeChannelCredentials(
          credentials, grpc::AccessTokenCredentials(token));
    }
    return grpc::CreateChannel(server_->address(), credentials);
  };
  const auto code_of = [](const std::shared_ptr<grpc::Channel>& to,
                          absl::string_view method) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return CallAnyMethod(to, std::string(method), &context).error_code();
  };
  const auto nobody = channel("");
  struct RoleChannel {
    Role role;
    std::shared_ptr<grpc::Channel> channel;
  };
  std::vector<RoleChannel> roles;
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kIntegration,
                          Role::kAdmin, Role::kAgent}) {
    const auto token =
        CreateApiToken(**store, SystemRandom(), SystemClock(), role, "test");
    ASSERT_THAT(token, IsOk());
    roles.push_back({role, channel(token->Reveal())});
  }
  int walked = 0;
  for (const Permission& permission : Permissions()) {
    if (!absl::StartsWith(permission.method, "/guestbridge.v1.")) continue;
    ++walked;
    EXPECT_EQ(code_of(nobody, permission.method) == grpc::StatusCode::UNAUTHENTICATED,
              permission.access != Access::kAnyone)
        << permission.method;
    for (const RoleChannel& caller : roles) {
      const grpc::StatusCode code = code_of(caller.channel, permission.method);
      if (Allows(permission.access, caller.role)) {
        EXPECT_NE(code, grpc::StatusCode::PERMISSION_DENIED)
            << permission.method << " by " << RoleName(caller.role);
        EXPECT_NE(code, grpc::StatusCode::UNIMPLEMENTED) << permission.method;
      } else {
        EXPECT_EQ(code, grpc::StatusCode::PERMISSION_DENIED)
            << permission.method << " by " << RoleName(caller.role);
      }
    }
  }
  EXPECT_GT(walked, 40);
}

TEST_F(ServerTest, PlaintextIsForLoopbackOnly) {
  options_.plaintext = true;
  options_.listen = "0.0.0.0:0";
  options_.data_dir = dir_.File("data");
  EXPECT_EQ(ReasonOf(Server::Start(options_, SystemClock(), SystemRandom()).status()),
            "PLAINTEXT_NOT_LOOPBACK");
}

TEST_F(ServerTest, AWrongOrLostKeyFileIsFoundAtStart) {
  options_.plaintext = true;
  ASSERT_THAT(Start(), IsOk());
  server_.reset();
  const std::string key = dir_.File("data") + "/secret.key";
  std::filesystem::rename(key, key + ".away");
  EXPECT_EQ(ReasonOf(Start()), "KEY_FILE_MISSING");
  std::filesystem::create_directory(dir_.File("other"));
  ASSERT_THAT(OpenSealer(key, true, SystemRandom()), IsOk());
  EXPECT_EQ(ReasonOf(Start()), "SECRET_KEY_MISMATCH");
  std::filesystem::rename(key + ".away", key);
  EXPECT_THAT(Start(), IsOk());
}

TEST_F(ServerTest, AKeyFileOfTheWrongSizeOrForEverybodysEyesStartsNothing) {
  options_.plaintext = true;
  ASSERT_THAT(Start(), IsOk());
  server_.reset();
  const std::string key = dir_.File("data") + "/secret.key";
  const std::string good = ReadAll(key);
  using std::filesystem::perms;
  std::filesystem::permissions(key, perms::owner_read | perms::owner_write |
                                        perms::group_read | perms::others_read);
  EXPECT_EQ(ReasonOf(Start()), "KEY_FILE_READABLE_BY_OTHERS");
  EXPECT_EQ(ReadAll(key), good);
  std::filesystem::permissions(key, perms::owner_read | perms::owner_write);
  std::ofstream(key, std::ios::binary) << good.substr(0, 20);
  EXPECT_EQ(ReasonOf(Start()), "KEY_FILE_MALFORMED");
  EXPECT_EQ(ReadAll(key), good.substr(0, 20));
  std::ofstream(key, std::ios::binary) << good;
  EXPECT_THAT(Start(), IsOk());
}

TEST_F(ServerTest, TwoServersDoNotShareADataDirectory) {
  options_.plaintext = true;
  ASSERT_THAT(Start(), IsOk());
  EXPECT_EQ(ReasonOf(Server::Start(options_, SystemClock(), SystemRandom()).status()),
            "DATA_DIRECTORY_UNUSABLE");
}

}  // namespace
}  // namespace guestbridge::server
