#include "sync-agent/export/export_machine.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::ExpectOneContactEach;
using testing::Fault;
using testing::World;

void ExpectAddsUp(const RunCounts& counts) {
  EXPECT_EQ(counts.scanned, counts.unchanged + counts.added + counts.updated +
                                counts.recreated + counts.skipped + counts.failed +
                                counts.deferred);
}

TEST(ExportMachine, FirstExportMakesOneContactPerClientWithoutRobots) {
  World world;
  for (int i = 1; i <= 120; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 120);
  ExpectAddsUp(result.progress.counts);
  ExpectOneContactEach(world);
  for (const auto& [id, contact] : world.portal.contacts) EXPECT_TRUE(contact.import);
}

TEST(ExportMachine, ARenamedPortalIsSaidOnceWithBothNames) {
  World world;
  for (int i = 1; i <= 120; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
  world.portal.moved_to = "grand.bitrix24.ru";
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  ASSERT_EQ(result.progress.notices.size(), 1u);
  EXPECT_EQ(result.progress.notices[0].reason, "PORTAL_MOVED");
  EXPECT_EQ(
      result.progress.notices[0].parameters,
      (Parameters{{"host", "hotel.bitrix24.ru"}, {"new_host", "grand.bitrix24.ru"}}));
}

TEST(ExportMachine, SecondRunWithNothingChangedWritesNothing) {
  World world;
  for (int i = 1; i <= 30; ++i) world.base.Add(i, "Orlova", "+79161234567");
  world.Run(world.Settings());
  int writes = 0;
  world.portal.fault = [&](const PortalRequest&) {
    ++writes;
    return Fault::kNone;
  };
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(writes, 0);
  EXPECT_EQ(result.progress.counts.unchanged, 30);
  ExpectAddsUp(result.progress.counts);
}

TEST(ExportMachine, UpdateCarriesOnlyWhatDiffersAndLeavesTheManagersValues) {
  World world;
  ClientRow& client = world.base.Add(1, "Orlova", "+79161234567");
  const ClientKey key = client.key;
  world.Run(world.Settings());
  auto& contact = world.portal.contacts.at(world.portal.OfClient(key)[0]);
  contact.fields["LAST_NAME"] = "Edited by a manager";
  contact.multifields["PHONE"].push_back({555, "+70001112233", "WORK"});
  world.base.clients[0].attributes["Phone"] = "+79167654321";

  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.updated, 1);
  EXPECT_EQ(contact.fields["LAST_NAME"], "Edited by a manager");
  ASSERT_EQ(contact.multifields["PHONE"].size(), 2u);
  EXPECT_EQ(contact.multifields["PHONE"][0].value, "+79167654321");
  EXPECT_EQ(contact.multifields["PHONE"][1].value, "+70001112233");
}

TEST(ExportMachine, PhonesAreReadFiftyContactsACommandInWholeRequests) {
  World world;
  for (int i = 1; i <= 1200; ++i) world.base.Add(i, "Orlova", "+79161234567");
  world.Run(world.Settings());
  for (ClientRow& client : world.base.clients) {
    client.attributes["Phone"] = "+79167654321";
  }
  world.portal.phone_reads = 0;
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.updated, 1200);
  EXPECT_LE(world.portal.phone_reads, 2);
  for (const auto& [id, contact] : world.portal.contacts) {
    EXPECT_EQ(contact.multifields.at("PHONE").at(0).value, "+79167654321");
  }
}

TEST(ExportMachine, AMethodWhoseOperatingTimeIsUsedUpHoldsUpNoOther) {
  World world;
  for (int i = 1; i <= 30; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  std::vector<ClientRow> old = std::exchange(world.base.clients, {});
  for (int i = 101; i <= 150; ++i) world.base.Add(i, "Petrova");
  for (ClientRow& client : old) {
    client.attributes["LastName"] = "Ivanova";
    world.base.clients.push_back(client);
  }
  // For a minute, as nobody says how long.
  world.portal.refused_method = "crm.item.batchImport";
  absl::Duration refused;
  absl::Duration updated;
  world.portal.fault = [&](const PortalRequest& request) {
    const bool update = std::holds_alternative<UpdateContact>(request.commands.front());
    if (update) updated = world.now;
    if (!update && !world.portal.refused_method.empty()) refused = world.now;
    return Fault::kNone;
  };
  auto settings = world.Settings();
  settings.first_export = true;  // new ones are imported
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 50);
  EXPECT_EQ(result.progress.counts.updated, 30);
  ExpectOneContactEach(world);
  EXPECT_LT(updated, refused + absl::Seconds(30));
  EXPECT_GE(world.now, refused + absl::Minutes(1));
}

TEST(ExportMachine, AContactThatIsGoneIsMadeAgainOnceAndItsNewIdQueued) {
  World world;
  for (int i = 1; i <= 5; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  const ClientKey key = world.base.clients[2].key;
  world.portal.contacts.erase(world.portal.OfClient(key)[0]);
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.recreated, 1);
  EXPECT_EQ(result.progress.counts.unchanged, 4);
  ExpectAddsUp(result.progress.counts);
  ExpectOneContactEach(world);
  const auto record = *world.ledger->Get(key);
  EXPECT_EQ(record->contact.value(), world.portal.OfClient(key)[0]);
  EXPECT_EQ(record->write_back, WriteBackState::kPending);
  EXPECT_EQ(world.Run(world.Settings()).progress.counts.recreated, 0);
}

TEST(ExportMachine, NamelessClientsFoldersAndMarkedOnesAreSkippedWithTheirReason) {
  World world;
  world.base.Add(1, "Orlova");
  const ClientKey nameless = world.base.Add(2, "").key;
  ClientRow& marked = world.base.Add(3, "Ivanov");
  marked.marked_for_deletion = true;
  const ClientKey marked_key = marked.key;
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_EQ(result.progress.counts.skipped, 2);
  EXPECT_EQ((*world.ledger->Get(nameless))->reason, "NO_NAME_NO_PHONE_NO_EMAIL");
  EXPECT_EQ((*world.ledger->Get(marked_key))->reason, "MARKED_FOR_DELETION");
}

class LostAnswers : public ::testing::TestWithParam<Fault> {};

TEST_P(LostAnswers, AreDoubtsThatEvidenceSettlesWithoutASecondContact) {
  World world;
  for (int i = 1; i <= 60; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
  int writes = 0;
  world.portal.fault = [&](const PortalRequest& request) {
    // A command of its own gets its answer: a second unclear one would park the client.
    return request.commands.size() > 1 && ++writes % 3 == 2 ? GetParam() : Fault::kNone;
  };
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 60);
  EXPECT_EQ(result.progress.counts.deferred, 0);
  ExpectAddsUp(result.progress.counts);
  ExpectOneContactEach(world);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
}

INSTANTIATE_TEST_SUITE_P(Faults, LostAnswers,
                         ::testing::Values(Fault::kLostBefore, Fault::kLostAfter,
                                           Fault::kHalf, Fault::kErrorCore,
                                           Fault::kTooFast));

TEST(ExportMachine, WithoutSettleTheRunEndsWithDeferredClients) {
  World world;
  for (int i = 1; i <= 25; ++i) world.base.Add(i, "Orlova");
  int writes = 0;
  world.portal.fault = [&](const PortalRequest&) {
    return ++writes == 2 ? Fault::kLostAfter : Fault::kNone;
  };
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded);
  EXPECT_GT(result.progress.counts.deferred, 0);
  ExpectAddsUp(result.progress.counts);

  world.now += absl::Minutes(3);
  auto settle = world.Settings();
  settle.kind = RunKind::kSettle;
  const auto settled = world.Run(settle);
  EXPECT_EQ(settled.progress.counts.added, result.progress.counts.deferred);
  ExpectOneContactEach(world);
}

TEST(ExportMachine, AProcessThatDiesAfterAnyRequestLosesNothingAndDoublesNothing) {
  for (int crash_after = 0; crash_after < 12; ++crash_after) {
    SCOPED_TRACE(crash_after);
    World world(static_cast<uint64_t>(crash_after) + 7);
    for (int i = 1; i <= 60; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
    auto settings = world.Settings();
    settings.settle = true;
    world.Run(settings, crash_after);
    const auto resumed = world.Run(settings);  // the same run
    EXPECT_EQ(resumed.end, RunEnd::kSucceeded) << resumed.error;
    EXPECT_EQ(resumed.progress.counts.added, 60);
    ExpectAddsUp(resumed.progress.counts);
    ExpectOneContactEach(world);
  }
}

TEST(ExportMachine, ARefusedClientThatIsReadTwiceIsOneFailureAndIsNamed) {
  World world;
  world.base.Add(1, "Refused");
  world.base.Add(2, "Orlova");
  world.portal.refused_name = "Refused";
  auto settings = world.Settings();
  settings.settle = true;
  world.Run(settings);
  world.base.clients.push_back(world.base.clients[0]);
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.failed, 1);
  ASSERT_EQ(result.progress.failures.size(), 1u);
  EXPECT_EQ(result.progress.failures[0].client, world.base.clients[0].key);
}

TEST(ExportMachine, ARefusedClientIsParkedAfterTwoClearNosAndDoesNotStopTheOthers) {
  World world;
  for (int i = 1; i <= 20; ++i) world.base.Add(i, i == 7 ? "Refused" : "Orlova");
  world.portal.refused_name = "Refused";
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded);
  EXPECT_EQ(result.progress.counts.added, 19);
  EXPECT_EQ(result.progress.counts.failed, 1);
  ASSERT_EQ(result.progress.failures.size(), 1u);
  EXPECT_EQ(result.progress.failures[0].reason, "PORTAL_REFUSED");

  const int adds = world.portal.adds;
  const auto again = world.Run(world.Settings());
  EXPECT_EQ(again.progress.counts.failed, 1);
  EXPECT_EQ(world.portal.adds, adds);  // Not sent a third time.
}

TEST(ExportMachine, ARefusedUpdateIsParkedAfterTwoClearNosAndListedAsFailed) {
  World world;
  for (int i = 1; i <= 5; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.base.clients[2].attributes["LastName"] = "Refused";
  world.portal.refused_name = "Refused";
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded);
  EXPECT_EQ(result.progress.counts.failed, 1);
  EXPECT_EQ(result.progress.counts.deferred, 0);
  EXPECT_EQ(result.progress.failures.size(), 1u);
  ExpectAddsUp(result.progress.counts);
}

TEST(ExportMachine, AnIdThatSomebodyElseWroteInTheBaseIsSaidAndWrittenAgain) {
  World world;
  ClientRow& client = world.base.Add(1, "Orlova");
  const ClientKey key = client.key;
  world.Run(world.Settings());
  const ContactId contact = (*world.ledger->Get(key))->contact;
  ASSERT_TRUE(
      world.ledger->FinishWriteBack({key, contact}, absl::OkStatus(), false).ok());
  world.base.clients[0].contact = ContactId(77);
  const auto result = world.Run(world.Settings());
  ASSERT_EQ(result.progress.notices.size(), 1u);
  EXPECT_EQ(result.progress.notices[0].reason, "FOREIGN_CONTACT_ID");
  EXPECT_EQ((*world.ledger->Get(key))->write_back, WriteBackState::kPending);
}

TEST(ExportMachine, ThePortalMayBeAwayForAnHourOnceItWasThere) {
  World world;
  for (int i = 1; i <= 300; ++i) world.base.Add(i, "Orlova");
  const absl::Duration from = world.now + absl::Seconds(1);
  world.portal.away = [&] {
    return world.now > from && world.now < from + absl::Hours(1);
  };
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 300);
  EXPECT_TRUE(result.progress.notices.empty());
  ExpectOneContactEach(world);
  EXPECT_LT(world.now, from + absl::Hours(1) + absl::Minutes(8));
}

TEST(ExportMachine, ReadsThatAreCutOffAreAskedAgainInSmallerRequests) {
  World world;
  for (int i = 1; i <= 600; ++i) {
    world.base.Add(i, "Orlova", absl::StrCat("+7916", 1000000 + i));
  }
  world.Run(world.Settings());
  for (int i = 1; i <= 60; ++i) {
    world.portal.Delete(world.portal.OfClient(world.base.clients[i].key).front());
  }
  for (int i = 100; i < 600; ++i) {
    world.base.clients[i].attributes["Phone"] = absl::StrCat("+7916", 2000000 + i);
  }
  // By now it takes long for each command.
  world.portal.no_answer = [](const PortalRequest& request) {
    return request.commands.size() > 4 ? "PORTAL_ANSWERED_HTML" : "";
  };
  const absl::Duration begun = world.now;
  const auto result = world.Run(world.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.recreated, 60);
  EXPECT_EQ(result.progress.counts.updated, 500);
  EXPECT_LT(world.now - begun, absl::Minutes(10));
}

// 120 guests are on the portal, and each has another phone since.
void ExportAndChangePhones(World* world) {
  for (int i = 1; i <= 120; ++i) {
    world->base.Add(i, "Orlova", absl::StrCat("+7916", 1000000 + i));
  }
  world->Run(world->Settings());
  for (ClientRow& client : world->base.clients) {
    client.attributes["Phone"][5] = '2';
  }
}

TEST(ExportMachine, AContactThatCannotBeReadPutsOffItsGuestAndNobodyElse) {
  World world;
  ExportAndChangePhones(&world);
  const ClientKey unreadable = world.base.clients[60].key;
  const ContactId contact(world.portal.OfClient(unreadable).front());
  // Bytes that are no text, in a value that only some requests read.
  world.portal.no_answer = [contact](const PortalRequest& request) {
    for (const Command& command : request.commands) {
      const auto* get = std::get_if<GetContact>(&command);
      const auto* list = std::get_if<ListContacts>(&command);
      const bool shows = (get != nullptr && get->id == contact) ||
                         (list != nullptr && !list->select.empty() &&
                          std::count(list->ids.begin(), list->ids.end(), contact) > 0);
      if (shows) return "PORTAL_ANSWER_BROKEN";
    }
    return "";
  };
  const absl::Duration begun = world.now;
  const int before = world.portal.requests;
  const auto result = world.Run(world.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, 119);
  EXPECT_EQ(result.progress.counts.deferred, 1);
  EXPECT_EQ((**world.ledger->Get(unreadable)).reason, "CONTACT_UNREADABLE");
  EXPECT_LT(world.now - begun, absl::Minutes(10));
  // Far fewer than one for each of the 120.
  EXPECT_LT(world.portal.requests - before, 80);
}

TEST(ExportMachine, ARowOfWrongTypesPutsOffItsGuestAndNobodyElse) {
  World world;
  ExportAndChangePhones(&world);
  const ClientKey broken = world.base.clients[60].key;
  const ContactId contact(world.portal.OfClient(broken).front());
  // As the decoder takes it: the row is none, and the page not whole.
  world.portal.spoil = [contact](const Command& command, CommandResult* result) {
    const auto* list = std::get_if<ListContacts>(&command);
    if (std::holds_alternative<GetContact>(command)) {
      if (result->rows.front().id == contact) *result = CommandResult();
    } else if (list != nullptr && !list->select.empty() &&
               std::erase_if(result->rows, [&](const ContactRow& row) {
                 return row.id == contact;
               }) > 0) {
      result->complete_page = false;
    }
  };
  const int before = world.portal.requests;
  const auto result = world.Run(world.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, 119);
  EXPECT_EQ(result.progress.counts.deferred, 1);
  EXPECT_EQ((**world.ledger->Get(broken)).reason, "CONTACT_UNREADABLE");
  EXPECT_LT(world.portal.requests - before, 40);
}

TEST(ExportMachine, ASettlingOfWritesThatNeverGetAnAnswerEnds) {
  World world;
  for (int i = 1; i <= 3; ++i) world.base.Add(i, "Orlova");
  world.portal.fault = [](const PortalRequest&) { return Fault::kLostBefore; };
  auto settings = world.Settings();
  settings.settle = true;
  const absl::Duration begun = world.now;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "CONNECTION_LOST");
  EXPECT_LT(world.now - begun, absl::Hours(4));

  world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  settings.run = world.Settings().run;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  ExpectOneContactEach(world);
}

TEST(ExportMachine, ASettlingOfDoubtsThatNoLookCanSettleEnds) {
  World world;
  world.base.Add(1, "Orlova");
  // Nobody knows what such a user is not shown.
  world.portal.admin = false;
  world.portal.contacts[50].fields["LAST_NAME"] = "Ivanov";
  world.portal.fault = [](const PortalRequest&) { return Fault::kLostAfter; };
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "LOOKUP_INCOMPLETE");
  EXPECT_LT(world.portal.requests, 150);
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);
}

TEST(ExportMachine, APortalThatIsNotThereEndsARunThatSomebodyStarted) {
  World world;
  world.base.Add(1, "Orlova");
  world.portal.away = [] { return true; };
  const absl::Duration begun = world.now;
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_LT(world.now - begun, absl::Minutes(3));
}

TEST(ExportMachine, AStoredIdIsAdoptedWhenPlausibleAndMadeNewWhenNot) {
  World world;
  world.portal.contacts[50] = {{{"LAST_NAME", "Orlova"}}, {}, {}, false};
  world.portal.contacts[51] = {{{"LAST_NAME", "Somebody else"}}, {}, {}, false};
  world.base.Add(1, "Orlova").contact = ContactId(50);
  world.base.Add(2, "Ivanov").contact = ContactId(51);
  world.base.Add(3, "Petrov").contact = ContactId(52);  // gone
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.unchanged, 1);
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_EQ(result.progress.counts.recreated, 1);
  ExpectOneContactEach(world);
  EXPECT_EQ(world.portal.OfClient(world.base.clients[0].key)[0], 50);
  EXPECT_TRUE(world.portal.contacts.at(51).stamp.origin.empty());
}

TEST(ExportMachine, AMarkedClientWhoseContactIsGoneCountsOnce) {
  World world;
  for (int i = 1; i <= 5; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.base.clients[2].marked_for_deletion = true;
  world.Run(world.Settings());
  world.portal.contacts.erase(world.portal.OfClient(world.base.clients[2].key).front());
  const auto counts = world.Run(world.Settings()).progress.counts;
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(counts.scanned, 5);
}

TEST(ExportMachine, ALostLedgerIsRebuiltBeforeAnythingIsAdded) {
  World world;
  for (int i = 1; i <= 70; ++i) world.base.Add(i, "Orlova", "+79161234567");
  world.Run(world.Settings());
  auto fresh = Ledger::Open(":memory:", world.random);
  world.ledger = *std::move(fresh);
  auto settings = world.Settings();
  settings.cold = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.unchanged, 70);
  ExpectOneContactEach(world);
}

TEST(ExportMachine, EventsThatAreOffSkipTheirActionAndAreMadeUpForLater) {
  World world;
  for (int i = 1; i <= 3; ++i) world.base.Add(i, "Orlova");
  auto settings = world.Settings();
  settings.events.client_created = false;
  EXPECT_EQ(world.Run(settings).progress.counts.skipped, 3);
  EXPECT_TRUE(world.portal.contacts.empty());
  EXPECT_EQ(world.Run(world.Settings()).progress.counts.added, 3);
}

}  // namespace
}  // namespace guestbridge::agent
