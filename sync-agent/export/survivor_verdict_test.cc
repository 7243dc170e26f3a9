#include "sync-agent/export/survivor_verdict.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace guestbridge::agent {
namespace {

using What = SurvivorVerdict::What;

constexpr char kPhone[] = "+79161234567";
constexpr char kEmail[] = "orlova@example.org";

// A guest who was exported with a phone and an e-mail, and whose contact 7 is gone.
class SurvivorVerdictTest : public ::testing::Test {
 protected:
  SurvivorVerdictTest() {
    decision.key = ClientKey(mark.origin);
    decision.action = PlannedAction::kRecreate;
    decision.contact = ContactId(7);
    decision.contact_gone = true;
    decision.content.fields["LAST_NAME"] = "Orlova";
    decision.content.multifields["PHONE"] = {{kPhone, "WORK"}};
    decision.content.multifields["EMAIL"] = {{kEmail, "WORK"}};
    known = MakeSurvivorCase(decision,
                             {DigestValue(decision.key, "PHONE", kPhone),
                              DigestValue(decision.key, "EMAIL", kEmail)},
                             mark, "RU");
  }

  // A contact that the search finds.
  ContactRow& Found(int64_t id, const std::string& family = "Orlova",
                    const std::string& phone = kPhone) {
    ContactRow& row = rows[ContactId(id)];
    row.id = ContactId(id);
    row.fields["LAST_NAME"] = family;
    row.multifields["PHONE"] = {{1, phone, "WORK"}};
    known.candidates.insert(row.id);
    return row;
  }
  SurvivorVerdict Judge() {
    return JudgeSurvivors(decision, known, rows, refused,
                          [this](ContactId id) { return anothers.count(id) > 0; });
  }
  // Whether a contact is linked, and which.
  std::vector<ContactId> Linked() {
    const SurvivorVerdict verdict = Judge();
    return verdict.what == What::kLinked ? verdict.survivors : std::vector<ContactId>();
  }

  const Stamp mark{"guestbridge:base", "00000000-0000-4000-8000-000000000001", ""};
  Decision decision;
  SurvivorCase known;
  std::map<ContactId, ContactRow> rows;
  std::vector<ContactId> refused;
  std::set<ContactId> anothers;
};

TEST_F(SurvivorVerdictTest, WithoutASurvivorThePolicyDecides) {
  EXPECT_EQ(Judge().what, What::kRecreated);
  decision.action = PlannedAction::kRelink;
  EXPECT_EQ(Judge().what, What::kLeft);
  decision.action = PlannedAction::kDefer;
  EXPECT_EQ(Judge().what, What::kAsked);
  EXPECT_TRUE(Judge().survivors.empty());
  decision.action = PlannedAction::kSkip;
  EXPECT_EQ(Judge().what, What::kLeft);
}

TEST_F(SurvivorVerdictTest, OfSeveralTheOldestIsLinked) {
  Found(30);
  Found(20);
  for (const auto action : {PlannedAction::kRecreate, PlannedAction::kRelink}) {
    decision.action = action;
    EXPECT_EQ(Linked(), std::vector<ContactId>{ContactId(20)});
  }
}

TEST_F(SurvivorVerdictTest, APersonIsAskedAboutAllOfThem) {
  Found(30);
  Found(20);
  Found(25, "Petrova");
  decision.action = PlannedAction::kDefer;
  EXPECT_EQ(Judge().what, What::kAsked);
  EXPECT_EQ(Judge().survivors, (std::vector<ContactId>{ContactId(20), ContactId(30)}));
}

TEST_F(SurvivorVerdictTest, WhoIsAnothersOrWasRefusedIsNone) {
  Found(20);
  Found(30);
  anothers = {ContactId(20)};
  EXPECT_EQ(Linked(), std::vector<ContactId>{ContactId(30)});
  refused = {ContactId(30)};
  EXPECT_EQ(Judge().what, What::kRecreated);
}

TEST_F(SurvivorVerdictTest, AnotherClientsMarkIsNoneAndTheOwnOneIs) {
  ContactRow& row = Found(20);
  row.stamp = {"guestbridge:base", "00000000-0000-4000-8000-000000000002", ""};
  EXPECT_EQ(Judge().what, What::kRecreated);
  row.stamp.originator = "guestbridge:other";
  row.stamp.origin = mark.origin;
  EXPECT_EQ(Judge().what, What::kRecreated);
  row.stamp = mark;
  EXPECT_EQ(Judge().what, What::kLinked);
  row.stamp = {"shop", "1", ""};  // another program's
  EXPECT_EQ(Judge().what, What::kLinked);
}

TEST_F(SurvivorVerdictTest, NoneIsMadeBesideOneWhoseNameCannotBeRead) {
  ContactRow& row = Found(20);
  row.fields.clear();
  EXPECT_EQ(Judge().what, What::kRecreated);
  row.unread = {"LAST_NAME"};
  EXPECT_EQ(Judge().what, What::kPutOff);
  decision.action = PlannedAction::kDefer;
  EXPECT_EQ(Judge().what, What::kAsked);
  EXPECT_EQ(Judge().survivors, std::vector<ContactId>{ContactId(20)});
  decision.action = PlannedAction::kRecreate;
  Found(30);
  EXPECT_EQ(Linked(), std::vector<ContactId>{ContactId(30)});
  anothers = {ContactId(20), ContactId(30)};
  EXPECT_EQ(Judge().what, What::kRecreated);
}

TEST_F(SurvivorVerdictTest, OnlyWhatTheRowShowsCounts) {
  ContactRow& row = Found(20, "Orlova", "+79998887766");
  EXPECT_EQ(Judge().what, What::kRecreated);
  row.multifields["EMAIL"] = {{2, "Orlova@Example.org", "WORK"}};
  EXPECT_EQ(Judge().what, What::kLinked);
  row.fields["LAST_NAME"] = "Petrova";
  EXPECT_EQ(Judge().what, What::kRecreated);
  known.candidates.insert(ContactId(21));  // found, and not read
  EXPECT_EQ(Judge().what, What::kRecreated);
}

TEST_F(SurvivorVerdictTest, ItIsLookedForByWhatWasSentLastAndIsStillIn1C) {
  ASSERT_EQ(FindCommands(known).size(), 2u);
  decision.content.multifields["PHONE"] = {{"+79163334455", "WORK"}};
  const ValueDigests sent = {DigestValue(decision.key, "PHONE", kPhone),
                             DigestValue(decision.key, "EMAIL", kEmail)};
  known = MakeSurvivorCase(decision, sent, mark, "RU");
  ASSERT_EQ(FindCommands(known).size(), 1u);
  EXPECT_EQ(FindCommands(known)[0].by, FindContacts::By::kEmail);
  known = MakeSurvivorCase(decision, {}, mark, "RU");
  EXPECT_TRUE(FindCommands(known).empty());
}

TEST_F(SurvivorVerdictTest, WhatIsNobodysFindsNobody) {
  const std::vector<std::string> phones = {"+78005553535", "8 (800) 555-35-35"};
  const std::vector<std::string> emails = {"Info@Hotel.example", "noemail@noemail.ru",
                                           "orlova.123@guest.booking.com"};
  ValueDigests sent;
  for (const std::string& phone : phones) {
    decision.content.multifields["PHONE"].push_back({phone, "WORK"});
    sent.insert(DigestValue(decision.key, "PHONE", phone));
  }
  for (const std::string& email : emails) {
    decision.content.multifields["EMAIL"].push_back({email, "WORK"});
    sent.insert(DigestValue(decision.key, "EMAIL", email));
  }
  known = MakeSurvivorCase(decision, sent, mark, "RU");
  EXPECT_TRUE(FindCommands(known).empty());
  // Nor does a contact that somebody else's value leads to count for holding one.
  sent.insert(DigestValue(decision.key, "PHONE", kPhone));
  known = MakeSurvivorCase(decision, sent, mark, "RU");
  EXPECT_EQ(known.phones, std::vector<std::string>{kPhone});
  Found(20, "Orlova", phones[0]).multifields["EMAIL"] = {{2, emails[0], "WORK"}};
  EXPECT_EQ(Judge().what, What::kRecreated);
  Found(30);
  EXPECT_EQ(Linked(), std::vector<ContactId>{ContactId(30)});
}

TEST_F(SurvivorVerdictTest, ASearchThatWasRefusedPutsOffAndOneThatThereIsNotDoesNot) {
  Found(20);
  CommandResult found;
  found.fate = Fate::kNotExecuted;
  found.unavailable = true;
  TakeFound(found, &known);
  EXPECT_EQ(Judge().what, What::kLinked);
  found.unavailable = false;
  for (const Fate fate : {Fate::kRefused, Fate::kGone, Fate::kUnknown}) {
    known.unanswered = false;
    found.fate = fate;
    TakeFound(found, &known);
    for (const auto action :
         {PlannedAction::kRecreate, PlannedAction::kRelink, PlannedAction::kDefer}) {
      decision.action = action;
      EXPECT_EQ(Judge().what, What::kPutOff);
    }
  }
}

TEST_F(SurvivorVerdictTest, CandidatesAreReadFiftyACommandAndWholePagesOnly) {
  std::set<ContactId> candidates;
  for (int64_t id = 1; id <= 101; ++id) candidates.insert(ContactId(id));
  const std::vector<Command> commands = ReadCommands(candidates, {"PHONE"});
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(std::get<ListContacts>(commands[0]).ids.size(), 50u);
  EXPECT_EQ(std::get<ListContacts>(commands[2]).ids.size(), 1u);
  EXPECT_EQ(std::get<ListContacts>(commands[2]).select,
            std::vector<std::string>{"PHONE"});
  EXPECT_TRUE(ReadCommands({}, {}).empty());
  std::vector<CommandResult> read(2);
  for (CommandResult& one : read) {
    one.fate = Fate::kDone;
    one.complete_page = true;
  }
  candidates = {ContactId(1), ContactId(51)};
  EXPECT_TRUE(ShowAll(read, candidates)) << "one of them is not there";
  read[1].complete_page = false;
  EXPECT_FALSE(ShowAll(read, candidates));
  for (const ContactId id : candidates) {
    ContactRow row;
    row.id = id;
    read[0].rows.push_back(row);
  }
  EXPECT_TRUE(ShowAll(read, candidates));
  EXPECT_TRUE(ShowAll({}, {}));
}

}  // namespace
}  // namespace guestbridge::agent
