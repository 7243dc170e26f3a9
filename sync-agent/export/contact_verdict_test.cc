#include "sync-agent/export/contact_verdict.h"

#include <gtest/gtest.h>

namespace guestbridge::agent {
namespace {

const Stamp kMark{"guestbridge:base", "00000000-0000-4000-8000-000000000001", ""};
const Stamp kOther{"guestbridge:base", "00000000-0000-4000-8000-000000000002", ""};

class ContactVerdictTest : public ::testing::Test {
 protected:
  ContactVerdictTest() {
    decision.action = PlannedAction::kCheckStored;
    decision.contact = row.id = ContactId(7);
    decision.content.fields["LAST_NAME"] = "Orlova";
    known.mark = kMark;
    known.row = &row;
  }
  ContactVerdict Judge() {
    return JudgeContact(decision, known, {events, policies, "RU"});
  }
  void Export() {
    known.record.emplace();
    known.record->link = LinkState::kLive;
    known.record->contact = row.id;
  }

  Decision decision;
  ContactRow row;
  ContactCase known;
  EventSwitches events;
  Policies policies;
};

TEST_F(ContactVerdictTest, TheMarkGoesBeforeEverythingButAPersonsWord) {
  row.stamp = kMark;
  EXPECT_EQ(Judge(), ContactVerdict::kTheirs);
  known.owner = ContactCase::Owner::kStranger;
  EXPECT_EQ(Judge(), ContactVerdict::kTheirs);
  known.owner = ContactCase::Owner::kAnother;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  known.owner = ContactCase::Owner::kNobody;
  known.pair.refused = {row.id};
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
}

TEST_F(ContactVerdictTest, WhoseNameCannotBeReadMayBeTheirs) {
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  row.unread = {"POST"};
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  row.unread = {"NAME"};
  EXPECT_EQ(Judge(), ContactVerdict::kUnreadable);
  row.fields["LAST_NAME"] = "Petrova";
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  row.fields.clear();
  row.unread = {"LAST_NAME"};
  EXPECT_EQ(Judge(), ContactVerdict::kUnreadable);
  known.of_earlier_portal = true;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  known.of_earlier_portal = false;
  known.pair.refused = {row.id};
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  known.pair.refused.clear();
  row.stamp = kOther;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  row.stamp = kMark;
  EXPECT_EQ(Judge(), ContactVerdict::kTheirs);
}

TEST_F(ContactVerdictTest, WhatAPersonLinkedIsTheirsWhateverMarkStandsOnIt) {
  row.stamp = kOther;
  known.pair = {kLinkedByHand, 3, {row.id}, {}};
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);  // the ledger links it no more
  Export();
  EXPECT_EQ(Judge(), ContactVerdict::kTheirs);
  row.stamp = {"guestbridge:other", "x", ""};
  EXPECT_EQ(Judge(), ContactVerdict::kTheirs);
  known.pair.candidates = {row.id, ContactId(8)};
  EXPECT_EQ(Judge(), ContactVerdict::kLookByOrigin);
  known.pair.candidates = {ContactId(8)};
  EXPECT_EQ(Judge(), ContactVerdict::kLookByOrigin);
  known.pair = {"MATCHED_BY_ORIGIN", 3, {row.id}, {}};
  EXPECT_EQ(Judge(), ContactVerdict::kLookByOrigin);
}

TEST_F(ContactVerdictTest, WhoWasExportedIsLookedForByOriginOnce) {
  row.stamp = kOther;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  Export();
  EXPECT_EQ(Judge(), ContactVerdict::kLookByOrigin);
  known.looked_before = true;
  EXPECT_EQ(Judge(), ContactVerdict::kContradicted);
}

TEST_F(ContactVerdictTest, WhatALookByOriginShowsDecides) {
  row.stamp = kOther;
  Export();
  OriginLook look;
  known.row = nullptr;
  known.by_origin = &look;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  events.client_created = false;
  EXPECT_EQ(Judge(), ContactVerdict::kCreatedOff);
  decision.marked = true;
  EXPECT_EQ(Judge(), ContactVerdict::kMarkedNotOurs);
  look.linked_elsewhere = true;
  EXPECT_EQ(Judge(), ContactVerdict::kContradicted);
  look.own = Survivor{ContactId(9), {}};
  EXPECT_EQ(Judge(), ContactVerdict::kLookAtOwn);
  known.pair.refused = {ContactId(9)};
  EXPECT_EQ(Judge(), ContactVerdict::kMarkedNotOurs);
  look.in_place = true;
  EXPECT_EQ(Judge(), ContactVerdict::kContradicted);
}

TEST_F(ContactVerdictTest, OneThatIsGoneIsThePolicysBusinessButNotOnAnotherPortal) {
  const OriginLook nobody;
  known.gone = true;
  known.by_origin = &nobody;
  policies.gone_contact = GoneContactPolicy::kNever;
  EXPECT_EQ(Judge(), ContactVerdict::kLeftByPolicy);
  known.pair.refused = {row.id};  // a person was asked, and wants a new one
  EXPECT_EQ(Judge(), ContactVerdict::kRecreate);
  known.pair.refused.clear();
  events.contact_deleted = false;
  EXPECT_EQ(Judge(), ContactVerdict::kDeletedOff);
  known.of_earlier_portal = true;
  EXPECT_EQ(Judge(), ContactVerdict::kAdd);
  decision.marked = true;
  EXPECT_EQ(Judge(), ContactVerdict::kMarkedGone);
}

TEST_F(ContactVerdictTest, WhoWaitsForAStampIsAStrangerOnlyToAMarkedContact) {
  EXPECT_TRUE(IsStranger(row, kMark, /*dirty=*/false));
  EXPECT_FALSE(IsStranger(row, kMark, /*dirty=*/true));
  row.stamp = kOther;
  EXPECT_TRUE(IsStranger(row, kMark, /*dirty=*/true));
  row.stamp = kMark;
  EXPECT_FALSE(IsStranger(row, kMark, /*dirty=*/false));
}

TEST_F(ContactVerdictTest, WhatIsThereAgainIsTheirsByMarkOrByAPersonsWord) {
  using Owner = ContactCase::Owner;
  PairNote pair;
  const auto judge = [&](Owner owner) {
    return JudgeReturned(row, kMark, pair, owner);
  };
  EXPECT_EQ(judge(Owner::kNobody), Returned::kNotTheirs);
  pair = {kLinkedByHand, 3, {row.id}, {}};
  EXPECT_EQ(judge(Owner::kNobody), Returned::kTheirs);
  EXPECT_EQ(judge(Owner::kAnother), Returned::kNotTheirs);
  row.stamp = kOther;
  EXPECT_EQ(judge(Owner::kNobody), Returned::kNotTheirs);
  row.stamp = kMark;
  pair = {};
  EXPECT_EQ(judge(Owner::kNobody), Returned::kTheirs);
  EXPECT_EQ(judge(Owner::kStranger), Returned::kUntold);
  EXPECT_EQ(judge(Owner::kAnother), Returned::kUntold);
  EXPECT_EQ(judge(Owner::kByHand), Returned::kNotTheirs);
}

TEST_F(ContactVerdictTest, OfSeveralThatCarryTheMarkTheOldestIsTheOwn) {
  std::vector<ContactRow> listed(3);
  listed[0].id = ContactId(30);
  listed[1].id = ContactId(20);
  listed[2].id = ContactId(10);
  for (ContactRow& one : listed) one.stamp = kMark;
  auto owner = ContactCase::Owner::kAnother;  // of the contact 10
  const auto look = [&](bool displaced) {
    return LookThrough(
        listed, {}, ContactId(7), kMark, displaced, [&](const ContactRow& one) {
          return one.id == ContactId(10) ? owner : ContactCase::Owner::kNobody;
        });
  };
  EXPECT_EQ(look(true).own->id, ContactId(20));
  EXPECT_TRUE(look(true).linked_elsewhere);
  owner = ContactCase::Owner::kStranger;
  EXPECT_EQ(look(true).own->id, ContactId(10));
  EXPECT_EQ(look(false).own->id, ContactId(20));
  EXPECT_TRUE(look(false).linked_elsewhere);
  owner = ContactCase::Owner::kByHand;
  EXPECT_EQ(look(true).own->id, ContactId(20));
  EXPECT_FALSE(look(true).linked_elsewhere);
  listed[0].id = ContactId(7);
  EXPECT_TRUE(look(true).in_place);
  EXPECT_FALSE(look(true).own.has_value());
  EXPECT_EQ(look(false).own->id, ContactId(20));
}

}  // namespace
}  // namespace guestbridge::agent
