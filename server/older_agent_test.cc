// An agent of the version before, as it was recorded, at the present server.
#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "server/api/keys.h"
#include "server/database.h"
#include "server/ready_integration_test.h"
#include "server/secrets/seal_index.h"
#include "server/secrets/sealed_fields.h"
#include "server/server.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "tests/protocol/conversation.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::protocol::AllOf;
using ::guestbridge::protocol::MissingIn;
using ::guestbridge::protocol::Parsed;
using ::guestbridge::protocol::ReadConversation;
using ::guestbridge::protocol::Replaced;
using ::guestbridge::protocol::Said;
using ::guestbridge::testing::IsOk;
using ::testing::IsEmpty;
using Stub = v1::AgentControlService::Stub;

constexpr char kMain[] = "integrations/main";

class OlderAgentTest : public ::testing::Test {
 protected:
  OlderAgentTest()
      : conversation_(
            ReadConversation(GUESTBRIDGE_PROTOCOL "/previous.conversation.txt")) {
    for (const std::string& text : AllOf(conversation_, "Watch", false)) {
      const auto message = Parsed<v1::WatchResponse>(text);
      if (message.has_configuration() && message.configuration().has_mapping() &&
          !configuration_.has_mapping()) {
        configuration_ = message.configuration();
      }
      if (message.has_task() && message.task().has_run() && !task_.has_run()) {
        task_ = message.task();
      }
    }
    recorded_session_ =
        Parsed<v1::HelloResponse>(AllOf(conversation_, "Hello", false).at(0)).session();
  }

  // The integration as it was then, with its secrets.
  void Start() {
    options_.plaintext = true;
    options_.allow_private_portals = true;
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("server");
    ASSERT_EQ(mkdir(options_.data_dir.c_str(), 0700), 0);
    const auto sealer =
        OpenSealer(options_.data_dir + "/secret.key", true, SystemRandom());
    ASSERT_THAT(sealer, IsOk());
    {
      const auto store =
          OpenDatabase(ChooseDatabase("", "", options_.data_dir), SystemClock());
      ASSERT_THAT(store, IsOk());
      ASSERT_THAT((*store)->Write([&](Transaction& t) { return Put(t, **sealer); }),
                  IsOk());
    }
    auto server = Server::Start(options_, SystemClock(), SystemRandom());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    channel_ =
        grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = v1::AgentControlService::NewStub(channel_);
  }

  absl::Status Put(Transaction& t, Sealer& sealer) {
    GB_RETURN_IF_ERROR(PutReadyIntegration(t));
    const auto seal = [&](const std::string& secret, const char* field) {
      return sealer.Seal(SecretString(secret), PlaceOf("main", field));
    };
    GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                              t, keys::Integration("main")));
    integration->value.set_assigned_agent("hotel-1");
    v1::Integration& chosen = *integration->value.mutable_integration();
    chosen.set_deletion_mark_policy(configuration_.deletion_mark_policy());
    chosen.set_gone_contact_policy(configuration_.gone_contact_policy());
    chosen.set_robots_policy(configuration_.robots_policy());
    chosen.set_nameless_policy(configuration_.nameless_policy());
    *chosen.mutable_guard() = configuration_.guard();
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Integration("main"), integration->value));
    store::ConnectionRecord connection;
    *connection.mutable_connection() = configuration_.connection();
    connection.set_source_key("base");
    connection.set_sealed_source_password(
        seal(configuration_.connection().source().password(), "source_password"));
    connection.mutable_connection()->mutable_source()->clear_password();
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Connection("main"), connection));
    GB_RETURN_IF_ERROR(NoteSeals(t, sealer, keys::Connection("main"), connection));
    store::TokenRecord tokens;
    tokens.set_sealed_refresh_token(seal("refresh", "refresh_token"));
    tokens.set_sealed_access_token(seal("access", "access_token"));
    tokens.set_expire_unix_seconds(
        absl::ToUnixSeconds(SystemClock().Now() + absl::Hours(1)));
    tokens.set_lifetime_seconds(3600);
    tokens.set_client_id("app.test");
    tokens.set_grant(1);
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Tokens("main"), tokens));
    GB_RETURN_IF_ERROR(NoteSeals(t, sealer, keys::Tokens("main"), tokens));
    store::BaseRecord base;
    base.set_fallback_identity(configuration_.fallback_base_identity());
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Base("base"), base));
    store::EventsRecord events;
    for (const std::string& event : configuration_.disabled_events()) {
      auto& choice = *events.add_choices();
      choice.set_event(event);
    }
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Events("main"), events));
    store::MappingRecord mapping;
    *mapping.mutable_mapping() = configuration_.mapping();
    return PutRecord(t, keys::Mapping("main", configuration_.mapping().version()),
                     mapping);
  }

  // Says what was said then, in today's session, about today's run.
  template <typename Response, typename Request>
  Response Say(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                            Response*),
               std::string text) {
    text = Replaced(std::move(text), recorded_session_, session_);
    if (run_.has_create_time()) {
      text = Replaced(std::move(text), task_.run().run().name(), run_.name());
    }
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    Request request = Parsed<Request>(text);
    if constexpr (std::is_same_v<Request, v1::ReportRunRequest>) {
      *request.mutable_run()->mutable_create_time() = run_.create_time();
    }
    Response response;
    const grpc::Status said = (stub_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(said.ok()) << said.error_message() << "\n" << text;
    return response;
  }
  std::string Asked(const std::string& method, size_t number = 0) {
    return AllOf(conversation_, method, true).at(number);
  }
  std::string Told(const std::string& method, size_t number = 0) {
    return AllOf(conversation_, method, false).at(number);
  }

  // The next message of the stream, which must be one that such an agent knows.
  v1::WatchResponse Next() {
    v1::WatchResponse message;
    EXPECT_TRUE(stream_->Read(&message));
    EXPECT_GE(message.payload_case(), v1::WatchResponse::kConfiguration);
    EXPECT_LE(message.payload_case(), v1::WatchResponse::kCaughtUp);
    return message;
  }
  v1::Task NextTask() {
    v1::WatchResponse message;
    do {
      message = Next();
    } while (!message.has_task() && !::testing::Test::HasFailure());
    return message.task();
  }

  void SayHello() {
    const auto hello = Say(&Stub::Hello, Asked("Hello"));
    EXPECT_THAT(MissingIn(Parsed<v1::HelloResponse>(Told("Hello")), hello), IsEmpty());
    session_ = hello.session();
    watching_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchRequest watch;
    watch.set_session(session_);
    stream_ = stub_->Watch(&watching_, watch);
  }

  const std::vector<Said> conversation_;
  v1::AgentConfiguration configuration_;
  v1::Task task_;
  std::string recorded_session_;
  testing::TempDir dir_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Stub> stub_;
  grpc::ClientContext watching_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;
  std::string session_;
  v1::Run run_;
};

TEST_F(OlderAgentTest, GetsItsConfigurationTokenLeaseAndRunAndIsHeard) {
  ASSERT_TRUE(configuration_.has_mapping());
  ASSERT_TRUE(task_.has_run());
  Start();
  if (HasFatalFailure()) return;
  SayHello();
  const v1::WatchResponse first = Next();
  ASSERT_TRUE(first.has_configuration());
  EXPECT_THAT(MissingIn(configuration_, first.configuration()), IsEmpty());
  EXPECT_EQ(first.configuration().connection().source().password(),
            configuration_.connection().source().password());
  while (!Next().has_caught_up() && !HasFailure()) {
  }
  Say(&Stub::AcknowledgeConfiguration, Asked("AcknowledgeConfiguration"));
  const auto token = Say(&Stub::GetAccessToken, Asked("GetAccessToken"));
  EXPECT_THAT(MissingIn(Parsed<v1::AccessToken>(Told("GetAccessToken")), token),
              IsEmpty());

  const auto runs = v1::RunService::NewStub(channel_);
  v1::StartExportRequest start;
  start.set_parent(kMain);
  start.set_dry_run(true);
  grpc::ClientContext context;
  ASSERT_TRUE(runs->StartExport(&context, start, &run_).ok());
  const v1::Task task = NextTask();
  EXPECT_THAT(MissingIn(task_, task), IsEmpty());
  Say(&Stub::ReportRun, Asked("ReportRun", 0));
  Say(&Stub::ReportChecks, Asked("ReportChecks"));
  Say(&Stub::ReportLedger, Asked("ReportLedger"));
  const auto lease = Say(&Stub::AcquireLease, Asked("AcquireLease"));
  EXPECT_THAT(MissingIn(Parsed<v1::Lease>(Told("AcquireLease")), lease), IsEmpty());
  Say(&Stub::ReportRun, Asked("ReportRun", 1));
  v1::GetRunRequest get;
  get.set_name(run_.name());
  v1::Run ended;
  grpc::ClientContext get_context;
  ASSERT_TRUE(runs->GetRun(&get_context, get, &ended).ok());
  EXPECT_EQ(ended.state(), v1::Run::SUCCEEDED);
  EXPECT_GT(ended.counters().scanned(), 0);
  Say(&Stub::Goodbye, Asked("Goodbye"));
}

TEST_F(OlderAgentTest, AnswersAQuestionThatAPersonAsksNow) {
  Start();
  if (HasFatalFailure()) return;
  SayHello();
  while (!Next().has_caught_up() && !HasFailure()) {
  }
  v1::FieldMapping loaded;
  grpc::Status answered;
  std::thread person([&] {
    const auto mappings = v1::FieldMappingService::NewStub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::LoadFieldsRequest load;
    load.set_parent(kMain);
    answered = mappings->LoadFields(&context, load, &loaded);
  });
  const v1::Task task = NextTask();
  EXPECT_TRUE(task.has_load_fields());
  const auto recorded = Parsed<v1::FinishTaskRequest>(Asked("FinishTask"));
  ASSERT_TRUE(recorded.has_fields());
  Say(&Stub::FinishTask, Replaced(Asked("FinishTask"), recorded.task(), task.id()));
  person.join();
  ASSERT_TRUE(answered.ok()) << answered.error_message();
  EXPECT_EQ(loaded.contact_fields_size(), recorded.fields().contact_fields_size());
  EXPECT_EQ(loaded.source_fields_size(), recorded.fields().source_fields_size());
}

}  // namespace
}  // namespace guestbridge::server
