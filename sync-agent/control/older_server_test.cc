// The present agent's line to a server of the version before, as that one was recorded.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "sync-agent/control/configuration.h"
#include "sync-agent/control/control_client.h"
#include "tests/protocol/conversation.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::protocol::AllOf;
using ::guestbridge::protocol::Parsed;
using ::guestbridge::protocol::ReadConversation;
using ::guestbridge::protocol::Said;
using ::guestbridge::testing::IsOk;

// Answers each call as it was answered then; what nobody called then it does not know.
class RecordedServer final : public v1::AgentControlService::Service {
 public:
  explicit RecordedServer(std::vector<Said> conversation)
      : conversation_(std::move(conversation)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~RecordedServer() override { server_->Shutdown(std::chrono::system_clock::now()); }
  std::shared_ptr<grpc::Channel> Connect() const {
    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                               grpc::InsecureChannelCredentials());
  }
  int calls(const std::string& method) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_[method];
  }

  grpc::Status Hello(grpc::ServerContext*, const v1::HelloRequest*,
                     v1::HelloResponse* answer) override {
    return Answer("Hello", answer);
  }
  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::WatchResponse>* writer) override {
    if (request->session().empty()) return grpc::Status(grpc::UNAUTHENTICATED, "");
    for (const std::string& text : AllOf(conversation_, "Watch", false)) {
      writer->Write(Parsed<v1::WatchResponse>(text));
    }
    std::unique_lock<std::mutex> lock(mutex_);
    while (!context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return grpc::Status::OK;
  }
  grpc::Status AcknowledgeConfiguration(
      grpc::ServerContext*, const v1::AcknowledgeConfigurationRequest*,
      v1::AcknowledgeConfigurationResponse* answer) override {
    return Answer("AcknowledgeConfiguration", answer);
  }
  grpc::Status AcquireLease(grpc::ServerContext*, const v1::AcquireLeaseRequest*,
                            v1::Lease* answer) override {
    return Answer("AcquireLease", answer);
  }
  grpc::Status ReportRun(grpc::ServerContext*, const v1::ReportRunRequest*,
                         v1::ReportRunResponse* answer) override {
    return Answer("ReportRun", answer);
  }
  grpc::Status ReportLedger(grpc::ServerContext*, const v1::ReportLedgerRequest*,
                            v1::ReportLedgerResponse* answer) override {
    return Answer("ReportLedger", answer);
  }
  grpc::Status ReportChecks(grpc::ServerContext*, const v1::ReportChecksRequest*,
                            v1::ReportChecksResponse* answer) override {
    return Answer("ReportChecks", answer);
  }
  grpc::Status FinishTask(grpc::ServerContext*, const v1::FinishTaskRequest*,
                          v1::FinishTaskResponse* answer) override {
    return Answer("FinishTask", answer);
  }
  grpc::Status GetAccessToken(grpc::ServerContext*, const v1::GetAccessTokenRequest*,
                              v1::AccessToken* answer) override {
    return Answer("GetAccessToken", answer);
  }
  grpc::Status Goodbye(grpc::ServerContext*, const v1::GoodbyeRequest*,
                       v1::GoodbyeResponse* answer) override {
    return Answer("Goodbye", answer);
  }

 private:
  // Each in its turn, then the last again.
  template <typename Message>
  grpc::Status Answer(const std::string& method, Message* answer) {
    const std::vector<std::string> texts = AllOf(conversation_, method, false);
    const std::lock_guard<std::mutex> lock(mutex_);
    const size_t turn = static_cast<size_t>(calls_[method]++);
    if (texts.empty()) return grpc::Status(grpc::UNIMPLEMENTED, "");
    *answer = Parsed<Message>(texts.at(std::min(turn, texts.size() - 1)));
    return grpc::Status::OK;
  }

  const std::vector<Said> conversation_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> calls_;
};

class Heard final : public ControlEvents {
 public:
  std::vector<v1::LedgerIdentity> Ledgers() override { return {}; }
  void OnConnected() override {}
  void OnConfiguration(const v1::AgentConfiguration& configuration) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    configurations.push_back(configuration);
    changed_.notify_all();
  }
  void OnTask(const v1::Task& task) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks.push_back(task);
    changed_.notify_all();
  }
  void OnCancelRun(const std::string&) override {}
  void OnRemoved(const std::string&) override {}
  void OnStillRejected(const v1::RejectedConfiguration& rejected) override {
    ADD_FAILURE() << "not of an older server: " << rejected.integration();
  }
  void OnRefused(const absl::Status& status) override { ADD_FAILURE() << status; }

  // False when they do not come within ten seconds.
  bool Await(size_t all_configurations, size_t all_tasks) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return configurations.size() >= all_configurations && tasks.size() >= all_tasks;
    });
  }

  std::vector<v1::AgentConfiguration> configurations;
  std::vector<v1::Task> tasks;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class OlderServerTest : public ::testing::Test {
 protected:
  OlderServerTest()
      : conversation_(
            ReadConversation(GUESTBRIDGE_PROTOCOL "/previous.conversation.txt")),
        server_(conversation_),
        client_(server_.Connect(),
                {"hotel-1", "installation", "0.2.0", {}, "localhost"}, SecretString(),
                heard_, random_) {
    for (const std::string& text : AllOf(conversation_, "Watch", false)) {
      const auto message = Parsed<v1::WatchResponse>(text);
      configurations_ += message.has_configuration() ? 1 : 0;
      tasks_ += message.has_task() ? 1 : 0;
    }
  }

  std::vector<Said> conversation_;
  size_t configurations_ = 0;
  size_t tasks_ = 0;
  Heard heard_;
  testing::SeededRandom random_;
  RecordedServer server_;
  ControlClient client_;
};

TEST_F(OlderServerTest, TheAgentUnderstandsItsConfigurationsAndTasks) {
  ASSERT_GT(configurations_, 2U);
  ASSERT_GT(tasks_, 4U);
  client_.Start();
  ASSERT_TRUE(heard_.Await(configurations_, tasks_));
  bool mapped = false;
  for (const v1::AgentConfiguration& configuration : heard_.configurations) {
    const auto settings = ReadConfiguration(configuration);
    ASSERT_THAT(settings, IsOk());
    EXPECT_EQ(settings->id, "main");
    EXPECT_TRUE(settings->active);
    mapped = mapped || settings->mapping.has_value();
  }
  EXPECT_TRUE(mapped);
  bool runs = false;
  for (const v1::Task& task : heard_.tasks) {
    EXPECT_NE(task.work_case(), v1::Task::WORK_NOT_SET);
    runs = runs || (task.has_run() && !task.run().run().dry_run());
  }
  EXPECT_TRUE(runs);
  client_.Stop(/*goodbye=*/true);
  EXPECT_EQ(server_.calls("Goodbye"), 1);
}

TEST_F(OlderServerTest, TheAgentGetsTheLeaseTheTokenAndReportsItsWork) {
  client_.Start();
  ASSERT_TRUE(heard_.Await(configurations_, tasks_));
  v1::AcquireLeaseRequest lease_request;
  lease_request.set_integration("integrations/main");
  const auto lease = client_.AcquireLease(lease_request);
  ASSERT_THAT(lease, IsOk());
  EXPECT_GT(lease->epoch(), 0);
  EXPECT_GT(lease->time_to_live().seconds(), 0);
  EXPECT_NE(lease->ledger_stamp(), "");
  const auto token = client_.GetAccessToken("integrations/main", SecretString());
  ASSERT_THAT(token, IsOk());
  EXPECT_NE(token->token(), "");
  EXPECT_GT(token->expire_time().seconds(), 0);
  v1::Run run;
  run.set_name("integrations/main/runs/2");
  run.set_state(v1::Run::SUCCEEDED);
  EXPECT_THAT(client_.ReportRun(run, 1), IsOk());
  EXPECT_THAT(client_.Acknowledge({}), IsOk());
  EXPECT_THAT(client_.ReportLedger({}), IsOk());
  EXPECT_THAT(client_.ReportChecks({}), IsOk());
  EXPECT_THAT(client_.FinishTask({}), IsOk());
}

}  // namespace
}  // namespace guestbridge::agent
