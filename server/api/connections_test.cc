#include "server/api/connections.h"

#include <fstream>
#include <iterator>

#include "server/api/api_fixture_test.h"
#include "server/api/connection_rules.h"
#include "server/api/portal_address.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ApiServerTest, BareHostsAreAccepted) {
  EXPECT_EQ(*NormalizeApiServer("Hotel.Bitrix24.RU"), "hotel.bitrix24.ru");
  EXPECT_EQ(*NormalizeApiServer("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(*NormalizeApiServer("2001:db8::1"), "2001:db8::1");
}

TEST(ApiServerTest, EverythingElseSaysWhatToWriteAndKeepsSecretsToItself) {
  for (const char* text :
       {"https://hotel.bitrix24.ru", "hotel.bitrix24.ru/rest/1/s3cr3t/",
        "hotel.bitrix24.ru:443", " hotel.bitrix24.ru", "hotel.bitrix24.ru ",
        "https://user:s3cr3t@hotel.bitrix24.ru/x?y=s3cr3t"}) {
    const absl::Status status = NormalizeApiServer(text).status();
    EXPECT_EQ(ReasonOf(status), "API_SERVER_INVALID") << text;
    EXPECT_EQ(ParametersOf(status)["suggestion"], "hotel.bitrix24.ru") << text;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("s3cr3t")));
    EXPECT_EQ(ViolationsOf(status).at(0).field, "connection.api_server");
  }
  EXPECT_FALSE(NormalizeApiServer("").ok());
  EXPECT_EQ(ParametersOf(NormalizeApiServer("local host").status())["suggestion"],
            "hotel.bitrix24.ru");
}

TEST(ApiServerTest, PrivateHostsAreKnownInEveryForm) {
  for (const char* host :
       {"localhost", "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1",
        "169.254.169.254", "100.64.0.1", "::1", "fe80::1", "fd00::1",
        "::ffff:127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0"}) {
    EXPECT_TRUE(IsPrivateHost(host)) << host;
  }
  for (const char* host :
       {"hotel.bitrix24.ru", "8.8.8.8", "2a00:1450::1", "172.32.0.1"}) {
    EXPECT_FALSE(IsPrivateHost(host)) << host;
  }
}

TEST(SourceUrlTest, AddressesAreNormalised) {
  const auto address = NormalizeSourceUrl("HTTP://1C.Example.com/Hotel/");
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(address->url, "http://1c.example.com/Hotel/odata/standard.odata");
  EXPECT_EQ(address->key, "1c.example.com:80/hotel");
  EXPECT_EQ(
      NormalizeSourceUrl("http://1c.example.com:80/hotel/odata/standard.odata/")->key,
      address->key);
  EXPECT_EQ(NormalizeSourceUrl("http://192.168.1.5:8080/base")->url,
            "http://192.168.1.5:8080/base/odata/standard.odata");
}

v1::Connection FolderConnection(const std::string& url) {
  v1::Connection connection;
  connection.set_hotel("Riviera");
  connection.set_api_server("riviera.bitrix24.ru");
  connection.set_ssl(true);
  connection.mutable_webhook()->set_user_id(1);
  connection.mutable_source()->set_type("jsonl");
  connection.mutable_source()->set_url(url);
  return connection;
}

TEST(FolderSourceTest, NeedsAnAbsolutePathAndNobodysName) {
  const auto checked =
      CheckConnection(FolderConnection("FILE:///var//lib/a%20b/"), ConnectionPolicy());
  ASSERT_THAT(checked, IsOk());
  EXPECT_EQ(checked->settings.source().url(), "file:///var/lib/a%20b");
  EXPECT_EQ(checked->source_key, "file:/var/lib/a b");
  EXPECT_TRUE(checked->source_password.has_value());
  EXPECT_EQ(checked->settings.source().profile(), "");
}

TEST(FolderSourceTest, RefusesOtherPathsAndWhatHasNoMeaningThere) {
  for (const char* url : {"", "/var/lib", "file:///", "file:///a/../b", "file://x/y",
                          "http://user:s3cr3t@1c/hotel"}) {
    const absl::Status status =
        CheckConnection(FolderConnection(url), ConnectionPolicy()).status();
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "SOURCE_FOLDER_INVALID"))
        << url;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("s3cr3t")));
  }
  v1::Connection with_user = FolderConnection("file:///var/lib/x");
  with_user.mutable_source()->set_user("exchange");
  v1::Connection with_password = FolderConnection("file:///var/lib/x");
  with_password.mutable_source()->set_password("s3cr3t");
  v1::Connection with_profile = FolderConnection("file:///var/lib/x");
  with_profile.mutable_source()->set_profile("1c-hotel");
  for (const v1::Connection& given : {with_user, with_password, with_profile}) {
    EXPECT_THAT(CheckConnection(given, ConnectionPolicy()).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  }
}

TEST(SourceUrlTest, BadAddressesAreRefusedWithoutTheirSecrets) {
  for (const char* url :
       {"", "1c.example.com/hotel", "ftp://1c.example.com/x", "http://u:s3cr3t@h/x",
        "http://h/x?k=s3cr3t", "http://h/x#s3cr3t", "http://169.254.169.254/latest",
        "http://[fe80::1]/x", "http://h:99999/x", "http://h /x", "http:///x",
        "http://metadata.google.internal/x"}) {
    const absl::Status status = NormalizeSourceUrl(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("s3cr3t"))) << url;
  }
}

class ConnectionsTest : public ApiFixture {};

TEST_F(ConnectionsTest, AHotelsCallerNamesNoAgentOfAnotherHotel) {
  CreateIntegration("main");
  CreateIntegration("yours");
  v1::Connection yours = WebhookConnection("yours");
  yours.set_agent("theirs");
  yours.mutable_source()->set_url("http://1c.example.com/other");
  ASSERT_THAT(connections_.Save(yours), IsOk());
  const Reach mine = Reach::Of("/guestbridge.v1.ConnectionService/SaveConnection",
                               {{Role::kIntegration, "main"}});
  v1::Connection connection = WebhookConnection("main");
  for (const char* agent : {"theirs", "nobody"}) {
    connection.set_agent(agent);
    EXPECT_EQ(ReasonOf(connections_.Save(connection, false, mine).status()),
              "AGENT_NOT_FOUND");
  }
  connection.set_agent("ours");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_THAT(connections_.Save(connection, false, mine), IsOk());
  // Nor does it learn who else has that base.
  connection.mutable_source()->set_url("http://1c.example.com/other");
  connection.mutable_source()->set_password("pw");
  const absl::Status taken = connections_.Save(connection, false, mine).status();
  EXPECT_EQ(ReasonOf(taken), "BASE_ALREADY_CONNECTED");
  EXPECT_EQ(ParametersOf(taken)["other"], "…");
}

TEST_F(ConnectionsTest, SaveStoresAndStartsTheFreshSchedule) {
  CreateIntegration("main");
  const auto saved = connections_.Save(WebhookConnection("main"));
  ASSERT_THAT(saved, IsOk());
  EXPECT_EQ(saved->port(), 443);
  EXPECT_TRUE(saved->token_state().valid());
  EXPECT_EQ(saved->source().url(), "http://1c.example.com/hotel/odata/standard.odata");
  EXPECT_EQ(connections_.Get(saved->name())->etag(), saved->etag());
  store::ScheduleRecord schedule;
  ASSERT_THAT(store_->Read([&](Transaction& transaction) -> absl::Status {
    schedule = GetRecord<store::ScheduleRecord>(transaction, keys::Schedule("main"))
                   ->value()
                   .value;
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_FALSE(schedule.paused());
}

TEST_F(ConnectionsTest, SecretsAreNeverReturnedAndStayWhenLeftOut) {
  CreateIntegration("main");
  v1::Connection connection = WebhookConnection("main");
  connection.mutable_webhook()->set_secret("wh00kc0de");
  connection.mutable_source()->set_password("p4ssw0rd");
  const auto saved = connections_.Save(connection);
  ASSERT_THAT(saved, IsOk());
  EXPECT_THAT(saved->DebugString(), Not(HasSubstr("wh00kc0de")));
  EXPECT_THAT(saved->DebugString(), Not(HasSubstr("p4ssw0rd")));

  connection.mutable_webhook()->clear_secret();
  connection.mutable_source()->clear_password();
  connection.set_hotel("Annex");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(credentials_.last_secret, "wh00kc0de");

  for (const char* file : {"server.db", "server.db-wal"}) {
    std::ifstream in(dir_.File(file), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(bytes.find("wh00kc0de"), std::string::npos) << file;
    EXPECT_EQ(bytes.find("p4ssw0rd"), std::string::npos) << file;
  }
}

TEST_F(ConnectionsTest, AStoredSecretDoesNotFollowTheConnectionToAnotherAddress) {
  CreateIntegration("main");
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  v1::Connection moved = WebhookConnection("main");
  moved.mutable_webhook()->clear_secret();
  moved.mutable_source()->clear_password();
  ASSERT_THAT(connections_.Save(moved), IsOk());

  const auto refused = [&](const char* field) {
    const absl::Status status = connections_.Save(moved).status();
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "SECRET_REQUIRED"));
    ASSERT_EQ(ViolationsOf(status).size(), 1U);
    EXPECT_EQ(ViolationsOf(status)[0].field, field);
  };
  moved.set_api_server("other.bitrix24.ru");
  refused("connection.webhook.secret");
  moved.set_api_server("hotel.bitrix24.ru");
  moved.set_port(8443);
  refused("connection.webhook.secret");
  moved.clear_port();
  moved.mutable_source()->set_url("http://elsewhere.example.com/hotel");
  refused("connection.source.password");
  moved.mutable_source()->set_url("http://1c.example.com/hotel2");
  EXPECT_THAT(connections_.Save(moved), IsOk());
}

TEST_F(ConnectionsTest, AFailedTrialStoresNothing) {
  CreateIntegration("main");
  credentials_.answer = MakeError("WEBHOOK_REFUSED", {{"host", "hotel.bitrix24.ru"}});
  EXPECT_EQ(ReasonOf(connections_.Save(WebhookConnection("main")).status()),
            "WEBHOOK_REFUSED");
  EXPECT_EQ(ReasonOf(connections_.Get("integrations/main/connection").status()),
            "CONNECTION_NOT_SET");
}

TEST_F(ConnectionsTest, EachWrongFieldIsNamed) {
  CreateIntegration("main");
  struct Case {
    const char* field;
    std::function<void(v1::Connection*)> spoil;
  };
  const Case cases[] = {
      {"connection.hotel", [](auto* c) { c->set_hotel("  "); }},
      {"connection.api_server", [](auto* c) { c->set_api_server("https://x.y"); }},
      {"connection.api_server", [](auto* c) { c->set_api_server("127.0.0.1"); }},
      {"connection.port", [](auto* c) { c->set_port(70000); }},
      {"connection.ssl", [](auto* c) { c->set_ssl(false); }},
      {"connection.webhook", [](auto* c) { c->clear_auth(); }},
      {"connection.webhook.user_id",
       [](auto* c) { c->mutable_webhook()->set_user_id(0); }},
      {"connection.webhook.secret",
       [](auto* c) { c->mutable_webhook()->set_secret("a/b"); }},
      {"connection.source.type",
       [](auto* c) { c->mutable_source()->set_type("soap"); }},
      {"connection.source.url", [](auto* c) { c->mutable_source()->set_url("x"); }},
      {"connection.source.user", [](auto* c) { c->mutable_source()->clear_user(); }},
      {"connection.source.password",
       [](auto* c) { c->mutable_source()->clear_password(); }},
      {"connection.source.profile",
       [](auto* c) { c->mutable_source()->set_profile("unknown"); }},
      {"connection.source.profile_text",
       [](auto* c) { c->mutable_source()->set_profile_text("a: [b"); }},
      {"connection.settle_time",
       [](auto* c) { c->mutable_settle_time()->set_seconds(1); }},
      {"connection.write_back_rate", [](auto* c) { c->set_write_back_rate(-1); }},
      {"connection.default_region", [](auto* c) { c->set_default_region("XX"); }},
      {"connection.agent", [](auto* c) { c->set_agent("two words"); }},
  };
  for (const Case& one : cases) {
    v1::Connection connection = WebhookConnection("main");
    one.spoil(&connection);
    const absl::Status status = connections_.Save(connection).status();
    ASSERT_FALSE(status.ok()) << one.field;
    ASSERT_FALSE(ViolationsOf(status).empty()) << one.field << status;
    EXPECT_EQ(ViolationsOf(status)[0].field, one.field);
    EXPECT_NE(FindReason(ReasonOf(status)), nullptr) << ReasonOf(status);
  }
}

TEST_F(ConnectionsTest, AllWrongFieldsOfARequestAreNamed) {
  CreateIntegration("main");
  v1::Connection connection = WebhookConnection("main");
  connection.set_hotel(" ");
  connection.set_ssl(false);
  connection.mutable_source()->set_url("x");
  connection.set_write_back_rate(-1);
  const absl::Status status = connections_.Save(connection).status();
  std::vector<std::string> fields;
  for (const FieldViolation& one : ViolationsOf(status)) fields.push_back(one.field);
  EXPECT_THAT(fields, ::testing::ElementsAre("connection.hotel", "connection.ssl",
                                             "connection.source.url",
                                             "connection.write_back_rate"));
}

TEST_F(ConnectionsTest, OneBaseGoesToOnePortalOnce) {
  CreateIntegration("main");
  CreateIntegration("second");
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  v1::Connection same = WebhookConnection("second");
  same.mutable_source()->set_url("HTTP://1C.example.com/HOTEL/");
  const absl::Status status = connections_.Save(same).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "BASE_ALREADY_CONNECTED"));
  EXPECT_EQ(ParametersOf(status)["other"], "main");
  same.set_api_server("other.bitrix24.ru");
  EXPECT_THAT(connections_.Save(same), IsOk());
}

v1::Run MovedReport(const std::string& from, const std::string& to) {
  v1::Run run;
  run.set_name("integrations/main/runs/1");
  v1::Explanation& notice = *run.add_notices();
  notice.set_reason("PORTAL_MOVED");
  (*notice.mutable_parameters())["host"] = from;
  (*notice.mutable_parameters())["new_host"] = to;
  return run;
}

void Assign(Store& store, const std::string& agent) {
  ASSERT_THAT(store.Write([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                         transaction, keys::Integration("main")));
    record->value.set_assigned_agent(agent);
    return PutRecord(transaction, keys::Integration("main"), record->value);
  }),
              IsOk());
}

class AnotherPortalTest : public ConnectionsTest {
 protected:
  v1::Connection OAuth(const std::string& host) const {
    v1::Connection connection = WebhookConnection("main");
    connection.set_api_server(host);
    connection.mutable_oauth()->set_client_id("app.1");
    connection.mutable_oauth()->set_client_secret("s");
    connection.mutable_oauth()->set_refresh_token("r");
    return connection;
  }
  std::string Refusal(const v1::Connection& connection, bool new_portal = false) {
    return ReasonOf(connections_.Save(connection, new_portal).status());
  }
  void BeExported() {
    const auto written = store_->Write([](Transaction& transaction) {
      store::BindingRecord binding;
      binding.set_base_identity("base");
      return PutRecord(transaction, keys::Binding("main"), binding);
    });
    ASSERT_THAT(written, IsOk());
  }
};

TEST_F(AnotherPortalTest, IsRefusedOnceItWasExportedToUnlessThatIsMeant) {
  CreateIntegration("main");
  credentials_.member_id = "one";
  ASSERT_EQ(Refusal(OAuth("a.bitrix24.ru")), "");
  credentials_.member_id = "two";
  ASSERT_EQ(Refusal(OAuth("b.bitrix24.ru")), "") << "nothing was exported yet";
  BeExported();
  credentials_.member_id = "three";
  const auto refused = connections_.Save(OAuth("c.bitrix24.ru"));
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kFailedPrecondition, "PORTAL_IS_ANOTHER"));
  EXPECT_EQ(ParametersOf(refused.status())["known"], "b.bitrix24.ru");
  EXPECT_EQ(connections_.Get("integrations/main/connection")->api_server(),
            "b.bitrix24.ru");
  EXPECT_EQ(Refusal(OAuth("c.bitrix24.ru"), /*new_portal=*/true), "");
  // From then on that one is the portal that is known.
  EXPECT_EQ(Refusal(OAuth("c.bitrix24.ru")), "");
}

TEST_F(AnotherPortalTest, IsKnownSinceASaveThatSaysSo) {
  const auto portal_time = [this] {
    return FromTimestamp(
        connections_.Get("integrations/main/connection")->portal_time());
  };
  CreateIntegration("main");
  v1::Connection connection = WebhookConnection("main");
  // What a caller says of it does not count.
  connection.mutable_portal_time()->set_seconds(1);
  const absl::Time first = clock_.Now();
  ASSERT_EQ(Refusal(connection), "");
  EXPECT_EQ(portal_time(), first);

  clock_.Advance(absl::Hours(1));
  connection.set_hotel("Annex");
  ASSERT_EQ(Refusal(connection), "");
  Assign(*store_, "a1");
  ASSERT_THAT(
      connections_.FollowMove(MovedReport("hotel.bitrix24.ru", "a.bitrix24.ru"), "a1"),
      IsOk());
  EXPECT_EQ(connections_.Get(connection.name())->api_server(), "a.bitrix24.ru");
  EXPECT_EQ(portal_time(), first);

  connection.set_api_server("b.bitrix24.ru");
  credentials_.answer = MakeError("WEBHOOK_REFUSED", {{"host", "b.bitrix24.ru"}});
  EXPECT_EQ(Refusal(connection, /*new_portal=*/true), "WEBHOOK_REFUSED");
  EXPECT_EQ(portal_time(), first);
  credentials_.answer = absl::OkStatus();
  const absl::Time second = clock_.Now();
  ASSERT_EQ(Refusal(connection, /*new_portal=*/true), "");
  EXPECT_EQ(portal_time(), second);
  clock_.Advance(absl::Hours(1));
  ASSERT_EQ(Refusal(connection), "");
  EXPECT_EQ(portal_time(), second);
}

TEST_F(AnotherPortalTest, IsKnownSinceItsAddressUnlessItIsTheSameBehindIt) {
  CreateIntegration("main");
  v1::Connection webhook = WebhookConnection("main");
  ASSERT_EQ(Refusal(webhook), "");
  const auto is_another = [this](const v1::Connection& connection) {
    clock_.Advance(absl::Hours(1));
    EXPECT_EQ(Refusal(connection), "");
    return FromTimestamp(
               connections_.Get("integrations/main/connection")->portal_time()) ==
           clock_.Now();
  };
  webhook.set_api_server("b.bitrix24.ru");
  EXPECT_TRUE(is_another(webhook)) << "a webhook tells no identity";
  webhook.set_port(8443);
  EXPECT_TRUE(is_another(webhook));
  webhook.set_api_server("B.bitrix24.ru");
  EXPECT_FALSE(is_another(webhook)) << "the same address";

  credentials_.member_id = "one";
  EXPECT_TRUE(is_another(OAuth("c.bitrix24.ru")));
  EXPECT_FALSE(is_another(OAuth("renamed.bitrix24.ru")));
  credentials_.member_id = "two";
  EXPECT_TRUE(is_another(OAuth("d.bitrix24.ru"))) << "not exported to yet";
}

TEST_F(AnotherPortalTest, AConnectionOfAnOlderServerIsKnownOnlySinceItsNextNewPortal) {
  CreateIntegration("main");
  ASSERT_EQ(Refusal(WebhookConnection("main")), "");
  const auto older = store_->Write([](Transaction& transaction) -> absl::Status {
    auto record =
        GetRecord<store::ConnectionRecord>(transaction, keys::Connection("main"));
    if (!record.ok()) return record.status();
    store::ConnectionRecord stored = (*record)->value;
    stored.mutable_connection()->clear_portal_time();
    return PutRecord(transaction, keys::Connection("main"), stored);
  });
  ASSERT_THAT(older, IsOk());
  EXPECT_FALSE(connections_.Save(WebhookConnection("main"))->has_portal_time());
  EXPECT_TRUE(connections_.Save(WebhookConnection("main"), /*new_portal=*/true)
                  ->has_portal_time());
}

TEST_F(AnotherPortalTest, ARenamedPortalAndOneThatNobodyCanTellNeedNoFlag) {
  CreateIntegration("main");
  credentials_.member_id = "one";
  ASSERT_EQ(Refusal(OAuth("a.bitrix24.ru")), "");
  BeExported();
  EXPECT_EQ(Refusal(OAuth("renamed.bitrix24.ru")), "") << "the same behind the name";
  credentials_.member_id = "two";
  EXPECT_EQ(Refusal(OAuth("renamed.bitrix24.ru")), "") << "the same address";
  v1::Connection webhook = WebhookConnection("main");
  webhook.set_api_server("b.bitrix24.ru");
  EXPECT_EQ(Refusal(webhook), "") << "a webhook tells no identity";
  EXPECT_EQ(Refusal(OAuth("c.bitrix24.ru")), "") << "what was before is not known";
}

TEST_F(ConnectionsTest, AStaleEtagIsRefused) {
  CreateIntegration("main");
  const auto first = connections_.Save(WebhookConnection("main"));
  ASSERT_THAT(first, IsOk());
  v1::Connection next = WebhookConnection("main");
  next.set_etag(first->etag());
  ASSERT_THAT(connections_.Save(next), IsOk());
  EXPECT_THAT(connections_.Save(next),
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

TEST_F(ConnectionsTest, ARenamedPortalsAddressFollowsWithItsSecretAndANewRevision) {
  CreateIntegration("main");
  const auto saved = connections_.Save(WebhookConnection("main"));
  ASSERT_THAT(saved, IsOk());
  const auto session = ConnectAgent("a1", "inst");
  Sent(*session);
  const v1::Run report = MovedReport("hotel.bitrix24.ru", "Grand.Bitrix24.ru");
  ASSERT_THAT(connections_.FollowMove(report, "a1"), IsOk());
  const auto moved = connections_.Get("integrations/main/connection");
  EXPECT_EQ(moved->api_server(), "grand.bitrix24.ru");
  EXPECT_EQ(moved->port(), 443);
  EXPECT_NE(moved->etag(), saved->etag());
  EXPECT_TRUE(moved->token_state().valid());

  // The report comes again; and once more after somebody has moved it back.
  ASSERT_THAT(connections_.FollowMove(report, "a1"), IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->etag(), moved->etag());
  v1::Connection elsewhere = WebhookConnection("main");
  elsewhere.set_api_server("third.bitrix24.ru");
  ASSERT_THAT(connections_.Save(elsewhere), IsOk());
  ASSERT_THAT(connections_.FollowMove(report, "a1"), IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->api_server(),
            "third.bitrix24.ru");
}

TEST_F(ConnectionsTest, APortOfItsOwnMovesAlong) {
  CreateIntegration("main");
  v1::Connection connection = WebhookConnection("main");
  connection.set_port(8443);
  ASSERT_THAT(connections_.Save(connection), IsOk());
  Assign(*store_, "a");
  ASSERT_THAT(connections_.FollowMove(
                  MovedReport("hotel.bitrix24.ru:8443", "grand.example.com:9443"), "a"),
              IsOk());
  const auto moved = connections_.Get("integrations/main/connection");
  EXPECT_EQ(moved->api_server(), "grand.example.com");
  EXPECT_EQ(moved->port(), 9443);
}

TEST_F(ConnectionsTest, AnAgentThatServesItNoLongerMovesNothing) {
  CreateIntegration("main");
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  Assign(*store_, "b");
  ASSERT_THAT(connections_.FollowMove(
                  MovedReport("hotel.bitrix24.ru", "grand.example.com"), "a"),
              IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->api_server(),
            "hotel.bitrix24.ru");
}

TEST_F(ConnectionsTest, AMoveThatACallerCouldNotSaveIsNotTaken) {
  CreateIntegration("main");
  CreateIntegration("other");
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  Assign(*store_, "a");
  v1::Connection other = WebhookConnection("other");
  other.set_api_server("taken.bitrix24.ru");
  ASSERT_THAT(connections_.Save(other), IsOk());
  for (const char* to : {"127.0.0.1", "localhost", "taken.bitrix24.ru", "", "two words",
                         "grand.bitrix24.ru/rest", "grand.bitrix24.ru:0",
                         "grand.bitrix24.ru:x", "[2a00::1]:8443"}) {
    SCOPED_TRACE(to);
    EXPECT_THAT(connections_.FollowMove(MovedReport("hotel.bitrix24.ru", to), "a"),
                IsOk());
    EXPECT_EQ(connections_.Get("integrations/main/connection")->api_server(),
              "hotel.bitrix24.ru");
  }
}

}  // namespace
}  // namespace guestbridge::server
