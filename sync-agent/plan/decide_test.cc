#include "sync-agent/plan/decide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

const ClientKey kClient("00000000-0000-4000-8000-000000000001");

ClientRow Row() {
  ClientRow row;
  row.key = kClient;
  return row;
}

MappedContact Mapped(const std::string& last_name, const std::string& phone = "") {
  MappedContact mapped;
  mapped.content.fields["LAST_NAME"] = last_name;
  mapped.content.multifields["PHONE"] = {};
  if (!phone.empty()) mapped.content.multifields["PHONE"].push_back({phone, "MOBILE"});
  mapped.fields = {{"LastName", "LAST_NAME", last_name, last_name, {}},
                   {"Phone", "PHONE", phone, phone, {}}};
  return mapped;
}

LinkView Live(const MappedContact& exported) {
  LinkView view;
  view.link = LinkView::Link::kLive;
  view.contact = ContactId(500);
  view.exported = DigestContent(kClient, exported.content);
  return view;
}

TEST(Decide, AGuestThatWasNeverExportedIsAdded) {
  const Decision decision = Decide(Row(), Mapped("Orlova"), {}, {});
  EXPECT_EQ(decision.action, PlannedAction::kAdd);
  EXPECT_TRUE(decision.fields[0].changed);
  EXPECT_FALSE(decision.fields[1].changed);
}

TEST(Decide, ContentAsExportedIsUnchangedWhateverTheHistorySays) {
  EXPECT_EQ(Decide(Row(), Mapped("Orlova"), Live(Mapped("Orlova")), {}).action,
            PlannedAction::kUnchanged);
}

TEST(Decide, ADeletionThatWasRefusedFailsUntilAPersonDropsIt) {
  ClientRow row = Row();
  row.marked_for_deletion = true;
  Policies policies;
  policies.deletion_mark = DeletionMarkPolicy::kDelete;
  LinkView view = Live(Mapped("Orlova"));
  view.refused_hash = kDeletionHash;
  view.refused_reason = "MARKED_CONTACT_NOT_DELETED";
  EXPECT_EQ(Decide(row, Mapped("Orlova"), view, {}, policies).action,
            PlannedAction::kFail);
  view.dropped = true;
  view.refused_reason = "CLIENT_DROPPED";
  const Decision dropped = Decide(row, Mapped("Orlova"), view, {}, policies);
  EXPECT_EQ(dropped.action, PlannedAction::kSkip);
  EXPECT_EQ(dropped.reason, "CLIENT_DROPPED");
}

TEST(Decide, ContentThatWontLastLeavesNoKnownVersion) {
  ClientRow row = Row();
  row.data_version = "AAAAAAAAAAc=";
  MappedContact mapped = Mapped("Orlova");
  EXPECT_EQ(Decide(row, mapped, {}, {}).version, "AAAAAAAAAAc=");
  mapped.lasting = false;
  EXPECT_EQ(Decide(row, mapped, {}, {}).version, "");
}

TEST(Decide, AnUpdateNamesOnlyWhatDiffers) {
  const Decision decision = Decide(Row(), Mapped("Petrova", "+79161234567"),
                                   Live(Mapped("Orlova", "+79161234567")), {});
  EXPECT_EQ(decision.action, PlannedAction::kUpdate);
  EXPECT_EQ(decision.changed, std::vector<std::string>{"LAST_NAME"});
  EXPECT_FALSE(decision.read_first);
  EXPECT_EQ(MakeUpdate(decision).fields, (Fields{{"LAST_NAME", "Petrova"}}));
}

TEST(Decide, AChangedPhoneNeedsTheContactsRows) {
  EXPECT_TRUE(Decide(Row(), Mapped("Orlova", "+79161234567"),
                     Live(Mapped("Orlova", "+79160000000")), {})
                  .read_first);
}

TEST(Decide, AFieldMappedLaterAndEmptyClearsNothing) {
  MappedContact now = Mapped("Orlova");
  now.content.fields["COMMENTS"] = "";
  const Decision decision = Decide(Row(), now, Live(Mapped("Orlova")), {});
  EXPECT_EQ(decision.action, PlannedAction::kUnchanged);
  EXPECT_TRUE(decision.refresh_digest);
}

TEST(Decide, AValueTakenAwayInTheSourceIsCleared) {
  MappedContact before = Mapped("Orlova");
  before.content.fields["COMMENTS"] = "was there";
  MappedContact now = Mapped("Orlova");
  now.content.fields["COMMENTS"] = "";
  const Decision decision = Decide(Row(), now, Live(before), {});
  EXPECT_EQ(decision.changed, std::vector<std::string>{"COMMENTS"});
}

MappedContact WithPolicies(MappedContact mapped, FieldPolicies policies) {
  mapped.policies = std::make_shared<const FieldPolicies>(std::move(policies));
  return mapped;
}

TEST(Decide, ACreateOnlyFieldIsNeverUpdated) {
  FieldPolicies policies;
  policies.create_only = {"LAST_NAME", "PHONE"};
  const MappedContact now = WithPolicies(Mapped("Petrova", "+79160000000"), policies);
  const LinkView before = Live(Mapped("Orlova", "+79161234567"));
  const Decision decision = Decide(Row(), now, before, {});
  EXPECT_EQ(decision.action, PlannedAction::kUnchanged);
  // What was exported is brought to today's form, once.
  EXPECT_TRUE(decision.refresh_digest);
  LinkView settled = before;
  settled.exported = decision.digest;
  EXPECT_FALSE(Decide(Row(), now, settled, {}).refresh_digest);
  ASSERT_FALSE(decision.fields[0].field.notes.empty());
  EXPECT_EQ(decision.fields[0].field.notes[0].reason, "FIELD_CREATE_ONLY");
  // A new contact gets it.
  const Decision added = Decide(Row(), now, {}, {});
  EXPECT_EQ(added.action, PlannedAction::kAdd);
  EXPECT_EQ(added.content.fields.at("LAST_NAME"), "Petrova");
  // One that was found does not, whatever is compared.
  ContactRow row;
  row.fields["LAST_NAME"] = "Other";
  EXPECT_TRUE(MakeUpdate(added, row, {}, /*compare_fields=*/true).empty());
}

TEST(Decide, AFieldToFillIsWrittenOnlyWhereTheContactHasNothing) {
  FieldPolicies policies;
  policies.fill_empty = {"POST", "PHONE"};
  policies.keep = policies.fill_empty;
  MappedContact now = WithPolicies(Mapped("Orlova", "+79160000000"), policies);
  now.content.fields["POST"] = "Director";
  const LinkView before = Live(Mapped("Orlova", "+79161234567"));
  const Decision decision = Decide(Row(), now, before, {});
  EXPECT_EQ(decision.action, PlannedAction::kUpdate);
  EXPECT_TRUE(decision.read_first);
  const std::vector<std::string> asked = FieldsToRead(decision, false);
  EXPECT_NE(std::find(asked.begin(), asked.end(), "POST"), asked.end());

  ContactRow full;
  full.fields["POST"] = "Manager";
  full.multifields["PHONE"] = {{1, "+70000000000", "WORK"}};
  ContactRow empty;
  for (const bool compare : {false, true}) {
    EXPECT_TRUE(MakeUpdate(decision, full, {}, compare).fields.count("POST") == 0);
    EXPECT_TRUE(MakeUpdate(decision, full, {}, compare).values.empty());
    const ContactUpdate filled = MakeUpdate(decision, empty, {}, compare);
    EXPECT_EQ(filled.fields.at("POST"), "Director");
    EXPECT_EQ(filled.values.size(), 1u);
  }
  // Settled, whichever it was.
  LinkView settled = before;
  settled.exported = decision.digest;
  EXPECT_EQ(Decide(Row(), now, settled, {}).action, PlannedAction::kUnchanged);
}

TEST(Decide, AFieldToKeepIsNotClearedAndItsOldValueStaysKnownAsOurs) {
  FieldPolicies policies;
  policies.keep = {"PHONE"};
  MappedContact now = WithPolicies(Mapped("Orlova"), policies);
  now.content.multifields.erase("PHONE");
  now.kept = {"PHONE"};
  const LinkView before = Live(Mapped("Orlova", "+79161234567"));
  const Decision decision = Decide(Row(), now, before, {});
  EXPECT_EQ(decision.action, PlannedAction::kUnchanged);
  EXPECT_TRUE(decision.refresh_digest);
  LinkView kept = before;
  kept.exported = decision.digest;
  EXPECT_FALSE(Decide(Row(), now, kept, {}).refresh_digest);

  // The same value again changes nothing; another one takes the old one's place.
  EXPECT_EQ(
      Decide(Row(), WithPolicies(Mapped("Orlova", "+79161234567"), policies), kept, {})
          .action,
      PlannedAction::kUnchanged);
  const Decision later =
      Decide(Row(), WithPolicies(Mapped("Orlova", "+79160000000"), policies), kept, {});
  ContactRow row;
  row.multifields["PHONE"] = {{7, "+79161234567", "MOBILE"}};
  const ContactUpdate update =
      MakeUpdate(later, row, kept.exported.values, /*compare_fields=*/false);
  ASSERT_EQ(update.values.size(), 1u);
  EXPECT_EQ(update.values[0].id, 7);
  EXPECT_EQ(update.values[0].value, "+79160000000");
}

TEST(Decide, AnAddressGoesWholeWithThePartsThatAreNotOursToChange) {
  FieldPolicies policies;
  policies.fill_empty = {"ADDRESS_CITY"};
  policies.create_only = {"ADDRESS_REGION"};
  policies.keep = {"ADDRESS_CITY", "ADDRESS_2"};
  MappedContact before = Mapped("Orlova");
  before.content.fields["ADDRESS"] = "Old street";
  before.content.fields["ADDRESS_CITY"] = "Tver";
  before.content.fields["ADDRESS_REGION"] = "A";
  MappedContact now = WithPolicies(before, policies);
  now.content.fields["ADDRESS"] = "New street";
  now.kept = {"ADDRESS_2"};
  const Decision decision = Decide(Row(), now, Live(before), {});
  EXPECT_EQ(decision.changed, std::vector<std::string>{"ADDRESS"});
  EXPECT_TRUE(decision.read_first);
  ContactRow row;
  row.fields = {{"ADDRESS", "Old street"},
                {"ADDRESS_2", "Flat 7"},
                {"ADDRESS_CITY", "Moscow"},
                {"ADDRESS_REGION", "B"}};
  EXPECT_EQ(MakeUpdate(decision, row, {}, /*compare_fields=*/false).fields,
            (Fields{{"ADDRESS", "New street"},
                    {"ADDRESS_2", "Flat 7"},
                    {"ADDRESS_CITY", "Moscow"},
                    {"ADDRESS_REGION", "B"}}));
  const std::vector<std::string> asked = FieldsToRead(decision, false);
  for (const char* part : {"ADDRESS_2", "ADDRESS_CITY", "ADDRESS_REGION"}) {
    EXPECT_NE(std::find(asked.begin(), asked.end(), part), asked.end()) << part;
  }
}

struct StopCase {
  const char* name;
  std::function<void(ClientRow&, MappedContact&, LinkView&, EventSwitches&)> spoil;
  PlannedAction action;
  const char* reason;
};

TEST(Decide, StopsWithTheReasonThatAPersonReads) {
  const std::vector<StopCase> cases = {
      {"folder", [](auto& row, auto&, auto&, auto&) { row.is_folder = true; },
       PlannedAction::kSkip, "CLIENT_IS_FOLDER"},
      {"mark", [](auto& row, auto&, auto&, auto&) { row.marked_for_deletion = true; },
       PlannedAction::kSkip, "MARKED_FOR_DELETION"},
      {"filter", [](auto&, auto& mapped, auto&, auto&) { mapped.unmet = "A = b"; },
       PlannedAction::kSkip, "FILTERED_OUT"},
      {"nameless", [](auto&, auto& mapped, auto&, auto&) { mapped = Mapped(""); },
       PlannedAction::kSkip, "NO_NAME_NO_PHONE_NO_EMAIL"},
      {"erased",
       [](auto&, auto&, auto& view, auto&) { view.link = LinkView::Link::kErased; },
       PlannedAction::kSkip, "CLIENT_ERASED"},
      {"doubt", [](auto&, auto&, auto& view, auto&) { view.in_doubt = true; },
       PlannedAction::kDefer, "IN_DOUBT"},
      {"review",
       [](auto&, auto&, auto& view, auto&) { view.link = LinkView::Link::kReview; },
       PlannedAction::kDefer, "AWAITING_MATCH_REVIEW"},
      {"created off",
       [](auto&, auto&, auto&, auto& events) { events.client_created = false; },
       PlannedAction::kSkip, "EVENT_OFF"},
      {"deleted off",
       [](auto&, auto&, auto& view, auto& events) {
         view.link = LinkView::Link::kLost;
         events.contact_deleted = false;
       },
       PlannedAction::kSkip, "EVENT_OFF"},
      {"changed off",
       [](auto&, auto& mapped, auto& view, auto& events) {
         view = Live(Mapped("Before"));
         mapped = Mapped("After");
         events.client_changed = false;
       },
       PlannedAction::kSkip, "EVENT_OFF"},
      {"refused",
       [](auto& row, auto& mapped, auto& view, auto&) {
         view.refused_hash = DigestContent(row.key, mapped.content).hash;
         view.refused_reason = "PORTAL_REFUSED";
       },
       PlannedAction::kFail, "PORTAL_REFUSED"},
  };
  for (const StopCase& c : cases) {
    SCOPED_TRACE(c.name);
    ClientRow row = Row();
    MappedContact mapped = Mapped("Orlova");
    LinkView view;
    EventSwitches events;
    c.spoil(row, mapped, view, events);
    const Decision decision = Decide(row, mapped, view, events);
    EXPECT_EQ(decision.action, c.action);
    EXPECT_EQ(decision.reason, c.reason);
    EXPECT_EQ(decision.rules.back().verdict, RuleTrace::Verdict::kStop);
  }
}

TEST(Decide, APhoneAloneIsEnoughToBeExported) {
  EXPECT_EQ(Decide(Row(), Mapped("", "+79161234567"), {}, {}).action,
            PlannedAction::kAdd);
}

TEST(MakeUpdate, ChangesOurValueInPlaceAndLeavesTheManagersAlone) {
  const Decision decision = Decide(Row(), Mapped("Orlova", "+79160000002"),
                                   Live(Mapped("Orlova", "+79160000001")), {});
  ContactRow contact;
  contact.multifields["PHONE"] = {{1, "+79160000001", "MOBILE"}, {2, "+7999", "WORK"}};
  const ContactUpdate update = MakeUpdate(
      decision, contact,
      DigestContent(kClient, Mapped("Orlova", "+79160000001").content).values,
      /*compare_fields=*/false);
  ASSERT_EQ(update.values.size(), 1u);
  EXPECT_EQ(update.values[0].id, 1);
  EXPECT_EQ(update.values[0].value, "+79160000002");
}

TEST(MakeUpdate, DoesNotAddAValueThatTheContactHasAlready) {
  const Decision decision =
      Decide(Row(), Mapped("Orlova", "+79160000002"), Live(Mapped("Orlova")), {});
  ContactRow contact;
  contact.multifields["PHONE"] = {{2, "+79160000002", "WORK"}};
  EXPECT_TRUE(MakeUpdate(decision, contact, {}, false).values.empty());
}

TEST(MakeUpdate, AValueThatSomebodySpelledOtherwiseIsNotAddedOnceMore) {
  MappedContact mapped = Mapped("Orlova", "+79160000002");
  mapped.content.multifields["EMAIL"] = {{"anna@example.org", "HOME"}};
  const Decision decision = Decide(Row(), mapped, {}, {});
  ContactRow contact;
  contact.fields["LAST_NAME"] = "Orlova";
  contact.multifields["PHONE"] = {{2, "8 (916) 000-00-02", "WORK"}};
  contact.multifields["EMAIL"] = {{3, "Anna@Example.org", "WORK"}};
  EXPECT_TRUE(MakeUpdate(decision, contact, {}, true).empty());
  // Another extension is another number.
  ContactRow extended = contact;
  extended.multifields["PHONE"][0].value = "8 (916) 000-00-02;12";
  EXPECT_EQ(MakeUpdate(decision, extended, {}, true).values.size(), 1u);
  // A spelling of ours is brought up to date.
  const auto ours = DigestContent(kClient, Mapped("", "8 (916) 000-00-02").content);
  const ContactUpdate update = MakeUpdate(decision, contact, ours.values, true);
  ASSERT_EQ(update.values.size(), 1u);
  EXPECT_EQ(update.values[0].id, 2);
  EXPECT_EQ(update.values[0].value, "+79160000002");
}

TEST(MakeUpdate, ClearsAValueOnlyWhereItIsKnownToBeOurs) {
  const Decision decision = Decide(Row(), Mapped("", "+79160000001"), {}, {});
  ContactRow contact;
  contact.fields["LAST_NAME"] = "Orlova";
  const auto ours = DigestContent(kClient, Mapped("Orlova").content).values;
  const auto others = DigestContent(kClient, Mapped("Petrova").content).values;
  EXPECT_EQ(MakeUpdate(decision, contact, ours, true).fields.count("LAST_NAME"), 1u);
  EXPECT_EQ(MakeUpdate(decision, contact, others, true).fields.count("LAST_NAME"), 0u);
}

TEST(NormalizeText, NamesInCapitalsAreTheSameNames) {
  EXPECT_EQ(NormalizeText(" ЁЛКИНА-Рябова "), NormalizeText("ёлкина-рябова"));
  EXPECT_EQ(NormalizeText("MÜLLER"), "müller");
  EXPECT_EQ(NormalizeText("李 \xd0"), "李 \xd0");
}

TEST(NormalizePhone, TakesThePortalsView) {
  EXPECT_EQ(NormalizePhone("8 (916) 123-45-67"), NormalizePhone("+79161234567"));
  EXPECT_EQ(NormalizePhone("+7 916 123 45 67;12"), "79161234567");
}

}  // namespace
}  // namespace guestbridge::agent
