#include "server/api/agents.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "server/api/api_fixture_test.h"
#include "server/store/watched_store_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

class AgentsTest : public ApiFixture {
 protected:
  void TellDispatcher() {
    const auto changes = store_->ChangesAfter(seen_, 1000);
    ASSERT_THAT(changes, IsOk());
    if (!changes->empty()) seen_ = changes->back().revision;
    dispatcher_.OnChanges(*changes);
  }
  int64_t seen_ = 0;
};

TEST_F(AgentsTest, AnotherInstallationUnderALiveNameIsRefused) {
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  v1::HelloRequest other;
  other.set_agent("a");
  other.set_installation("two");
  EXPECT_THAT(agents_.Hello(other),
              StatusIs(absl::StatusCode::kAlreadyExists, "AGENT_NAME_IN_USE"));
  other.set_agent("bad name");
  EXPECT_EQ(ReasonOf(agents_.Hello(other).status()), "AGENT_NAME_INVALID");
}

TEST_F(AgentsTest, OnlyWhoMerelySaysANameGivesItUpToTheCertificatesOwner) {
  const Caller owner{.principal = "agents/a", .name = "a", .grants = {}, .agent = "a"};
  const Caller for_it{
      .principal = "apiTokens/q7", .name = "a", .grants = {}, .agent = "a"};
  const Caller for_any{
      .principal = "apiTokens/q8", .name = "any", .grants = {}, .agent = ""};
  const auto hello = [&](const std::string& installation, const Caller& caller) {
    v1::HelloRequest request;
    request.set_agent("a");
    request.set_installation(installation);
    return agents_.Hello(request, caller);
  };
  const auto stranger = hello("stranger", for_any);
  ASSERT_THAT(stranger, IsOk());
  EXPECT_EQ(ReasonOf(hello("other", for_it).status()), "AGENT_NAME_IN_USE");
  ASSERT_THAT(hello("own", owner), IsOk());
  EXPECT_EQ(ReasonOf(agents_.Enter(stranger->session(), for_any.principal).status()),
            "SESSION_UNKNOWN");
  // A copy of the ledger, or of the certificate, is no stranger.
  EXPECT_EQ(ReasonOf(hello("copy", owner).status()), "AGENT_NAME_IN_USE");
  EXPECT_EQ(ReasonOf(hello("stranger", for_any).status()), "AGENT_NAME_IN_USE");
  ASSERT_THAT(hello("own", for_it), IsOk());
  EXPECT_EQ(ReasonOf(hello("copy", owner).status()), "AGENT_NAME_IN_USE");
}

TEST_F(AgentsTest, AnAgentThatNeedsALaterServerIsToldSo) {
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("one");
  const auto opened = agents_.Hello(hello);  // From before protocols were said.
  ASSERT_THAT(opened, IsOk());
  EXPECT_GT(opened->protocol(), 1);
  EXPECT_EQ(opened->oldest_protocol(), 1);
  hello.set_protocol(9);
  hello.set_oldest_protocol(2);
  EXPECT_THAT(agents_.Hello(hello), IsOk()) << "later, and content with this one";
  hello.set_oldest_protocol(9);
  EXPECT_THAT(agents_.Hello(hello),
              StatusIs(absl::StatusCode::kFailedPrecondition, "SERVER_TOO_OLD"));
}

TEST_F(AgentsTest, TheNameOfADeadAgentIsFreeAfterAMinute) {
  const auto session = ConnectAgent("a", "one");
  ASSERT_TRUE(session->Detach(stream_));
  v1::HelloRequest other;
  other.set_agent("a");
  other.set_installation("two");
  EXPECT_FALSE(agents_.Hello(other).ok());
  clock_.Advance(absl::Seconds(61));
  EXPECT_THAT(agents_.Hello(other), IsOk());
}

TEST_F(AgentsTest, TheSameInstallationReplacesItsOldSessionAtOnce) {
  const auto old = ConnectAgent("a", "one");
  const int old_stream = stream_;
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  const Session::Step step = old->Next(old_stream);
  ASSERT_TRUE(step.end.has_value());
  EXPECT_EQ(ReasonOf(*step.end), "SESSION_REPLACED");
  EXPECT_THAT(agents_.Enter(old->identity().token),
              StatusIs(absl::StatusCode::kUnauthenticated, "SESSION_UNKNOWN"));
}

TEST_F(AgentsTest, ConfigurationsCarrySecretsToTheirAgentOnly) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 2U);
  const v1::AgentConfiguration& configuration = messages[0].configuration();
  EXPECT_EQ(configuration.connection().webhook().secret(), "abc123");
  EXPECT_EQ(configuration.connection().source().password(), "pw");
  EXPECT_EQ(configuration.mapping().version(), 1);
  ASSERT_EQ(configuration.mapping().contact_fields_size(), 1) << "as they were saved";
  EXPECT_EQ(configuration.mapping().contact_fields(0).type(), "string");
  EXPECT_FALSE(configuration.fallback_base_identity().empty());
  ASSERT_EQ(configuration.disabled_events_size(), 1);
  EXPECT_EQ(configuration.disabled_events(0), "contact-changed");
  EXPECT_TRUE(messages[1].has_caught_up());
  EXPECT_EQ(agents_.Get("agents/a")->integrations_size(), 1);

  // The integration is taken: a second agent gets nothing.
  const auto other = ConnectAgent("b", "two");
  EXPECT_EQ(Sent(*other).size(), 1U);
}

TEST_F(AgentsTest, AnIntegrationWhoseAgentSaidGoodbyeGoesToTheOnlyOtherOne) {
  Prepare("main");
  const auto old = ConnectAgent("a", "one");
  ASSERT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(), "a");
  ASSERT_THAT(agents_.Goodbye(old), IsOk());
  const auto other = ConnectAgent("b", "two");
  EXPECT_EQ(Sent(*other).size(), 2U);
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(), "b");
  EXPECT_EQ(connections_.Get("integrations/main/connection")->agent(), "");
}

TEST_F(AgentsTest, AnIntegrationWhoseAgentOnlyLostItsLineStaysWithItForAnHour) {
  Prepare("main");
  const auto old = ConnectAgent("a", "one");
  ASSERT_TRUE(old->Detach(stream_));
  const auto other = ConnectAgent("b", "two");
  EXPECT_EQ(Sent(*other).size(), 1U);
  const auto run = StartExport("main");
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_AWAY");
  EXPECT_EQ(run->notices(0).parameters().at("agent"), "a");
  EXPECT_EQ(run->notices(0).parameters().at("other"), "b");
  clock_.Advance(absl::Minutes(61));
  TellDispatcher();
  EXPECT_EQ(Sent(*other).size(), 2U);  // configuration and run
}

TEST_F(AgentsTest, ARunThatIsUnderWayKeepsItsAgentAndSoDoesANamedOne) {
  Prepare("main");
  const auto old = ConnectAgent("a", "one");
  v1::ReportRunRequest report;
  *report.mutable_run() = *StartExport("main");
  report.set_sequence(1);
  report.mutable_run()->set_state(v1::Run::RUNNING);
  ASSERT_THAT(runs_.Report(*old, report), IsOk());
  ASSERT_THAT(agents_.Goodbye(old), IsOk());
  EXPECT_EQ(Sent(*ConnectAgent("b", "two")).size(), 1U);

  CreateIntegration("named");
  v1::Connection connection = WebhookConnection("named");
  connection.set_agent("a");
  connection.mutable_source()->set_url("http://1c.example.com/other");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  TellDispatcher();
  EXPECT_EQ(connections_.Get("integrations/named/connection")->assigned_agent(), "a");
}

TEST_F(AgentsTest, ANewerRevisionIsSentOnceAndReplacesOneThatWaits) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  Sent(*session);
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  TellDispatcher();
  ASSERT_THAT(integrations_.SetActive("integrations/main", true, ""), IsOk());
  TellDispatcher();
  TellDispatcher();
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].configuration().active());
}

TEST_F(AgentsTest, RunsAreHandedOutOnceAndAgainAfterReconnect) {
  Prepare("main");
  auto session = ConnectAgent("a", "one");
  Sent(*session);
  const std::string run = StartExport("main")->name();
  TellDispatcher();
  TellDispatcher();
  auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].task().run().run().name(), run);

  session = ConnectAgent("a", "one");
  messages = Sent(*session);
  EXPECT_EQ(std::count_if(messages.begin(), messages.end(),
                          [](const auto& message) { return message.has_task(); }),
            1);
  ASSERT_THAT(runs_.Cancel(run), IsOk());
  TellDispatcher();
  messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].cancel_run(), run);
}

TEST_F(AgentsTest, ADeletedIntegrationIsTakenBack) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  Sent(*session);
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  TellDispatcher();
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].removed().integration(), "integrations/main");
}

TEST_F(AgentsTest, WhatAnAgentSaysOfAForeignIntegrationIsNotKept) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  v1::AcknowledgeConfigurationRequest request;
  request.set_integration("integrations/yours");
  request.set_revision(7);
  const int64_t revision = store_->WaitForRevision(0, absl::ZeroDuration());
  ASSERT_THAT(agents_.Acknowledge(*session, request), IsOk());
  EXPECT_EQ(store_->WaitForRevision(0, absl::ZeroDuration()), revision);
}

TEST_F(AgentsTest, OnlyARejectionOfAnIntegrationThatTheAgentServesIsLogged) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  const auto logged = [&](const char* integration) {
    v1::AcknowledgeConfigurationRequest request;
    request.set_integration(integration);
    request.set_revision(7);
    request.mutable_rejection()->set_reason("SOURCE_PROFILE_INVALID");
    ::testing::internal::CaptureStderr();
    EXPECT_THAT(agents_.Acknowledge(*session, request), IsOk());
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(logged("integrations/main"),
              ::testing::HasSubstr("configuration_rejected"));
  EXPECT_THAT(logged("integrations/yours"),
              ::testing::Not(::testing::HasSubstr("configuration_rejected")));
}

TEST_F(AgentsTest, AnAgentIsShownToWhomItServes) {
  Prepare("main");
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  const auto reach = [](const std::string& integration) {
    return Reach::Of("/guestbridge.v1.AgentService/GetAgent",
                     {{Role::kViewer, integration}});
  };
  EXPECT_THAT(agents_.Get("agents/a", reach("main")), IsOk());
  EXPECT_EQ(ReasonOf(agents_.Get("agents/a", reach("yours")).status()),
            "AGENT_NOT_FOUND");
  EXPECT_EQ(agents_.List({}, reach("main"))->agents_size(), 1);
  EXPECT_EQ(agents_.List({}, reach("yours"))->agents_size(), 0);
}

TEST_F(AgentsTest, ASessionIsOfWhoOpenedIt) {
  v1::HelloRequest request;
  request.set_agent("a");
  request.set_installation("one");
  Caller mine;
  mine.principal = "apiTokens/mine";
  const auto opened = agents_.Hello(request, mine);
  ASSERT_THAT(opened, IsOk());
  EXPECT_THAT(agents_.Enter(opened->session(), "apiTokens/mine"), IsOk());
  for (const char* other : {"", "apiTokens/yours", "agents/a"}) {
    EXPECT_EQ(ReasonOf(agents_.Enter(opened->session(), other).status()),
              "SESSION_UNKNOWN");
  }
}

TEST_F(AgentsTest, ARejectionIsShownUntilARevisionIsApplied) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one");
  v1::AcknowledgeConfigurationRequest request;
  request.set_integration("integrations/main");
  request.set_revision(7);
  request.mutable_rejection()->set_reason("SOURCE_PROFILE_INVALID");
  ASSERT_THAT(agents_.Acknowledge(*session, request), IsOk());
  EXPECT_EQ(agents_.Get("agents/a")->integrations(0).rejection().reason(),
            "SOURCE_PROFILE_INVALID");
  request.clear_rejection();
  request.set_revision(8);
  ASSERT_THAT(agents_.Acknowledge(*session, request), IsOk());
  EXPECT_FALSE(agents_.Get("agents/a")->integrations(0).has_rejection());
  EXPECT_EQ(agents_.Get("agents/a")->integrations(0).applied_revision(), 8);
}

TEST_F(AgentsTest, AnAgentThatIsAheadOfARestoredDatabaseGetsHigherRevisions) {
  Prepare("main");
  const auto before = Sent(*ConnectAgent("a", "one"));
  ASSERT_EQ(before.size(), 2U);
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("one");
  hello.set_known_revision(5000);
  const auto opened = agents_.Hello(hello);
  ASSERT_THAT(opened, IsOk());
  EXPECT_GT(opened->revision(), 5000);
  EXPECT_EQ(store_->Rewinds(), 1);
  const auto after = Sent(*ConnectAgent("a", "one"));
  ASSERT_EQ(after.size(), 2U);
  EXPECT_GT(after[0].configuration().revision(), 5000);

  // Nobody can make the others begin anew all the time, nor at all by any number.
  hello.set_known_revision(opened->revision() + 10'000'000);
  ASSERT_THAT(agents_.Hello(hello), IsOk());
  EXPECT_EQ(store_->Rewinds(), 1);
  clock_.Advance(absl::Hours(2));
  hello.set_known_revision(int64_t{1} << 62);
  ASSERT_THAT(agents_.Hello(hello), IsOk());
  EXPECT_EQ(store_->Rewinds(), 1);
}

TEST_F(AgentsTest, AllServersTogetherBelieveAnAgentOnceAnHour) {
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("one");
  hello.set_known_revision(5000);
  const auto opened = agents_.Hello(hello);
  ASSERT_THAT(opened, IsOk());
  ASSERT_EQ(store_->Rewinds(), 1);
  const auto store = *OpenSqliteStore(dir_.File("server.db"), clock_);
  SessionHub sessions(clock_, random_, "two");
  Leases leases(*store, clock_);
  Dispatcher dispatcher(*store, *sealer_, sessions, false);
  Agents agents(*store, clock_, sessions, dispatcher, leases);
  hello.set_known_revision(opened->revision() + 10'000'000);
  clock_.Advance(absl::Minutes(59));
  ASSERT_THAT(agents.Hello(hello), IsOk());
  EXPECT_EQ(store->Rewinds(), 0);
  clock_.Advance(absl::Minutes(2));
  ASSERT_THAT(agents.Hello(hello), IsOk());
  EXPECT_EQ(store->Rewinds(), 1);
}

TEST_F(AgentsTest, AnAgentIsNotBehindItsOwnDatabase) {
  Prepare("main");
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("one");
  const auto opened = agents_.Hello(hello);
  ASSERT_THAT(opened, IsOk());
  const auto sent = Sent(*ConnectAgent("a", "one"));
  ASSERT_EQ(sent.size(), 2U);
  const v1::AgentConfiguration& configuration = sent[0].configuration();
  EXPECT_GE(configuration.database_revision(), configuration.revision());
  for (const auto& [revision, tag] :
       {std::pair(opened->revision(), opened->tag()),
        std::pair(configuration.database_revision(), configuration.database_tag())}) {
    EXPECT_NE(tag, 0);
    hello.set_known_revision(revision);
    hello.set_known_tag(tag);
    ASSERT_THAT(agents_.Hello(hello), IsOk());
    EXPECT_EQ(store_->Rewinds(), 0);
  }
}

TEST_F(AgentsTest, AnAgentThatKnowsAnotherCommitOfTheSameNumberGetsHigherRevisions) {
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("one");
  const auto opened = agents_.Hello(hello);
  ASSERT_THAT(opened, IsOk());
  hello.set_known_revision(opened->revision());
  ASSERT_THAT(agents_.Hello(hello), IsOk()) << "as agents do that know no tags";
  EXPECT_EQ(store_->Rewinds(), 0);
  hello.set_known_tag(opened->tag() ^ 2);
  const auto again = agents_.Hello(hello);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(again->revision(), opened->revision() + 1000);
}

TEST_F(AgentsTest, AnAgentHasTheConfigurationBeforeItIsAskedAboutIt) {
  sessions_.SetBeforeTask([this](const v1::Task& task) {
    return dispatcher_.BringUpToDate(task.integration());
  });
  const auto session = ConnectAgent("a", "one");
  Sent(*session);
  // Saved this moment: nobody has told the dispatcher yet.
  Prepare("main");
  EXPECT_EQ(
      ReasonOf(
          mappings_.Load("integrations/main", {absl::ZeroDuration(), {}}).status()),
      "TASK_TIMED_OUT");
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].configuration().integration(), "integrations/main");
  EXPECT_TRUE(messages[1].task().has_load_fields());
}

// Who holds the dispatcher waits for the store, and who holds the store must not wait
// for the dispatcher.
TEST_F(AgentsTest, AreShownWhileTheDispatcherReadsTheStore) {
  Prepare("main");
  WatchedStore dispatched(*store_);
  WatchedStore shown(*store_);
  Dispatcher dispatcher(dispatched, *sealer_, sessions_, false);
  Agents agents(shown, clock_, sessions_, dispatcher, leases_);
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  absl::Notification done;
  std::thread watchdog([&] {
    if (done.WaitForNotificationWithTimeout(absl::Minutes(1))) return;
    std::cerr << "they wait for each other\n";
    std::abort();
  });
  for (const bool list : {false, true}) {
    absl::Notification in_transaction;
    absl::Notification locked;
    shown.inside_read = [&] {
      in_transaction.Notify();
      locked.WaitForNotification();
    };
    dispatched.before_read = [&] {
      if (!locked.HasBeenNotified()) locked.Notify();
    };
    std::thread feed([&] {
      in_transaction.WaitForNotification();
      dispatcher.OnChanges({{.revision = 1, .key = keys::Integration("main")}});
    });
    if (list) {
      EXPECT_EQ(agents.List({})->agents_size(), 1);
    } else {
      EXPECT_EQ(agents.Get("agents/a")->integrations_size(), 1);
    }
    feed.join();
  }
  done.Notify();
  watchdog.join();
}

TEST_F(AgentsTest, LoadedFieldsAreSuggestedMappedAndSavedOnce) {
  Prepare("main");
  ASSERT_EQ(ReasonOf(mappings_.Save(OfMain<v1::SaveFieldMappingRequest>()).status()),
            "FIELDS_NOT_LOADED");
  const auto session = ConnectAgent("a", "one");
  Sent(*session);
  std::thread agent([&] {
    while (true) {
      for (const v1::WatchResponse& message : Sent(*session)) {
        v1::FinishTaskRequest answer;
        answer.set_task(message.task().id());
        const auto source = [&](const char* name, const char* type) {
          v1::SourceField& field = *answer.mutable_fields()->add_source_fields();
          field.set_name(name);
          field.set_type(type);
        };
        const auto contact = [&](const char* name, const char* type, bool read_only) {
          v1::ContactField& field = *answer.mutable_fields()->add_contact_fields();
          field.set_name(name);
          field.set_type(type);
          field.set_read_only(read_only);
        };
        source("LastName", "Edm.String");
        source("EMail", "Edm.String");
        source("EMailAdditional", "Edm.String");
        source("DateOfBirth", "Edm.DateTime");
        source("City", "Edm.String");
        contact("LAST_NAME", "string", false);
        contact("EMAIL", "crm_multifield", false);
        contact("BIRTHDATE", "date", false);
        contact("ID", "integer", true);
        contact("ORIGIN_ID", "string", false);
        EXPECT_THAT(sessions_.Answer(*session, answer), IsOk());
        return;
      }
      std::this_thread::yield();
    }
  });
  const auto draft = mappings_.Load("integrations/main", Patience());
  agent.join();
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->entries_size(), 4);
  ASSERT_EQ(draft->contact_fields_size(), 5);
  EXPECT_FALSE(draft->contact_fields(0).read_only());
  EXPECT_TRUE(draft->contact_fields(4).read_only()) << "no mapping may fill it";

  const auto map = [&](const char* source, const char* target, const char* transform) {
    v1::FieldMappingEntry entry;
    entry.set_source(source);
    entry.set_target(target);
    if (*transform != '\0') entry.add_transforms(transform);
    return ReasonOf(mappings_.Map("integrations/main", entry).status());
  };
  EXPECT_EQ(map("Nope", "LAST_NAME", ""), "ATTRIBUTE_UNKNOWN");
  EXPECT_EQ(map("City", "NOPE", ""), "FIELD_UNKNOWN");
  EXPECT_EQ(map("City", "ID", ""), "FIELD_READ_ONLY");
  EXPECT_EQ(map("City", "ORIGIN_ID", ""), "FIELD_READ_ONLY");
  EXPECT_EQ(map("City", "LAST_NAME", ""), "FIELD_TAKEN");
  EXPECT_EQ(map("LastName", "LAST_NAME", "sparkle"), "TRANSFORM_UNKNOWN");
  EXPECT_EQ(map("LastName", "LAST_NAME", "truncate:0"), "TRANSFORM_ARGUMENT_INVALID");
  EXPECT_EQ(map("City", "BIRTHDATE", ""), "TYPE_MISMATCH");

  const auto map_with = [&](const char* source, v1::FieldMappingEntry::Policy policy) {
    v1::FieldMappingEntry entry;
    entry.set_source(source);
    entry.set_target("EMAIL");
    entry.set_policy(policy);
    ASSERT_THAT(mappings_.Map("integrations/main", entry), IsOk());
  };
  // The policy belongs to the field, whichever of its sources was mapped last.
  map_with("EMail", v1::FieldMappingEntry::FILL_EMPTY);
  map_with("EMailAdditional", v1::FieldMappingEntry::POLICY_UNSPECIFIED);
  const auto shared = mappings_.Get("integrations/main/fieldMapping");
  for (const v1::FieldMappingEntry& entry : shared->entries()) {
    EXPECT_EQ(entry.policy(), entry.target() == "EMAIL"
                                  ? v1::FieldMappingEntry::FILL_EMPTY
                                  : v1::FieldMappingEntry::OVERWRITE)
        << entry.target();
  }
  EXPECT_EQ(ReasonOf(mappings_.SetFilter("integrations/main", "Nope = 1").status()),
            "ATTRIBUTE_UNKNOWN");
  EXPECT_EQ(ReasonOf(mappings_.SetFilter("integrations/main", "City").status()),
            "FILTER_INCOMPLETE");
  EXPECT_EQ(mappings_.SetFilter("integrations/main", "City='Тверь'")->filter(),
            "City = Тверь");

  const auto saved = mappings_.Save(OfMain<v1::SaveFieldMappingRequest>());
  ASSERT_THAT(saved, IsOk());
  EXPECT_EQ(saved->version(), 2);
  EXPECT_EQ(saved->conditions_size(), 1);
  v1::DiffFieldMappingsRequest request;
  request.set_parent("integrations/main");
  request.set_from_version(2);
  EXPECT_EQ(mappings_.Diff(request)->changes_size(), 0);
  request.set_from_version(1);
  request.set_to_version(2);
  EXPECT_EQ(mappings_.Diff(request)->filter_after(), "City = Тверь");
  EXPECT_GT(mappings_.Diff(request)->changes_size(), 0);
  request.set_to_version(9);
  EXPECT_EQ(ReasonOf(mappings_.Diff(request).status()), "MAPPING_VERSION_NOT_FOUND");
  EXPECT_EQ(mappings_.Save(OfMain<v1::SaveFieldMappingRequest>())->version(), 2);
  EXPECT_EQ(mappings_.Restore("integrations/main/fieldMappings/1")->version(), 3);
  EXPECT_EQ(mappings_.Get("integrations/main/fieldMapping")->entries_size(), 1);
  EXPECT_EQ(mappings_.Get("integrations/main/fieldMappings/3")->restored_from(), 1);
  EXPECT_TRUE(mappings_.Get("integrations/main/fieldMappings/3")->current());
}

TEST_F(AgentsTest, AnAgentThatGoesAwayFailsWhatWasAskedOfIt) {
  Prepare("main");
  EXPECT_EQ(ReasonOf(mappings_.Load("integrations/main", Patience()).status()),
            "AGENT_NOT_CONNECTED");
  const auto session = ConnectAgent("a", "one");
  Sent(*session);
  std::thread agent([&] {
    while (Sent(*session).empty()) std::this_thread::yield();
    session->Detach(stream_);
    sessions_.StreamEnded(session);
  });
  EXPECT_THAT(mappings_.Load("integrations/main", Patience()),
              StatusIs(absl::StatusCode::kUnavailable, "AGENT_LOST"));
  agent.join();
  EXPECT_EQ(ReasonOf(mappings_.Load("integrations/main", Patience()).status()),
            "AGENT_NOT_CONNECTED");
}

}  // namespace
}  // namespace guestbridge::server
