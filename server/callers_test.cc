// Who may do what on the whole server, over the wire: foreign callers are refused by
// every RPC, before anybody looks whether what they name exists.
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/api_token.grpc.pb.h"
#include "guestbridge/v1/audit.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "guestbridge/v1/status.grpc.pb.h"
#include "server/api/keys.h"
#include "server/identity/api_tokens.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/permission_table.h"
#include "server/server.h"
#include "server/server_fixture_test.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::server {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;

mode_t ModeOf(const std::string& file) {
  struct stat facts {};
  return stat(file.c_str(), &facts) == 0 ? facts.st_mode & 0777 : 0;
}

class CallersTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerFixture::SetUp();
    Start();
  }

  using ServerFixture::As;
  Channel As(Role role, const std::string& integration) {
    return As(
        NewApiToken{.name = "test", .grants = {{role, integration}}, .agent = ""});
  }
  Channel AsAgent(const std::string& name) {
    return As(NewApiToken{.name = name, .grants = {{Role::kAgent, ""}}, .agent = name});
  }

  static const MethodDescriptor* Find(const Permission& permission) {
    return DescriptorPool::generated_pool()->FindMethodByName(
        absl::StrReplaceAll(permission.method.substr(1), {{"/", "."}}));
  }

  // Its request, with `text` in a field such as "connection.name".
  static std::unique_ptr<Message> Request(const MethodDescriptor& method,
                                          absl::string_view field,
                                          const std::string& text) {
    std::unique_ptr<Message> request(
        MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
    EXPECT_TRUE(Set(request.get(), field, text)) << field;
    return request;
  }
  // False: there is no such field.
  static bool Set(Message* message, absl::string_view field, const std::string& text) {
    const std::vector<std::string> parts = absl::StrSplit(field, '.');
    for (const std::string& part : parts) {
      const auto* found = message->GetDescriptor()->FindFieldByName(part);
      if (found == nullptr) return false;
      if (&part == &parts.back()) {
        message->GetReflection()->SetString(message, found, text);
      } else {
        message = message->GetReflection()->MutableMessage(message, found);
      }
    }
    return true;
  }

  // What the audit has of refused calls of a method, newest first.
  std::vector<v1::AuditRecord> Denied(absl::string_view method) {
    v1::ListAuditRecordsRequest request;
    request.set_outcome(v1::AuditRecord::DENIED);
    request.set_method(std::string(absl::StripPrefix(method, "/")));
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListAuditRecordsResponse page;
    if (admin_ == nullptr) admin_ = As(Role::kAdmin, "");
    const grpc::Status status =
        v1::AuditService::NewStub(admin_)->ListAuditRecords(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {page.records().begin(), page.records().end()};
  }

  static absl::StatusOr<std::string> Hello(const Channel& channel,
                                           const std::string& name) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::HelloRequest request;
    request.set_agent(name);
    request.set_installation("installation of " + name);
    v1::HelloResponse response;
    const grpc::Status status =
        v1::AgentControlService::NewStub(channel)->Hello(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response.session();
  }

  Channel admin_;
};

TEST_F(CallersTest, NoRpcTellsAHotelsAdminWhetherAnotherHotelExists) {
  const Channel mine = As(Role::kAdmin, "mine");
  int walked = 0;
  for (const Permission& permission : Permissions()) {
    if (permission.field.empty() || permission.scope == Scope::kSession ||
        permission.scope == Scope::kAgent || permission.access == Access::kAnyone) {
      continue;
    }
    SCOPED_TRACE(std::string(permission.method));
    const MethodDescriptor* const method = Find(permission);
    ASSERT_NE(method, nullptr);
    ++walked;
    // The first one is there, the other is not.
    for (const char* id : {"main", "none"}) {
      const std::string name =
          permission.field == "integration_id" ? id : absl::StrCat("integrations/", id);
      const absl::Status refused =
          Call(mine, permission.method, *Request(*method, permission.field, name));
      EXPECT_EQ(ReasonOf(refused), "ROLE_MISSING") << id;
      EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
    }
    const absl::Status own = Call(
        mine, permission.method,
        *Request(*method, permission.field,
                 permission.field == "integration_id" ? "mine" : "integrations/mine"));
    EXPECT_NE(ReasonOf(own), "ROLE_MISSING");
  }
  EXPECT_GT(walked, 40);
}

TEST_F(CallersTest, AHotelsCallerIsNoAgentAndDoesNotAdministerTheChain) {
  const Channel mine = As(Role::kAdmin, "mine");
  for (const Permission& permission : Permissions()) {
    if (!absl::StartsWith(permission.method, "/guestbridge.v1.") ||
        permission.access == Access::kAnyone || permission.scope == Scope::kEach ||
        permission.scope == Scope::kIntegration) {
      continue;
    }
    const MethodDescriptor* const method = Find(permission);
    ASSERT_NE(method, nullptr);
    const std::unique_ptr<Message> nothing(
        MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    EXPECT_EQ(ReasonOf(Call(mine, permission.method, *nothing)), "ROLE_MISSING")
        << permission.method;
  }
}

TEST_F(CallersTest, ListsShowWhatTheCallerReaches) {
  const auto count = [&](const Channel& channel) {
    grpc::ClientContext list_context;
    v1::ListIntegrationsResponse list;
    EXPECT_TRUE(v1::IntegrationService::NewStub(channel)
                    ->ListIntegrations(&list_context, {}, &list)
                    .ok());
    grpc::ClientContext status_context;
    v1::Status status;
    EXPECT_TRUE(v1::StatusService::NewStub(channel)
                    ->GetStatus(&status_context, {}, &status)
                    .ok());
    EXPECT_EQ(list.integrations_size(), status.integrations_size());
    return list.integrations_size();
  };
  EXPECT_EQ(count(As(Role::kViewer, "")), 1);
  EXPECT_EQ(count(As(Role::kViewer, "main")), 1);
  EXPECT_EQ(count(As(Role::kViewer, "mine")), 0);

  // A run of another hotel is not found by its bare number either.
  v1::StartExportRequest start;
  start.set_parent("integrations/main");
  grpc::ClientContext start_context;
  v1::Run run;
  ASSERT_TRUE(v1::RunService::NewStub(As(Role::kOperator, "main"))
                  ->StartExport(&start_context, start, &run)
                  .ok());
  v1::GetRunRequest get;
  get.set_name(
      absl::StrReplaceAll(run.name(), {{"integrations/main", "integrations/-"}}));
  EXPECT_EQ(ReasonOf(Call(As(Role::kViewer, "mine"),
                          "/guestbridge.v1.RunService/GetRun", get)),
            "RUN_NOT_FOUND");
  EXPECT_THAT(Call(As(Role::kViewer, "main"), "/guestbridge.v1.RunService/GetRun", get),
              IsOk());
  v1::CancelRunRequest cancel;
  cancel.set_name(get.name());
  EXPECT_EQ(ReasonOf(Call(As(Role::kViewer, "main"),
                          "/guestbridge.v1.RunService/CancelRun", cancel)),
            "ROLE_MISSING");
}

TEST_F(CallersTest, AnAgentSpeaksUnderItsOwnNameAndInItsOwnSession) {
  const Channel first = AsAgent("hotel-1");
  const Channel second = AsAgent("hotel-2");
  EXPECT_EQ(ReasonOf(Hello(second, "hotel-1").status()), "AGENT_NAME_FOREIGN");
  const auto session = Hello(first, "hotel-1");
  ASSERT_THAT(session, IsOk());
  int walked = 0;
  for (const Permission& permission : Permissions()) {
    if (permission.scope != Scope::kSession) continue;
    const MethodDescriptor* const method = Find(permission);
    ASSERT_NE(method, nullptr);
    ++walked;
    // A session that is nobody's is what an agent shows whose server was restarted.
    const auto nobodys = Request(*method, permission.field, "nobody's");
    const absl::Status unknown = Call(second, permission.method, *nobodys);
    EXPECT_EQ(ReasonOf(unknown), "SESSION_UNKNOWN") << permission.method;
    EXPECT_TRUE(Denied(permission.method).empty()) << permission.method;
    const auto request = Request(*method, permission.field, *session);
    EXPECT_EQ(Call(second, permission.method, *request), unknown) << permission.method;
    const auto denied = Denied(permission.method);
    ASSERT_EQ(denied.size(), 1U) << permission.method;
    EXPECT_EQ(denied[0].reason(), "SESSION_UNKNOWN");
    EXPECT_EQ(denied[0].resource(), "agents/hotel-1");
  }
  EXPECT_GE(walked, 10);
}

TEST_F(CallersTest, AnAgentCannotTellWhichForeignIntegrationsAreThereAndIsOnRecord) {
  ASSERT_THAT(store_->Write([](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                             t, keys::Connection("main")));
    connection->value.mutable_connection()->set_agent("hotel-2");
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Connection("main"), connection->value));
    store::IntegrationRecord bare;
    bare.mutable_integration()->set_name("integrations/bare");
    bare.mutable_integration()->set_type(v1::Integration::BITRIX24);
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Integration("bare"), bare));
    store::RunRecord run;
    run.mutable_run()->set_name(RunName("main", 1));
    run.mutable_run()->set_integration("integrations/main");
    run.mutable_run()->set_agent("hotel-2");
    return PutRecord(t, keys::Run("main", 1), run);
  }),
              IsOk());
  const Channel own = AsAgent("hotel-1");
  const auto session = Hello(own, "hotel-1");
  ASSERT_THAT(session, IsOk());
  const int64_t before = store_->WaitForRevision(0, absl::ZeroDuration());
  int walked = 0;
  for (const Permission& permission : Permissions()) {
    if (permission.scope != Scope::kSession) continue;
    const MethodDescriptor* const method = Find(permission);
    ASSERT_NE(method, nullptr);
    const google::protobuf::Descriptor& type = *method->input_type();
    const bool of_run = type.FindFieldByName("run") != nullptr;
    if (!of_run && type.FindFieldByName("integration") == nullptr) continue;
    ++walked;
    SCOPED_TRACE(std::string(permission.method));
    // Between configuring and assigning anew an agent may acknowledge what it no longer
    // serves: nothing is kept, and there is nothing to hear.
    const bool heard = !absl::EndsWith(permission.method, "/AcknowledgeConfiguration");
    for (const char* id : {"main", "bare", "none"}) {
      const auto request = Request(*method, permission.field, *session);
      Set(request.get(), of_run ? "run.name" : "integration",
          of_run ? RunName(id, 1) : absl::StrCat("integrations/", id));
      for (const char* field : {"base_identity", "ledger.ledger"}) {
        Set(request.get(), field, "any");
      }
      if (const auto* kind = type.FindFieldByName("kind"); kind != nullptr) {
        request->GetReflection()->SetEnumValue(request.get(), kind, v1::Run::SETTLE);
      }
      EXPECT_EQ(ReasonOf(Call(own, permission.method, *request)),
                heard ? "INTEGRATION_NOT_ASSIGNED" : "")
          << id;
    }
    if (!heard) continue;
    const auto denied = Denied(permission.method);
    ASSERT_FALSE(denied.empty());
    EXPECT_EQ(denied[0].reason(), "INTEGRATION_NOT_ASSIGNED");
    EXPECT_EQ(denied[0].resource(), "integrations/main");
    EXPECT_NE(denied[0].principal(), "");
  }
  EXPECT_GE(walked, 7);
  const auto changes = store_->ChangesAfter(before, 1000);
  ASSERT_THAT(changes, IsOk());
  for (const Change& change : *changes) {
    for (const char* kept : {"integrations/", "connections/", "runs/", "open-runs/",
                             "leases/", "bindings/", "base-links/", "ledger-summaries/",
                             "connection-checks/", "tokens/"}) {
      EXPECT_FALSE(absl::StartsWith(change.key, kept)) << change.key;
    }
  }
}

TEST_F(CallersTest, ARevokedTokenEndsTheStreamsThatItOpened) {
  const Channel admin = As(Role::kAdmin, "");
  const auto revoke = [&](const std::string& holder) {
    const auto tokens = v1::ApiTokenService::NewStub(admin);
    grpc::ClientContext list_context;
    v1::ListApiTokensResponse list;
    ASSERT_TRUE(tokens->ListApiTokens(&list_context, {}, &list).ok());
    for (const v1::ApiToken& token : list.api_tokens()) {
      if (token.display_name() != holder) continue;
      grpc::ClientContext context;
      v1::RevokeApiTokenRequest request;
      request.set_name(token.name());
      v1::ApiToken revoked;
      ASSERT_TRUE(tokens->RevokeApiToken(&context, request, &revoked).ok());
    }
  };
  v1::StartExportRequest start;
  start.set_parent("integrations/main");
  grpc::ClientContext start_context;
  v1::Run run;
  ASSERT_TRUE(
      v1::RunService::NewStub(admin)->StartExport(&start_context, start, &run).ok());

  const Channel watcher = As(
      NewApiToken{.name = "watcher", .grants = {{Role::kViewer, "main"}}, .agent = ""});
  grpc::ClientContext watch_context;
  SetDeadline(watch_context);
  v1::WatchRunRequest watch;
  watch.set_name(run.name());
  const auto runs = v1::RunService::NewStub(watcher);
  const auto progress = runs->WatchRun(&watch_context, watch);
  ASSERT_TRUE(progress->Read(&run));
  revoke("watcher");
  while (progress->Read(&run)) {
  }
  EXPECT_EQ(ReasonOf(FromGrpcStatus(progress->Finish())), "TOKEN_REVOKED");

  const Channel agent = AsAgent("hotel-1");
  const auto session = Hello(agent, "hotel-1");
  ASSERT_THAT(session, IsOk());
  grpc::ClientContext agent_context;
  SetDeadline(agent_context);
  v1::WatchRequest open;
  open.set_session(*session);
  const auto control = v1::AgentControlService::NewStub(agent);
  const auto stream = control->Watch(&agent_context, open);
  v1::WatchResponse message;
  ASSERT_TRUE(stream->Read(&message));
  revoke("hotel-1");
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(FromGrpcStatus(stream->Finish())), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonOf(Hello(agent, "hotel-1").status()), "TOKEN_REVOKED");
}

TEST_F(CallersTest, AnEvictedOrBannedAgentLosesItsOpenStreamWithinASecond) {
  const auto agents = v1::AgentService::NewStub(As(Role::kAdmin, ""));
  const auto lose = [&](const std::string& name, const auto& keep_out) {
    // As after CreateAgent: one that was never enrolled is not evicted.
    ASSERT_THAT(store_->Write([&](Transaction& t) {
      store::EnrollmentRecord enrollment;
      enrollment.mutable_join_token()->set_digest("d");
      return PutRecord(t, EnrollmentKey(name), enrollment);
    }),
                IsOk());
    const Channel agent = AsAgent(name);
    const auto session = Hello(agent, name);
    ASSERT_THAT(session, IsOk());
    grpc::ClientContext stream_context;
    SetDeadline(stream_context);
    v1::WatchRequest open;
    open.set_session(*session);
    const auto control = v1::AgentControlService::NewStub(agent);
    const auto stream = control->Watch(&stream_context, open);
    v1::WatchResponse message;
    ASSERT_TRUE(stream->Read(&message));
    grpc::ClientContext context;
    SetDeadline(context);
    v1::Agent kept_out;
    ASSERT_THAT(FromGrpcStatus(keep_out(&context, "agents/" + name, &kept_out)),
                IsOk());
    const absl::Time done = absl::Now();
    while (stream->Read(&message)) {
    }
    const std::string reason = ReasonOf(FromGrpcStatus(stream->Finish()));
    EXPECT_LT(absl::Now() - done, absl::Seconds(1)) << name;
    EXPECT_EQ(reason, name == "evicted" ? "AGENT_EVICTED" : "AGENT_BANNED");
  };
  lose("evicted",
       [&](grpc::ClientContext* context, const std::string& name, v1::Agent* agent) {
         v1::EvictAgentRequest request;
         request.set_name(name);
         return agents->EvictAgent(context, request, agent);
       });
  lose("banned",
       [&](grpc::ClientContext* context, const std::string& name, v1::Agent* agent) {
         v1::BanAgentRequest request;
         request.set_name(name);
         return agents->BanAgent(context, request, agent);
       });
}

TEST_F(CallersTest, TheFirstStartLeavesOneAdminTokenForItsOwner) {
  const std::string file = server_->first_token_file();
  EXPECT_EQ(file, options_.data_dir + "/admin.token");
  EXPECT_EQ(ModeOf(file), 0600u);
  std::string token = ReadAll(file);
  ASSERT_TRUE(absl::EndsWith(token, "\n"));
  token.pop_back();
  EXPECT_THAT(Call(With(token), "/guestbridge.v1.ApiTokenService/ListApiTokens",
                   v1::ListApiTokensRequest()),
              IsOk());
  Start();
  EXPECT_EQ(server_->first_token_file(), "") << "said once";
  EXPECT_THAT(Call(With(token), "/guestbridge.v1.ApiTokenService/ListApiTokens",
                   v1::ListApiTokensRequest()),
              IsOk());
}

TEST_F(CallersTest, AUnixSocketServesItsOwnerWithoutTls) {
  options_.listen = absl::StrCat("unix:", dir_.File("data"), "/server.sock");
  Start();
  EXPECT_EQ(server_->address(), options_.listen);
  EXPECT_EQ(ModeOf(dir_.File("data") + "/server.sock"), 0600u);
  const Channel local = grpc::CreateChannel(server_->address(),
                                            grpc::experimental::LocalCredentials(UDS));
  EXPECT_THAT(Call(local, "/guestbridge.v1.ApiTokenService/ListApiTokens",
                   v1::ListApiTokensRequest()),
              IsOk());
  server_.reset();

  const std::string open = dir_.File("open");
  std::filesystem::create_directory(open);
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  options_.listen = absl::StrCat("unix:", open, "/server.sock");
  EXPECT_EQ(ReasonOf(Server::Start(options_, SystemClock(), SystemRandom()).status()),
            "LISTEN_SOCKET_UNSAFE");
  options_.listen = "unix:";
  EXPECT_EQ(ReasonOf(Server::Start(options_, SystemClock(), SystemRandom()).status()),
            "LISTEN_ADDRESS_INVALID");
}

}  // namespace
}  // namespace guestbridge::server
