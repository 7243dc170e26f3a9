#include <optional>
#include <variant>

#include "sync-agent/explained_contact_fixture_test.h"

// What an explanation takes for the portal's word, as a run does.
namespace guestbridge::agent {
namespace {

class ExplainedSightTest : public ExplainedContactTest {};

TEST_F(ExplainedSightTest, IsNotGoneToSomebodyWhoMaySeeNothing) {
  world.portal.admin = false;
  world.portal.contacts.clear();
  v1::ClientExplanation explained = Explain();
  EXPECT_EQ(explained.decision(), "UNCHANGED");
  EXPECT_EQ(explained.portal().state(), v1::PortalContact::UNREAD);
  EXPECT_EQ(explained.portal().explanation().reason(), "CONTACT_UNREADABLE");
  EXPECT_EQ(Run().unchanged, 2);
  world.base.clients[0].attributes["LastName"] = "Belova";
  explained = Explain();
  EXPECT_EQ(explained.decision(), "DEFER");
  EXPECT_EQ(explained.summary().reason(), "CONTACT_UNREADABLE");
  EXPECT_EQ(explained.next().reason(), "NEXT_IS_LOOK");
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ(Record(0).reason, "CONTACT_UNREADABLE");
  EXPECT_EQ(Record(0).link, LinkState::kLive);
}

TEST_F(ExplainedSightTest, IsGoneToSomebodyWhoSeesAnotherOneOfOurs) {
  world.portal.admin = false;
  world.portal.contacts.erase(contact_);
  EXPECT_EQ(Explain().decision(), "RECREATE");
  EXPECT_EQ(Explain().portal().state(), v1::PortalContact::GONE);
  EXPECT_EQ(Run().recreated, 1);
}

TEST_F(ExplainedSightTest, ThatWasLostBeforeIsPutOffForSomebodyWhoMaySeeNothing) {
  Lose();
  Choose(GoneContactPolicy::kRecreate);
  world.portal.admin = false;
  world.portal.contacts.clear();
  EXPECT_EQ(Explain().decision(), "DEFER");
  EXPECT_EQ(Explain().summary().reason(), "CONTACT_UNREADABLE");
  EXPECT_EQ(Explain().next().reason(), "NEXT_IS_LOOK");
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ(Record(0).reason, "CONTACT_UNREADABLE");
}

TEST_F(ExplainedSightTest, OfAnIdIn1CIsPutOffForSomebodyWhoMaySeeNothing) {
  world.portal.admin = false;
  world.portal.contacts.clear();
  world.base.Add(3, "Belova").contact = ContactId(500'002);
  EXPECT_EQ(Explain(2).decision(), "DEFER");
  EXPECT_EQ(Explain(2).summary().reason(), "CONTACT_UNREADABLE");
  EXPECT_EQ(Explain(2).next().reason(), "NEXT_IS_LOOK");
  EXPECT_EQ(Run().deferred, 1);
  EXPECT_EQ(Record(2).reason, "CONTACT_UNREADABLE");
}

TEST_F(ExplainedSightTest, IsAskedForAgainWhereThePortalPutsTheQuestionOff) {
  MergeInto(500);
  int put_off = 2;
  world.portal.instead = [&](const Command& command) {
    return std::holds_alternative<FindContacts>(command) && put_off-- > 0
               ? std::optional(Fate::kNotExecuted)
               : std::nullopt;
  };
  EXPECT_EQ(Explain().decision(), "RELINK");
  world.portal.instead = [](const Command&) { return std::nullopt; };
  // Every other request gets no answer.
  int asked = 0;
  world.portal.away = [&] { return asked++ % 2 == 0; };
  EXPECT_EQ(Explain().decision(), "RELINK");
}

TEST_F(ExplainedSightTest, IsNotAskedForWithoutEndWhereThePortalNeverAnswers) {
  MergeInto(500);
  int put_off = 0;
  world.portal.instead = [&](const Command& command) {
    if (!std::holds_alternative<FindContacts>(command)) {
      return std::optional<Fate>();
    }
    ++put_off;
    return std::optional(Fate::kNotExecuted);
  };
  EXPECT_EQ(Explain().decision(), "DEFER");
  EXPECT_EQ(put_off, 3);
}

}  // namespace
}  // namespace guestbridge::agent
