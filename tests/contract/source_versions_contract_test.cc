#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "sync-agent/model/content_basis.h"
#include "sync-agent/source/source.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// Rows whose version the caller knows are left out; everything else comes.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientPage;
using agent::ClientRow;
using agent::ContactId;
using agent::KnownRow;
using agent::ReadRequest;
using agent::Source;
using agent::Watermark;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;
using Kind = ReadRequest::Kind;

constexpr int kClients = 300;

class KnownVersionsTest : public ::testing::Test {
 protected:
  struct Pass {
    std::set<std::string> keys;
    int unchanged = 0;
    Watermark watermark;
    std::string notice;
  };

  Pass Read(Kind kind) {
    ReadRequest request;
    request.kind = kind;
    request.since = watermark_;
    request.attributes = {"LastName"};
    request.last_written = last_written_;
    request.last_written_contact = last_contact_;
    request.unattended = unattended_;
    request.known =
        [this](
            absl::Span<const ClientKey> keys) -> absl::StatusOr<std::vector<KnownRow>> {
      if (asked_++ == busy_at_) return absl::UnavailableError("the ledger is busy");
      std::vector<KnownRow> rows;
      for (const ClientKey& key : keys) {
        const auto known = known_.find(key.guid());
        rows.push_back(known == known_.end() ? KnownRow() : known->second);
      }
      return rows;
    };
    Pass pass;
    auto stream = source_.reader->OpenStream(request);
    EXPECT_THAT(stream, IsOk());
    for (bool last = !stream.ok(); !last;) {
      const absl::StatusOr<ClientPage> page = (*stream)->Next();
      if (absl::IsUnavailable(page.status()) && patience_ > 0) {
        --patience_;
        continue;
      }
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      pass.unchanged += page->unchanged;
      for (const ClientRow& row : page->rows) pass.keys.insert(row.key.guid());
      last = page->last;
      if (last) pass.watermark = page->watermark;
      if (last) pass.notice = ReasonOf(page->notice);
    }
    return pass;
  }

  // A run that has dealt with everything.
  void LearnAll() {
    source_.writer->SetContentAttributes({"LastName"});
    ReadRequest request;
    request.attributes = {"LastName"};
    auto stream = source_.reader->OpenStream(request);
    ASSERT_THAT(stream, IsOk());
    for (bool last = false; !last;) {
      const absl::StatusOr<ClientPage> page = (*stream)->Next();
      ASSERT_THAT(page, IsOk());
      for (const ClientRow& row : page->rows) {
        known_[row.key.guid()] = {row.data_version, false};
      }
      last = page->last;
      if (last) {
        watermark_ = page->watermark;
        notice_ = ReasonOf(page->notice);
      }
    }
  }

  void Edit(const std::string& guid, const std::string& name) {
    emulator_.Post("/clients/edit", {{"guid", guid}, {"set", {{"LastName", name}}}});
  }
  std::string AnyClient() const { return known_.begin()->first; }

  // As the ledger does: an echo is noted when the version before is the known one.
  void WriteBack(const std::string& guid, int64_t contact) {
    const auto written =
        source_.writer->WriteContact(ClientKey(guid), ContactId(contact));
    ASSERT_THAT(written, IsOk());
    last_written_ = ClientKey(guid);
    last_contact_ = ContactId(contact);
    if (written->version_after.empty()) return;
    if (written->version_before != known_[guid].version) return;
    known_[guid] = {written->version_after, /*echo=*/true};
  }
  void WriteBackAll() {
    int64_t contact = 0;
    for (const auto& [guid, row] : std::map(known_)) WriteBack(guid, ++contact);
  }
  // The ledger is busy at each of the questions of a reading, once.
  void ExpectFoundThoughTheLedgerIsBusy(const std::string& guid) {
    Read(Kind::kChanges);
    const int questions = std::exchange(asked_, 0);
    EXPECT_GT(questions, 1);
    for (int at = 0; at < questions; ++at) {
      SCOPED_TRACE(at);
      asked_ = 0;
      busy_at_ = at;
      patience_ = 1;
      // The newest of the history may be read beside it.
      EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
    }
  }
  // Requests of the journal whose answer held whole rows of clients.
  int CountWide() {
    int wide = 0;
    for (const json& call : emulator_.Get("/journal?since=0")) {
      const std::string target = call["target"];
      wide += target.find("LastName") == std::string::npos ? 0 : 1;
    }
    return wide;
  }

  OnecEmulator emulator_{{"--generate", std::to_string(kClients)}};
  Source source_ = emulator_.Connect();
  std::map<std::string, KnownRow> known_;
  Watermark watermark_;
  std::string notice_;  // of the whole reading
  int asked_ = 0;       // how often for what is known
  int busy_at_ = -1;    // the question that the ledger cannot answer at once
  bool unattended_ = false;
  int patience_ = 0;  // how often to ask again after an error that passes
  ClientKey last_written_;
  ContactId last_contact_;
};

TEST_F(KnownVersionsTest, AComparisonGivesOnlyTheRowsThatDiffer) {
  LearnAll();
  const auto clients = static_cast<int>(known_.size());
  emulator_.Delete("/journal");
  Pass pass = Read(Kind::kCompare);
  EXPECT_THAT(pass.keys, IsEmpty());
  EXPECT_EQ(pass.unchanged, clients);
  // Whether the watermark's moment is there, two marks, one page of keys and versions.
  EXPECT_EQ(emulator_.CountRequests(), 4);

  Edit(AnyClient(), "Другая");
  const std::string added = emulator_.Add({{"LastName", "Новая"}});
  pass = Read(Kind::kCompare);
  EXPECT_EQ(pass.keys, (std::set<std::string>{AnyClient(), added}));
  EXPECT_EQ(pass.unchanged, clients - 1);
  EXPECT_FALSE(pass.watermark.value.empty());
}

TEST_F(KnownVersionsTest, WhoTheRunHasCountedIsNoneOfTheUnchanged) {
  LearnAll();
  const auto clients = static_cast<int>(known_.size());
  const std::string seen = known_.begin()->first;
  const std::string edited = known_.rbegin()->first;
  known_[seen].counted = true;
  known_[edited].counted = true;
  Edit(edited, "Другая");
  Pass pass = Read(Kind::kCompare);
  EXPECT_EQ(pass.keys, (std::set<std::string>{edited}));
  EXPECT_EQ(pass.unchanged, clients - 2);
  // Changes are found by comparison where there is no history of them.
  emulator_.Post("/config", {{"composition",
                              {{"InformationRegister_ClientChangeHistory", false}}}});
  pass = Read(Kind::kChanges);
  EXPECT_EQ(pass.keys, (std::set<std::string>{edited}));
  EXPECT_EQ(pass.unchanged, clients - 2);
}

TEST_F(KnownVersionsTest, DifferencesOfSeveralPagesShareARequest) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5, narrow_rows: 10}\n");
  LearnAll();
  std::set<std::string> edited;
  int at = 0;
  for (const auto& [guid, row] : known_) {
    if (at++ % 8 == 0) edited.insert(guid);
  }
  for (const std::string& guid : edited) Edit(guid, "Другая");
  emulator_.Delete("/journal");
  EXPECT_EQ(Read(Kind::kCompare).keys, edited);
  // 20 to a request.
  EXPECT_EQ(edited.size(), 38u);
  EXPECT_EQ(CountWide(), 2);
}

TEST_F(KnownVersionsTest, TheEchoOfAWriteBackCostsKeysAndVersions) {
  LearnAll();
  WriteBackAll();
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kChanges).keys, IsEmpty());
  EXPECT_EQ(CountWide(), 0);
  // Whether the last ID is there, the history, two marks of new clients and those
  // without an ID, how many clients there are, one page of keys and versions.
  EXPECT_LE(emulator_.CountRequests(), 6);
}

TEST_F(KnownVersionsTest, AFewEchoesAreLookedUpByKey) {
  LearnAll();
  int64_t contact = 0;
  for (const auto& [guid, row] : std::map(known_)) {
    if (contact < 40) WriteBack(guid, ++contact);
  }
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kChanges).keys, SizeIs(Le(1)));
  EXPECT_EQ(emulator_.Get("/journal?since=0&url=$count").size(), 0u);
  // Twice 20, and whether the last ID is there; the newest of the history may be read.
  const size_t by_key = emulator_.Get("/journal?since=0&url=Ref_Key").size();
  EXPECT_GE(by_key, 3u);
  EXPECT_LE(CountWide(), 1);
}

TEST_F(KnownVersionsTest, TheEchoesOfManyPagesAreAllCompared) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5}\n");
  LearnAll();
  WriteBackAll();
  const std::string first = known_.begin()->first;
  const std::string last = known_.rbegin()->first;
  Edit(first, "Другая");
  Edit(last, "Другая");
  emulator_.Delete("/journal");
  EXPECT_EQ(Read(Kind::kChanges).keys, (std::set<std::string>{first, last}));
  EXPECT_EQ(CountWide(), 1);
}

TEST_F(KnownVersionsTest, ABusyLedgerLosesNoEditAmongAFewEchoes) {
  LearnAll();
  WriteBack(AnyClient(), 1);
  Edit(AnyClient(), "Другая");
  ExpectFoundThoughTheLedgerIsBusy(AnyClient());
}

TEST_F(KnownVersionsTest, ABusyLedgerLosesNoEditAmongManyEchoes) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5}\n");
  LearnAll();
  WriteBackAll();
  Edit(AnyClient(), "Другая");
  ExpectFoundThoughTheLedgerIsBusy(AnyClient());
}

TEST_F(KnownVersionsTest, WhereCountingFailsTheEchoesAreAskedByKey) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5}\n");
  LearnAll();
  WriteBackAll();
  Edit(AnyClient(), "Другая");
  emulator_.Post("/faults", {{"kind", "gateway"}, {"url", "$count"}});
  EXPECT_EQ(Read(Kind::kChanges).keys, (std::set<std::string>{AnyClient()}));
}

TEST_F(KnownVersionsTest, NarrowPagesKeepToTheProfilesPage) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5}\n");
  LearnAll();
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kCompare).keys, IsEmpty());
  // 25 narrow rows for each whole one: 300 clients and their folders' place.
  EXPECT_EQ(emulator_.Get("/journal?since=0&url=$top=125").size(), 3u);
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5, narrow_rows: 10}\n");
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kCompare).keys, IsEmpty());
  EXPECT_GE(emulator_.Get("/journal?since=0&url=$top=10").size(), 30u);
}

TEST_F(KnownVersionsTest, AWriteThatFailedMidwayIsGoneOnWith) {
  source_ = emulator_.Connect("extends: 1c-hotel\npage: {rows: 5}\n");
  LearnAll();
  WriteBackAll();
  emulator_.Delete("/journal");
  emulator_.Post("/faults", {{"kind", "gateway"}, {"url", "$top=125"}, {"nth", 2}});
  patience_ = 3;
  EXPECT_THAT(Read(Kind::kChanges).keys, IsEmpty());
  EXPECT_EQ(emulator_.Get("/journal?since=0&url=$count").size(), 1u);
}

// How a base counts its versions, and whether handlers run, is the base's affair.
class EchoOfShapeTest : public KnownVersionsTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(EchoOfShapeTest, TheEchoIsKnownAndTheEditAfterItIsNot) {
  emulator_.Post("/config", {{"version_shape", GetParam()}});
  LearnAll();
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  EXPECT_TRUE(known_[guid].echo);
  // A client that another one's write came between.
  const std::string other = known_.rbegin()->first;
  Edit(other, "Другая");
  WriteBack(other, 6);
  emulator_.Delete("/journal");
  const Pass pass = Read(Kind::kChanges);
  EXPECT_THAT(pass.keys, Contains(other));
  EXPECT_THAT(pass.keys, Not(Contains(guid)));
  Edit(guid, "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
}

TEST_P(EchoOfShapeTest, WhatAHandlerChangesWithOurWriteIsNoEcho) {
  emulator_.Post("/config", {{"version_shape", GetParam()}});
  LearnAll();
  emulator_.Post("/config", {{"handler_sets", {{"LastName", "Обработчик"}}}});
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  EXPECT_FALSE(known_[guid].echo);
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
}

TEST_P(EchoOfShapeTest, WhatAHandlerChangesBesideTheContentIsAnEcho) {
  emulator_.Post("/config", {{"version_shape", GetParam()}});
  LearnAll();
  emulator_.Post("/config", {{"handler_sets", {{"Region", "Обработчик"}}}});
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  EXPECT_TRUE(known_[guid].echo);
}

TEST_P(EchoOfShapeTest, InLoadModeNoHandlerSpoilsTheEcho) {
  emulator_.Post("/config", {{"version_shape", GetParam()},
                             {"handler_sets", {{"LastName", "Обработчик"}}}});
  source_ = emulator_.Connect("extends: 1c-hotel\nwrite: {data_load_mode: true}\n");
  LearnAll();
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  EXPECT_TRUE(known_[guid].echo);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EchoOfShapeTest,
                         ::testing::Values("object", "object-high",
                                           "object-high-little", "database"),
                         [](const auto& shape) {
                           std::string name = shape.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(KnownVersionsTest, AWriteBackSucceedsThoughAnAttributeOfTheContentIsGone) {
  LearnAll();
  source_.writer->SetContentAttributes({"LastName", "NoSuchAttribute"});
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  EXPECT_FALSE(known_[guid].echo);
  EXPECT_EQ(emulator_.Get("/clients/" + guid)["B24ContactID"], "5");
}

TEST_F(KnownVersionsTest, AnAbsurdDateOfCreationIsNoWatermark) {
  const std::string absurd =
      emulator_.Add({{"LastName", "Опечатка"}, {"CreateDate", "3020-01-01T00:00:00"}});
  LearnAll();
  EXPECT_EQ(watermark_.value.find("3020"), std::string::npos);
  EXPECT_EQ(notice_, "SOURCE_TIME_AHEAD");
  // Said once, for it is known by now.
  const Pass pass = Read(Kind::kChanges);
  EXPECT_EQ(pass.notice, "");
  EXPECT_EQ(pass.watermark.value.find("3020"), std::string::npos);
  // Who was added without a history is found by the date of creation alone.
  emulator_.Post("/config", {{"history_on_create", false}});
  watermark_ = pass.watermark;
  const std::string added =
      emulator_.Add({{"LastName", "Новая"}, {"B24ContactID", "77"}});
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(added));
}

TEST_F(KnownVersionsTest, AnAbsurdPeriodOfTheHistoryIsNoWatermark) {
  LearnAll();
  const std::string present = emulator_.Get("/health")["now"];
  const std::string absurd = AnyClient();
  emulator_.Post("/clock", {{"now", "3020-01-01T00:00:00"}});
  Edit(absurd, "Будущая");
  emulator_.Post("/clock", {{"now", present}});
  Pass pass = Read(Kind::kChanges);
  EXPECT_THAT(pass.keys, Contains(absurd));
  EXPECT_EQ(pass.notice, "SOURCE_TIME_AHEAD");
  EXPECT_EQ(pass.watermark.value.find("3020"), std::string::npos);
  watermark_ = pass.watermark;
  const std::string edited = known_.rbegin()->first;
  Edit(edited, "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(edited));
  // A watermark that was poisoned before is not believed.
  watermark_.value = "1|3020-01-01T00:00:00|2024-01-01T00:00:00";
  EXPECT_EQ(Read(Kind::kChanges).keys.size(), known_.size());
}

TEST_F(KnownVersionsTest, WhatIsSavedAfterTheClockWasSetBackIsFound) {
  emulator_.Post("/clock", {{"advance_s", 5 * 3600}});
  emulator_.Add({{"LastName", "Последняя"}});
  LearnAll();
  emulator_.Post("/clock", {{"advance_s", -5 * 3600}});
  Edit(AnyClient(), "Другая");
  const Pass pass = Read(Kind::kChanges);
  EXPECT_THAT(pass.keys, ElementsAre(AnyClient()));
  EXPECT_EQ(pass.notice, "SOURCE_TIME_AHEAD");
  // A base that is ahead because it lives in another zone is not compared all the time.
  emulator_.Post("/clock", {{"advance_s", 6 * 3600}});
  Edit(AnyClient(), "Третья");
  emulator_.Delete("/journal");
  const Pass ahead = Read(Kind::kChanges);
  EXPECT_THAT(ahead.keys, Contains(AnyClient()));
  EXPECT_EQ(ahead.notice, "");
}

TEST_F(KnownVersionsTest, WhatWasSavedBeforeTheClockCaughtUpIsFoundBehindIt) {
  emulator_.Post("/clock", {{"advance_s", 5 * 3600}});
  emulator_.Add({{"LastName", "Последняя"}});
  LearnAll();
  emulator_.Post("/clock", {{"advance_s", -5 * 3600}});
  watermark_ = Read(Kind::kChanges).watermark;
  // Its row lies before the window that the next reading looks at.
  Edit(AnyClient(), "Другая");
  emulator_.Post("/clock", {{"advance_s", 6 * 3600}});
  Edit(known_.rbegin()->first, "Новая");
  const Pass pass = Read(Kind::kChanges);
  EXPECT_THAT(pass.keys,
              ::testing::UnorderedElementsAre(AnyClient(), known_.rbegin()->first));
  EXPECT_EQ(pass.notice, "");
  // Once: then the history is enough again.
  watermark_ = pass.watermark;
  EXPECT_EQ(watermark_.value.find("behind"), std::string::npos);
}

TEST_F(KnownVersionsTest, ARenamedCountryIsAnotherBasisOfContent) {
  const std::vector<std::string> attributes = {"LastName", "Citizenship_Key"};
  const auto before = source_.reader->FetchContentBasis(attributes);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->texts.size(), 1u);
  emulator_.Delete("/journal");
  const auto again = source_.reader->FetchContentBasis(attributes);
  EXPECT_FALSE(agent::BasisChanged(agent::EncodeBasis(*before), *again));
  EXPECT_EQ(emulator_.CountRequests(), 0);
  const auto without = source_.reader->FetchContentBasis({attributes[0]});
  EXPECT_THAT(without->texts, IsEmpty());

  emulator_.Post("/items/rename", {{"set", "Catalog_Countries"},
                                   {"guid", "c0de0000-0000-4000-8000-000000000112"},
                                   {"description", "РЕСПУБЛИКА БЕЛАРУСЬ"}});
  source_ = emulator_.Connect();
  const auto after = source_.reader->FetchContentBasis(attributes);
  EXPECT_TRUE(agent::BasisChanged(agent::EncodeBasis(*before), *after));
}

TEST_F(KnownVersionsTest, ACountryThatWasMetOnTheWayIsPartOfTheBasis) {
  const std::vector<std::string> attributes = {"LastName", "Citizenship_Key"};
  ASSERT_THAT(source_.reader->FetchContentBasis(attributes), IsOk());
  const auto before = source_.reader->BasisOfRowsRead(attributes);
  // It comes with the first guest from there …
  const std::string guid = emulator_.Post(
      "/items/add", {{"set", "Catalog_Countries"}, {"description", "ТУВАЛУ"}})["guid"];
  const std::string guest =
      emulator_.Add({{"LastName", "Новая"}, {"Citizenship_Key", guid}});
  const auto row = source_.reader->FetchClients(
      std::vector<ClientKey>{ClientKey(guest)}, attributes);
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->front().attributes.at("Citizenship_Key"), "ТУВАЛУ");
  const auto met = source_.reader->BasisOfRowsRead(attributes);
  EXPECT_EQ(met.texts.begin()->second.size(), before.texts.begin()->second.size() + 1);
  // … and is corrected before anybody lists the catalogue again.
  emulator_.Post(
      "/items/rename",
      {{"set", "Catalog_Countries"}, {"guid", guid}, {"description", "Тувалу"}});
  source_ = emulator_.Connect();
  const auto now = source_.reader->FetchContentBasis(attributes);
  EXPECT_TRUE(agent::BasisChanged(agent::EncodeBasis(met), *now));
  EXPECT_FALSE(agent::BasisChanged(agent::EncodeBasis(before), *now));
}

TEST_F(KnownVersionsTest, AnEditAfterTheWriteBackIsNoEcho) {
  LearnAll();
  emulator_.Post("/config", {{"contact_id_adds_history", true}});
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  Edit(guid, "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
}

TEST_F(KnownVersionsTest, ClientsWithoutAContactThatAreKnownCostNoRows) {
  LearnAll();
  emulator_.Delete("/journal");
  emulator_.Post("/clients/import", {{"clients", {{{"LastName", "Импорт"}}}}});
  const Pass pass = Read(Kind::kChanges);
  int fresh = 0;
  for (const std::string& key : pass.keys) fresh += known_.count(key) == 0 ? 1 : 0;
  EXPECT_EQ(fresh, 1);
  // And the newest of the history, which the next reading begins with.
  EXPECT_LE(pass.keys.size(), 2u);
}

TEST_F(KnownVersionsTest, MarkedClientsAreNotListedByEveryRunUntilTheyAreUnmarked) {
  LearnAll();
  WriteBackAll();
  const std::string guid =
      emulator_.Post("/clients/import", {{"clients",
                                          {{{"LastName", "Импорт"},
                                            {"CreateDate", "2019-01-01T00:00:00"},
                                            {"DeletionMark", true}}}}})["guids"][0];
  EXPECT_THAT(Read(Kind::kChanges).keys, Not(Contains(guid)));
  // In load mode, which writes no history.
  emulator_.Post("/clients/load", {{guid, {{"DeletionMark", false}}}});
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
}

TEST_F(KnownVersionsTest, ARestoredBaseThatLostTheLastWriteIsReadWhole) {
  LearnAll();
  const size_t clients = known_.size();
  emulator_.Post("/backup", json::object());
  WriteBack(AnyClient(), 5);
  EXPECT_LT(Read(Kind::kChanges).keys.size(), clients);
  emulator_.Post("/restore", json::object());
  for (const Kind kind : {Kind::kChanges, Kind::kCompare}) {
    const Pass pass = Read(kind);
    EXPECT_EQ(pass.keys.size(), clients);
    EXPECT_EQ(pass.notice, "SOURCE_RESTORED");
  }
}

TEST_F(KnownVersionsTest, ARestoredBaseThatLostTheWatermarksMomentSaysSo) {
  emulator_.Post("/backup", json::object());
  emulator_.Post("/clock", {{"advance_s", 7200}});
  emulator_.Add({{"LastName", "Последняя"}});
  LearnAll();
  emulator_.Post("/restore", json::object());
  for (const Kind kind : {Kind::kChanges, Kind::kCompare}) {
    EXPECT_EQ(Read(kind).notice, "SOURCE_RESTORED");
  }
}

TEST_F(KnownVersionsTest, AMissingHistoryCostsNarrowRowsAndIsSaid) {
  LearnAll();
  const auto clients = static_cast<int>(known_.size());
  emulator_.Post("/config", {{"composition",
                              {{"InformationRegister_ClientChangeHistory", false}}}});
  Edit(AnyClient(), "Другая");
  // The first time, and for good: then the watermark has no time of the history.
  for (int i = 0; i < 2; ++i) {
    emulator_.Delete("/journal");
    const Pass pass = Read(Kind::kChanges);
    EXPECT_THAT(pass.keys, ElementsAre(AnyClient()));
    EXPECT_EQ(pass.unchanged, clients - 1);
    EXPECT_EQ(CountWide(), 1);
    EXPECT_EQ(pass.notice, "CHANGE_HISTORY_UNAVAILABLE");
    watermark_ = pass.watermark;
  }
  emulator_.Post("/config", {{"composition",
                              {{"InformationRegister_ClientChangeHistory", true}}}});
  const Pass pass = Read(Kind::kChanges);
  EXPECT_THAT(pass.keys, ElementsAre(AnyClient()));
  EXPECT_EQ(pass.notice, "");
}

TEST_F(KnownVersionsTest, RunsThatNobodyWaitsForListClientsWithoutAnIdOnceAnHour) {
  LearnAll();
  const auto imports = [this](const char* name) {
    return emulator_
        .Post("/clients/import",
              {{"clients",
                {{{"LastName", name},
                  {"CreateDate", "2019-01-01T00:00:00"}}}}})["guids"][0]
        .get<std::string>();
  };
  const auto lists = [this] {
    return emulator_.Get("/journal?since=0&url=B24ContactID%20eq").size();
  };
  unattended_ = true;
  watermark_ = Read(Kind::kChanges).watermark;
  const std::string guid = imports("Первый");
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kChanges).keys, Not(Contains(guid)));
  EXPECT_EQ(lists(), 0u);
  // Whoever waits for a run finds everybody.
  unattended_ = false;
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
  EXPECT_EQ(lists(), 1u);
}

TEST_F(KnownVersionsTest, WithoutVersionsEverythingComes) {
  LearnAll();
  source_ = emulator_.Connect("extends: 1c-hotel\nclient: {version: null}\n");
  EXPECT_EQ(Read(Kind::kCompare).keys.size(), known_.size());
}

TEST_F(KnownVersionsTest, WithoutAHistoryTheVersionsTellWhatChanged) {
  LearnAll();
  source_ = emulator_.Connect("extends: 1c-hotel\nhistory: null\n");
  Edit(AnyClient(), "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, ElementsAre(AnyClient()));
}

}  // namespace
}  // namespace guestbridge::testing
