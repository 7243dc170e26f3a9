// Whoever changes something, asks for something or is given a secret is on record.
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/api/api_fixture_test.h"
#include "server/api/audited_methods_test.h"
#include "server/api/audits.h"
#include "server/api/clients.h"
#include "server/api/connection_checks.h"
#include "server/api/connection_tester.h"
#include "server/api/events.h"
#include "server/api/schedules.h"
#include "server/audit/asked_task.h"
#include "server/audit/audited_store.h"
#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr char kClient[] =
    "integrations/main/clients/8c1e0000-0000-4000-8000-000000000001";
constexpr char kSecret[] = "plantedwebhooksecret1";
constexpr char kPassword[] = "planted-1c-password";
constexpr char kPhone[] = "+7 916 555-44-33";

// They leave no record: they read, or are an agent's reports of its own work. What
// AgentControlService hands out is recorded where it leaves.
bool LeavesNone(absl::string_view method) {
  const absl::string_view name = method.substr(method.rfind('/') + 1);
  if (name == "ListRunSamples") return false;  // asks the agent about guests
  if (absl::StartsWith(name, "Get") || absl::StartsWith(name, "List") ||
      absl::StartsWith(name, "Diff") || absl::StartsWith(name, "Watch")) {
    return true;
  }
  static const auto* const kNone = new std::set<absl::string_view>{
      "/guestbridge.v1.AgentControlService/Hello",
      "/guestbridge.v1.AgentControlService/AcknowledgeConfiguration",
      "/guestbridge.v1.AgentControlService/AcquireLease",
      "/guestbridge.v1.AgentControlService/ReportRun",
      "/guestbridge.v1.AgentControlService/OpenRun",
      "/guestbridge.v1.AgentControlService/ReportLedger",
      "/guestbridge.v1.AgentControlService/ReportChecks",
      "/guestbridge.v1.AgentControlService/ReportAgent",
      "/guestbridge.v1.AgentControlService/FinishTask",
      "/guestbridge.v1.AgentControlService/Goodbye",
      "/guestbridge.v1.AuditService/VerifyAudit",
  };
  return kNone->contains(method);
}

// The same database as the fixture's, seen through the audit.
class AuditMatrixTest : public ApiFixture {
 protected:
  AuditMatrixTest() {
    sessions_.SetBeforeTask([this](const v1::Task& task) -> absl::Status {
      const auto entry = EntryOf(task, audited_->audit().key());
      return entry.has_value() ? audited_->audit().Record(*entry) : absl::OkStatus();
    });
    Prepare("main");
    agent_ = ConnectAgent("a", "one");
    Seed();
  }

  // A draft with fields to choose from, and events.
  void Seed() {
    store::MappingRecord record;
    v1::FieldMapping& draft = *record.mutable_mapping();
    draft.add_source_fields()->set_name("LastName");
    draft.add_source_fields()->set_name("FirstName");
    for (const char* name : {"LAST_NAME", "NAME"}) {
      v1::ContactField& field = *draft.add_contact_fields();
      field.set_name(name);
      field.set_type("string");
    }
    store::EventsRecord events;
    auto& choice = *events.add_choices();
    choice.set_event("contact-changed");
    choice.set_enabled(true);
    choice.set_saved_enabled(true);
    EXPECT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      GB_RETURN_IF_ERROR(PutRecord(t, keys::MappingDraft("main"), record));
      return PutRecord(t, keys::Events("main"), events);
    }),
                IsOk());
  }

  // As if an agent had ended them.
  void EndRuns() {
    EXPECT_THAT(store_->Write([](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto open, t.List(keys::OpenRuns("main"), "", 100));
      for (const Document& document : open) {
        GB_RETURN_IF_ERROR(t.Delete(document.key));
      }
      return absl::OkStatus();
    }),
                IsOk());
  }

  absl::Status StartRun(v1::Run::Kind kind) {
    RunOrder order;
    order.integration = "main";
    order.kind = kind;
    const auto run = runs_2_.Start(order);
    if (run.ok()) last_run_ = run->name();
    return run.status();
  }

  absl::Status Map(const std::string& source, const std::string& target) {
    v1::FieldMappingEntry entry;
    entry.set_source(source);
    entry.set_target(target);
    return mappings_2_.Map("integrations/main", entry).status();
  }

  std::vector<v1::AuditRecord> Records(v1::ListAuditRecordsRequest request = {}) {
    request.set_page_size(1000);
    const auto page = audits_.List(request);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? std::vector<v1::AuditRecord>(page->records().begin(),
                                                    page->records().end())
                     : std::vector<v1::AuditRecord>();
  }

  const Patience kNone_{absl::ZeroDuration(), {}};
  std::unique_ptr<AuditedStore> audited_ = *AuditedStore::Open(
      *OpenSqliteStore(dir_.File("server.db"), clock_), *sealer_, random_, clock_);
  Audits audits_{*audited_, audited_->audit()};
  Integrations integrations_2_{*audited_, clock_};
  Connections connections_2_{*audited_,
                             clock_,
                             random_,
                             *sealer_,
                             credentials_,
                             sessions_,
                             {.allow_private_portals = false}};
  ConnectionChecks checks_{*audited_, clock_};
  ConnectionTester tester_{*audited_, *sealer_, credentials_, sessions_, checks_};
  FieldMappings mappings_2_{*audited_, clock_, sessions_};
  Events events_{*audited_, sessions_};
  Erasures erasures_{*audited_, *sealer_};
  Clients clients_{*audited_, sessions_, clock_, erasures_};
  Runs runs_2_{*audited_, clock_, sessions_};
  Schedules schedules_{*audited_, clock_};
  std::shared_ptr<Session> agent_;
  std::string last_run_;
};

using Act = std::pair<std::string, std::function<absl::Status()>>;

TEST_F(AuditMatrixTest, EveryRpcThatChangesOrAsksLeavesARecord) {
  const auto refill = [&](auto request) {
    request.set_name(kClient);
    return request;
  };
  const std::vector<Act> acts = {
      {"IntegrationService/CreateIntegration",
       [&] {
         v1::CreateIntegrationRequest request;
         request.set_integration_id("second");
         request.mutable_integration()->set_type(v1::Integration::BITRIX24);
         return integrations_2_.Create(request).status();
       }},
      {"IntegrationService/UpdateIntegration",
       [&] {
         v1::UpdateIntegrationRequest request;
         request.mutable_integration()->set_name("integrations/main");
         request.mutable_integration()->set_display_name("Riviera");
         return integrations_2_.Update(request).status();
       }},
      {"IntegrationService/DeactivateIntegration",
       [&] {
         return integrations_2_.SetActive("integrations/main", false, "").status();
       }},
      {"IntegrationService/ActivateIntegration",
       [&] {
         return integrations_2_.SetActive("integrations/main", true, "").status();
       }},
      {"ConnectionService/SaveConnection",
       [&] {
         v1::Connection connection = WebhookConnection("main");
         connection.mutable_webhook()->set_secret(kSecret);
         connection.mutable_source()->set_password(kPassword);
         return connections_2_.Save(connection).status();
       }},
      {"ConnectionService/TestConnection",
       [&] { return tester_.Test("integrations/main/connection", kNone_).status(); }},
      {"FieldMappingService/LoadFields",
       [&] { return mappings_2_.Load("integrations/main", kNone_).status(); }},
      {"FieldMappingService/MapField", [&] { return Map("LastName", "LAST_NAME"); }},
      {"FieldMappingService/SetClientFilter",
       [&] {
         return mappings_2_.SetFilter("integrations/main", "LastName = Planted")
             .status();
       }},
      {"FieldMappingService/SaveFieldMapping",
       [&] {
         return mappings_2_.Save(OfMain<v1::SaveFieldMappingRequest>()).status();
       }},
      {"FieldMappingService/UnmapField",
       [&] { return mappings_2_.Unmap("integrations/main", "LAST_NAME").status(); }},
      {"FieldMappingService/RestoreFieldMapping",
       [&] {
         return mappings_2_.Restore("integrations/main/fieldMappings/2").status();
       }},
      {"EventService/LoadEvents",
       [&] { return events_.Load("integrations/main/events", kNone_).status(); }},
      {"EventService/DisableEvent",
       [&] {
         return events_.Switch("integrations/main/events", "contact-changed", false)
             .status();
       }},
      {"EventService/SaveEvents",
       [&] { return events_.Save("integrations/main/events", "").status(); }},
      {"EventService/EnableEvent",
       [&] {
         return events_.Switch("integrations/main/events", "contact-changed", true)
             .status();
       }},
      {"ClientService/MatchClients", [&] { return StartRun(v1::Run::MATCH); }},
      {"ClientService/ExplainClient",
       [&] {
         return clients_
             .Explain(absl::StrCat("integrations/main/clients/", kPhone), kNone_)
             .status();
       }},
      {"ClientService/RetryClients",
       [&] {
         return clients_.Retry(OfMain<v1::RetryClientsRequest>(), kNone_).status();
       }},
      {"ClientService/DropClients",
       [&] {
         auto request = OfMain<v1::DropClientsRequest>();
         request.add_clients("00000123");
         return clients_.Drop(request, kNone_).status();
       }},
      {"ClientService/LinkClient",
       [&] {
         auto request = refill(v1::LinkClientRequest());
         request.set_contact(4711);
         return clients_.Link(request, kNone_).status();
       }},
      {"ClientService/UnlinkClient",
       [&] {
         return clients_.Unlink(refill(v1::UnlinkClientRequest()), kNone_).status();
       }},
      {"ClientService/ForgetClient",
       [&] {
         return clients_.Forget(refill(v1::ForgetClientRequest()), kNone_).status();
       }},
      {"RunService/RebuildLedger", [&] { return StartRun(v1::Run::REBUILD); }},
      {"RunService/StartReconcile", [&] { return StartRun(v1::Run::RECONCILE); }},
      {"RunService/StartExport", [&] { return StartRun(v1::Run::EXPORT); }},
      {"RunService/CancelRun",
       [&] {
         StartRun(v1::Run::EXPORT).IgnoreError();
         return runs_2_.Cancel(last_run_).status();
       }},
      {"RunService/ListRunSamples",
       [&] {
         store::RunRecord dry_run;
         dry_run.mutable_run()->set_integration("integrations/main");
         v1::PlannedClient& sample =
             *dry_run.mutable_run()->mutable_forecast()->add_samples();
         sample.set_client("00000000-0000-4000-8000-000000000001");
         sample.set_outcome("ADDED");
         dry_run.mutable_draft()->add_entries()->set_source("Planted");
         return clients_.Samples(dry_run, kNone_).status();
       }},
      {"ScheduleService/SetSchedule",
       [&] {
         v1::Schedule schedule;
         schedule.set_name("integrations/main/schedule");
         schedule.set_cron("0 4 * * *");
         schedule.set_time_zone("Europe/Moscow");
         return schedules_.Set(schedule).status();
       }},
      {"ScheduleService/PauseSchedule",
       [&] { return schedules_.Pause("integrations/main/schedule").status(); }},
      {"ScheduleService/ResumeSchedule",
       [&] { return schedules_.Resume("integrations/main/schedule").status(); }},
      {"IntegrationService/DeleteIntegration",
       [&] { return integrations_2_.Delete("integrations/main", ""); }},
  };
  std::set<std::string> acted;
  for (const auto& [name, act] : acts) {
    const std::string method = absl::StrCat("guestbridge.v1.", name);
    SCOPED_TRACE(method);
    acted.insert("/" + method);
    EndRuns();
    clock_.Advance(absl::Seconds(1));
    const AuditedCall call{.principal = "ivanova",
                           .peer = "10.0.0.7:51724",
                           .request_id = "abc",
                           .method = method};
    {
      const AuditScope scope(call);
      // Nobody answers what the agent is asked.
      const absl::Status done = act();
      EXPECT_TRUE(done.ok() || ReasonOf(done) == "TASK_TIMED_OUT") << done;
    }
    v1::ListAuditRecordsRequest of_method;
    of_method.set_method(method);
    const auto records = Records(of_method);
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.front().principal(), "ivanova");
    EXPECT_EQ(records.front().outcome(), v1::AuditRecord::ALLOWED);
    EXPECT_TRUE(absl::StartsWith(records.front().resource(), "integrations/"))
        << records.front().resource();
  }
  EXPECT_EQ(Records().front().resource(), "integrations/main") << "the deletion";
  for (const Permission& permission : Permissions()) {
    if (!absl::StartsWith(permission.method, "/guestbridge.v1.")) continue;
    if (IsOfIdentity(permission.method)) continue;
    EXPECT_NE(acted.contains(std::string(permission.method)),
              LeavesNone(permission.method))
        << permission.method << ": is it on record? Give an act, or say why not";
  }
  const auto verified = audits_.Verify();
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->defect(), v1::VerifyAuditResponse::DEFECT_UNSPECIFIED);
  for (const v1::AuditRecord& record : Records()) {
    const std::string bytes = record.SerializeAsString();
    for (const char* planted :
         {kSecret, kPassword, kPhone, "00000123", "Planted", "planted"}) {
      EXPECT_FALSE(absl::StrContains(bytes, planted)) << record.DebugString();
    }
  }
}

TEST_F(AuditMatrixTest, NobodyIsAskedWithoutARecord) {
  Sent(*agent_);
  ASSERT_THAT(
      store_->Write([](Transaction& t) { return t.Put("meta/audit-head", "\xff"); }),
      IsOk());
  v1::ForgetClientRequest request;
  request.set_name(kClient);
  EXPECT_THAT(clients_.Forget(request, kNone_),
              StatusIs(absl::StatusCode::kUnavailable, "AUDIT_NOT_WRITTEN"));
  EXPECT_TRUE(Sent(*agent_).empty());
}

TEST_F(AuditMatrixTest, NoConfigurationLeavesWithoutARecord) {
  absl::Status refusal = MakeError("AUDIT_NOT_WRITTEN");
  std::vector<std::string> recorded;
  dispatcher_.SetBeforeSecrets(
      [&](const Session& to, const v1::AgentConfiguration& configuration) {
        if (refusal.ok()) {
          recorded.push_back(
              absl::StrCat(to.identity().agent, " ", configuration.integration()));
        }
        return refusal;
      });
  // The same installation comes back: everything is sent anew.
  const auto session = ConnectAgent("a", "one");
  EXPECT_TRUE(Sent(*session).empty());
  refusal = absl::OkStatus();
  dispatcher_.CatchUp();
  const auto sent = Sent(*session);
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent.front().has_configuration());
  EXPECT_EQ(recorded, std::vector<std::string>{"a integrations/main"});
  // What it has is not sent, and not recorded, again.
  EXPECT_THAT(dispatcher_.BringUpToDate("integrations/main"), IsOk());
  EXPECT_EQ(recorded.size(), 1U);
}

TEST_F(AuditMatrixTest, RecordsAreListedByPageAndFilter) {
  for (int i = 1; i <= 5; ++i) {
    clock_.Advance(absl::Minutes(1));
    const AuditedCall call{.principal = i % 2 == 0 ? "petrov" : "ivanova",
                           .peer = "",
                           .request_id = "",
                           .method = "guestbridge.v1.ScheduleService/SetSchedule"};
    const AuditScope scope(call);
    v1::Schedule schedule;
    schedule.set_name("integrations/main/schedule");
    schedule.set_cron(absl::StrCat(i, " 3 * * *"));
    schedule.set_time_zone("Europe/Moscow");
    ASSERT_THAT(schedules_.Set(schedule), IsOk());
  }
  const auto numbers = [](const auto& records) {
    std::vector<int64_t> all;
    for (const v1::AuditRecord& record : records) all.push_back(record.number());
    return all;
  };
  v1::ListAuditRecordsRequest request;
  request.set_page_size(2);
  std::vector<int64_t> seen;
  do {
    const auto page = audits_.List(request);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->records_size(), 2);
    for (const v1::AuditRecord& record : page->records()) {
      seen.push_back(record.number());
      EXPECT_EQ(record.name(), absl::StrCat("auditRecords/", record.number()));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, (std::vector<int64_t>{5, 4, 3, 2, 1}));

  v1::ListAuditRecordsRequest filter;
  filter.set_principal("petrov");
  filter.set_oldest_first(true);
  EXPECT_EQ(numbers(Records(filter)), (std::vector<int64_t>{2, 4}));
  filter.Clear();
  filter.set_resource("integrations/main");
  filter.set_method("SetSchedule");
  EXPECT_EQ(Records(filter).size(), 5U);
  filter.set_resource("integrations/mai");
  EXPECT_TRUE(Records(filter).empty());
  filter.Clear();
  *filter.mutable_start_time() = ToTimestamp(clock_.Now() - absl::Minutes(2));
  *filter.mutable_end_time() = ToTimestamp(clock_.Now());
  EXPECT_EQ(numbers(Records(filter)), (std::vector<int64_t>{4, 3}));
  filter.Clear();
  filter.set_outcome(v1::AuditRecord::DENIED);
  EXPECT_TRUE(Records(filter).empty());
  filter.set_outcome(static_cast<v1::AuditRecord::Outcome>(9));
  EXPECT_EQ(ReasonOf(audits_.List(filter).status()), "AUDIT_OUTCOME_UNKNOWN");
  filter.Clear();
  filter.set_page_token("forged");
  EXPECT_EQ(ReasonOf(audits_.List(filter).status()), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace guestbridge::server
