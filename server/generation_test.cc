#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "server/api/keys.h"
#include "server/database.h"
#include "server/server.h"
#include "server/store/postgresql/postgresql_store.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

// A database that loses commits under a running server.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;

class GenerationTest : public ::testing::Test {
 protected:
  GenerationTest()
      : database_(PostgresqlCluster::Shared().CreateDatabase()),
        password_file_(dir_.File("password")) {
    std::ofstream(password_file_) << PostgresqlCluster::kPassword << "\n";
    chmod(password_file_.c_str(), 0600);
  }

  // On the PostgreSQL, or on a SQLite of its own.
  absl::StatusOr<std::unique_ptr<Server>> Start(bool sqlite = false) const {
    ServerOptions options;
    options.plaintext = true;
    options.listen = "127.0.0.1:0";
    options.data_dir = dir_.File("data");
    if (!sqlite) {
      options.database = PostgresqlCluster::Shared().Url(database_);
      options.database_password_file = password_file_;
    }
    return Server::Start(options, SystemClock(), SystemRandom());
  }

  DatabaseChoice Postgresql() const {
    return {PostgresqlCluster::Shared().Url(database_), password_file_};
  }

  static absl::Status Configure(const DatabaseChoice& choice) {
    GB_ASSIGN_OR_RETURN(const auto store, OpenDatabase(choice, SystemClock()));
    return store
        ->Write([](Transaction& t) -> absl::Status {
          store::IntegrationRecord integration;
          integration.mutable_integration()->set_name("integrations/main");
          integration.mutable_integration()->set_active(true);
          store::ConnectionRecord connection;
          connection.mutable_connection()->set_api_server("hotel.bitrix24.ru");
          connection.mutable_connection()->mutable_oauth()->set_client_id("app");
          connection.mutable_connection()->set_agent("a");
          GB_RETURN_IF_ERROR(PutRecord(t, keys::Integration("main"), integration));
          return PutRecord(t, keys::Connection("main"), connection);
        })
        .status();
  }

  // As a copy that has nothing of the agent's session.
  absl::Status SetBack(int64_t revision) const {
    GB_ASSIGN_OR_RETURN(PostgresqlTarget target,
                        ParsePostgresqlUrl(PostgresqlCluster::Shared().Url(database_)));
    target.password = SecretString(PostgresqlCluster::kPassword);
    GB_ASSIGN_OR_RETURN(
        const auto backend,
        OpenPostgresqlBackend(std::move(target), PostgresqlOptions(), SystemClock()));
    return backend->Transact([&](SqlSession& session) -> absl::Status {
      GB_RETURN_IF_ERROR(
          session.Run("DELETE FROM documents WHERE version > $1", {revision}));
      GB_RETURN_IF_ERROR(
          session.Run("DELETE FROM changes WHERE revision > $1", {revision}));
      return session.Run("UPDATE sequences SET value = $1 WHERE name = '#revision'",
                         {revision});
    });
  }

  static v1::HelloResponse SayHello(const Server& server,
                                    const v1::HelloRequest& hello) {
    const auto agent = v1::AgentControlService::NewStub(
        grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials()));
    v1::HelloResponse opened;
    grpc::ClientContext context;
    const grpc::Status said = agent->Hello(&context, hello, &opened);
    EXPECT_TRUE(said.ok()) << said.error_message();
    return opened;
  }

  // The SQLite database, of no running server.
  void BackUp() const { std::filesystem::copy_file(SqliteFile(), dir_.File("backup")); }
  void Restore() const {
    for (const char* rest : {"-wal", "-shm"})
      std::filesystem::remove(SqliteFile() + rest);
    std::filesystem::copy_file(dir_.File("backup"), SqliteFile(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::string SqliteFile() const { return dir_.File("data") + "/server.db"; }

  testing::TempDir dir_;
  const std::string database_;
  const std::string password_file_;
};

TEST_F(GenerationTest, AnAgentThatIsConnectedWhenCommitsAreLostGetsEverythingAnew) {
  const auto server = Start();
  ASSERT_THAT(server, IsOk());
  ASSERT_THAT(Configure(Postgresql()), IsOk());
  const auto agent = v1::AgentControlService::NewStub(
      grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials()));
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("inst");
  int64_t last = 0;
  for (int round = 0; round < 2; ++round) {
    v1::HelloResponse opened;
    grpc::ClientContext hello_context;
    const grpc::Status said = agent->Hello(&hello_context, hello, &opened);
    ASSERT_TRUE(said.ok()) << said.error_message();
    EXPECT_GT(opened.revision(), last);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchRequest watch;
    watch.set_session(opened.session());
    const auto stream = agent->Watch(&context, watch);
    v1::WatchResponse message;
    int64_t configured = 0;
    do {
      ASSERT_TRUE(stream->Read(&message));
      if (message.has_configuration()) configured = message.configuration().revision();
    } while (!message.has_caught_up());
    EXPECT_GT(configured, last);
    last = std::max(configured, opened.revision());
    if (round == 1) {
      context.TryCancel();
      return;
    }
    // The configuration is in the copy, the Hello is not.
    ASSERT_THAT(SetBack(opened.revision() - 1), IsOk());
    while (stream->Read(&message)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(GenerationTest, AServerThatWasRestoredIsToldByItsAgent) {
  ASSERT_THAT(Start(/*sqlite=*/true), IsOk());
  ASSERT_THAT(Configure(ChooseDatabase("", "", dir_.File("data"))), IsOk());
  BackUp();
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("inst");
  {
    const auto server = Start(/*sqlite=*/true);
    ASSERT_THAT(server, IsOk());
    for (int day = 0; day < 10; ++day) {
      hello.set_known_revision(SayHello(**server, hello).revision());
    }
  }
  Restore();
  const auto server = Start(/*sqlite=*/true);
  ASSERT_THAT(server, IsOk());
  EXPECT_GT(SayHello(**server, hello).revision(), hello.known_revision());
}

TEST_F(GenerationTest, AServerThatWasRestoredIsToldThoughAnotherAgentWasQuicker) {
  ASSERT_THAT(Start(/*sqlite=*/true), IsOk());
  ASSERT_THAT(Configure(ChooseDatabase("", "", dir_.File("data"))), IsOk());
  BackUp();
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("inst");
  {
    const auto server = Start(/*sqlite=*/true);
    ASSERT_THAT(server, IsOk());
    const v1::HelloResponse opened = SayHello(**server, hello);
    hello.set_known_revision(opened.revision());
    hello.set_known_tag(opened.tag());
  }
  Restore();
  const auto server = Start(/*sqlite=*/true);
  ASSERT_THAT(server, IsOk());
  v1::HelloRequest other;
  other.set_agent("b");
  other.set_installation("other");
  int64_t last = 0;
  for (int day = 0; day < 10; ++day) last = SayHello(**server, other).revision();
  ASSERT_GT(last, hello.known_revision());
  ASSERT_LT(last, hello.known_revision() + 1000);
  EXPECT_GT(SayHello(**server, hello).revision(), last + 1000);
}

}  // namespace
}  // namespace guestbridge::server
