#include "sync-agent/client_explanation.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/client_tasks_fixture_test.h"
#include "sync-agent/last_run.h"
#include "sync-agent/ledger_portal.h"
#include "sync-agent/pace/pace_memory.h"
#include "sync-agent/plan/policies.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using Explained = v1::ClientExplanation;

class ClientExplanationTest : public ClientTasksTest {
 protected:
  ClientExplanationTest() {
    Map({{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}, {"Mail", "EMAIL", {}}});
    sides_.settings.active = true;
  }

  void Map(const std::vector<MappingEntry>& entries, int version = 1,
           int compare_version = 0, ClientFilter filter = {}) {
    MappingOptions options;
    options.version = version;
    options.compare_version = compare_version;
    options.filter = std::move(filter);
    options.default_region = "RU";
    auto compiled = CompiledMapping::Compile(entries, std::move(options));
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    world.mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
    sides_.settings.mapping = *world.mapping;
  }
  absl::StatusOr<Explained> Ask(const std::string& client) {
    return ExplainClient(client, Parts());
  }
  Explained Explain(const std::string& client) {
    const auto answer = Ask(client);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(Explained());
  }
  static const v1::FieldOutcome& Field(const Explained& explained,
                                       const std::string& target) {
    for (const v1::FieldOutcome& field : explained.fields()) {
      if (field.target() == target) return field;
    }
    ADD_FAILURE() << "no field " << target;
    return v1::FieldOutcome::default_instance();
  }
  static std::vector<std::string> Differing(const Explained& explained) {
    return {explained.portal().differing_fields().begin(),
            explained.portal().differing_fields().end()};
  }
};

TEST_F(ClientExplanationTest, WhatTheContactHasNowStandsBesideWhatIsSent) {
  const int64_t contact = Exported("Orlova");
  Explained same = Explain("1");
  EXPECT_EQ(same.portal().state(), v1::PortalContact::READ);
  EXPECT_EQ(same.portal().contact(), contact);
  EXPECT_THAT(Differing(same), ElementsAre());
  EXPECT_EQ(Field(same, "LAST_NAME").portal_value(), "Orlova");

  world.portal.contacts[contact].fields["LAST_NAME"] = "Petrova";
  world.portal.contacts[contact].multifields["PHONE"].push_back(
      {5, "+74950000000", "WORK"});
  const Explained other = Explain("1");
  EXPECT_EQ(other.decision(), "UNCHANGED");  // managers may change what they like
  EXPECT_THAT(Differing(other), ElementsAre("LAST_NAME"));
  EXPECT_TRUE(Field(other, "LAST_NAME").differs());
  EXPECT_EQ(Field(other, "LAST_NAME").portal_value(), "Petrova");
  EXPECT_EQ(Field(other, "PHONE").portal_value(), "+79161234567\n+74950000000");
}

TEST_F(ClientExplanationTest, WhatAMappingLeavesAsItIsIsNotSaidToBeNext) {
  ClientCondition named;
  named.attribute = "LastName";
  named.test = ClientCondition::Test::kNoneOf;
  named.values = {"petrova"};
  named.text = "LastName != Petrova";
  const std::vector<MappingEntry> entries = {{"LastName", "LAST_NAME", {}}};
  Map(entries, 1, 0, ClientFilter({named}));
  Exported("Orlova");
  world.base.Add(2, "Petrova");
  for (ClientRow& row : world.base.clients) row.data_version = "v1";
  Export();
  ASSERT_TRUE(world.ledger->SetNote(kWatermarkNote, "2026-01-02T00:00:00").ok());
  ASSERT_TRUE(world.ledger->SetNote(kReadWithMappingNote, "1").ok());
  const auto basis = WithPolicies({}, "RU", sides_.settings.policies);
  ASSERT_TRUE(world.ledger->SetNote(kReadWithBasisNote, EncodeBasis(basis)).ok());

  const std::vector<MappingEntry> upper = {{"LastName", "LAST_NAME", {"upper"}}};
  Map(upper, 2, /*compare_version=*/1);
  for (const char* guest : {"1", "2"}) {
    const Explained left = Explain(guest);
    EXPECT_EQ(left.decision(), "SKIP");
    EXPECT_EQ(left.summary().reason(), "MAPPING_NOT_RESENT");
    EXPECT_EQ(left.summary().parameters().at("version"), "2");
    EXPECT_EQ(left.rules().rbegin()->explanation().reason(), "MAPPING_NOT_RESENT");
    EXPECT_EQ(left.next().reason(), "NEXT_IS_SKIP");
    for (const v1::RuleOutcome& rule : left.rules()) {
      EXPECT_NE(rule.explanation().reason(), "CONTENT_CHANGED");
    }
  }
  // A later version that has everybody compared, a guest that is to be exported anyway,
  // and one that changed in 1C.
  Map(upper, 3);
  EXPECT_EQ(Explain("1").decision(), "UPDATE");
  EXPECT_EQ(Explain("2").decision(), "ADD");
  Map(upper, 2, /*compare_version=*/1);
  ClientRecord dirty = Record(0);
  dirty.dirty = true;
  ASSERT_TRUE(world.ledger->Put({dirty}).ok());
  EXPECT_EQ(Explain("1").decision(), "UPDATE");
  // A policy for which the next run reads everybody.
  EXPECT_EQ(Explain("2").decision(), "SKIP");
  sides_.settings.policies.export_nameless = true;
  EXPECT_EQ(Explain("2").decision(), "ADD");
  sides_.settings.policies.export_nameless = false;
  world.base.clients[1].data_version = "v2";
  EXPECT_EQ(Explain("2").decision(), "ADD");
}

TEST_F(ClientExplanationTest, WhatStoppedTheLastExportIsSaid) {
  Exported("Orlova");
  LastRun last;
  last.run.set_name("integrations/main/runs/2");
  last.run.set_kind(v1::Run::EXPORT);
  last.run.set_state(v1::Run::FAILED);
  const auto limits = [&](const char* reason) {
    last.run.mutable_error()->set_reason(reason);
    EXPECT_TRUE(KeepLastRun(*world.ledger, last).ok());
    std::vector<std::string> reasons;
    const Explained explained = Explain("1");
    for (const v1::Explanation& limit : explained.limits()) {
      reasons.push_back(limit.reason());
    }
    return reasons;
  };
  EXPECT_THAT(limits("MAPPED_FIELD_GONE"), ElementsAre("MAPPED_FIELD_GONE"));
  EXPECT_THAT(limits("GUARD_STOPPED"), ElementsAre("GUARD_STOPPED"));
  EXPECT_THAT(limits("PLAN_CHANGED"), ElementsAre());
  auto& parameters = *last.run.mutable_error()->mutable_parameters();
  parameters["version"] = absl::StrCat(Explain("1").mapping_version());
  EXPECT_THAT(limits("MAPPED_FIELD_UNFIT"), ElementsAre("MAPPED_FIELD_UNFIT"));
  parameters["version"] = "7";
  EXPECT_THAT(limits("MAPPED_FIELD_UNFIT"), ElementsAre()) << "another one is saved";
  last.run.set_state(v1::Run::SUCCEEDED);
  EXPECT_THAT(limits("MAPPED_FIELD_GONE"), ElementsAre());
}

TEST_F(ClientExplanationTest, WhatIsWrittenLeavesTheManagersValuesAndNothingElse) {
  const int64_t contact = Exported("Orlova");
  const auto writes = [](const Explained& explained) {
    std::vector<std::string> all;
    for (const v1::FieldChange& change : explained.writes()) {
      all.push_back(
          absl::StrCat(change.target(), ": ", change.before(), " > ", change.after()));
    }
    return all;
  };
  EXPECT_THAT(writes(Explain("1")), ElementsAre());
  world.portal.contacts[contact].multifields["PHONE"].push_back(
      {5, "+74950000000", "WORK"});
  world.base.clients[0].attributes["Phone"] = "+79167654321";
  const Explained changed = Explain("1");
  EXPECT_EQ(changed.decision(), "UPDATE");
  EXPECT_THAT(writes(changed), ElementsAre("PHONE: +79161234567\n+74950000000 > "
                                           "+79167654321\n+74950000000"));
  // 1C may hold the ID of a contact that is somebody else's.
  world.base.Add(2, "Ivanova", "+79160000002");
  world.base.clients[1].contact = ContactId(contact);
  const Explained added = Explain("2");
  EXPECT_EQ(added.decision(), "ADD");
  EXPECT_THAT(writes(added),
              ElementsAre("LAST_NAME:  > Ivanova", "PHONE:  > +79160000002"));
}

TEST_F(ClientExplanationTest, SamplesOfADryRunAreExplainedByItsDraft) {
  const int64_t contact = Exported("Orlova");
  world.base.Add(2, "Ivanova");
  v1::Task task;
  v1::ExplainClientsTask& work = *task.mutable_explain_clients();
  for (const ClientRow& row : world.base.clients) work.add_clients(row.key.guid());
  work.add_clients("00000000-0000-4000-8000-00000000dead");
  v1::FieldMapping& draft = *work.mutable_draft();
  draft.set_version(2);
  v1::FieldMappingEntry& entry = *draft.add_entries();
  entry.set_source("LastName");
  entry.set_target("LAST_NAME");
  entry.add_transforms("upper");
  const v1::FinishTaskRequest answer = PerformTask(task, Parts());
  ASSERT_EQ(answer.explained().clients_size(), work.clients_size())
      << answer.error().reason();
  const Explained& first = answer.explained().clients(0).explanation();
  EXPECT_EQ(first.decision(), "UPDATE");
  EXPECT_EQ(first.mapping_version(), 2);
  EXPECT_EQ(first.portal().contact(), contact);
  EXPECT_EQ(Field(first, "LAST_NAME").portal_value(), "Orlova");
  EXPECT_EQ(Field(first, "LAST_NAME").sent_value(), "ORLOVA");
  EXPECT_EQ(answer.explained().clients(2).error().reason(), "CLIENT_NOT_FOUND");
  // What is saved stays what it was.
  EXPECT_EQ(Explain("1").decision(), "UNCHANGED");
  work.clear_draft();
  EXPECT_EQ(PerformTask(task, Parts()).explained().clients(0).explanation().decision(),
            "UNCHANGED");
  for (int i = 0; i < 50; ++i) work.add_clients(work.clients(0));
  EXPECT_EQ(PerformTask(task, Parts()).error().reason(), "TASK_UNKNOWN");
}

TEST_F(ClientExplanationTest, ChangesThat1CRecordedAreShownWithWhetherTheyWereRead) {
  Exported("Orlova");
  EXPECT_EQ(Explain("1").changes_size(), 0);
  ASSERT_TRUE(world.ledger->SetNote("watermark", "2026-01-02T00:00:00").ok());
  reader_->history = std::vector<std::string>{
      "2026-01-03T10:00:00", "2026-01-02T00:00:00", "2026-01-01T10:00:00",
      "2025-12-01T10:00:00", "2025-11-01T10:00:00", "2025-10-01T10:00:00"};
  const Explained explained = Explain("1");
  ASSERT_EQ(explained.changes_size(), 5);
  EXPECT_EQ(explained.changes(0).time(), "2026-01-03T10:00:00");
  EXPECT_FALSE(explained.changes(0).seen());
  EXPECT_TRUE(explained.changes(1).seen());
  EXPECT_TRUE(explained.changes(4).seen());

  reader_->history = MakeError("SOURCE_UNREACHABLE");
  EXPECT_EQ(Explain("1").changes_size(), 0);
  EXPECT_EQ(Explain("1").decision(), "UNCHANGED");
}

TEST_F(ClientExplanationTest, WithoutThePortalItStillExplains) {
  Exported("Orlova");
  world.portal.away = [] { return true; };
  const Explained explained = Explain("1");
  EXPECT_EQ(explained.decision(), "UNCHANGED");
  EXPECT_EQ(explained.portal().state(), v1::PortalContact::UNREAD);
  EXPECT_EQ(explained.portal().explanation().reason(), "CONNECTION_REFUSED");
}

TEST_F(ClientExplanationTest, AContactThatIsGoneIsSaid) {
  const int64_t contact = Exported("Orlova");
  world.portal.contacts.erase(contact);
  EXPECT_EQ(Explain("1").portal().state(), v1::PortalContact::GONE);
}

TEST_F(ClientExplanationTest, AContactThatLostTheMarkIsNotDeleted) {
  const int64_t contact = Exported("Orlova");
  Exported("Petrova");  // bears witness
  world.portal.contacts[contact].stamp = Stamp();
  world.policies.deletion_mark = DeletionMarkPolicy::kDelete;
  sides_.settings.policies = world.policies;
  world.base.clients[0].marked_for_deletion = true;
  const Explained explained = Explain("1");
  EXPECT_EQ(explained.decision(), "SKIP");
  EXPECT_EQ(explained.summary().reason(), "MARKED_CONTACT_NOT_OURS");
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_SKIP");
  Export();
  EXPECT_EQ(Record(0).reason, "MARKED_CONTACT_NOT_OURS");
}

TEST_F(ClientExplanationTest, AContactThatLostTheMarkIsTakenOverOrAnotherIsMade) {
  const int64_t contact = Exported("Orlova");
  Exported("Petrova");
  world.portal.contacts[contact].stamp = Stamp();
  EXPECT_EQ(Explain("1").decision(), "ADOPT");
  Contact(contact, "Stranger", "+79998887766");
  const Explained explained = Explain("1");
  EXPECT_EQ(explained.decision(), "ADD");
  EXPECT_EQ(explained.summary().reason(), "CONTACT_NOT_THIS_GUEST");
  EXPECT_TRUE(Field(explained, "LAST_NAME").changed());
  sides_.settings.events.client_created = false;
  EXPECT_EQ(Explain("1").summary().reason(), "EVENT_OFF");
  EXPECT_EQ(Export().added, 1);
  EXPECT_TRUE(world.portal.contacts[contact].stamp.origin.empty());
}

TEST_F(ClientExplanationTest, AnIdIn1CThatIsSomebodyElsesIsNoContact) {
  Contact(60, "Petrov", "+79998887766");
  world.base.Add(1, "Orlova", "+79161234567").contact = ContactId(60);
  EXPECT_EQ(Explain("1").decision(), "ADD");
  Contact(60, "Petrov", "8 916 123-45-67");
  EXPECT_EQ(Explain("1").decision(), "ADOPT");
  ASSERT_TRUE(world.ledger->SetPair(Key(0), {"", 0, {}, {ContactId(60)}}).ok());
  EXPECT_EQ(Explain("1").decision(), "ADD");
}

TEST_F(ClientExplanationTest, AtAnotherPortalTheLinksCountAsForgotten) {
  sides_.settings.portal.host = "old.example";
  ASSERT_TRUE(world.ledger->SetNote(kPortalNote, "old.example:443").ok());
  const int64_t contact = Exported("Orlova");
  sides_.settings.portal.host = "new.example";
  world.portal.contacts.clear();
  const int64_t before = world.ledger->sequence();
  const Explained nobody = Explain("1");
  EXPECT_EQ(nobody.decision(), "ADD");
  EXPECT_EQ(nobody.rules(0).explanation().reason(), "LINKS_OF_EARLIER_PORTAL");
  EXPECT_EQ(nobody.next().reason(), "NEXT_IS_ADD");
  Contact(contact, "Orlova", "+79998887766");  // a namesake under the old number
  EXPECT_EQ(Explain("1").decision(), "ADD");
  EXPECT_EQ(world.ledger->sequence(), before);
}

TEST_F(ClientExplanationTest, OneThatWasNeverExportedHasNoContactAndIsAddedNext) {
  world.base.Add(1, "Orlova");
  const Explained explained = Explain("1");
  EXPECT_EQ(explained.found_by(), Explained::CODE);
  EXPECT_EQ(explained.portal().state(), v1::PortalContact::NONE);
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_ADD");
  EXPECT_EQ(explained.history_size(), 0);
  sides_.settings.active = false;
  EXPECT_EQ(Explain("1").next().reason(), "NEXT_IS_INACTIVE");
}

TEST_F(ClientExplanationTest, ItsContactFindsIt) {
  const int64_t contact = Exported("Orlova");
  const Explained named = Explain(absl::StrCat("contact:", contact));
  EXPECT_EQ(named.client(), Key(0).guid());
  EXPECT_EQ(named.found_by(), Explained::CONTACT);
  EXPECT_EQ(Explain(absl::StrCat(contact)).found_by(), Explained::CONTACT);
}

TEST_F(ClientExplanationTest, DigitsAreACodeBeforeTheyAreAContact) {
  const int64_t contact = Exported("Orlova");
  world.base.Add(static_cast<int>(contact), "Petrova");
  const Explained by_code = Explain(absl::StrCat(contact));
  EXPECT_EQ(by_code.found_by(), Explained::CODE);
  EXPECT_EQ(by_code.client(), Key(1).guid());
  EXPECT_EQ(Explain(absl::StrCat("contact:", contact)).client(), Key(0).guid());
  EXPECT_EQ(ReasonOf(Ask("code:4711").status()), "CLIENT_NOT_FOUND");
}

TEST_F(ClientExplanationTest, AContactThatTheLedgerDoesNotKnowIsFoundByItsMark) {
  world.base.Add(1, "Orlova");
  Contact(777, "Orlova").stamp = {"guestbridge:base", Key(0).guid(), ""};
  Contact(778, "Petrova").stamp = {"guestbridge:other", Key(0).guid(), ""};
  EXPECT_EQ(Explain("contact:777").client(), Key(0).guid());
  EXPECT_EQ(ReasonOf(Ask("contact:778").status()), "CONTACT_OF_NO_CLIENT");
  EXPECT_EQ(ReasonOf(Ask("contact:779").status()), "CONTACT_OF_NO_CLIENT");
  EXPECT_EQ(ReasonOf(Ask("contact:x").status()), "CONTACT_ID_INVALID");
  EXPECT_EQ(ReasonOf(Ask("contact:").status()), "CONTACT_ID_INVALID");
}

TEST_F(ClientExplanationTest, APhoneFindsItInAnySpelling) {
  world.base.Add(1, "Orlova", "моб. 8 (916) 123-45-67 (мама)");
  world.base.Add(2, "Petrova", "8 (916) 124-45-67");
  for (const char* phone : {"+79161234567", "8 916 123 45 67", "phone:8(916)1234567",
                            "7 916 123-45-67", "Phone: +7-916-123-45-67"}) {
    SCOPED_TRACE(phone);
    const Explained explained = Explain(phone);
    EXPECT_EQ(explained.client(), Key(0).guid());
    EXPECT_EQ(explained.found_by(), Explained::PHONE);
  }
}

TEST_F(ClientExplanationTest, APhoneThat1CSpellsOddlyIsLookedForOnThePortal) {
  world.base.Add(1, "Orlova", "8916 12345 6 7");
  EXPECT_EQ(ReasonOf(Ask("+79161234567").status()), "PHONE_NOT_FOUND");
  Export();
  world.portal.contacts.begin()->second.multifields["PHONE"] = {
      {1, "+79161234567", "WORK"}};
  const Explained explained = Explain("+79161234567");
  EXPECT_EQ(explained.client(), Key(0).guid());
  EXPECT_EQ(explained.found_by(), Explained::PHONE_ON_PORTAL);
  world.portal.away = [] { return true; };
  EXPECT_EQ(ReasonOf(Ask("+79161234567").status()), "PHONE_NOT_FOUND");
}

TEST_F(ClientExplanationTest, AnEmailFindsIt) {
  world.base.Add(1, "Orlova").attributes["Mail"] = "Anna@Example.org; b@example.org";
  world.base.Add(2, "Petrova").attributes["Mail"] = "joanna@example.org";
  EXPECT_EQ(Explain("b@example.org").client(), Key(0).guid());
  EXPECT_EQ(Explain("Anna@Example.org").found_by(), Explained::EMAIL);
  EXPECT_EQ(ReasonOf(Ask("nobody@example.org").status()), "EMAIL_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Ask("email:nobody").status()), "CLIENT_EMAIL_INVALID");
}

TEST_F(ClientExplanationTest, WhereSeveralFitThePersonChooses) {
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Orlov", "8 916 123-45-67");
  const absl::Status several = Ask("89161234567").status();
  EXPECT_EQ(ReasonOf(several), "SEVERAL_CLIENTS_FIT");
  EXPECT_EQ(ParametersOf(several).at("clients"),
            absl::StrCat(Key(0).guid(), " (1), ", Key(1).guid(), " (2)"));
}

TEST_F(ClientExplanationTest, NoErrorRepeatsAPhoneOrAnEmail) {
  for (const char* named : {"+79161234567", "anna@example.org", "phone:12",
                            "email:anna", "phone:+79161234567, +79161234568"}) {
    SCOPED_TRACE(named);
    for (const auto& [name, value] : ParametersOf(Ask(named).status())) {
      EXPECT_EQ(name, "integration") << value;
    }
  }
}

TEST_F(ClientExplanationTest, OneThat1CDoesNotShowAnyMoreIsExplainedByTheLedger) {
  const int64_t contact = Exported("Orlova");
  const std::string guid = Key(0).guid();
  world.base.clients.clear();
  const Explained explained = Explain(guid);
  EXPECT_EQ(explained.decision(), "SKIP");
  EXPECT_EQ(explained.summary().reason(), "CLIENT_NOT_IN_SOURCE");
  EXPECT_EQ(explained.rules(0).outcome(), "STOP");
  EXPECT_EQ(explained.ledger().contact(), contact);
  EXPECT_EQ(explained.portal().state(), v1::PortalContact::READ);
  EXPECT_EQ(explained.history(0).kind(), v1::HistoryEntry::ADDED);
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_SKIP");
  EXPECT_EQ(Explain(absl::StrCat("contact:", contact)).client(), guid);
}

TEST_F(ClientExplanationTest, OneThatWasErasedIsNeverExportedWhether1CShowsItOrNot) {
  Exported("Orlova");
  const std::string guid = Key(0).guid();
  ASSERT_TRUE(world.ledger->Erase(Key(0), 1800000000).ok());
  for (int look = 0; look < 2; ++look) {
    const Explained explained = Explain(guid);
    EXPECT_EQ(explained.decision(), "SKIP");
    EXPECT_EQ(explained.summary().reason(), "CLIENT_ERASED");
    EXPECT_EQ(explained.next().reason(), "NEXT_IS_NEVER");
    EXPECT_EQ(explained.portal().state(), v1::PortalContact::NONE);
    EXPECT_EQ(explained.history_size(), 0);
    world.base.clients.clear();
  }
}

TEST_F(ClientExplanationTest, OneThatNobodyKnowsIsNotFound) {
  EXPECT_EQ(ReasonOf(Ask("nobody").status()), "CLIENT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Ask("00000000-0000-4000-8000-000000000009").status()),
            "CLIENT_NOT_FOUND");
}

TEST_F(ClientExplanationTest, WhatThePortalsLimitsLeaveIsTold) {
  Exported("Orlova");
  EXPECT_EQ(Explain("1").limits_size(), 0);
  const PaceMemory used{SystemClock().Now(), 3, {{"crm.item.batchImport", 475}}};
  ASSERT_TRUE(world.ledger->SetNote(kPaceNote, EncodePaceMemory(used)).ok());
  const Explained explained = Explain("1");
  ASSERT_EQ(explained.limits_size(), 1);
  EXPECT_EQ(explained.limits(0).reason(), "LIMIT_OPERATING");
  EXPECT_EQ(explained.limits(0).parameters().at("method"), "crm.item.batchImport");
  const PaceMemory full{SystemClock().Now(), 49, {}};
  ASSERT_TRUE(
      world.ledger
          ->SetNote(kPaceNote, absl::StrCat(kPaceOfRunning, EncodePaceMemory(full)))
          .ok());
  EXPECT_EQ(Explain("1").limits(0).reason(), "LIMIT_REQUESTS");
}

TEST_F(ClientExplanationTest, WhatWaitsForAPersonSaysForWhat) {
  const int64_t contact = Exported("Orlova");
  ASSERT_TRUE(world.ledger->Unlink(Key(0)).ok());
  EXPECT_EQ(Explain("1").next().reason(), "NEXT_IS_CHOICE");
  Contact(50, "Petrova", "+79160000002");
  world.base.Add(2, "Petrova", "+79160000002");
  Match();
  const Explained proposed = Explain("2");
  EXPECT_EQ(proposed.next().reason(), "NEXT_IS_REVIEW");
  EXPECT_EQ(proposed.portal().contact(), 50);  // to be compared
  EXPECT_NE(contact, 50);
}

}  // namespace
}  // namespace guestbridge::agent
