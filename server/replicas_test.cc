#include <sys/stat.h>

#include <barrier>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "guestbridge/v1/event.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "server/api/keys.h"
#include "server/database.h"
#include "server/ready_integration_test.h"
#include "server/schedule/scheduler.h"
#include "server/server.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

// Several servers on one PostgreSQL, called over the wire.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;
using ::guestbridge::testing::StatusIs;

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest()
      : database_(PostgresqlCluster::Shared().CreateDatabase()),
        password_file_(dir_.File("password")) {
    std::ofstream(password_file_) << PostgresqlCluster::kPassword << "\n";
    chmod(password_file_.c_str(), 0600);
  }

  ServerOptions Options(const std::string& name) const {
    ServerOptions options;
    options.plaintext = true;
    options.listen = "127.0.0.1:0";
    options.data_dir = dir_.File(name);
    options.database = PostgresqlCluster::Shared().Url(database_);
    options.database_password_file = password_file_;
    return options;
  }

  // The key belongs to the database: each server has a copy.
  void GiveKey(const std::string& from, const std::string& to) {
    std::filesystem::create_directory(dir_.File(to));
    std::filesystem::copy_file(dir_.File(from) + "/secret.key",
                               dir_.File(to) + "/secret.key");
  }

  absl::StatusOr<std::unique_ptr<Server>> Start(const std::string& name) const {
    return Server::Start(Options(name), SystemClock(), SystemRandom());
  }

  static std::shared_ptr<grpc::Channel> To(const Server& server) {
    return grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  void PutIntegration() const {
    const auto store = OpenDatabase(
        {PostgresqlCluster::Shared().Url(database_), password_file_}, SystemClock());
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT((*store)->Write(PutReadyIntegration), IsOk());
  }

  // The agent `a` with its stream open, caught up.
  class ConnectedAgent {
   public:
    explicit ConnectedAgent(const std::shared_ptr<grpc::Channel>& channel)
        : stub_(v1::AgentControlService::NewStub(channel)) {
      v1::HelloRequest hello;
      hello.set_agent("a");
      hello.set_installation("inst");
      v1::HelloResponse opened;
      grpc::ClientContext hello_context;
      SetDeadline(hello_context);
      const grpc::Status said = stub_->Hello(&hello_context, hello, &opened);
      EXPECT_TRUE(said.ok()) << said.error_message();
      SetDeadline(context_);
      v1::WatchRequest watch;
      watch.set_session(opened.session());
      stream_ = stub_->Watch(&context_, watch);
      v1::WatchResponse message;
      while (stream_->Read(&message) && !message.has_caught_up()) {
      }
      EXPECT_TRUE(message.has_caught_up());
    }
    ~ConnectedAgent() { context_.TryCancel(); }

    bool Read(v1::WatchResponse* message) { return stream_->Read(message); }
    // After the last message.
    absl::Status Finish() { return FromGrpcStatus(stream_->Finish()); }

   private:
    const std::unique_ptr<v1::AgentControlService::Stub> stub_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;
  };

  testing::TempDir dir_;
  const std::string database_;
  const std::string password_file_;
};

TEST_F(ReplicasTest, WhatOneAcknowledgedTheOtherReads) {
  const auto one = Start("one");
  ASSERT_THAT(one, IsOk());
  GiveKey("one", "two");
  const auto two = Start("two");
  ASSERT_THAT(two, IsOk());
  const auto writer = v1::IntegrationService::NewStub(To(**one));
  const auto reader = v1::IntegrationService::NewStub(To(**two));
  for (int i = 0; i < 20; ++i) {
    v1::CreateIntegrationRequest create;
    create.set_integration_id("hotel-" + std::to_string(i));
    create.mutable_integration()->set_type(v1::Integration::BITRIX24);
    v1::Integration created;
    grpc::ClientContext create_context;
    SetDeadline(create_context);
    const grpc::Status made =
        writer->CreateIntegration(&create_context, create, &created);
    ASSERT_TRUE(made.ok()) << made.error_message();

    v1::GetIntegrationRequest get;
    get.set_name(created.name());
    v1::Integration read;
    grpc::ClientContext get_context;
    SetDeadline(get_context);
    const grpc::Status found = reader->GetIntegration(&get_context, get, &read);
    ASSERT_TRUE(found.ok()) << found.error_message();
    EXPECT_EQ(read.etag(), created.etag());
  }
}

TEST_F(ReplicasTest, AnAgentAtOneIsGivenTheRunThatWasStartedAtTheOther) {
  // Somebody has copied too much: they are two all the same.
  const auto two = Start("two");
  ASSERT_THAT(two, IsOk());
  GiveKey("two", "one");
  std::filesystem::copy_file(dir_.File("two") + "/server-id",
                             dir_.File("one") + "/server-id");
  const auto one = Start("one");
  ASSERT_THAT(one, IsOk());
  PutIntegration();
  ConnectedAgent agent(To(**two));

  const auto agents = v1::AgentService::NewStub(To(**one));
  v1::GetAgentRequest get;
  get.set_name("agents/a");
  v1::Agent seen;
  {
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status found = agents->GetAgent(&context, get, &seen);
    ASSERT_TRUE(found.ok()) << found.error_message();
  }
  EXPECT_TRUE(seen.connected()) << "though to the other server";

  const auto runs = v1::RunService::NewStub(To(**one));
  v1::StartExportRequest start;
  start.set_parent("integrations/main");
  v1::Run run;
  {
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status started = runs->StartExport(&context, start, &run);
    ASSERT_TRUE(started.ok()) << started.error_message();
  }
  v1::WatchResponse message;
  do {
    ASSERT_TRUE(agent.Read(&message));
  } while (!message.has_task());
  EXPECT_EQ(message.task().run().run().name(), run.name());
  EXPECT_EQ(run.notices_size(), 0) << "it does not wait for an agent";
}

TEST_F(ReplicasTest, AQuestionAtTheOneThatHasNotTheAgentIsRefusedWithWhereItIs) {
  const auto one = Start("one");
  ASSERT_THAT(one, IsOk());
  GiveKey("one", "two");
  const auto two = Start("two");
  ASSERT_THAT(two, IsOk());
  PutIntegration();
  ConnectedAgent agent(To(**two));

  const auto mappings = v1::FieldMappingService::NewStub(To(**one));
  v1::LoadFieldsRequest load;
  load.set_parent("integrations/main");
  v1::FieldMapping loaded;
  grpc::ClientContext load_context;
  SetDeadline(load_context);
  const absl::Status refused =
      FromGrpcStatus(mappings->LoadFields(&load_context, load, &loaded));
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kUnavailable, "AGENT_AT_OTHER_SERVER"));
  EXPECT_EQ(ParametersOf(refused)["agent"], "a");
  EXPECT_EQ(ParametersOf(refused)["integration"], "main");

  const auto events = v1::EventService::NewStub(To(**one));
  v1::LoadEventsRequest load_events;
  load_events.set_name("integrations/main/events");
  v1::EventSet set;
  grpc::ClientContext events_context;
  SetDeadline(events_context);
  EXPECT_EQ(
      ReasonOf(FromGrpcStatus(events->LoadEvents(&events_context, load_events, &set))),
      "AGENT_AT_OTHER_SERVER");

  const auto connections = v1::ConnectionService::NewStub(To(**one));
  v1::TestConnectionRequest test;
  test.set_name("integrations/main/connection");
  v1::TestConnectionResponse tested;
  grpc::ClientContext test_context;
  SetDeadline(test_context);
  EXPECT_EQ(ReasonOf(FromGrpcStatus(
                connections->TestConnection(&test_context, test, &tested))),
            "AGENT_AT_OTHER_SERVER");
}

TEST_F(ReplicasTest, ABanAtOneEndsTheStreamAtTheOtherWithinASecond) {
  const auto one = Start("one");
  ASSERT_THAT(one, IsOk());
  GiveKey("one", "two");
  const auto two = Start("two");
  ASSERT_THAT(two, IsOk());
  ConnectedAgent agent(To(**two));
  grpc::ClientContext context;
  SetDeadline(context);
  v1::BanAgentRequest ban;
  ban.set_name("agents/a");
  v1::Agent banned;
  const grpc::Status done =
      v1::AgentService::NewStub(To(**one))->BanAgent(&context, ban, &banned);
  ASSERT_TRUE(done.ok()) << done.error_message();
  const absl::Time since = absl::Now();
  v1::WatchResponse message;
  while (agent.Read(&message)) {
  }
  EXPECT_LT(absl::Now() - since, absl::Seconds(1));
  EXPECT_EQ(ReasonOf(agent.Finish()), "AGENT_BANNED");
}

TEST_F(ReplicasTest, SchedulersOfTwoServersFireEachFiringOnce) {
  constexpr int kHotels = 5;
  constexpr int kDays = 10;
  const absl::Time start =
      absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());
  const DatabaseChoice choice{PostgresqlCluster::Shared().Url(database_),
                              password_file_};
  const auto setting_up = OpenDatabase(choice, SystemClock());
  ASSERT_THAT(setting_up, IsOk());
  ASSERT_THAT((*setting_up)->Write([&](Transaction& t) -> absl::Status {
    for (int i = 0; i < kHotels; ++i) {
      const std::string id = absl::StrCat("hotel-", i);
      store::IntegrationRecord integration;
      integration.mutable_integration()->set_active(true);
      store::ScheduleRecord schedule = FreshSchedule();
      ResumeSchedule(schedule, start);
      for (const absl::Status& status :
           {PutRecord(t, keys::Integration(id), integration),
            PutRecord(t, keys::Schedule(id), schedule)}) {
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }),
              IsOk());
  std::barrier same_day(2);
  std::vector<std::thread> servers;
  for (int server = 0; server < 2; ++server) {
    servers.emplace_back([&, server] {
      const auto store = OpenDatabase(choice, SystemClock());
      ASSERT_THAT(store, IsOk());
      Scheduler scheduler(**store, SystemClock(),
                          [](Transaction& t, const std::string& id,
                             absl::Time nominal) -> absl::StatusOr<FiringOutcome> {
                            const std::string key = absl::StrCat(
                                "fired/", id, "/", absl::ToUnixSeconds(nominal));
                            GB_ASSIGN_OR_RETURN(const auto before, t.Get(key));
                            EXPECT_FALSE(before.has_value()) << key;
                            GB_RETURN_IF_ERROR(t.Put(key, "1"));
                            return FiringOutcome::kStarted;
                          });
      // Clocks differ a little, and whoever is first is so by chance.
      const absl::Duration ahead = absl::Minutes(10) * server;
      for (int day = 1; day <= kDays; ++day) {
        same_day.arrive_and_wait();
        scheduler.Tick(start + absl::Hours(24 * day) + ahead);
      }
    });
  }
  for (std::thread& server : servers) server.join();
  size_t fired = 0;
  ASSERT_THAT((*setting_up)->Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto documents, t.List("fired/", "", 1000));
    fired = documents.size();
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_EQ(fired, size_t{kHotels * kDays});
}

TEST_F(ReplicasTest, AServerWithoutTheKeyOfTheOthersDoesNotStart) {
  const auto one = Start("one");
  ASSERT_THAT(one, IsOk());
  EXPECT_EQ(ReasonOf(Start("two").status()), "KEY_FILE_MISSING");
}

TEST_F(ReplicasTest, APasswordFileThatOthersMayReadIsRefused) {
  chmod(password_file_.c_str(), 0644);
  EXPECT_EQ(ReasonOf(Start("one").status()), "PASSWORD_FILE_READABLE_BY_OTHERS");
  std::filesystem::remove(password_file_);
  EXPECT_EQ(ReasonOf(Start("one").status()), "PASSWORD_FILE_UNREADABLE");
}

}  // namespace
}  // namespace guestbridge::server
