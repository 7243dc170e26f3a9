#include "sync-agent/client_erasure.h"

#include "sync-agent/client_explanation.h"
#include "sync-agent/client_history.h"
#include "sync-agent/client_links.h"
#include "sync-agent/client_tasks_fixture_test.h"
#include "sync-agent/last_run.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using testing::Fault;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ClientErasureTest : public ClientTasksTest {
 protected:
  // Empty: it was done; else the reason.
  std::string Forget(const std::string& client, bool delete_contact = false) {
    v1::ForgetClientRequest request;
    request.set_name(absl::StrCat("integrations/main/clients/", client));
    request.set_delete_contact(delete_contact);
    const auto told = ForgetClient(request, Parts());
    if (told.ok()) receipt_ = *told;
    return ReasonOf(told.status());
  }
  std::string Forget(size_t i, bool delete_contact = false) {
    return Forget(Key(i).guid(), delete_contact);
  }
  std::vector<std::string> Left() {
    std::vector<std::string> left;
    for (const v1::Explanation& one : receipt_.left()) left.push_back(one.reason());
    return left;
  }
  LinkState LinkOf(size_t i) { return Record(i).link; }
  v1::LinkClientRequest LinkTo(size_t i, int64_t contact) {
    v1::LinkClientRequest request;
    request.set_name(absl::StrCat("integrations/main/clients/", Key(i).guid()));
    request.set_contact(contact);
    return request;
  }
  // Everything by which a client could come back.
  void RunAndAskForEverything(size_t i) {
    world.base.clients[i].attributes["LastName"] = "Changed";
    RunEverything();
    auto rebuild = world.Settings();
    rebuild.kind = RunKind::kRebuild;
    world.Run(rebuild);
    EXPECT_EQ(*world.ledger->Requeue({Key(i)}), 0);
    EXPECT_EQ(*world.ledger->Requeue({}), 0);
    EXPECT_EQ(ReasonOf(LinkClient(LinkTo(i, 50), Parts()).status()),
              "CLIENT_NOT_FOUND");
    RunEverything();
  }

  v1::ErasureReceipt receipt_;
};

TEST_F(ClientErasureTest, AnErasedClientIsNeverExportedAgainWhateverRuns) {
  const int64_t contact = Exported("Orlova");
  Contact(50, "Petrova", "+79263334455");
  EXPECT_EQ(Forget(0), "");
  const size_t contacts = world.portal.contacts.size();
  RunAndAskForEverything(0);
  EXPECT_EQ(LinkOf(0), LinkState::kErased);
  EXPECT_EQ(world.portal.contacts.size(), contacts);
  EXPECT_EQ(world.portal.contacts.at(contact).fields.at("LAST_NAME"), "Orlova");
  world.portal.Delete(contact);
  RunAndAskForEverything(0);
  EXPECT_THAT(Marked(0), IsEmpty());
}

TEST_F(ClientErasureTest, NoMoreContactsAreDeletedThanTheLocalPolicyLetsThrough) {
  Exported("Orlova");
  const int64_t second = Exported("Petrova");
  sides_.local_policy.ceilings.deletions = 1;
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_EQ(Forget(1, /*delete_contact=*/true), "POLICY_CEILING_DELETIONS");
  EXPECT_EQ(world.portal.contacts.count(second), 1u);
  EXPECT_NE(LinkOf(1), LinkState::kErased);
  sides_.local_policy.ceilings.deletions = 2;
  EXPECT_EQ(Forget(1, /*delete_contact=*/true), "");
  EXPECT_EQ(world.portal.contacts.count(second), 0u);
}

TEST_F(ClientErasureTest, OneThatWasNeverExportedIsNotEither) {
  world.base.Add(1, "Orlova", "+79161234567");
  EXPECT_EQ(Forget("1"), "");  // by its code
  Contact(50, "Orlova");       // a match would find it
  RunAndAskForEverything(0);
  EXPECT_THAT(Marked(0), IsEmpty());
  EXPECT_EQ(world.portal.contacts.size(), 1u);
  EXPECT_EQ(receipt_.ledger_records(), 0);
}

TEST_F(ClientErasureTest, NothingButAHashIsKept) {
  const int64_t contact = Exported("Orlova");
  Exported("Petrova");
  EXPECT_EQ(Forget(0), "");
  RunEverything();
  const auto records = *world.ledger->List(ClientKey(), 100);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, Key(1));
  EXPECT_FALSE(world.ledger->Pair(Key(0))->has_value());
  EXPECT_TRUE(world.ledger->History(Key(0), 0, 10)->entries.empty());
  EXPECT_FALSE(world.ledger->ClientOf(ContactId(contact))->has_value());
  EXPECT_NE(world.ledger->LastWritten()->key, Key(0));
  const auto pending = *world.ledger->PendingWriteBacks(10);
  for (const WriteBackItem& item : pending) {
    EXPECT_NE(item.key, Key(0));
  }
  // Another client's history stays.
  EXPECT_EQ(world.ledger->History(Key(1), 0, 10)->entries.size(), 1u);
}

TEST_F(ClientErasureTest, TheReceiptSaysWhatWasRemovedAndWhatIsLeftAndNamesNobody) {
  const int64_t contact = Exported("Orlova");
  EXPECT_EQ(Forget(0), "");
  EXPECT_EQ(receipt_.integration(), "integrations/main");
  EXPECT_EQ(receipt_.client_hash().size(), 32u);
  EXPECT_GT(receipt_.erase_time().seconds(), 0);
  EXPECT_EQ(receipt_.ledger_records(), 1);
  EXPECT_EQ(receipt_.history_entries(), 1);
  EXPECT_EQ(receipt_.write_backs(), 0);
  EXPECT_THAT(receipt_.deleted_contacts(), IsEmpty());
  EXPECT_THAT(Left(), ElementsAre("LEFT_CONTACT", "LEFT_IN_SOURCE", "LEFT_IN_COPIES"));
  EXPECT_EQ(receipt_.left(0).parameters().at("contact"), absl::StrCat(contact));
  const std::string text = receipt_.SerializeAsString();
  EXPECT_EQ(text.find(Key(0).guid()), std::string::npos);
  EXPECT_EQ(text.find("Orlova"), std::string::npos);
}

TEST_F(ClientErasureTest, TheReceiptNamesWhatIsLeftOnAnEarlierPortal) {
  sides_.settings.portal.host = "old.example";
  ASSERT_TRUE(world.ledger->SetNote(kPortalNote, "old.example:443").ok());
  const int64_t contact = Exported("Orlova");
  sides_.settings.portal.host = "new.example";
  // Here the number is another guest's.
  world.portal.contacts.clear();
  Contact(contact, "Orlova");
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_THAT(Left(), ElementsAre("LEFT_ON_EARLIER_PORTAL", "LEFT_IN_SOURCE",
                                  "LEFT_IN_COPIES"));
  EXPECT_EQ(receipt_.left(0).parameters().at("contact"), absl::StrCat(contact));
  EXPECT_EQ(world.portal.contacts.size(), 1u);
}

TEST_F(ClientErasureTest, TheSourceForgetsTooAndTheReceiptSaysWhatItCannot) {
  Exported("Orlova");
  reader_->forgets = MakeError("SOURCE_FOLDER_MISSING", {{"path", "/exchange"}});
  EXPECT_EQ(Forget(0), "SOURCE_FOLDER_MISSING");
  EXPECT_EQ(LinkOf(0), LinkState::kLive) << "repeated, the receipt tells all of it";
  reader_->forgets = absl::OkStatus();
  reader_->remnants = {{"LEFT_IN_EXCHANGE_FOLDER", {{"path", "/exchange"}}}};
  EXPECT_EQ(Forget(0), "");
  EXPECT_THAT(reader_->forgotten, ElementsAre(Key(0), Key(0)));
  EXPECT_THAT(Left(), ElementsAre("LEFT_CONTACT", "LEFT_IN_SOURCE",
                                  "LEFT_IN_EXCHANGE_FOLDER", "LEFT_IN_COPIES"));
  EXPECT_EQ(receipt_.left(2).parameters().at("path"), "/exchange");
}

TEST_F(ClientErasureTest, TheRunThatEndedLastNamesTheClientNoMore) {
  Exported("Orlova");
  Exported("Petrova");
  LastRun last;
  last.written_before = 7;
  last.run.set_name("integrations/main/runs/1");
  for (const ClientKey& key : {Key(0), Key(1)}) {
    last.run.add_failures()->set_client(key.guid());
    (*last.run.add_notices()->mutable_parameters())["client"] = key.guid();
    last.run.mutable_reconcile()->add_findings()->set_client(key.guid());
    last.run.mutable_forecast()->add_samples()->set_client(key.guid());
  }
  last.run.mutable_reconcile()->set_gone(2);
  ASSERT_TRUE(KeepLastRun(*world.ledger, last).ok());
  EXPECT_EQ(Forget(0), "");
  auto kept = RecallLastRun(*world.ledger);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->written_before, 7);
  EXPECT_EQ(kept->run.SerializeAsString().find(Key(0).guid()), std::string::npos);
  EXPECT_EQ(kept->run.failures(0).client(), Key(1).guid());
  EXPECT_EQ(kept->run.notices_size(), 1);
  EXPECT_EQ(kept->run.reconcile().findings_size(), 1);
  EXPECT_EQ(kept->run.forecast().samples_size(), 1);
  EXPECT_EQ(kept->run.reconcile().gone(), 2);
  // Where it stands elsewhere, all of it goes.
  (*kept->run.mutable_error()->mutable_parameters())["client"] = Key(1).guid();
  ASSERT_TRUE(KeepLastRun(*world.ledger, *kept).ok());
  EXPECT_EQ(Forget(1), "");
  EXPECT_FALSE(RecallLastRun(*world.ledger).has_value());
}

TEST_F(ClientErasureTest, QueuedIDsAndRefusalsAreCountedAndGo) {
  world.base.Add(1, "Orlova", "+79161234567");
  Export();  // its ID waits for 1C
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 1);
  EXPECT_EQ(Forget(0), "");
  EXPECT_EQ(receipt_.write_backs(), 1);
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);
  EXPECT_TRUE(world.ledger->PendingWriteBacks(10)->empty());

  world.base.Add(2, "Petrova", "+79263334455");
  ClientRecord refused;
  refused.key = Key(1);
  refused.problem = Outcome::kFailed;
  refused.reason = "PORTAL_REFUSED";
  ASSERT_TRUE(world.ledger->Put({refused}).ok());
  EXPECT_EQ(Forget(1), "");
  EXPECT_EQ(receipt_.failures(), 1);
  EXPECT_EQ(*world.ledger->CountMissing(), 0);
}

TEST_F(ClientErasureTest, TheReceiptTellsOfAnAdditionThatMayStillCome) {
  world.base.Add(1, "Orlova", "+79161234567");
  Intend(0);
  const Evidence miss = Evidence::CompleteMiss(absl::Minutes(3), absl::Minutes(2));
  ASSERT_TRUE(
      world.ledger->Settle({{Key(0), miss, 0, Outcome::kNone, 1800000000}}).ok());
  EXPECT_EQ(Forget(0), "");
  EXPECT_EQ(Left().back(), "LEFT_MAY_COME_LATE");
  EXPECT_EQ(Forget(0), "");  // repeated, it says so again
  EXPECT_EQ(Left().back(), "LEFT_MAY_COME_LATE");
  ASSERT_TRUE(world.ledger->NoteLate(world.ledger->WatchedAdds()->front()).ok());
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_NE(Left().back(), "LEFT_MAY_COME_LATE");
}

TEST_F(ClientErasureTest, TheContactIsDeletedWhenAskedFor) {
  const int64_t contact = Exported("Orlova");
  const int64_t other = Exported("Petrova");
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_EQ(world.portal.contacts.count(contact), 0u);
  EXPECT_EQ(world.portal.contacts.count(other), 1u);
  EXPECT_THAT(receipt_.deleted_contacts(), ElementsAre(contact));
  EXPECT_EQ(receipt_.ledger_records(), 1);
  EXPECT_THAT(Left(),
              ElementsAre("LEFT_IN_RECYCLE_BIN", "LEFT_IN_SOURCE", "LEFT_IN_COPIES"));
  RunAndAskForEverything(0);
  EXPECT_THAT(Marked(0), IsEmpty());
}

TEST_F(ClientErasureTest, AContactWithoutTheMarkIsNotOursToDelete) {
  const int64_t contact = Exported("Orlova");
  world.portal.contacts.at(contact).stamp = Stamp{};
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_EQ(world.portal.contacts.count(contact), 1u);
  EXPECT_THAT(receipt_.deleted_contacts(), IsEmpty());
  EXPECT_EQ(Left().front(), "LEFT_CONTACT");
}

TEST_F(ClientErasureTest, AContactThatIsGoneAlreadyIsNoError) {
  world.portal.Delete(Exported("Orlova"));
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_THAT(Left(), ElementsAre("LEFT_IN_SOURCE", "LEFT_IN_COPIES"));
}

TEST_F(ClientErasureTest, EveryContactWithTheMarkIsDeleted) {
  const int64_t contact = Exported("Orlova");
  FakeContact& copy = Contact(50, "Orlova");
  copy.stamp = world.portal.contacts.at(contact).stamp;
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_THAT(receipt_.deleted_contacts(), UnorderedElementsAre(50, contact));
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(ClientErasureTest, AContactOfAnotherClientIsNotDeletedThoughItBearsTheMark) {
  const int64_t contact = Exported("Orlova");
  const int64_t others = Exported("Petrova");
  world.portal.contacts.at(others).stamp = world.portal.contacts.at(contact).stamp;
  for (const bool erased : {false, true}) {
    EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
    EXPECT_EQ(receipt_.deleted_contacts_size(), erased ? 0 : 1);
    EXPECT_EQ(world.portal.contacts.count(others), 1u);
    int named = 0;
    for (const v1::Explanation& left : receipt_.left()) {
      if (left.reason() != "LEFT_CONTACT_OF_ANOTHER") continue;
      EXPECT_EQ(left.parameters().at("contact"), absl::StrCat(others));
      ++named;
    }
    EXPECT_EQ(named, 1);
  }
  EXPECT_EQ(LinkOf(1), LinkState::kLive);
  EXPECT_EQ(Record(1).contact, ContactId(others));
}

TEST_F(ClientErasureTest, ItIsRepeatedToNoHarmAndTheContactMayGoLater) {
  const int64_t contact = Exported("Orlova");
  EXPECT_EQ(Forget(0), "");
  const std::string hash = receipt_.client_hash();
  EXPECT_EQ(Forget(0), "");
  EXPECT_EQ(receipt_.client_hash(), hash);
  EXPECT_EQ(receipt_.ledger_records(), 0);
  EXPECT_EQ(receipt_.history_entries(), 0);
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_THAT(receipt_.deleted_contacts(), ElementsAre(contact));
  EXPECT_FALSE(world.ledger->Pair(Key(0))->has_value());
  EXPECT_TRUE(world.ledger->List(ClientKey(), 10)->empty());
}

TEST_F(ClientErasureTest, WhereThePortalFailsTheClientWaitsAndTheCommandIsRepeated) {
  const int64_t contact = Exported("Orlova");
  for (const Fault fault : {Fault::kLostBefore, Fault::kErrorCore}) {
    world.portal.fault = [fault](const PortalRequest&) { return fault; };
    EXPECT_NE(Forget(0, /*delete_contact=*/true), "");
    world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
    EXPECT_EQ(world.portal.contacts.count(contact), 1u);
    world.base.clients[0].attributes["LastName"] = "Changed";
    RunEverything();
    EXPECT_TRUE(IsUnlinked(0));
    EXPECT_EQ(world.portal.contacts.at(contact).fields.at("LAST_NAME"), "Orlova");
    EXPECT_EQ(world.portal.contacts.size(), 1u);
  }
  // Carried out, and the answer lost: the look afterwards tells.
  world.portal.fault = [](const PortalRequest&) { return Fault::kLostAfter; };
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "");
  EXPECT_EQ(LinkOf(0), LinkState::kErased);
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(ClientErasureTest, WithThePortalAwayNothingIsDeletedAndTheGuestWaits) {
  Exported("Orlova");
  world.portal.away = [] { return true; };
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "CONNECTION_REFUSED");
  world.portal.away = [] { return false; };
  EXPECT_TRUE(IsUnlinked(0));
  world.portal.away = [] { return true; };
  EXPECT_EQ(Forget(0), "");  // The ledger's part needs nobody.
  EXPECT_EQ(Left().front(), "LEFT_CONTACT");
}

TEST_F(ClientErasureTest, ALookThatDoesNotShowAllDeletesNothing) {
  const int64_t contact = Exported("Orlova");
  line_->cut = true;
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "LOOKUP_INCOMPLETE");
  EXPECT_EQ(world.portal.contacts.count(contact), 1u);
}

TEST_F(ClientErasureTest, NotWhileAnAttemptIsInDoubtOrARunIsUnderWay) {
  Exported("Orlova");
  Intend(0);
  EXPECT_EQ(Forget(0), "ATTEMPT_OUTSTANDING");
  EXPECT_EQ(Forget(0, /*delete_contact=*/true), "ATTEMPT_OUTSTANDING");
  EXPECT_EQ(LinkOf(0), LinkState::kLive);
  EXPECT_EQ(ReasonOf(world.ledger->Erase(Key(0), 1).status()), "ATTEMPT_OUTSTANDING");
  run_under_way_ = true;
  EXPECT_EQ(Forget(0), "RUN_IN_PROGRESS");
  EXPECT_EQ(Forget("nobody"), "CLIENT_NOT_FOUND");
}

TEST_F(ClientErasureTest, AnExplanationSaysErased) {
  Exported("Orlova");
  EXPECT_EQ(Forget(0), "");
  sides_.settings.mapping = *world.mapping;
  const auto why = ExplainClient(Key(0).guid(), Parts());
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_EQ(why->summary().reason(), "CLIENT_ERASED");
  EXPECT_EQ(why->ledger().state(), v1::Client::ERASED);
  v1::ListClientHistoryRequest history;
  history.set_parent(absl::StrCat("integrations/main/clients/", Key(0).guid()));
  EXPECT_EQ(ListClientHistory(history, Parts())->entries_size(), 0);
}

TEST_F(ClientErasureTest, WhatKnewTheClientBeforeWritesNothingAboutIt) {
  Exported("Orlova");
  const ClientRecord old = Record(0);
  EXPECT_EQ(Forget(0), "");
  EXPECT_TRUE(world.ledger->Put({old}).ok());
  EXPECT_TRUE(world.ledger->Link(old, ContactId()).ok());
  EXPECT_TRUE(world.ledger->Unlink(old.key).ok());
  EXPECT_TRUE(world.ledger->SetPair(old.key, {"MATCHED_BY_ORIGIN", 1, {}, {}}).ok());
  EXPECT_TRUE(
      world.ledger->FinishWriteBack({old.key, old.contact}, absl::OkStatus(), false)
          .ok());
  Intent intent;
  intent.key = old.key;
  EXPECT_EQ(ReasonOf(world.ledger->CommitIntents({intent}, ContactId(1)).status()),
            "CLIENT_NOT_FOUND");
  EXPECT_TRUE(world.ledger->ForgetLinks({}).ok());
  EXPECT_EQ(LinkOf(0), LinkState::kErased);
  EXPECT_TRUE(world.ledger->List(ClientKey(), 10)->empty());
  EXPECT_FALSE(world.ledger->Pair(old.key)->has_value());
  EXPECT_NE(world.ledger->LastWritten()->key, old.key);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
}

}  // namespace
}  // namespace guestbridge::agent
