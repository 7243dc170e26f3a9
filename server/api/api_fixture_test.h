#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/secret/sealer.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/agents.h"
#include "server/api/connections.h"
#include "server/api/field_mappings.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/leases.h"
#include "server/api/proto_time.h"
#include "server/api/runs.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

// The server's plain classes on a real store, without gRPC and without a portal.
namespace guestbridge::server {

class FakeCredentials final : public PortalCredentials {
 public:
  absl::Status answer;  // Of every call to portal or OAuth server.
  std::string last_secret;
  std::string member_id;  // Of the portal behind an OAuth application.
  std::string access_token;
  // What happens while an access token is refreshed.
  std::function<void()> during_access = [] {};

  absl::StatusOr<store::TokenRecord> TryWebhook(const v1::Connection&,
                                                const SecretString& secret) override {
    last_secret = secret.Reveal();
    if (!answer.ok()) return answer;
    store::TokenRecord record;
    record.add_scopes("crm");
    return record;
  }
  absl::StatusOr<store::TokenRecord> Refresh(
      const std::string&, const v1::Connection&, const SecretString&,
      const std::optional<SecretString>&) override {
    if (!answer.ok()) return answer;
    store::TokenRecord record;
    record.set_sealed_refresh_token("sealed");
    record.set_member_id(member_id);
    return record;
  }
  absl::Status Adopt(Transaction& transaction, const std::string& integration,
                     const store::TokenRecord& tokens) override {
    return PutRecord(transaction, keys::Tokens(integration), tokens);
  }
  absl::Status Forget(Transaction& transaction,
                      const std::string& integration) override {
    return transaction.Delete(keys::Tokens(integration));
  }
  v1::TokenState StateOf(const v1::Connection&,
                         const store::TokenRecord* tokens) override {
    v1::TokenState state;
    state.set_valid(tokens != nullptr && tokens->reason().empty());
    if (tokens != nullptr) *state.mutable_scopes() = tokens->scopes();
    return state;
  }
  absl::StatusOr<v1::AccessToken> Access(const std::string&,
                                         const std::string&) override {
    during_access();
    if (!answer.ok()) return answer;
    v1::AccessToken token;
    token.set_token(access_token);
    return token;
  }
};

class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture()
      : store_(*OpenSqliteStore(dir_.File("server.db"), clock_)),
        sealer_(*OpenSealer(dir_.File("secret.key"), true, random_)),
        sessions_(clock_, random_, "one"),
        integrations_(*store_, clock_),
        connections_(*store_, clock_, random_, *sealer_, credentials_, sessions_,
                     {.allow_private_portals = false}),
        mappings_(*store_, clock_, sessions_),
        runs_(*store_, clock_, sessions_),
        leases_(*store_, clock_),
        dispatcher_(*store_, *sealer_, sessions_, false),
        agents_(*store_, clock_, sessions_, dispatcher_, leases_) {}

  void CreateIntegration(const std::string& id) {
    v1::CreateIntegrationRequest request;
    request.set_integration_id(id);
    request.mutable_integration()->set_type(v1::Integration::BITRIX24);
    ASSERT_THAT(integrations_.Create(request), testing::IsOk());
  }

  static v1::Connection WebhookConnection(const std::string& id) {
    v1::Connection connection;
    connection.set_name("integrations/" + id + "/connection");
    connection.set_hotel("Main");
    connection.set_api_server("hotel.bitrix24.ru");
    connection.set_ssl(true);
    connection.mutable_webhook()->set_user_id(1);
    connection.mutable_webhook()->set_secret("abc123");
    connection.mutable_source()->set_type("onec-odata");
    connection.mutable_source()->set_url("http://1c.example.com/hotel");
    connection.mutable_source()->set_user("odata");
    connection.mutable_source()->set_password("pw");
    return connection;
  }

  template <typename Request>
  static Request OfMain() {
    Request request;
    request.set_parent("integrations/main");
    return request;
  }

  // Ready to export, but for an agent.
  void Prepare(const std::string& id) {
    CreateIntegration(id);
    ASSERT_THAT(connections_.Save(WebhookConnection(id)), testing::IsOk());
    SaveMapping(id);
  }

  void SaveMapping(const std::string& id) {
    ASSERT_TRUE(store_
                    ->Write([&](Transaction& transaction) {
                      store::MappingRecord record;
                      v1::FieldMapping& mapping = *record.mutable_mapping();
                      mapping.set_version(1);
                      v1::FieldMappingEntry& entry = *mapping.add_entries();
                      entry.set_source("LastName");
                      entry.set_target("LAST_NAME");
                      v1::ContactField& field = *record.add_contact_fields();
                      field.set_name("LAST_NAME");
                      field.set_type("string");
                      return PutRecord(transaction, keys::Mapping(id, 1), record);
                    })
                    .ok());
  }

  // Says Hello and attaches a stream that nobody reads. `ledgers`: ids of integrations.
  std::shared_ptr<Session> ConnectAgent(const std::string& name,
                                        const std::string& installation,
                                        const std::vector<std::string>& ledgers = {}) {
    v1::HelloRequest request;
    request.set_agent(name);
    request.set_installation(installation);
    for (const std::string& id : ledgers) {
      request.add_ledgers()->set_integration("integrations/" + id);
    }
    const auto response = agents_.Hello(request);
    if (!response.ok()) return nullptr;
    const auto session = agents_.Enter(response->session());
    if (!session.ok()) return nullptr;
    stream_ = (*session)->Attach(std::make_shared<Waker>([] {}));
    agents_.StreamBegan(*session);
    dispatcher_.Begin(*session);
    return *session;
  }

  // What waits to be sent to the agent connected last.
  std::vector<v1::WatchResponse> Sent(Session& session) {
    std::vector<v1::WatchResponse> messages;
    while (true) {
      Session::Step step = session.Next(stream_);
      if (!step.message.has_value()) return messages;
      messages.push_back(*std::move(step.message));
    }
  }

  absl::StatusOr<v1::Run> StartExport(const std::string& id) {
    RunOrder order;
    order.integration = id;
    return runs_.Start(order);
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Sealer> sealer_;
  SessionHub sessions_;
  FakeCredentials credentials_;
  Integrations integrations_;
  Connections connections_;
  FieldMappings mappings_;
  Runs runs_;
  Leases leases_;
  Dispatcher dispatcher_;
  Agents agents_;
  int stream_ = 0;
};

}  // namespace guestbridge::server
