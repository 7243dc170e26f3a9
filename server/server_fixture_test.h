#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/status/grpc_status.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/identity/any_method_test.h"
#include "server/identity/api_tokens.h"
#include "server/ready_integration_test.h"
#include "server/server.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::server {

using Channel = std::shared_ptr<grpc::Channel>;

inline void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

// A whole server with integrations/main, and whoever calls any of its methods over the
// wire.
class ServerFixture : public ::testing::Test {
 protected:
  // Without the server, so that a test may write what it is to find.
  void SetUp() override {
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("data");
    std::filesystem::create_directory(options_.data_dir);
    store_ = *OpenSqliteStore(options_.data_dir + "/server.db");
    ASSERT_THAT(store_->Write(PutReadyIntegration), guestbridge::testing::IsOk());
  }

  // Anew, if it runs.
  void Start() {
    server_.reset();
    auto server = Server::Start(options_, SystemClock(), SystemRandom());
    ASSERT_THAT(server, guestbridge::testing::IsOk());
    server_ = *std::move(server);
  }

  Channel With(const std::string& token) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = guestbridge::testing::ReadAll(options_.data_dir + "/ca.pem");
    return grpc::CreateChannel(
        server_->address(),
        grpc::CompositeChannelCredentials(grpc::SslCredentials(tls),
                                          grpc::AccessTokenCredentials(token)));
  }
  Channel As(const NewApiToken& wanted) {
    const auto token = CreateApiToken(*store_, SystemRandom(), SystemClock(), wanted);
    EXPECT_THAT(token, guestbridge::testing::IsOk());
    return With(token->Reveal());
  }

  static absl::Status Call(const Channel& channel, absl::string_view method,
                           const google::protobuf::Message& message) {
    grpc::ClientContext context;
    SetDeadline(context);
    return FromGrpcStatus(CallAnyMethod(channel, std::string(method), &context,
                                        message.SerializeAsString()));
  }

  testing::TempDir dir_;
  ServerOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Server> server_;
};

}  // namespace guestbridge::server
