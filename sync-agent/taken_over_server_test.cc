// A configuration server that somebody has taken over orders what it likes; the agent's
// local policy decides what becomes of it.
#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "sync-agent/agent.h"
#include "tests/testing/certificates.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

class TakenOverServer final : public v1::AgentControlService::Service {
 public:
  TakenOverServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~TakenOverServer() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ends_ = true;
      changed_.notify_all();
    }
    server_->Shutdown(std::chrono::system_clock::now());
  }
  std::string host_port() const { return absl::StrCat("127.0.0.1:", port_); }

  // Why the agent rejects it; empty: it applies it.
  v1::Explanation Configure(const v1::AgentConfiguration& configuration) {
    v1::WatchResponse message;
    *message.mutable_configuration() = configuration;
    return Await(Push(std::move(message)), acknowledged_, configuration.revision());
  }
  v1::FinishTaskRequest Ask(v1::Task task) {
    task.set_integration("integrations/main");
    task.set_id(absl::StrCat("t", ++tasks_));
    const std::string id = task.id();
    v1::WatchResponse message;
    *message.mutable_task() = std::move(task);
    return Await(Push(std::move(message)), finished_, id);
  }
  v1::Run Start(v1::RunTask task) {
    const std::string name = absl::StrCat("integrations/main/runs/", ++tasks_);
    task.mutable_run()->set_name(name);
    v1::WatchResponse message;
    message.mutable_task()->set_integration("integrations/main");
    message.mutable_task()->set_id(name);
    *message.mutable_task()->mutable_run() = std::move(task);
    return Await(Push(std::move(message)), ended_, name);
  }

  // --- the service ---
  grpc::Status Hello(grpc::ServerContext*, const v1::HelloRequest*,
                     v1::HelloResponse* response) override {
    response->set_session("1");
    return grpc::Status::OK;
  }
  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest*,
                     grpc::ServerWriter<v1::WatchResponse>* writer) override {
    std::unique_lock<std::mutex> lock(mutex_);
    v1::WatchResponse caught_up;
    caught_up.mutable_caught_up();
    writer->Write(caught_up);
    while (!ends_ && !context->IsCancelled()) {
      while (!outbox_.empty()) {
        writer->Write(outbox_.front());
        outbox_.pop_front();
      }
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return grpc::Status::OK;
  }
  grpc::Status AcknowledgeConfiguration(
      grpc::ServerContext*, const v1::AcknowledgeConfigurationRequest* request,
      v1::AcknowledgeConfigurationResponse*) override {
    return Keep(acknowledged_, request->revision(), request->rejection());
  }
  grpc::Status FinishTask(grpc::ServerContext*, const v1::FinishTaskRequest* request,
                          v1::FinishTaskResponse*) override {
    return Keep(finished_, request->task(), *request);
  }
  grpc::Status ReportRun(grpc::ServerContext*, const v1::ReportRunRequest* request,
                         v1::ReportRunResponse*) override {
    if (request->run().state() == v1::Run::RUNNING) return grpc::Status::OK;
    return Keep(ended_, request->run().name(), request->run());
  }
  grpc::Status ReportLedger(grpc::ServerContext*, const v1::ReportLedgerRequest*,
                            v1::ReportLedgerResponse*) override {
    return grpc::Status::OK;
  }
  grpc::Status ReportChecks(grpc::ServerContext*, const v1::ReportChecksRequest*,
                            v1::ReportChecksResponse*) override {
    return grpc::Status::OK;
  }
  grpc::Status Goodbye(grpc::ServerContext*, const v1::GoodbyeRequest*,
                       v1::GoodbyeResponse*) override {
    return grpc::Status::OK;
  }

 private:
  std::unique_lock<std::mutex> Push(v1::WatchResponse message) {
    std::unique_lock<std::mutex> lock(mutex_);
    outbox_.push_back(std::move(message));
    changed_.notify_all();
    return lock;
  }
  // Ends with the test's time-out when it never comes.
  template <typename Map, typename Key>
  typename Map::mapped_type Await(std::unique_lock<std::mutex> lock, const Map& map,
                                  const Key& key) {
    changed_.wait(lock, [&] { return map.count(key) > 0; });
    return map.at(key);
  }
  template <typename Map>
  grpc::Status Keep(Map& map, const typename Map::key_type& key,
                    const typename Map::mapped_type& value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    map[key] = value;
    changed_.notify_all();
    return grpc::Status::OK;
  }

  int port_ = 0;
  std::atomic<int> tasks_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::deque<v1::WatchResponse> outbox_;
  std::map<int64_t, v1::Explanation> acknowledged_;  // by revision
  std::map<std::string, v1::FinishTaskRequest> finished_;
  std::map<std::string, v1::Run> ended_;
  std::unique_ptr<grpc::Server> server_;
};

// Listens under two names: 127.0.0.1 is the hotel's portal, localhost is not.
class TwoPortals {
 public:
  explicit TwoPortals(const testing::TempDir& dir) {
    testing::CertificateAuthority authority;
    authority.WriteCa(dir.File("ca.pem"));
    authority.Issue("DNS:localhost,IP:127.0.0.1", dir.File("cert.pem"),
                    dir.File("key.pem"));
    server_ = std::make_unique<httplib::SSLServer>(dir.File("cert.pem").c_str(),
                                                   dir.File("key.pem").c_str());
    server_->Post(".*", [this](const httplib::Request& request,
                               httplib::Response& response) {
      if (request.get_header_value("Host").rfind("localhost", 0) == 0) {
        ++others_requests_;
      } else {
        ++requests_;
        if (moved_) {
          response.status = 302;
          response.set_header(
              "Location", absl::StrCat("https://localhost:", port_, request.target));
          return;
        }
      }
      response.set_content(R"({"result":{"ID":"1","ADMIN":true}})", "application/json");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~TwoPortals() {
    server_->stop();
    thread_.join();
  }

  int port() const { return port_; }
  void Move() { moved_ = true; }
  int requests() const { return requests_; }
  int others_requests() const { return others_requests_; }

 private:
  int port_ = 0;
  std::atomic<bool> moved_ = false;
  std::atomic<int> requests_ = 0;
  std::atomic<int> others_requests_ = 0;
  std::unique_ptr<httplib::SSLServer> server_;
  std::thread thread_;
};

class TakenOverServerTest : public ::testing::Test {
 protected:
  TakenOverServerTest() {
    for (const char* folder : {"base", "other"}) {
      std::filesystem::create_directory(dir_.File(folder));
    }
    std::ofstream(dir_.File("policy.yaml"))
        << "portal_hosts: [127.0.0.1]\nsource_folders: [" << dir_.File("base")
        << "]\nfields_never_sent: [COMMENTS, UF_CRM_1700000001]\n";
    std::filesystem::permissions(
        dir_.File("policy.yaml"),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  ~TakenOverServerTest() override {
    if (agent_ != nullptr) agent_->Stop(absl::Seconds(10));
  }

  void StartAgent(bool with_policy = true) {
    AgentOptions options;
    options.server.host_port = server_.host_port();
    options.server.plaintext = true;
    options.name = "hotel-1";
    options.version = "1";
    options.data_dir = dir_.File("agent");
    options.portal_ca_file = dir_.File("ca.pem");
    if (with_policy) options.policy_file = dir_.File("policy.yaml");
    Agent::Callbacks callbacks;
    callbacks.on_connected = [] {};
    callbacks.on_refused = [](const absl::Status&) {};
    callbacks.on_run_ended = [] {};
    auto opened =
        Agent::Open(std::move(options), std::move(callbacks), random_, SystemClock());
    ASSERT_TRUE(opened.ok()) << opened.status();
    agent_ = *std::move(opened);
    agent_->Start();
  }
  v1::AgentConfiguration Good() {
    v1::AgentConfiguration configuration;
    configuration.set_integration("integrations/main");
    configuration.set_revision(++revision_);
    configuration.set_active(true);
    configuration.set_allow_private_portals(true);
    configuration.set_bound_base_identity("base");
    configuration.set_fallback_base_identity("base");
    v1::Connection& connection = *configuration.mutable_connection();
    connection.set_hotel("1");
    connection.set_api_server("127.0.0.1");
    connection.set_port(portals_.port());
    connection.set_ssl(true);
    connection.mutable_webhook()->set_user_id(1);
    connection.mutable_webhook()->set_secret("c0de");
    connection.mutable_source()->set_type("jsonl");
    connection.mutable_source()->set_url(absl::StrCat("file://", dir_.File("base")));
    *configuration.mutable_mapping() = Mapping("LAST_NAME");
    return configuration;
  }
  static v1::FieldMapping Mapping(const std::string& target) {
    v1::FieldMapping mapping;
    mapping.set_version(1);
    v1::FieldMappingEntry& entry = *mapping.add_entries();
    entry.set_source("LastName");
    entry.set_target(target);
    return mapping;
  }
  v1::FinishTaskRequest TestConnection() {
    v1::Task task;
    task.mutable_test_connection();
    return server_.Ask(task);
  }
  // What the agent says to the configuration, and to those who try it.
  void ExpectRejected(const v1::AgentConfiguration& configuration,
                      const std::string& reason, const std::string& parameter,
                      const std::string& value) {
    const v1::Explanation rejection = server_.Configure(configuration);
    EXPECT_EQ(rejection.reason(), reason);
    EXPECT_EQ(rejection.parameters().count(parameter), 1u);
    if (rejection.parameters().count(parameter) > 0) {
      EXPECT_EQ(rejection.parameters().at(parameter), value);
    }
    EXPECT_EQ(TestConnection().error().reason(), reason);
    v1::Task load;
    load.mutable_load_fields();
    EXPECT_EQ(server_.Ask(load).error().reason(), reason);
    EXPECT_EQ(portals_.requests(), 0);
    EXPECT_EQ(portals_.others_requests(), 0);
  }

  testing::TempDir dir_;
  testing::SeededRandom random_{1};
  TwoPortals portals_{dir_};
  TakenOverServer server_;
  int64_t revision_ = 0;
  std::unique_ptr<Agent> agent_;  // goes first
};

TEST_F(TakenOverServerTest, NoOtherPortalIsReached) {
  StartAgent();
  EXPECT_EQ(server_.Configure(Good()).reason(), "");
  v1::AgentConfiguration evil = Good();
  evil.mutable_connection()->set_api_server("localhost");
  ExpectRejected(evil, "POLICY_PORTAL_HOST_NOT_ALLOWED", "host", "localhost");
  // It is not held against what comes next.
  EXPECT_EQ(server_.Configure(Good()).reason(), "");
  TestConnection();
  EXPECT_GT(portals_.requests(), 0);
  EXPECT_EQ(portals_.others_requests(), 0);
}

TEST_F(TakenOverServerTest, NoOtherSourceIsRead) {
  StartAgent();
  v1::AgentConfiguration evil = Good();
  evil.mutable_connection()->mutable_source()->set_url(
      absl::StrCat("file://", dir_.File("other")));
  ExpectRejected(evil, "POLICY_SOURCE_FOLDER_NOT_ALLOWED", "path", dir_.File("other"));
  evil = Good();
  evil.mutable_connection()->mutable_source()->set_type("onec-odata");
  evil.mutable_connection()->mutable_source()->set_url("http://10.0.0.1/payroll");
  ExpectRejected(evil, "POLICY_SOURCE_HOST_NOT_ALLOWED", "host", "10.0.0.1");
}

TEST_F(TakenOverServerTest, NoMappingWithAFieldThatIsNeverSentIsTaken) {
  StartAgent();
  v1::AgentConfiguration evil = Good();
  *evil.mutable_mapping() = Mapping("COMMENTS");
  ExpectRejected(evil, "POLICY_FIELD_FORBIDDEN", "field", "COMMENTS");
  evil = Good();
  *evil.mutable_mapping() = Mapping("ufCrm1700000001");
  ExpectRejected(evil, "POLICY_FIELD_FORBIDDEN", "field", "ufCrm1700000001");
}

TEST_F(TakenOverServerTest, NorIsADraftWithIt) {
  StartAgent();
  EXPECT_EQ(server_.Configure(Good()).reason(), "");
  v1::RunTask task;
  task.mutable_run()->set_kind(v1::Run::EXPORT);
  task.mutable_run()->set_dry_run(true);
  *task.mutable_draft() = Mapping("COMMENTS");
  const v1::Run run = server_.Start(task);
  EXPECT_EQ(run.state(), v1::Run::FAILED);
  EXPECT_EQ(run.error().reason(), "POLICY_FIELD_FORBIDDEN");
  EXPECT_EQ(portals_.requests(), 0);
}

TEST_F(TakenOverServerTest, NorDoesADraftTellWhatAGuestHasInIt) {
  StartAgent();
  EXPECT_EQ(server_.Configure(Good()).reason(), "");
  v1::Task task;
  task.mutable_explain_clients()->add_clients("00000000-0000-4000-8000-000000000001");
  *task.mutable_explain_clients()->mutable_draft() = Mapping("COMMENTS");
  EXPECT_EQ(server_.Ask(task).error().reason(), "POLICY_FIELD_FORBIDDEN");
  EXPECT_EQ(portals_.requests(), 0);
}

TEST_F(TakenOverServerTest, APortalThatSendsRequestsOnIsNotFollowedAnywhere) {
  StartAgent();
  EXPECT_EQ(server_.Configure(Good()).reason(), "");
  portals_.Move();
  const v1::FinishTaskRequest answer = TestConnection();
  ASSERT_GT(answer.test_connection().checks_size(), 0);
  const v1::Check& check = answer.test_connection().checks(0);
  EXPECT_EQ(check.state(), v1::Check::FAILED);
  EXPECT_EQ(check.reason(), "POLICY_PORTAL_HOST_NOT_ALLOWED");
  EXPECT_EQ(check.parameters().at("host"), "localhost");
  EXPECT_GT(portals_.requests(), 0);
  EXPECT_EQ(portals_.others_requests(), 0);
}

TEST_F(TakenOverServerTest, WithoutAPolicyTheSameOrdersAreCarriedOut) {
  StartAgent(/*with_policy=*/false);
  v1::AgentConfiguration configuration = Good();
  *configuration.mutable_mapping() = Mapping("COMMENTS");
  configuration.mutable_connection()->mutable_source()->set_url(
      absl::StrCat("file://", dir_.File("other")));
  EXPECT_EQ(server_.Configure(configuration).reason(), "");
  portals_.Move();
  TestConnection();
  EXPECT_GT(portals_.others_requests(), 0);
}

TEST_F(TakenOverServerTest, AnAgentWhosePolicyIsWrongDoesNotStart) {
  std::ofstream(dir_.File("policy.yaml"), std::ios::app)
      << "portal_host: [a.example]\n";
  AgentOptions options;
  options.server.plaintext = true;
  options.name = "hotel-1";
  options.data_dir = dir_.File("agent");
  options.policy_file = dir_.File("policy.yaml");
  const auto opened =
      Agent::Open(std::move(options), Agent::Callbacks(), random_, SystemClock());
  EXPECT_EQ(ReasonOf(opened.status()), "POLICY_FILE_INVALID");
  EXPECT_EQ(ParametersOf(opened.status())["line"], "4");
}

}  // namespace
}  // namespace guestbridge::agent
