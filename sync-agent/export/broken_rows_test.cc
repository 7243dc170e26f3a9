// One contact whose row cannot be read, among many: it holds up nobody else.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::FakeContact;
using testing::World;

std::string PhoneOf(int guest) { return absl::StrCat("+7916", 1000000 + guest); }

enum class How {
  kWrongTypes,  // as the decoder takes it: the row is none, and the page not whole
  kNoText,      // bytes that are no text: the answer is none
};

// Whether the answer to this command holds the contact's own fields, or the named one.
bool Shows(const Command& command, ContactId contact, const std::string& field) {
  if (const auto* get = std::get_if<GetContact>(&command); get != nullptr) {
    return get->id == contact;
  }
  const auto* list = std::get_if<ListContacts>(&command);
  if (list == nullptr || list->select.empty()) return false;
  if (!field.empty() &&
      std::count(list->select.begin(), list->select.end(), field) == 0) {
    return false;
  }
  if (list->after.has_value()) {
    return contact > *list->after &&
           (!list->upto.has_value() || contact <= *list->upto);
  }
  return std::count(list->ids.begin(), list->ids.end(), contact) > 0;
}

bool DropRow(ContactId contact, CommandResult* result) {
  return std::erase_if(result->rows,
                       [&](const ContactRow& row) { return row.id == contact; }) > 0;
}

class BrokenRowsTest : public ::testing::TestWithParam<How> {
 protected:
  // Its every field, or the named one.
  void Break(ContactId contact, const std::string& field = "") {
    broken_ = contact;
    if (GetParam() == How::kNoText) {
      world_.portal.no_answer = [contact, field](const PortalRequest& request) {
        const bool shows = std::any_of(
            request.commands.begin(), request.commands.end(),
            [&](const Command& command) { return Shows(command, contact, field); });
        return shows ? "PORTAL_ANSWER_BROKEN" : "";
      };
    }
    const bool drops = GetParam() == How::kWrongTypes;
    world_.portal.spoil = [contact, field, drops](const Command& command,
                                                  CommandResult* result) {
      // Nothing but its mark was asked for.
      const auto* list = std::get_if<ListContacts>(&command);
      for (ContactRow& row : result->rows) {
        if (row.id != contact || list == nullptr || !list->select.empty()) continue;
        row.fields.clear();
        row.multifields.clear();
      }
      if (!drops || !Shows(command, contact, field)) return;
      if (std::holds_alternative<GetContact>(command)) {
        *result = CommandResult();
      } else if (DropRow(contact, result)) {
        result->complete_page = false;
      }
    };
  }

  // By the portal's people; one for each guest.
  void AddGuestsAndContacts(int guests) {
    for (int i = 1; i <= guests; ++i) {
      world_.base.Add(i, absl::StrCat("Orlova", i), PhoneOf(i));
      FakeContact& contact = world_.portal.contacts[1000 + i];
      contact.fields["LAST_NAME"] = absl::StrCat("Orlova", i);
      contact.multifields["PHONE"] = {{i, PhoneOf(i), "WORK"}};
    }
  }

  World::Result Run(RunKind kind, bool dry = false, bool apply = false) {
    RunSettings settings = world_.Settings();
    settings.kind = kind;
    settings.dry_run = dry;
    settings.apply = apply;
    const absl::Duration begun = world_.now;
    World::Result result = world_.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_LT(world_.now - begun, absl::Minutes(20));
    return result;
  }

  // Each of the twenty that were exported stands in another contact now; guest 11's
  // cannot be read.
  void ExportTwentyMergedSince() {
    for (int i = 1; i <= 20; ++i) {
      world_.base.Add(i, absl::StrCat("Orlova", i), PhoneOf(i));
    }
    Run(RunKind::kExport);
    world_.portal.contacts.clear();
    AddGuestsAndContacts(20);
    world_.base.clients.resize(20);
    Break(ContactId(1011));
  }

  ClientRecord RecordOf(int guest) {
    return **world_.ledger->Get(world_.base.clients[guest - 1].key);
  }
  // Whoever waits for a person's decision about the broken contact.
  void ExpectLeftToAPerson(int guest, const char* found_by) {
    const World::Result result = Run(RunKind::kMatch, /*dry=*/false, /*apply=*/true);
    EXPECT_EQ(result.progress.match.ambiguous, 1);
    EXPECT_EQ(result.progress.match.unmatched, 0);
    ExpectSaid(result);
    EXPECT_EQ(RecordOf(guest).reason, "AMBIGUOUS_MATCH");
    EXPECT_EQ(RecordOf(guest).parameters.at("candidates"),
              absl::StrCat(broken_.value()));
    EXPECT_EQ(RecordOf(guest).parameters.at("found_by"), found_by);
    EXPECT_EQ(Run(RunKind::kExport).progress.counts.added, 0);
    EXPECT_EQ(world_.portal.adds + world_.portal.imports, 0);
  }
  void ExpectPutOff(int guest, const char* reason) {
    const ClientRecord record = RecordOf(guest);
    EXPECT_EQ(record.problem, Outcome::kDeferred);
    EXPECT_EQ(record.reason, reason);
  }
  void ExpectSaid(const World::Result& result) {
    const auto& notices = result.progress.notices;
    const auto said = std::find_if(
        notices.begin(), notices.end(),
        [](const RunNotice& notice) { return notice.reason == "CONTACT_UNREADABLE"; });
    ASSERT_NE(said, notices.end());
    EXPECT_EQ(said->parameters.at("contact"), absl::StrCat(broken_.value()));
  }

  World world_;
  ContactId broken_;
};

INSTANTIATE_TEST_SUITE_P(All, BrokenRowsTest,
                         ::testing::Values(How::kWrongTypes, How::kNoText));

TEST_P(BrokenRowsTest, OfIdsThatTheBaseHoldsAllOthersAreTakenOver) {
  AddGuestsAndContacts(120);
  for (int i = 0; i < 120; ++i) world_.base.clients[i].contact = ContactId(1001 + i);
  // Another card holds the same ID.
  world_.base.Add(121, "Orlova61", PhoneOf(61)).contact = ContactId(1061);
  Break(ContactId(1061));
  const auto counts = Run(RunKind::kExport).progress.counts;
  EXPECT_EQ(counts.unchanged, 119);
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(counts.deferred, 2);
  ExpectPutOff(61, "CONTACT_UNREADABLE");
  ExpectPutOff(121, "CONTACT_UNREADABLE");
  EXPECT_EQ(RecordOf(61).parameters.at("contact"), "1061");
  EXPECT_EQ(world_.portal.contacts.size(), 120u);
}

TEST_P(BrokenRowsTest, OfMergedContactsAllOthersAreFollowed) {
  ExportTwentyMergedSince();
  const auto counts = Run(RunKind::kExport).progress.counts;
  EXPECT_EQ(counts.deferred, 1);
  EXPECT_EQ(counts.recreated, 0);
  ExpectPutOff(11, "CONTACT_READ_INCOMPLETE");
  for (int guest = 1; guest <= 20; ++guest) {
    if (guest == 11) continue;
    EXPECT_EQ(RecordOf(guest).contact, ContactId(1000 + guest));
  }
}

TEST_P(BrokenRowsTest, AMergedContactIsFollowedThoughTheSearchNamesOneThatIsNotThere) {
  ExportTwentyMergedSince();
  const auto spoil = world_.portal.spoil;
  world_.portal.spoil = [spoil](const Command& command, CommandResult* result) {
    spoil(command, result);
    if (!std::holds_alternative<FindContacts>(command) || result->rows.empty() ||
        result->rows.front().id != ContactId(1005)) {
      return;
    }
    result->rows.push_back(result->rows.front());
    result->rows.back().id = ContactId(5000);
  };
  EXPECT_EQ(Run(RunKind::kExport).progress.counts.deferred, 1);
  ExpectPutOff(11, "CONTACT_READ_INCOMPLETE");
  EXPECT_EQ(RecordOf(5).contact, ContactId(1005));
}

TEST_P(BrokenRowsTest, AMatchPairsAllOthersAndSaysWhichContactIsBroken) {
  AddGuestsAndContacts(300);
  Break(ContactId(1161));
  const auto result = Run(RunKind::kMatch);
  EXPECT_EQ(result.progress.match.matched, 299);
  EXPECT_EQ(result.progress.match.unmatched, 1);
  ExpectSaid(result);
}

TEST_P(BrokenRowsTest, OfABrokenPhoneTheNameLeavesTheGuestToAPerson) {
  AddGuestsAndContacts(30);
  world_.base.clients[10].attributes["LastName"] = "Kim Anna";
  world_.portal.contacts[1011].fields["LAST_NAME"] = "Kim Anna";
  Break(ContactId(1011), "PHONE");
  ExpectLeftToAPerson(11, "MATCHED_BY_NAME");
}

TEST_P(BrokenRowsTest, OfABrokenNameThePhoneLeavesTheGuestToAPerson) {
  AddGuestsAndContacts(30);
  // A contact without any name would be taken for a call that became one.
  Break(ContactId(1011), "LAST_NAME");
  ExpectLeftToAPerson(11, "MATCHED_BY_PHONE");
}

TEST_P(BrokenRowsTest, OfABrokenContactAndAnotherOfItsPhoneAPersonChooses) {
  AddGuestsAndContacts(30);
  // A call that became a contact would do, were there no other.
  world_.portal.contacts[1050].multifields["PHONE"] = {{1, PhoneOf(11), "WORK"}};
  Break(ContactId(1011), "LAST_NAME");
  const World::Result result = Run(RunKind::kMatch, /*dry=*/false, /*apply=*/true);
  EXPECT_EQ(result.progress.match.ambiguous, 1);
  EXPECT_EQ(RecordOf(11).reason, "AMBIGUOUS_MATCH");
  EXPECT_EQ(RecordOf(11).parameters.at("candidates"), "1011 1050");
  EXPECT_EQ(world_.portal.contacts[1050].stamp.origin, "");
}

TEST_P(BrokenRowsTest, WhoseOwnContactIsFoundDoesNotWaitForABrokenNamesake) {
  AddGuestsAndContacts(30);
  for (const int guest : {11, 12}) {
    world_.base.clients[guest - 1].attributes["LastName"] = "Kim Anna";
    world_.portal.contacts[1000 + guest].fields["LAST_NAME"] = "Kim Anna";
  }
  Break(ContactId(1011), "PHONE");
  EXPECT_EQ(Run(RunKind::kMatch).progress.match.matched, 29);
  EXPECT_EQ(RecordOf(12).proposed, ContactId(1012));
  EXPECT_EQ(RecordOf(11).reason, "AMBIGUOUS_MATCH");
}

TEST_P(BrokenRowsTest, ABrokenContactWithAGuestsMarkIsStillThatGuests) {
  AddGuestsAndContacts(100);
  const ClientKey guest = world_.base.clients[60].key;
  world_.portal.contacts[1061].stamp = {"guestbridge:base", guest.guid(), ""};
  Break(ContactId(1061));
  EXPECT_EQ(Run(RunKind::kMatch).progress.match.matched, 100);
  for (int i = 0; i < 100; ++i) world_.base.clients[i].contact = ContactId(1001 + i);
  world_.base.clients[60].contact = ContactId();
  Run(RunKind::kExport);
  ExpectPutOff(61, "CONTACT_UNREADABLE");
  EXPECT_EQ(world_.portal.OfClient(guest), std::vector<int64_t>{1061});
}

TEST_P(BrokenRowsTest, AComparisonFindsWhatIsWrongWithAllOthers) {
  for (int i = 1; i <= 200; ++i) {
    world_.base.Add(i, absl::StrCat("Orlova", i), PhoneOf(i));
  }
  Run(RunKind::kExport);
  world_.portal.Delete(RecordOf(50).contact.value());
  world_.portal.contacts[RecordOf(150).contact.value()].fields["LAST_NAME"] = "Other";
  Break(RecordOf(100).contact);
  world_.now += absl::Hours(1);
  const auto result = Run(RunKind::kReconcile, /*dry=*/true);
  ASSERT_EQ(result.progress.reconcile.findings.size(), 2u);
  EXPECT_EQ(result.progress.reconcile.counts.at(FindingKind::kGone), 1);
  EXPECT_EQ(result.progress.reconcile.counts.at(FindingKind::kChangedOnPortal), 1);
  ExpectSaid(result);
}

TEST(BrokenRows, ANameOfAWrongTypeIsNotTakenForNone) {
  World world;
  world.base.Add(1, "Orlova", PhoneOf(1));
  world.portal.contacts[1001].multifields["PHONE"] = {{1, PhoneOf(1), "WORK"}};
  // Of a contact without a name the phone would do.
  world.portal.spoil = [](const Command&, CommandResult* result) {
    for (ContactRow& row : result->rows) row.unread = {"LAST_NAME"};
  };
  RunSettings settings = world.Settings();
  settings.kind = RunKind::kMatch;
  settings.apply = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.progress.match.ambiguous, 1);
  ASSERT_EQ(result.progress.notices.size(), 1u);
  EXPECT_EQ(result.progress.notices[0].reason, "CONTACT_UNREADABLE");
  EXPECT_EQ(world.portal.contacts[1001].stamp.origin, "");
}

TEST(BrokenRows, OfMarkedGuestsAllOthersAreTakenAway) {
  World world;
  for (int i = 1; i <= 80; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
  world.Run(world.Settings());
  for (ClientRow& row : world.base.clients) row.marked_for_deletion = true;
  const ClientKey guest = world.base.clients[40].key;
  const ContactId broken(world.portal.OfClient(guest).front());
  // Its very mark is of a wrong type.
  world.portal.spoil = [broken](const Command& command, CommandResult* result) {
    if (std::holds_alternative<GetContact>(command)) {
      if (result->rows.front().id == broken) *result = CommandResult();
    } else if (std::holds_alternative<ListContacts>(command) &&
               DropRow(broken, result)) {
      result->complete_page = false;
    }
  };
  world.policies.deletion_mark = DeletionMarkPolicy::kDelete;
  const auto result = world.Run(world.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(world.portal.contacts.size(), 1u);
  EXPECT_EQ(result.progress.counts.deferred, 1);
  EXPECT_EQ((**world.ledger->Get(guest)).reason, "CONTACT_UNREADABLE");
}

TEST(BrokenRows, APortalOfWhichNothingCanBeReadEndsAMatchSoon) {
  World world;
  for (int i = 1; i <= 2000; ++i) world.portal.contacts[1000 + i] = FakeContact();
  world.base.Add(1, "Orlova");
  world.portal.spoil = [](const Command& command, CommandResult* result) {
    const auto* list = std::get_if<ListContacts>(&command);
    if (list != nullptr && !list->select.empty()) result->complete_page = false;
  };
  RunSettings settings = world.Settings();
  settings.kind = RunKind::kMatch;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "LOOKUP_INCOMPLETE");
  EXPECT_LT(world.portal.requests, 60);
}

}  // namespace
}  // namespace guestbridge::agent
