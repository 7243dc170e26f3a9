// What a caller who may call hands in all the same: forged page tokens and etags, hosts
// that nobody may send us to, a role for nobody. Each is refused by its reason, leaves
// a record and changes nothing.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/resource/page.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/api_token.pb.h"
#include "guestbridge/v1/audit.grpc.pb.h"
#include "guestbridge/v1/connection.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "server/calling_agent_test.h"
#include "server/identity/api_tokens.h"
#include "server/identity/permission_table.h"
#include "server/server_fixture_test.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::TextFormat;
using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::StartsWith;
using Record = v1::AuditRecord;

constexpr char kForgedEtag[] = "forged";

// The messages of a request that carry `field`, itself or one below it: a resource.
std::vector<Message*> Carriers(Message* request, const std::string& field) {
  const Descriptor* const type = request->GetDescriptor();
  if (type->FindFieldByName(field) != nullptr) return {request};
  std::vector<Message*> found;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* const part = type->field(i);
    if (part->is_repeated() || part->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
        part->message_type()->FindFieldByName(field) == nullptr) {
      continue;
    }
    found.push_back(request->GetReflection()->MutableMessage(request, part));
  }
  return found;
}

void SetText(Message* message, const std::string& field, const std::string& text) {
  message->GetReflection()->SetString(
      message, message->GetDescriptor()->FindFieldByName(field), text);
}

// The agent of integrations/main, which refuses whatever it is asked for by page token:
// it alone knows the pages of clients.
class RefusingAgent {
 public:
  explicit RefusingAgent(const Channel& channel) : agent_(channel, "hotel-1") {
    EXPECT_TRUE(agent_.Hello().ok());
    grpc::ClientReader<v1::WatchResponse>& stream = agent_.Watch();
    v1::WatchResponse message;
    while (!message.has_caught_up() && stream.Read(&message)) {
    }
    thread_ = std::thread([this, &stream] {
      v1::WatchResponse asked;
      while (stream.Read(&asked)) {
        if (asked.has_task()) Refuse(asked.task());
      }
    });
  }
  ~RefusingAgent() {
    agent_.Leave();
    thread_.join();
  }

 private:
  void Refuse(const v1::Task& task) {
    v1::FinishTaskRequest answer;
    answer.set_session(agent_.session());
    answer.set_task(task.id());
    answer.mutable_error()->set_reason("PAGE_TOKEN_INVALID");
    v1::FinishTaskResponse taken;
    grpc::ClientContext context;
    SetDeadline(context);
    EXPECT_TRUE(agent_.stub().FinishTask(&context, answer, &taken).ok());
  }

  CallingAgent agent_;
  std::thread thread_;
};

class RefusedInputTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerFixture::SetUp();
    ASSERT_THAT(store_->Write(PutDrafts), IsOk());
    Start();
    admin_ = As({.name = "ivanova", .grants = {{Role::kAdmin, ""}}, .agent = ""});
  }

  // What an etag of the draft, the events and the schedule can be compared with.
  static absl::Status PutDrafts(Transaction& t) {
    store::MappingRecord draft;
    draft.mutable_mapping()->add_source_fields()->set_name("LastName");
    GB_RETURN_IF_ERROR(PutRecord(t, keys::MappingDraft("main"), draft));
    store::EventsRecord events;
    events.add_choices()->set_event("contact-changed");
    GB_RETURN_IF_ERROR(PutRecord(t, keys::Events("main"), events));
    store::ScheduleRecord schedule;
    schedule.set_cron("0 3 * * *");
    schedule.set_time_zone("Europe/Moscow");
    schedule.set_paused(true);
    return PutRecord(t, keys::Schedule("main"), schedule);
  }

  static std::unique_ptr<Message> RequestOf(const Permission& permission) {
    const MethodDescriptor* const method =
        DescriptorPool::generated_pool()->FindMethodByName(
            absl::StrReplaceAll(permission.method.substr(1), {{"/", "."}}));
    return std::unique_ptr<Message>(
        MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
  }

  // The admin's refused calls.
  std::vector<Record> Refusals() {
    v1::ListAuditRecordsRequest request;
    request.set_page_size(1000);
    request.set_outcome(Record::DENIED);
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListAuditRecordsResponse page;
    EXPECT_THAT(FromGrpcStatus(v1::AuditService::NewStub(admin_)->ListAuditRecords(
                    &context, request, &page)),
                IsOk());
    return {page.records().begin(), page.records().end()};
  }

  void ExpectRecorded(absl::string_view method, const std::string& reason,
                      const std::string& resource) {
    EXPECT_THAT(Refusals(),
                Contains(AllOf(Property(&Record::principal, StartsWith("apiTokens/")),
                               Property(&Record::peer, StartsWith("127.0.0.1:")),
                               Property(&Record::method, std::string(method.substr(1))),
                               Property(&Record::reason, reason),
                               Property(&Record::resource, StartsWith(resource)))));
  }

  // Written since, but for the audit, for who was there when, and for what the server
  // notes of itself.
  std::vector<std::string> ChangedSince(int64_t revision) {
    const auto changes = store_->ChangesAfter(revision, 10000);
    EXPECT_THAT(changes, IsOk());
    std::vector<std::string> changed;
    if (!changes.ok()) return changed;
    for (const Change& change : *changes) {
      if (absl::StartsWith(change.key, "audit") ||
          absl::StartsWith(change.key, "meta/") ||
          absl::StartsWith(change.key, "api-token-uses/") ||
          absl::StartsWith(change.key, "agents/")) {
        continue;
      }
      changed.push_back(change.key);
    }
    return changed;
  }

  int64_t Revision() {
    const auto revision = store_->Write([](Transaction&) { return absl::OkStatus(); });
    EXPECT_THAT(revision, IsOk());
    return revision.ok() ? *revision : 0;
  }

  Channel admin_;
};

TEST_F(RefusedInputTest, EveryListRefusesAForgedPageTokenOnRecord) {
  const RefusingAgent agent(
      As({.name = "hotel-1", .grants = {{Role::kAgent, ""}}, .agent = "hotel-1"}));
  const std::string made_elsewhere = EncodePageToken("another list", "main");
  std::string changed = EncodePageToken("integrations", "main");
  changed[3] = changed[3] == 'x' ? 'y' : 'x';
  const int64_t before = Revision();
  int walked = 0;
  for (const Permission& permission : Permissions()) {
    if (!absl::StartsWith(permission.method, "/guestbridge.v1.")) continue;
    const std::unique_ptr<Message> request = RequestOf(permission);
    const Descriptor& type = *request->GetDescriptor();
    if (type.FindFieldByName("page_token") == nullptr) continue;
    SCOPED_TRACE(std::string(permission.method));
    ++walked;
    std::string about;
    if (type.FindFieldByName("parent") != nullptr) {
      about = "integrations/main";
      const bool of_client = absl::EndsWith(permission.method, "/ListClientHistory");
      SetText(
          request.get(), "parent",
          of_client ? about + "/clients/8c1e0000-0000-4000-8000-000000000001" : about);
    }
    for (const std::string& forged :
         {std::string("no token"), made_elsewhere, changed}) {
      SetText(request.get(), "page_token", forged);
      EXPECT_THAT(Call(admin_, permission.method, *request),
                  StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
    }
    ExpectRecorded(permission.method, "PAGE_TOKEN_INVALID", about);
  }
  EXPECT_GE(walked, 8);
  EXPECT_THAT(ChangedSince(before), IsEmpty());
}

TEST_F(RefusedInputTest, APageTokenThatIsWellMadeCarriesNoAuthority) {
  const Channel foreign =
      As({.name = "petrov", .grants = {{Role::kViewer, "other"}}, .agent = ""});
  v1::ListIntegrationsRequest request;
  request.set_page_token(EncodePageToken("integrations", "integrations/a"));
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ListIntegrationsResponse page;
  ASSERT_THAT(FromGrpcStatus(v1::IntegrationService::NewStub(foreign)->ListIntegrations(
                  &context, request, &page)),
              IsOk());
  EXPECT_EQ(page.integrations_size(), 0);
}

TEST_F(RefusedInputTest, EveryEtagThatIsForgedIsRefusedOnRecord) {
  // What the request needs beside its etag, by the RPC's name.
  const std::map<std::string, std::string> rest = {
      {"UpdateIntegration",
       "integration { name: 'integrations/main' display_name: 'Riviera' }"},
      {"DeleteIntegration", "name: 'integrations/main'"},
      {"ActivateIntegration", "name: 'integrations/main'"},
      {"DeactivateIntegration", "name: 'integrations/main'"},
      {"SaveConnection",
       "connection { name: 'integrations/main/connection' hotel: 'Main'"
       " api_server: 'hotel.bitrix24.ru' ssl: true"
       " webhook { user_id: 1 secret: 'abc123' }"
       " source { type: 'onec-odata' url: 'http://1c.example.com/hotel'"
       " user: 'odata' password: 'pw' } }"},
      {"SaveFieldMapping", "parent: 'integrations/main'"},
      {"SaveEvents", "name: 'integrations/main/events'"},
      {"SetSchedule",
       "schedule { name: 'integrations/main/schedule' cron: '0 4 * * *'"
       " time_zone: 'Europe/Moscow' }"},
  };
  const int64_t before = Revision();
  size_t walked = 0;
  for (const Permission& permission : Permissions()) {
    // What agents report carries etags of what it is about.
    if (!absl::StartsWith(permission.method, "/guestbridge.v1.") ||
        absl::StartsWith(permission.method, "/guestbridge.v1.AgentControlService/")) {
      continue;
    }
    const std::string name(permission.method.substr(permission.method.rfind('/') + 1));
    // Nothing is there yet that could have been read.
    if (absl::StartsWith(name, "Create")) continue;
    const std::unique_ptr<Message> request = RequestOf(permission);
    if (Carriers(request.get(), "etag").empty()) continue;
    SCOPED_TRACE(name);
    ++walked;
    const auto needed = rest.find(name);
    ASSERT_NE(needed, rest.end()) << "what else does its request need?";
    ASSERT_TRUE(TextFormat::ParseFromString(needed->second, request.get()));
    for (Message* carrier : Carriers(request.get(), "etag")) {
      SetText(carrier, "etag", kForgedEtag);
    }
    EXPECT_THAT(Call(admin_, permission.method, *request),
                StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
    ExpectRecorded(permission.method, "ETAG_MISMATCH", "integrations/main");
  }
  EXPECT_EQ(walked, rest.size());
  EXPECT_THAT(ChangedSince(before), IsEmpty());
}

TEST_F(RefusedInputTest, APlaceWhereNobodyMaySendUsIsRefusedOnRecord) {
  constexpr char kMethod[] = "/guestbridge.v1.ConnectionService/SaveConnection";
  struct Case {
    std::string portal;
    std::string source;
    std::string reason;
  };
  const int64_t before = Revision();
  for (const Case& bad : std::vector<Case>{
           {"10.0.0.7", "http://1c.example.com/hotel", "PORTAL_ADDRESS_REFUSED"},
           {"192.168.0.7", "http://1c.example.com/hotel", "PORTAL_ADDRESS_REFUSED"},
           {"hotel.bitrix24.ru@10.0.0.7", "http://1c.example.com/hotel",
            "API_SERVER_INVALID"},
           {"hotel.bitrix24.ru", "http://169.254.169.254/hotel",
            "SOURCE_ADDRESS_REFUSED"},
       }) {
    SCOPED_TRACE(bad.reason);
    v1::SaveConnectionRequest request;
    v1::Connection& connection = *request.mutable_connection();
    connection.set_name("integrations/main/connection");
    connection.set_hotel("Main");
    connection.set_api_server(bad.portal);
    connection.set_ssl(true);
    connection.mutable_webhook()->set_user_id(1);
    connection.mutable_webhook()->set_secret("planted-secret");
    connection.mutable_source()->set_type("onec-odata");
    connection.mutable_source()->set_url(bad.source);
    connection.mutable_source()->set_user("odata");
    connection.mutable_source()->set_password("planted-password");
    EXPECT_EQ(ReasonOf(Call(admin_, kMethod, request)), bad.reason);
    ExpectRecorded(kMethod, bad.reason, "integrations/main");
  }
  EXPECT_THAT(ChangedSince(before), IsEmpty());
  for (const Record& record : Refusals()) {
    EXPECT_FALSE(absl::StrContains(record.SerializeAsString(), "planted"));
  }
}

TEST_F(RefusedInputTest, ARoleForNobodyIsRefusedOnRecord) {
  constexpr char kMethod[] = "/guestbridge.v1.ApiTokenService/CreateApiToken";
  const int64_t before = Revision();
  v1::CreateApiTokenRequest request;
  request.mutable_api_token()->set_display_name("petrov");
  EXPECT_THAT(Call(admin_, kMethod, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "TOKEN_GRANTS_INVALID"));
  request.mutable_api_token()->add_grants();
  EXPECT_THAT(Call(admin_, kMethod, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "TOKEN_GRANTS_INVALID"));
  ExpectRecorded(kMethod, "TOKEN_GRANTS_INVALID", "");
  EXPECT_THAT(ChangedSince(before), IsEmpty());
}

}  // namespace
}  // namespace guestbridge::server
