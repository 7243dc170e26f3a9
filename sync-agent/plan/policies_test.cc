#include "sync-agent/plan/policies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sync-agent/plan/decide.h"

namespace guestbridge::agent {
namespace {

const ClientKey kClient("00000000-0000-4000-8000-000000000001");

ClientRow Row(bool marked = false) {
  ClientRow row;
  row.key = kClient;
  row.marked_for_deletion = marked;
  return row;
}

MappedContact Mapped(const std::string& last_name, const std::string& comments = "") {
  MappedContact mapped;
  mapped.content.fields["LAST_NAME"] = last_name;
  mapped.content.fields["COMMENTS"] = comments;
  mapped.content.multifields["PHONE"] = {};
  return mapped;
}

LinkView View(LinkView::Link link) {
  LinkView view;
  view.link = link;
  view.contact = ContactId(500);
  view.exported = DigestContent(kClient, Mapped("Orlova").content);
  return view;
}

Decision Lost(GoneContactPolicy policy, LinkView::Link link = LinkView::Link::kLost) {
  Policies policies;
  policies.gone_contact = policy;
  return Decide(Row(), Mapped("Orlova"), View(link), {}, policies);
}

bool Says(const Decision& decision, const std::string& rule,
          const std::string& reason) {
  return std::any_of(decision.rules.begin(), decision.rules.end(),
                     [&](const RuleTrace& trace) {
                       return trace.rule == rule && trace.reason == reason;
                     });
}

TEST(Policies, EachWayOfDealingWithAGoneContactIsSaid) {
  const Decision recreate = Lost(GoneContactPolicy::kRecreate);
  EXPECT_EQ(recreate.action, PlannedAction::kRecreate);
  EXPECT_TRUE(Says(recreate, "ledger", "CONTACT_GONE"));

  const Decision relink = Lost(GoneContactPolicy::kRelink);
  EXPECT_EQ(relink.action, PlannedAction::kRelink);
  EXPECT_STREQ(NameOf(relink.action), "RELINK");
  EXPECT_TRUE(Says(relink, "gone-contact", "CONTACT_GONE_RELINK"));

  const Decision ask = Lost(GoneContactPolicy::kAsk);
  EXPECT_EQ(ask.action, PlannedAction::kDefer);
  EXPECT_EQ(ask.reason, "CONTACT_GONE_ASK");

  const Decision never = Lost(GoneContactPolicy::kNever);
  EXPECT_EQ(never.action, PlannedAction::kSkip);
  EXPECT_EQ(never.reason, "CONTACT_GONE_NEVER");

  for (const Decision& decision : {recreate, relink, ask, never}) {
    EXPECT_TRUE(decision.contact_gone);
    EXPECT_EQ(decision.contact, ContactId(500));
  }
}

TEST(Policies, WhoWasAskedIsAskedOnceAndAnotherPolicyAnswers) {
  const Decision asked = Lost(GoneContactPolicy::kAsk, LinkView::Link::kAsked);
  EXPECT_EQ(asked.action, PlannedAction::kDefer);
  EXPECT_FALSE(asked.contact_gone);
  EXPECT_EQ(Lost(GoneContactPolicy::kRecreate, LinkView::Link::kAsked).action,
            PlannedAction::kRecreate);
}

TEST(Policies, TheEventThatIsOffGoesBeforeAnyOfThem) {
  EventSwitches events;
  events.contact_deleted = false;
  events.client_marked_for_deletion = false;
  for (const GoneContactPolicy policy :
       {GoneContactPolicy::kRecreate, GoneContactPolicy::kRelink,
        GoneContactPolicy::kAsk, GoneContactPolicy::kNever}) {
    Policies policies;
    policies.gone_contact = policy;
    policies.deletion_mark = DeletionMarkPolicy::kDelete;
    const Decision lost =
        Decide(Row(), Mapped("Orlova"), View(LinkView::Link::kLost), events, policies);
    EXPECT_EQ(lost.reason, "EVENT_OFF");
    EXPECT_FALSE(lost.contact_gone);
    EXPECT_EQ(Decide(Row(/*marked=*/true), Mapped("Orlova"),
                     View(LinkView::Link::kLive), events, policies)
                  .reason,
              "EVENT_OFF");
  }
}

Decision Marked(const LinkView& view) {
  Policies policies;
  policies.deletion_mark = DeletionMarkPolicy::kDelete;
  return Decide(Row(/*marked=*/true), Mapped("Orlova"), view, {}, policies);
}

TEST(Policies, AMarkedClientsContactIsToGoAndNothingElseIs) {
  const Decision live = Marked(View(LinkView::Link::kLive));
  EXPECT_EQ(live.action, PlannedAction::kDelete);
  EXPECT_STREQ(NameOf(live.action), "DELETE");
  EXPECT_EQ(live.contact, ContactId(500));
  EXPECT_TRUE(Says(live, "deletion-mark", "MARKED_CONTACT_TO_DELETE"));
  // Of an attempt to delete nothing may be taken for the client's content.
  EXPECT_EQ(live.digest.hash, kDeletionHash);
  EXPECT_TRUE(live.digest.values.empty());

  for (const auto link : {LinkView::Link::kLost, LinkView::Link::kAsked}) {
    EXPECT_EQ(Marked(View(link)).reason, "MARKED_CONTACT_GONE");
  }
  for (const auto link : {LinkView::Link::kNone, LinkView::Link::kReview}) {
    EXPECT_EQ(Marked(View(link)).reason, "MARKED_FOR_DELETION");
  }
  EXPECT_EQ(Marked(View(LinkView::Link::kErased)).reason, "CLIENT_ERASED");
}

TEST(Policies, AMarkThatIsAValueKeepsAContactAndMakesNone) {
  Policies policies;
  policies.deletion_mark = DeletionMarkPolicy::kMark;
  const auto decide = [&](LinkView view, const std::string& name = "Orlova",
                          EventSwitches events = {}) {
    return Decide(Row(/*marked=*/true), Mapped(name), view, events, policies);
  };
  using Link = LinkView::Link;
  const struct {
    Link link;
    bool in_doubt;
    const char* name;
    PlannedAction action;
    const char* reason;
  } kCases[] = {
      {Link::kLive, false, "Orlova", PlannedAction::kUnchanged, ""},
      {Link::kLive, false, "Petrova", PlannedAction::kUpdate, ""},
      {Link::kLive, true, "Petrova", PlannedAction::kDefer, "IN_DOUBT"},
      {Link::kLive, false, "", PlannedAction::kSkip, "NO_NAME_NO_PHONE_NO_EMAIL"},
      {Link::kLost, false, "Orlova", PlannedAction::kSkip, "MARKED_CONTACT_GONE"},
      {Link::kLost, true, "Orlova", PlannedAction::kDefer, "IN_DOUBT"},
      {Link::kAsked, false, "Orlova", PlannedAction::kSkip, "MARKED_CONTACT_GONE"},
      {Link::kNone, false, "Orlova", PlannedAction::kSkip, "MARKED_FOR_DELETION"},
      {Link::kNone, true, "Orlova", PlannedAction::kDefer, "IN_DOUBT"},
      {Link::kReview, false, "Orlova", PlannedAction::kSkip, "MARKED_FOR_DELETION"},
      {Link::kErased, false, "Orlova", PlannedAction::kSkip, "CLIENT_ERASED"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(absl::StrCat(static_cast<int>(one.link), one.in_doubt, one.name));
    LinkView view = View(one.link);
    view.in_doubt = one.in_doubt;
    const Decision decision = decide(view, one.name);
    EXPECT_EQ(decision.action, one.action);
    EXPECT_EQ(decision.reason, one.reason);
    EXPECT_EQ(decision.marked, one.link != Link::kErased);
    EXPECT_EQ(Says(decision, "deletion-mark", "MARKED_CONTACT_KEPT"),
              one.link == Link::kLive);
  }
  EXPECT_EQ(decide(View(Link::kNone)).parameters.at("policy"), "mark");
  EventSwitches events;
  events.client_marked_for_deletion = false;
  EXPECT_EQ(decide(View(Link::kLive), "Petrova", events).reason, "EVENT_OFF");
  // Who is not marked is decided about as ever.
  EXPECT_EQ(Decide(Row(), Mapped("Orlova"), {}, {}, policies).action,
            PlannedAction::kAdd);
}

TEST(Policies, ADeletionWaitsForWhatIsInDoubtAndStopsWhenItWasRefused) {
  for (const auto link :
       {LinkView::Link::kNone, LinkView::Link::kLive, LinkView::Link::kLost}) {
    LinkView view = View(link);
    view.in_doubt = true;
    EXPECT_EQ(Marked(view).action, PlannedAction::kDefer);
    EXPECT_EQ(Marked(view).reason, "IN_DOUBT");
  }
  LinkView refused = View(LinkView::Link::kLive);
  refused.refused_hash = kDeletionHash;
  refused.refused_reason = "MARKED_CONTACT_NOT_DELETED";
  EXPECT_EQ(Marked(refused).action, PlannedAction::kFail);
  // The refusal was of the deletion, not of the guest.
  EXPECT_EQ(Decide(Row(), Mapped("Orlova"), refused, {}).action,
            PlannedAction::kUnchanged);
}

TEST(Policies, ANamelessGuestMayBeExportedUnlessThereIsNothingAtAll) {
  Policies policies;
  EXPECT_EQ(Decide(Row(), Mapped("", "Group"), {}, {}, policies).reason,
            "NO_NAME_NO_PHONE_NO_EMAIL");
  policies.export_nameless = true;
  const Decision decision = Decide(Row(), Mapped("", "Group"), {}, {}, policies);
  EXPECT_EQ(decision.action, PlannedAction::kAdd);
  EXPECT_TRUE(Says(decision, "name", "NAMELESS_EXPORTED"));
  EXPECT_EQ(Decide(Row(), Mapped(""), {}, {}, policies).reason,
            "NO_NAME_NO_PHONE_NO_EMAIL");
}

TEST(Policies, RobotsAreSaidWhereTheyAreNotAsUsual) {
  Policies policies;
  EXPECT_FALSE(Says(Decide(Row(), Mapped("Orlova"), {}, {}, policies), "robots",
                    "ROBOTS_NEVER"));
  policies.robots = RobotsPolicy::kNever;
  const Decision added = Decide(Row(), Mapped("Orlova"), {}, {}, policies);
  EXPECT_TRUE(Says(added, "robots", "ROBOTS_NEVER"));
  EXPECT_EQ(added.rules[added.rules.size() - 2].reason, "NEVER_EXPORTED");
  policies.robots = RobotsPolicy::kAlways;
  EXPECT_TRUE(
      Says(Decide(Row(), Mapped("Orlova"), View(LinkView::Link::kLost), {}, policies),
           "robots", "ROBOTS_ALWAYS"));
}

TEST(Policies, WhatChangesWhoIsExportedChangesTheBasis) {
  Policies policies;
  EXPECT_EQ(BasisOf(policies), "");
  policies.robots = RobotsPolicy::kNever;
  EXPECT_EQ(BasisOf(policies), "");
  policies.deletion_mark = DeletionMarkPolicy::kDelete;
  const std::string marked = BasisOf(policies);
  EXPECT_NE(marked, "");
  policies.deletion_mark = DeletionMarkPolicy::kMark;
  EXPECT_NE(BasisOf(policies), "");
  EXPECT_NE(BasisOf(policies), marked);
  policies.deletion_mark = DeletionMarkPolicy::kDelete;
  policies.gone_contact = GoneContactPolicy::kAsk;
  const std::string ask = BasisOf(policies);
  EXPECT_NE(ask, marked);
  policies.gone_contact = GoneContactPolicy::kNever;
  EXPECT_NE(BasisOf(policies), ask);
  policies = Policies();
  policies.export_nameless = true;
  EXPECT_NE(BasisOf(policies), "");
}

}  // namespace
}  // namespace guestbridge::agent
