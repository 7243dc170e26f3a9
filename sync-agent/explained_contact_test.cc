#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sync-agent/explained_contact_fixture_test.h"

// What is said of a guest whose contact is not as it was, and that a run does that.
namespace guestbridge::agent {
namespace {

TEST_F(ExplainedContactTest, ThatStandsUnderAnotherIdIsTakenOverThere) {
  CopyTo(500);
  TakeMark();
  sides_.settings.events.client_created = false;  // does not matter
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "ADOPT");
  EXPECT_EQ(explained.portal().contact(), 500);
  EXPECT_EQ(explained.next().parameters().at("contact"), "500");
  EXPECT_EQ(Run().added, 0);
  EXPECT_EQ(Record(0).contact, ContactId(500));
}

TEST_F(ExplainedContactTest, ThatChangedPlacesWithAnotherIsTakenOverThere) {
  std::swap(world.portal.contacts.at(contact_), world.portal.contacts.at(others_));
  EXPECT_EQ(Explain(0).portal().contact(), others_);
  EXPECT_EQ(Explain(1).portal().contact(), contact_);
  EXPECT_EQ(Explain(1).decision(), "ADOPT");
  EXPECT_EQ(Run().added, 0);
  EXPECT_EQ(Record(0).contact, ContactId(others_));
  EXPECT_EQ(Record(1).contact, ContactId(contact_));
}

TEST_F(ExplainedContactTest, ThatBearsAnotherMarkIsNotUpdatedThoughTheGuestWaits) {
  TakeMark();
  MakeDirty();
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Explain().decision(), "ADD");
  EXPECT_EQ(Run().added, 1);
  EXPECT_EQ(world.portal.contacts.at(contact_).fields.at("LAST_NAME"), "Orlova");
}

TEST_F(ExplainedContactTest, ThatAPersonLinkedIsTakenBackFromAnotherMark) {
  ASSERT_TRUE(
      world.ledger->SetPair(Key(0), {kLinkedByHand, 3, {ContactId(contact_)}, {}})
          .ok());
  TakeMark();
  EXPECT_EQ(Explain().decision(), "ADOPT");
  EXPECT_EQ(Explain().portal().contact(), contact_);
  EXPECT_EQ(Run().added, 0);
  EXPECT_EQ(Marked(0), std::vector<int64_t>{contact_});
  // Nor is it the other guest's, who has lost the own one.
  world.portal.contacts[contact_].stamp.origin = Key(1).guid();
  world.portal.contacts[others_].stamp = {"guestbridge:other", "x", ""};
  EXPECT_EQ(Explain(0).decision(), "ADOPT");
  EXPECT_NE(Explain(1).decision(), "ADOPT");
  Run();
  EXPECT_EQ(Record(0).contact, ContactId(contact_));
  EXPECT_EQ(Marked(0), std::vector<int64_t>{contact_});
}

TEST_F(ExplainedContactTest, ThatLostItsMarkIsStampedWithoutALookWhereTheGuestWaits) {
  world.portal.contacts[contact_].stamp = {};
  MakeDirty();
  EXPECT_EQ(Explain().decision(), "UNCHANGED");
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Explain().decision(), "UPDATE");
  EXPECT_EQ(Run().updated, 1);
  EXPECT_EQ(Marked(0), std::vector<int64_t>{contact_});
}

TEST_F(ExplainedContactTest, ThatIsGoneIsFollowedToTheOneInItsPlace) {
  CopyTo(500);
  world.portal.contacts.erase(contact_);
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "UNCHANGED");
  EXPECT_EQ(explained.portal().contact(), 500);
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_WRITE_BACK");
  EXPECT_EQ(explained.next().parameters().at("contact"), "500");
  EXPECT_EQ(Run().recreated, 0);
  EXPECT_EQ(Record(0).contact, ContactId(500));
  EXPECT_EQ(Record(0).write_back, WriteBackState::kPending);
}

TEST_F(ExplainedContactTest, ThatIsGoneIsNotLostWhileNobodyTellsWhatIsInItsPlace) {
  world.portal.contacts.erase(contact_);
  line_->cut = true;
  EXPECT_EQ(Explain().decision(), "UNCHANGED");
  EXPECT_EQ(Explain().portal().state(), v1::PortalContact::GONE);
  line_->cut = false;
  EXPECT_EQ(Explain().decision(), "RECREATE");
}

TEST_F(ExplainedContactTest, OfAnIdIn1CThatLeadsNowhereIsMadeAsThePolicySays) {
  struct Case {
    GoneContactPolicy policy;
    bool on;
    const char* decision;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {GoneContactPolicy::kRecreate, true, "RECREATE", "CONTACT_GONE"},
      {GoneContactPolicy::kRecreate, false, "SKIP", "EVENT_OFF"},
      {GoneContactPolicy::kRelink, true, "SKIP", "CONTACT_GONE_RELINK"},
      {GoneContactPolicy::kNever, true, "SKIP", "CONTACT_GONE_NEVER"},
      {GoneContactPolicy::kAsk, true, "DEFER", "CONTACT_GONE_ASK"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.reason);
    const size_t i = world.base.clients.size();
    world.base.Add(static_cast<int>(i) + 1, "Belova").contact =
        ContactId(500'000 + static_cast<int64_t>(i));
    sides_.settings.policies.gone_contact = one.policy;
    sides_.settings.events.contact_deleted = one.on;
    const v1::ClientExplanation explained = Explain(i);
    EXPECT_EQ(explained.decision(), one.decision);
    EXPECT_EQ(explained.summary().reason(), one.reason);
    const bool recreated = Run().recreated == 1;
    EXPECT_EQ(recreated, explained.decision() == "RECREATE");
    if (!recreated) {
      EXPECT_EQ(Record(i).reason, one.reason);
    }
  }
}

TEST_F(ExplainedContactTest, OnAnotherPortalIsAddedOrTheOneThatBearsTheMarkThere) {
  CopyTo(500);
  world.portal.contacts.erase(contact_);
  sides_.settings.portal.host = "new.example";
  EXPECT_EQ(Explain(0).decision(), "UNCHANGED");
  EXPECT_EQ(Explain(0).portal().contact(), 500);
  EXPECT_EQ(Explain(0).next().reason(), "NEXT_IS_WRITE_BACK");
  world.portal.contacts.erase(others_);
  const v1::ClientExplanation gone = Explain(1);
  EXPECT_EQ(gone.decision(), "ADD");
  for (const v1::RuleOutcome& rule : gone.rules()) {
    EXPECT_NE(rule.explanation().reason(), "CONTACT_NOT_THIS_GUEST");
  }
  ASSERT_TRUE(BindToPortal("main", sides_.settings.portal, *world.ledger).ok());
  EXPECT_EQ(Explain(1).decision(), "ADD");
  const RunCounts counts = Run(/*cold=*/true);
  EXPECT_EQ(counts.unchanged, 1);
  EXPECT_EQ(counts.added, 1);
  EXPECT_EQ(Record(0).contact, ContactId(500));
}

TEST_F(ExplainedContactTest, IsFoundByItsMarkAsLongAsARunIsToLookForMarksFirst) {
  CopyTo(500);
  CopyTo(501);
  world.portal.contacts.erase(contact_);
  sides_.settings.portal.host = "new.example";
  // Done by a task of another guest, or by a run that died before it looked.
  ASSERT_TRUE(BindToPortal("main", sides_.settings.portal, *world.ledger).ok());
  const v1::ClientExplanation explained = Explain(0);
  EXPECT_EQ(explained.decision(), "UNCHANGED");
  EXPECT_EQ(explained.portal().contact(), 500);
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_WRITE_BACK");
  EXPECT_EQ(Run(/*cold=*/true).added, 0);
  EXPECT_EQ(Record(0).contact, ContactId(500));
}

TEST_F(ExplainedContactTest, IsNotFoundByItsMarkUnderAnotherGuestOrOnceTakenOff) {
  ASSERT_TRUE(world.ledger->SetNote(kColdNote, "1").ok());
  world.base.Add(3, "Belova");
  EXPECT_EQ(Explain(2).decision(), "ADD");
  // The mark of the third stands on a contact that is linked to the second.
  world.portal.contacts[others_].stamp.origin = Key(2).guid();
  EXPECT_EQ(Explain(2).decision(), "ADD");
  ASSERT_TRUE(world.ledger->Unlink(Key(0)).ok());
  EXPECT_EQ(Explain(0).decision(), "DEFER");
}

TEST_F(ExplainedContactTest, ThatWasMergedIsSaidToBeLinkedToTheSurvivorAndIs) {
  int64_t survivor = 500;
  for (const auto policy : {GoneContactPolicy::kRecreate, GoneContactPolicy::kRelink}) {
    Choose(policy);
    MergeInto(survivor);
    const v1::ClientExplanation explained = Explain();
    EXPECT_EQ(explained.decision(), "RELINK");
    EXPECT_EQ(explained.summary().reason(), "CONTACT_TOOK_OVER");
    EXPECT_EQ(explained.portal().contact(), survivor);
    EXPECT_EQ(explained.next().reason(), "NEXT_IS_RELINK");
    EXPECT_EQ(explained.next().parameters().at("contact"), std::to_string(survivor));
    EXPECT_EQ(Run().recreated, 0);
    EXPECT_EQ(Record(0).contact, ContactId(survivor));
    contact_ = survivor++;
  }
}

TEST_F(ExplainedContactTest, ThatWasMergedShowsWhichFieldsOfTheSurvivorWillChange) {
  MergeInto(500);
  // The number spelled otherwise counts as held.
  world.portal.contacts[500].multifields["PHONE"][0].value = "8 916 123-45-67";
  world.portal.contacts[500].fields["LAST_NAME"] = "ORLOVA";
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "RELINK");
  for (const v1::FieldOutcome& field : explained.fields()) {
    EXPECT_EQ(field.changed(), field.target() == "LAST_NAME") << field.target();
  }
  EXPECT_EQ(Run().updated, 1);
}

TEST_F(ExplainedContactTest, ThatWasMergedIsAPersonsToChooseWhereThePolicyAsks) {
  Choose(GoneContactPolicy::kAsk);
  MergeInto(500);
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "DEFER");
  EXPECT_EQ(explained.summary().reason(), "CONTACT_GONE_ASK");
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_CHOICE");
  std::vector<std::string> candidates;
  for (const v1::RuleOutcome& rule : explained.rules()) {
    if (rule.explanation().reason() != "CONTACT_TOOK_OVER") continue;
    candidates.push_back(rule.explanation().parameters().at("contact"));
  }
  EXPECT_EQ(candidates, std::vector<std::string>{"500"});
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ((*world.ledger->Pair(Key(0)))->candidates,
            std::vector<ContactId>{ContactId(500)});
  EXPECT_EQ(Explain().decision(), "DEFER");
  EXPECT_EQ(Run().deferred, 1);
}

TEST_F(ExplainedContactTest, ThatWasMergedIsNotLookedForWhereThePolicySaysNever) {
  Choose(GoneContactPolicy::kNever);
  MergeInto(500);
  EXPECT_EQ(Explain().decision(), "SKIP");
  EXPECT_EQ(Explain().summary().reason(), "CONTACT_GONE_NEVER");
  EXPECT_EQ(Run().skipped, 1);
  EXPECT_EQ(Record(0).reason, "CONTACT_GONE_NEVER");
}

TEST_F(ExplainedContactTest, IsNotLookedForByAPhoneThatIsNobodys) {
  world.base.clients[0].attributes["Phone"] = "+78005553535";
  EXPECT_EQ(Run().updated, 1);
  MergeInto(500);
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Run().recreated, 1);
  EXPECT_TRUE(world.portal.contacts.at(500).stamp.origin.empty());
}

TEST_F(ExplainedContactTest, OfSeveralSurvivorsIsTheOldest) {
  MergeInto(500);
  world.portal.contacts[400] = world.portal.contacts[500];
  EXPECT_EQ(Explain().decision(), "RELINK");
  EXPECT_EQ(Explain().portal().contact(), 400);
  Run();
  EXPECT_EQ(Record(0).contact, ContactId(400));
}

TEST_F(ExplainedContactTest, ThatLivesOnInAnotherGuestsOnlyIsMadeAgain) {
  world.portal.contacts[others_] = world.portal.contacts[contact_];
  world.portal.contacts[others_].stamp = {};
  world.portal.contacts.erase(contact_);
  MakeDirty(1);  // its stamp is still to come
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Run().recreated, 1);
}

TEST_F(ExplainedContactTest, ThatLivesOnUnderAnotherMarkOnlyIsMadeAgainOrLeft) {
  MergeInto(500);
  world.portal.contacts[500].stamp = {"guestbridge:other", "x", ""};
  Choose(GoneContactPolicy::kRelink);
  EXPECT_EQ(Explain().decision(), "SKIP");
  EXPECT_EQ(Explain().summary().reason(), "CONTACT_GONE_RELINK");
  EXPECT_EQ(Run().skipped, 1);
  EXPECT_EQ(Record(0).reason, "CONTACT_GONE_RELINK");
  Choose(GoneContactPolicy::kRecreate);
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Run().recreated, 1);
}

TEST_F(ExplainedContactTest, IsPutOffWhileThePortalDoesNotSayWhoTookItOver) {
  MergeInto(500);
  for (const auto policy : {GoneContactPolicy::kRecreate, GoneContactPolicy::kRelink,
                            GoneContactPolicy::kAsk}) {
    Choose(policy);
    for (const bool finds : {false, true}) {
      Refuse<FindContacts>();
      if (finds) {
        world.portal.instead = [](const Command& command) {
          const auto* list = std::get_if<ListContacts>(&command);
          const bool read =
              list != nullptr &&
              std::count(list->ids.begin(), list->ids.end(), ContactId(500)) > 0;
          return read ? std::optional(Fate::kRefused) : std::nullopt;
        };
      }
      const v1::ClientExplanation explained = Explain();
      EXPECT_EQ(explained.decision(), "DEFER");
      EXPECT_EQ(explained.summary().reason(), "CONTACT_READ_INCOMPLETE");
      EXPECT_EQ(explained.next().reason(), "NEXT_IS_LOOK");
      EXPECT_EQ(Run().deferred, 1);
      EXPECT_EQ(Record(0).reason, "CONTACT_READ_INCOMPLETE");
    }
  }
}

TEST_F(ExplainedContactTest, IsMadeAgainWhereThePortalHasNoSearch) {
  MergeInto(500);
  world.portal.shut_method = "crm.duplicate.findbycomm";
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Run().recreated, 1);
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsFollowedWhenItComesBack) {
  world.portal.contacts[500] = Lose();
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "UNCHANGED");
  EXPECT_EQ(explained.portal().contact(), 500);
  EXPECT_EQ(Run().skipped, 0);
  EXPECT_EQ(Record(0).contact, ContactId(500));
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsFollowedUnderItsOldIdToo) {
  world.portal.contacts[contact_] = Lose();
  for (const auto policy : {GoneContactPolicy::kNever, GoneContactPolicy::kAsk,
                            GoneContactPolicy::kRecreate}) {
    Choose(policy);
    EXPECT_EQ(Explain().decision(), "UNCHANGED");
    EXPECT_EQ(Explain().portal().contact(), contact_);
  }
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Explain().decision(), "UPDATE");
  EXPECT_EQ(Run().updated, 1);
  EXPECT_EQ(Record(0).link, LinkState::kLive);
  EXPECT_EQ(Record(0).contact, ContactId(contact_));
  EXPECT_EQ(world.portal.contacts.at(contact_).fields.at("LAST_NAME"), "Belova");
  EXPECT_EQ(Run().unchanged, 2);
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsNotTheirsUnderAnotherMark) {
  world.portal.contacts[contact_] = Lose();
  TakeMark();
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(Explain().decision(), "SKIP");
    EXPECT_EQ(Explain().summary().reason(), "CONTACT_GONE_NEVER");
    EXPECT_EQ(Run().skipped, 1);
    EXPECT_EQ(Record(0).reason, "CONTACT_GONE_NEVER");
    EXPECT_EQ(Record(0).link, LinkState::kLost);
  }
  Choose(GoneContactPolicy::kRecreate);
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Run().recreated, 1);
  EXPECT_NE(Record(0).contact, ContactId(contact_));
  EXPECT_EQ(world.portal.contacts.at(contact_).stamp.originator, "guestbridge:other");
  EXPECT_EQ(Run().unchanged, 2);
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeAndHasNoMarkIsTheirsByWhatItHolds) {
  world.portal.contacts[contact_] = Lose();
  world.portal.contacts[contact_].stamp = {};
  EXPECT_EQ(Explain().summary().reason(), "CONTACT_GONE_NEVER");
  EXPECT_EQ(Run().skipped, 1);
  Choose(GoneContactPolicy::kRelink);
  EXPECT_EQ(Explain().decision(), "RELINK");
  Run();
  EXPECT_EQ(Record(0).contact, ContactId(contact_));
  EXPECT_EQ(Marked(0), std::vector<int64_t>{contact_});
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeAndThatAPersonLinkedNeedsNoMark) {
  ASSERT_TRUE(
      world.ledger->SetPair(Key(0), {kLinkedByHand, 3, {ContactId(contact_)}, {}})
          .ok());
  world.portal.contacts[contact_] = Lose();
  world.portal.contacts[contact_].stamp = {};
  EXPECT_EQ(Explain().decision(), "ADOPT");
  EXPECT_EQ(Run().skipped, 0);
  EXPECT_EQ(Record(0).contact, ContactId(contact_));
  EXPECT_EQ(Marked(0), std::vector<int64_t>{contact_});
  EXPECT_EQ(world.portal.contacts.size(), 2u);
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsPutOffWhereTheAnswersContradict) {
  world.portal.contacts[contact_] = Lose();
  Choose(GoneContactPolicy::kRecreate);
  // One answer shows it without the mark, and the next with it.
  world.portal.spoil = [](const Command& command, CommandResult* result) {
    if (!std::holds_alternative<GetContact>(command)) return;
    for (ContactRow& row : result->rows) row.stamp = {};
  };
  EXPECT_EQ(Explain().decision(), "DEFER");
  EXPECT_EQ(Explain().summary().reason(), "CONTACT_READ_INCOMPLETE");
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ(world.portal.contacts.size(), 2u);
  world.portal.spoil = [](const Command&, CommandResult*) {};
  Run();
  EXPECT_EQ(Record(0).contact, ContactId(contact_));
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsLookedForByItsPhoneToo) {
  FakeContact survivor = Lose();
  survivor.stamp = {};
  world.portal.contacts[500] = survivor;
  Choose(GoneContactPolicy::kRelink);
  EXPECT_EQ(Explain().decision(), "RELINK");
  EXPECT_EQ(Explain().portal().contact(), 500);
  Run();
  EXPECT_EQ(Record(0).contact, ContactId(500));
}

TEST_F(ExplainedContactTest, ThatWasLostBeforeIsPutOffWhileThePortalDoesNotTell) {
  Lose();
  Choose(GoneContactPolicy::kRecreate);
  Refuse<GetContact>();
  const v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "DEFER");
  EXPECT_EQ(explained.summary().reason(), "CONTACT_UNREADABLE");
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_LOOK");
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ(Record(0).reason, "CONTACT_UNREADABLE");
}

TEST_F(ExplainedContactTest, IsNotWaitedForUnderAnotherGuestToWhomAPersonGaveIt) {
  ASSERT_TRUE(
      world.ledger->SetPair(Key(1), {kLinkedByHand, 3, {ContactId(others_)}, {}}).ok());
  world.base.clients[1].marked_for_deletion = true;  // never stamped again
  world.portal.contacts[others_].stamp.origin = Key(0).guid();
  world.portal.contacts[contact_] = {};
  world.portal.contacts[contact_].fields["LAST_NAME"] = "Smirnova";
  EXPECT_EQ(Explain().decision(), "ADD");
  EXPECT_EQ(Run().added, 1);
  EXPECT_EQ(Explain().decision(), "UNCHANGED");
  EXPECT_EQ(Record(1).contact, ContactId(others_));
}

TEST_F(ExplainedContactTest, ThatAnotherLedgerHasWrittenIsComparedByAColdLook) {
  const ClientRecord old = Record(0);
  world.base.clients[0].attributes["LastName"] = "Belova";
  EXPECT_EQ(Run().updated, 1);
  // The ledger is put back, and so is the name.
  ASSERT_TRUE(world.ledger->Put({old}).ok());
  world.base.clients[0].attributes["LastName"] = "Orlova";
  EXPECT_EQ(Explain().decision(), "UNCHANGED");
  ASSERT_TRUE(world.ledger->SetNote(kColdNote, "1").ok());
  EXPECT_EQ(Explain().decision(), "UPDATE");
  EXPECT_EQ(Run(/*cold=*/true).updated, 1);
  EXPECT_EQ(world.portal.contacts.at(contact_).fields.at("LAST_NAME"), "Orlova");
}

}  // namespace
}  // namespace guestbridge::agent
