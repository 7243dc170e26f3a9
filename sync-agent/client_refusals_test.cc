#include <string>
#include <vector>

#include "sync-agent/client_explanation.h"
#include "sync-agent/client_history.h"
#include "sync-agent/client_list.h"
#include "sync-agent/client_tasks_fixture_test.h"

// What becomes of a client that the portal refused.
namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;

class ClientRefusalsTest : public ClientTasksTest {
 protected:
  ClientRefusalsTest() {
    Map(1);
    sides_.settings.active = true;
    world.portal.refused_name = "Bad";
    world.portal.fields = {{"LAST_NAME", {"string", false}},
                           {"PHONE", {"crm_multifield", false}}};
    world.base.Add(1, "Bad");
    world.base.Add(2, "Orlova");
    world.base.Add(3, "Bad");
  }

  void Map(int version) {
    MappingOptions options;
    options.version = version_ = version;
    auto compiled = CompiledMapping::Compile(
        {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, std::move(options));
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    world.mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
    sides_.settings.mapping = *world.mapping;
  }
  RunCounts Run(bool dry_run = false) {
    auto settings = world.Settings();
    settings.mapping_version = version_;
    settings.settle = true;
    settings.dry_run = dry_run;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  std::string Decision(size_t i) {
    const auto explained = ExplainClient(Key(i).guid(), Parts());
    EXPECT_TRUE(explained.ok()) << explained.status();
    return explained.ok() ? explained->decision() : "";
  }
  v1::FinishTaskRequest Perform(const v1::Task& task) {
    return PerformTask(task, Parts());
  }
  v1::FinishTaskRequest Drop(const std::string& client) {
    v1::Task task;
    task.mutable_drop_clients()->add_clients(client);
    return Perform(task);
  }
  v1::FinishTaskRequest Drop(size_t i) { return Drop(Key(i).guid()); }
  v1::FinishTaskRequest Retry(const std::string& client) {
    v1::Task task;
    task.mutable_retry_clients()->add_clients(client);
    return Perform(task);
  }
  int Retry(size_t i) { return Retry(Key(i).guid()).retried().queued(); }

  bool Answer(const std::string& code) {
    const std::vector<AnsweredAttempt> answered = {{Key(0), code}};
    return world.ledger->NoteAnswered(answered).ok();
  }

  int version_ = 0;
};

TEST_F(ClientRefusalsTest, ThePortalsCodeIsKeptAndTold) {
  EXPECT_EQ(Run().failed, 2);
  EXPECT_EQ(Record(0).reason, "PORTAL_REFUSED");
  EXPECT_EQ(Record(0).parameters, (Parameters{{"code", "ERROR_CORE"}}));
  v1::ListClientHistoryRequest ask;
  ask.set_parent(absl::StrCat("integrations/main/clients/", Key(0).guid()));
  const auto history = ListClientHistory(ask, Parts());
  ASSERT_TRUE(history.ok());
  EXPECT_EQ(history->entries(0).parameters().at("code"), "ERROR_CORE");
}

TEST_F(ClientRefusalsTest, WhatLooksLikeNoCodeIsNotKept) {
  Intend(0);
  ASSERT_TRUE(Answer("Orlova: wrong e-mail"));
  EXPECT_EQ((*world.ledger->AttemptOf(Key(0)))->code, "");
  ASSERT_TRUE(Answer("ERROR_CORE"));
  EXPECT_EQ((*world.ledger->AttemptOf(Key(0)))->code, "ERROR_CORE");
}

TEST_F(ClientRefusalsTest, ReasonsAreCountedWithTheirFirstClients) {
  Run();
  v1::ListClientGroupsRequest ask;
  ask.set_state(v1::Client::FAILED);
  const auto failed = ListClientGroups(ask, Parts());
  ASSERT_TRUE(failed.ok());
  ASSERT_EQ(failed->groups_size(), 1);
  EXPECT_EQ(failed->groups(0).reason(), "PORTAL_REFUSED");
  EXPECT_EQ(failed->groups(0).count(), 2);
  EXPECT_THAT(failed->groups(0).clients(), ElementsAre(Key(0).guid(), Key(2).guid()));
  EXPECT_EQ(failed->groups(0).parameters().at("code"), "ERROR_CORE");
  // One that the portal refused for something else.
  std::vector<ClientRecord> other = {Record(2)};
  other[0].parameters["code"] = "ACCESS_DENIED";
  ASSERT_TRUE(world.ledger->Put(other).ok());
  const auto apart = ListClientGroups(ask, Parts());
  ASSERT_TRUE(apart.ok());
  ASSERT_EQ(apart->groups_size(), 2);
  EXPECT_EQ(apart->groups(0).parameters().at("code"), "ACCESS_DENIED");
  EXPECT_EQ(apart->groups(1).parameters().at("code"), "ERROR_CORE");
  other[0].parameters["code"] = "ERROR_CORE";
  ASSERT_TRUE(world.ledger->Put(other).ok());
  const auto all = ListClientGroups({}, Parts());
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->groups_size(), 2);
  EXPECT_EQ(all->groups(1).state(), v1::Client::EXPORTED);
}

TEST_F(ClientRefusalsTest, ItIsNamedByItsCodeAsWell) {
  Run();
  EXPECT_EQ(Drop("1").dropped().dropped(), 1);
  EXPECT_EQ(Record(0).reason, kClientDropped);
  EXPECT_EQ(Retry("1").retried().queued(), 1);
  EXPECT_TRUE(Record(0).dirty);
  EXPECT_EQ(Retry("3").retried().queued(), 1);
  for (const char* nobody : {"nobody", "99"}) {
    EXPECT_EQ(Retry(nobody).error().reason(), "CLIENT_NOT_FOUND");
    EXPECT_EQ(Drop(nobody).error().reason(), "CLIENT_NOT_FOUND");
  }
  // In 1C, but never met by a run: there is nothing to retry.
  world.base.Add(4, "Novikova");
  EXPECT_EQ(Retry("4").error().reason(), "CLIENT_NOT_FOUND");
}

TEST_F(ClientRefusalsTest, ItIsNotSentAgainWhileNothingChanges) {
  Run();
  const int sent = world.portal.adds;
  EXPECT_EQ(Run().failed, 2);
  EXPECT_EQ(world.portal.adds, sent);
  EXPECT_EQ(Decision(0), "FAIL");
}

TEST_F(ClientRefusalsTest, ItIsTriedAgainByItselfWhenItsContentChanges) {
  Run();
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Decision(0), "ADD");
  const RunCounts counts = Run();
  EXPECT_EQ(counts.added, 1);
  EXPECT_EQ(counts.failed, 1);
}

TEST_F(ClientRefusalsTest, AllAreTriedAgainByThemselvesWhenTheMappingChanges) {
  Run();
  Drop(2);
  Map(2);  // the same content
  world.portal.refused_name.clear();
  EXPECT_EQ(Decision(0), "ADD");
  EXPECT_EQ(Decision(2), "ADD");
  EXPECT_EQ(Run(/*dry_run=*/true).added, 2);
  world.base.nothing_new = true;
  EXPECT_EQ(Run(/*dry_run=*/true).added, 2);
  EXPECT_EQ(Record(0).problem, Outcome::kFailed);  // as before
  EXPECT_EQ(Run().added, 2);
  EXPECT_EQ(Decision(0), "UNCHANGED");
}

TEST_F(ClientRefusalsTest, TheyAreTriedAgainByThemselvesWhenThePortalsFieldsChange) {
  world.portal.fields["UF_CRM_ROOM"] = {"string", /*read_only=*/false};
  Run();
  Drop(2);
  world.portal.refused_name.clear();
  world.base.nothing_new = true;
  EXPECT_EQ(Run().added, 0);
  world.portal.fields["UF_CRM_ROOM"].type = "integer";
  EXPECT_EQ(Run(/*dry_run=*/true).added, 1);
  EXPECT_EQ(Run().added, 1);
  EXPECT_EQ(Record(2).reason, kClientDropped);
  EXPECT_EQ(Decision(2), "SKIP");
}

TEST_F(ClientRefusalsTest, APortalThatDoesNotSayHasTheFieldsThatItHad) {
  Run();
  const int sent = world.portal.adds;
  const auto fields = world.portal.fields;
  world.portal.fields.clear();
  Run();
  world.portal.fields = fields;
  Run();
  EXPECT_EQ(world.portal.adds, sent);
}

TEST_F(ClientRefusalsTest, ADroppedOneIsNotMissingNorTriedUntilItsContentChanges) {
  Run();
  EXPECT_EQ(Drop(0).dropped().dropped(), 1);
  EXPECT_EQ(Drop(0).dropped().dropped(), 0);
  EXPECT_EQ(*world.ledger->CountMissing(), 1);
  world.portal.refused_name.clear();
  RunCounts counts = Run();
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(Record(0).reason, kClientDropped);
  const auto explained = ExplainClient("1", Parts());
  EXPECT_EQ(explained->summary().reason(), "CLIENT_DROPPED");
  EXPECT_EQ(explained->ledger().state(), v1::Client::SKIPPED);
  EXPECT_EQ(explained->history(0).kind(), v1::HistoryEntry::DROPPED);
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Run().added, 1);
}

TEST_F(ClientRefusalsTest, WhatPassesDoesNotUndoADrop) {
  Run();
  Drop(0);
  Drop(2);
  const int sent = world.portal.adds;
  // Marked for a while, not to be read for a while.
  world.base.clients[0].marked_for_deletion = true;
  const ClientRow away = world.base.clients[2];
  world.base.clients.pop_back();
  ClientRecord waits = **world.ledger->Get(away.key);
  waits.dirty = true;
  ASSERT_TRUE(world.ledger->Put({waits}).ok());
  EXPECT_EQ(Run().skipped, 2);
  world.base.clients[0].marked_for_deletion = false;
  world.base.clients.push_back(away);
  EXPECT_EQ(Run().skipped, 2);
  EXPECT_EQ(Record(0).reason, kClientDropped);
  EXPECT_EQ(Record(2).reason, kClientDropped);
  EXPECT_EQ(world.portal.adds, sent);
}

TEST_F(ClientRefusalsTest, ARetryTakesADropBack) {
  Run();
  Drop(0);
  Drop(2);
  world.portal.refused_name.clear();
  EXPECT_EQ(Retry(0), 1);
  EXPECT_EQ(Run().added, 1);
  EXPECT_EQ(Record(2).reason, kClientDropped);
}

TEST_F(ClientRefusalsTest, OnlyWhatWasRefusedIsDroppedAndNotDuringARun) {
  Run();
  EXPECT_EQ(Drop(1).error().reason(), "CLIENT_NOT_FAILED");
  v1::Task unknown;
  unknown.mutable_drop_clients()->add_clients("nobody");
  EXPECT_EQ(Perform(unknown).error().reason(), "CLIENT_NOT_FOUND");
  run_under_way_ = true;
  EXPECT_EQ(Drop(0).error().reason(), "RUN_IN_PROGRESS");
  EXPECT_EQ(Record(0).problem, Outcome::kFailed);
}

TEST_F(ClientRefusalsTest, WhoIsNotIn1CAnyMoreMayBeForgottenAndComesBackAsNew) {
  EXPECT_EQ(Run().failed, 2);
  const ClientRow gone = world.base.clients[0];
  const ClientKey stays = world.base.clients[2].key;
  world.base.clients.erase(world.base.clients.begin());
  RunSettings whole = world.Settings();
  whole.mapping_version = version_;
  whole.settle = true;
  whole.reads_whole = true;
  EXPECT_EQ(world.Run(whole).progress.counts.failed, 1);
  EXPECT_EQ(*world.ledger->Note("read-whole-run"), absl::StrCat(whole.run));
  EXPECT_EQ(*world.ledger->ForgetRefused(whole.run, 100), 1);
  EXPECT_FALSE(world.ledger->Get(gone.key)->has_value());
  EXPECT_TRUE(world.ledger->Get(stays)->has_value());

  world.base.clients.push_back(gone);
  EXPECT_EQ(Run().failed, 2);
  world.portal.refused_name.clear();
  ASSERT_TRUE(world.ledger->Requeue({}).ok());
  EXPECT_EQ(Run().added, 2);
  for (const ClientRow& row : world.base.clients) {
    EXPECT_EQ(world.portal.OfClient(row.key).size(), 1u);
  }
}

}  // namespace
}  // namespace guestbridge::agent
