#include "server/api/clients.h"

#include <thread>

#include "gmock/gmock.h"
#include "server/api/api_fixture_test.h"
#include "server/api/schedules.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::ElementsAre;

constexpr char kClient[] = "integrations/main/clients/g";

class ClientsTest : public ApiFixture {
 protected:
  ClientsTest()
      : erasures_(*store_, *sealer_), clients_(*store_, sessions_, clock_, erasures_) {
    Prepare("main");
    link_.set_name(kClient);
    link_.set_contact(4711);
    unlink_.set_name(kClient);
    unlink_.set_make_new(true);
  }

  // Asks while an agent answers the first task that is not a run, and returns the task.
  template <typename Call>
  v1::Task Answered(Session& session, v1::FinishTaskRequest answer, Call call) {
    v1::Task asked;
    std::thread agent([&] {
      while (!asked.has_link_client() && !asked.has_unlink_client() &&
             !asked.has_list_client_history() && !asked.has_forget_client() &&
             !asked.has_explain_client() && !asked.has_list_client_groups() &&
             !asked.has_drop_clients() && !asked.has_explain_clients() &&
             !asked.has_list_clients()) {
        for (const v1::WatchResponse& message : Sent(session)) asked = message.task();
        std::this_thread::yield();
      }
      answer.set_task(asked.id());
      EXPECT_THAT(sessions_.Answer(session, answer), IsOk());
    });
    call();
    agent.join();
    return asked;
  }

  Erasures erasures_;
  Clients clients_;
  v1::LinkClientRequest link_;
  v1::UnlinkClientRequest unlink_;
};

TEST_F(ClientsTest, WithoutAnAgentNobodyDecidesAboutAPair) {
  EXPECT_EQ(ReasonOf(clients_.Link(link_, Patience()).status()), "AGENT_NOT_CONNECTED");
  EXPECT_EQ(ReasonOf(clients_.Unlink(unlink_, Patience()).status()),
            "AGENT_NOT_CONNECTED");
}

TEST_F(ClientsTest, TheAgentIsToldTheDecisionAndItsWordIsTheAnswer) {
  const auto session = ConnectAgent("a", "one");
  v1::FinishTaskRequest answer;
  answer.mutable_client()->set_contact(4711);
  const v1::Task linked = Answered(*session, answer, [&] {
    EXPECT_EQ(clients_.Link(link_, Patience())->contact(), 4711);
  });
  EXPECT_EQ(linked.integration(), "integrations/main");
  EXPECT_EQ(linked.link_client().name(), kClient);
  EXPECT_EQ(linked.link_client().contact(), 4711);
  const v1::Task unlinked = Answered(*session, answer, [&] {
    EXPECT_THAT(clients_.Unlink(unlink_, Patience()), IsOk());
  });
  EXPECT_EQ(unlinked.unlink_client().name(), kClient);
  EXPECT_TRUE(unlinked.unlink_client().make_new());
}

TEST_F(ClientsTest, AnExplanationSaysWhenTheRunIsDueThatDoesWhatIsNext) {
  const auto session = ConnectAgent("a", "one");
  Schedules schedules(*store_, clock_);
  v1::Schedule schedule;
  schedule.set_name("integrations/main/schedule");
  schedule.set_cron("0 3 * * *");
  schedule.set_time_zone("Europe/Moscow");
  const auto set = schedules.Set(schedule);
  ASSERT_THAT(set, IsOk());
  const auto explain = [&](const char* next) {
    v1::FinishTaskRequest answer;
    answer.mutable_explanation()->mutable_next()->set_reason(next);
    v1::ClientExplanation explained;
    const v1::Task asked = Answered(*session, answer, [&] {
      const auto told =
          clients_.Explain("integrations/main/clients/+7 916 123-45-67", Patience());
      EXPECT_THAT(told, IsOk());
      explained = told.value_or(v1::ClientExplanation());
    });
    EXPECT_EQ(asked.explain_client().client(), "+7 916 123-45-67");
    return explained;
  };
  const v1::ClientExplanation added = explain("NEXT_IS_ADD");
  EXPECT_EQ(added.time_zone(), "Europe/Moscow");
  EXPECT_GT(added.next_run_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  for (const char* done_by_it : {"NEXT_IS_DELETE", "NEXT_IS_RELINK", "NEXT_IS_LOOK"}) {
    EXPECT_TRUE(explain(done_by_it).has_next_run_time()) << done_by_it;
  }
  EXPECT_FALSE(explain("NEXT_IS_REVIEW").has_next_run_time());
  ASSERT_THAT(schedules.Pause("integrations/main/schedule"), IsOk());
  EXPECT_FALSE(explain("NEXT_IS_ADD").has_next_run_time());
}

TEST_F(ClientsTest, TheAgentTellsTheValuesOfAPlansSamplesByItsDraft) {
  const auto session = ConnectAgent("a", "one");
  store::RunRecord dry_run;
  dry_run.mutable_run()->set_integration("integrations/main");
  dry_run.mutable_run()->set_mapping_version(9);
  for (const char* outcome : {"SKIPPED", "ADDED", "UPDATED"}) {
    v1::PlannedClient& planned =
        *dry_run.mutable_run()->mutable_forecast()->add_samples();
    planned.set_client(outcome);
    planned.set_outcome(outcome);
    planned.add_fields("NAME");
  }
  dry_run.mutable_draft()->set_version(9);
  v1::FinishTaskRequest answer;
  v1::ExplainedClients& explained = *answer.mutable_explained();
  explained.add_clients()->mutable_error()->set_reason("CLIENT_NOT_FOUND");
  v1::ClientExplanation& second = *explained.add_clients()->mutable_explanation();
  second.set_decision("UPDATE");
  second.set_mapping_version(9);
  v1::FieldChange& name = *second.add_writes();
  name.set_target("NAME");
  name.set_before("Anna");
  name.set_after("Inna");
  v1::ListRunSamplesResponse samples;
  const v1::Task asked = Answered(*session, answer, [&] {
    const auto found = clients_.Samples(dry_run, Patience());
    ASSERT_THAT(found, IsOk());
    samples = *found;
  });
  EXPECT_THAT(asked.explain_clients().clients(), ElementsAre("ADDED", "UPDATED"));
  EXPECT_EQ(asked.explain_clients().draft().version(), 9);
  ASSERT_EQ(samples.samples_size(), 2);
  EXPECT_EQ(samples.samples(0).explanation().reason(), "CLIENT_NOT_FOUND");
  EXPECT_EQ(samples.samples(1).fields(0).before(), "Anna");
  EXPECT_EQ(samples.samples(1).fields(0).after(), "Inna");
  // Nobody is asked where nothing would be written.
  dry_run.mutable_run()->mutable_forecast()->mutable_samples()->DeleteSubrange(1, 2);
  EXPECT_EQ(clients_.Samples(dry_run, Patience())->samples_size(), 0);
}

TEST_F(ClientsTest, WhatTheLastMatchSaidIsTheAgentsToTell) {
  const auto session = ConnectAgent("a", "one");
  v1::ListClientsRequest request;
  request.set_parent("integrations/main");
  request.set_last_match(v1::ListClientsRequest::NEW);
  v1::FinishTaskRequest answer;
  answer.mutable_clients()->add_clients()->set_client("g");
  // An older one knows of none, and lists all that it has.
  Answered(*session, answer, [&] {
    EXPECT_THAT(
        clients_.List(request, Patience()),
        StatusIs(absl::StatusCode::kFailedPrecondition, "AGENT_KNOWS_NO_MATCH"));
  });
  answer.mutable_clients()->set_last_match(v1::ListClientsRequest::NEW);
  const v1::Task asked = Answered(*session, answer, [&] {
    EXPECT_EQ(clients_.List(request, Patience())->clients_size(), 1);
  });
  EXPECT_EQ(asked.list_clients().last_match(), v1::ListClientsRequest::NEW);
  request.set_last_match(static_cast<v1::ListClientsRequest::LastMatch>(99));
  EXPECT_EQ(ReasonOf(clients_.List(request, Patience()).status()),
            "CLIENT_STATE_UNKNOWN");
}

TEST_F(ClientsTest, ReasonsAndDropsAreTheAgentsToTellAndToDo) {
  const auto session = ConnectAgent("a", "one");
  v1::ListClientGroupsRequest by_reason;
  by_reason.set_parent("integrations/main");
  by_reason.set_state(v1::Client::FAILED);
  v1::FinishTaskRequest answer;
  answer.mutable_client_groups()->add_groups()->set_count(3);
  const v1::Task listed = Answered(*session, answer, [&] {
    EXPECT_EQ(clients_.Groups(by_reason, Patience())->groups(0).count(), 3);
  });
  EXPECT_EQ(listed.list_client_groups().state(), v1::Client::FAILED);
  by_reason.set_state(static_cast<v1::Client::State>(99));
  EXPECT_EQ(ReasonOf(clients_.Groups(by_reason, Patience()).status()),
            "CLIENT_STATE_UNKNOWN");

  v1::DropClientsRequest drop;
  drop.set_parent("integrations/main");
  EXPECT_EQ(ReasonOf(clients_.Drop(drop, Patience()).status()), "FIELD_REQUIRED");
  drop.add_clients("g");
  answer.mutable_dropped()->set_dropped(1);
  const v1::Task dropped = Answered(*session, answer, [&] {
    EXPECT_EQ(clients_.Drop(drop, Patience())->dropped(), 1);
  });
  EXPECT_EQ(dropped.drop_clients().clients(0), "g");
}

TEST_F(ClientsTest, WhatTheAgentRefusesIsTheCallersError) {
  const auto session = ConnectAgent("a", "one");
  v1::FinishTaskRequest answer;
  answer.mutable_error()->set_reason("CONTACT_ID_UNKNOWN");
  Answered(*session, answer, [&] {
    EXPECT_THAT(clients_.Link(link_, Patience()),
                StatusIs(absl::StatusCode::kNotFound, "CONTACT_ID_UNKNOWN"));
  });
}

TEST_F(ClientsTest, NoPairIsDecidedWhileARunIsUnderWay) {
  const auto session = ConnectAgent("a", "one");
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  v1::ForgetClientRequest forget;
  forget.set_name(kClient);
  for (const absl::Status& status : {clients_.Link(link_, Patience()).status(),
                                     clients_.Unlink(unlink_, Patience()).status(),
                                     clients_.Forget(forget, Patience()).status()}) {
    EXPECT_EQ(ReasonOf(status), "RUN_IN_PROGRESS");
    EXPECT_EQ(ParametersOf(status)["run"], run->name());
  }
}

TEST_F(ClientsTest, AnErasureIsTheAgentsAndItsReceiptTheAnswer) {
  const auto session = ConnectAgent("a", "one");
  v1::ForgetClientRequest request;
  request.set_name(kClient);
  request.set_delete_contact(true);
  v1::FinishTaskRequest answer;
  const std::string hash(32, 'a');
  answer.mutable_erasure()->set_client_hash(hash);
  v1::ErasureReceipt receipt;
  const v1::Task asked = Answered(
      *session, answer, [&] { receipt = *clients_.Forget(request, Patience()); });
  EXPECT_EQ(receipt.client_hash(), hash);
  ASSERT_EQ(receipt.left_size(), 1) << "the agent has not told of it";
  EXPECT_EQ(receipt.left(0).reason(), "LEFT_UNKNOWN_TO_SERVER");
  v1::ReportLedgerRequest report;
  report.set_integration("integrations/main");
  v1::Erasures& erasures = *report.add_erasures();
  erasures.set_secret("0123456789abcdef");
  v1::ErasedClient& erased = *erasures.add_clients();
  erased.set_hash(hash);
  erased.mutable_erase_time()->set_seconds(1);
  ASSERT_THAT(erasures_.Take(*session, report), IsOk());
  Answered(*session, answer, [&] { receipt = *clients_.Forget(request, Patience()); });
  EXPECT_EQ(receipt.left_size(), 0);
  EXPECT_EQ(asked.forget_client().name(), kClient);
  EXPECT_TRUE(asked.forget_client().delete_contact());
  request.set_name("clients/g");
  EXPECT_FALSE(clients_.Forget(request, Patience()).ok());
}

TEST_F(ClientsTest, AHistoryIsAskedOfTheAgentAlsoWhileARunIsUnderWay) {
  const auto session = ConnectAgent("a", "one");
  ASSERT_THAT(StartExport("main"), IsOk());
  v1::ListClientHistoryRequest request;
  request.set_parent(kClient);
  request.set_page_token("t");
  v1::FinishTaskRequest answer;
  answer.mutable_history()->add_entries()->set_contact(4711);
  const v1::Task asked = Answered(*session, answer, [&] {
    EXPECT_EQ(clients_.History(request, Patience())->entries(0).contact(), 4711);
  });
  EXPECT_EQ(asked.list_client_history().parent(), kClient);
  EXPECT_EQ(asked.list_client_history().page_token(), "t");
  EXPECT_EQ(asked.list_client_history().page_size(), 50);
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(clients_.History(request, Patience()).status()),
            "PAGE_SIZE_NEGATIVE");
  request.set_parent("integrations/main");
  EXPECT_FALSE(clients_.History(request, Patience()).ok());
}

TEST_F(ClientsTest, WhatOneAgentIsAskedNoOtherAnswers) {
  const auto session = ConnectAgent("a", "one");
  const int own_stream = stream_;
  const auto other = ConnectAgent("b", "two");
  ASSERT_NE(other, nullptr);
  stream_ = own_stream;
  std::thread agent([&] {
    v1::FinishTaskRequest answer;
    while (answer.task().empty()) {
      for (const v1::WatchResponse& message : Sent(*session)) {
        if (message.task().has_link_client()) answer.set_task(message.task().id());
      }
      std::this_thread::yield();
    }
    answer.mutable_client()->set_contact(666);
    EXPECT_EQ(ReasonOf(sessions_.Answer(*other, answer)), "TASK_NOT_FOUND");
    answer.mutable_client()->set_contact(4711);
    EXPECT_THAT(sessions_.Answer(*session, answer), IsOk());
  });
  const auto linked = clients_.Link(link_, Patience());
  agent.join();
  ASSERT_THAT(linked, IsOk());
  EXPECT_EQ(linked->contact(), 4711);
}

TEST_F(ClientsTest, WhatIsNoNameOrNoContactIsRefusedHere) {
  link_.set_contact(0);
  EXPECT_THAT(clients_.Link(link_, Patience()),
              StatusIs(absl::StatusCode::kInvalidArgument, "CONTACT_ID_INVALID"));
  link_.set_name("integrations/main");
  EXPECT_FALSE(clients_.Link(link_, Patience()).ok());
  unlink_.set_name("clients/g");
  EXPECT_FALSE(clients_.Unlink(unlink_, Patience()).ok());
}

}  // namespace
}  // namespace guestbridge::server
