#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// What sync-agent/source/source.h promises of reading, against an emulated 1C.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientRow;
using agent::ReadRequest;
using agent::Source;
using agent::Watermark;
using nlohmann::json;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Kind = ReadRequest::Kind;

struct Pass {
  std::multimap<std::string, ClientRow> rows;
  Watermark watermark;
  int repeats = 0;  // of pages, after an UNAVAILABLE answer
  absl::Status status;
};

Pass ReadAll(Source& source, Kind kind, const Watermark& since = {},
             std::vector<std::string> attributes = {"LastName"}) {
  Pass pass;
  ReadRequest request;
  request.kind = kind;
  request.since = since;
  request.attributes = std::move(attributes);
  auto stream = source.reader->OpenStream(request);
  if (!stream.ok()) {
    pass.status = stream.status();
    return pass;
  }
  for (int i = 0; i < 20'000; ++i) {
    auto page = (*stream)->Next();
    if (!page.ok()) {
      pass.status = page.status();
      if (!absl::IsUnavailable(pass.status) || ++pass.repeats > 200) return pass;
      continue;
    }
    pass.status = absl::OkStatus();
    for (ClientRow& row : page->rows) {
      std::string guid = row.key.guid();
      pass.rows.emplace(std::move(guid), std::move(row));
    }
    if (page->last) {
      pass.watermark = page->watermark;
      return pass;
    }
  }
  pass.status = absl::InternalError("the stream does not end");
  return pass;
}

std::set<std::string> Keys(const Pass& pass) {
  std::set<std::string> keys;
  for (const auto& [key, row] : pass.rows) keys.insert(key);
  return keys;
}

std::set<std::string> Expected(OnecEmulator& emulator) {
  std::set<std::string> keys;
  for (const json& client : emulator.Get("/clients")) {
    if (!client["IsFolder"].get<bool>()) keys.insert(client["Ref_Key"]);
  }
  return keys;
}

constexpr char kSmallPages[] = "extends: 1c-hotel\npage: {rows: 20}\n";

TEST(FullStreamTest, GivesEveryClientOnceInFewRequests) {
  OnecEmulator emulator({"--generate", "1500"});
  Source source = emulator.Connect();
  emulator.Delete("/journal");
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), Expected(emulator));
  EXPECT_EQ(pass.rows.size(), Keys(pass).size());
  EXPECT_FALSE(pass.watermark.value.empty());
  EXPECT_LE(emulator.CountRequests(), 13);
  EXPECT_EQ(source.reader->usage().requests, emulator.CountRequests());
  for (const json& call : emulator.Get("/journal?since=0")) {
    const std::string url = call["url"];
    EXPECT_EQ(url.find("$skip"), std::string::npos) << url;
    EXPECT_NE(url.find("$select="), std::string::npos) << url;
    EXPECT_LT(call["target"].get<std::string>().size(), 2000u);
  }
}

TEST(FullStreamTest, ShowsWhatKindsOfValuesTheAttributesHold) {
  OnecEmulator emulator({"--generate", "50"});
  Source source = emulator.Connect();
  EXPECT_THAT(source.reader->KindsOfRowsRead(), IsEmpty());
  const Pass pass =
      ReadAll(source, Kind::kFull, {}, {"LastName", "DateOfBirth", "NoSMSDelivery"});
  ASSERT_THAT(pass.status, IsOk());
  const agent::AttributeKinds kinds = {
      {"LastName", {agent::AttributeKind::kText}},
      {"DateOfBirth", {agent::AttributeKind::kDate}},
      {"NoSMSDelivery", {agent::AttributeKind::kBoolean}}};
  EXPECT_EQ(source.reader->KindsOfRowsRead(), kinds);
}

TEST(FullStreamTest, SurvivesCodesThatManyClientsShareAndUnstableOrder) {
  OnecEmulator emulator({"--generate", "120"});
  json clients = json::array();
  for (int i = 0; i < 90; ++i) {
    clients.push_back({{"LastName", "Импорт"}, {"Code", "000000050"}});
  }
  for (int i = 0; i < 70; ++i)
    clients.push_back({{"LastName", "Пустой"}, {"Code", ""}});
  emulator.Post("/clients/import", {{"clients", clients}});
  emulator.Post("/config", {{"unstable_order", true}});
  Source source = emulator.Connect(kSmallPages);
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), Expected(emulator));
}

TEST(FullStreamTest, ReadsABaseWithoutCodesAndWithoutAnyOrder) {
  OnecEmulator emulator({"--generate", "90"});
  Source by_date =
      emulator.Connect("extends: 1c-hotel\npage: {rows: 20}\nclient: {code: null}\n");
  EXPECT_EQ(Keys(ReadAll(by_date, Kind::kFull)), Expected(emulator));
  Source by_keys = emulator.Connect(
      "extends: 1c-hotel\nclient: {code: null, created: null}\nhistory: null\n");
  EXPECT_EQ(Keys(ReadAll(by_keys, Kind::kFull)), Expected(emulator));
}

TEST(FullStreamTest, ReadsABaseThatLacksAnyOfTheOptionalAttributes) {
  OnecEmulator emulator({"--generate", "90"});
  const std::set<std::string> expected = Expected(emulator);
  // The worst of builds: a filter by an unknown attribute gives an empty list.
  emulator.Post("/config", {{"unknown_filter_field_empty", true}});
  for (const std::vector<std::string>& missing :
       {std::vector<std::string>{"DataVersion"},
        {"Code"},
        {"CreateDate"},
        {"IsFolder"},
        {"DeletionMark"},
        {"DataVersion", "Code", "CreateDate"}}) {
    SCOPED_TRACE(missing.front());
    json renamed = json::object();
    for (const std::string& name : missing) renamed[name] = name + "1";
    emulator.Post("/config", {{"renamed", {{"Catalog_Clients", renamed}}}});
    Source source = emulator.Connect(kSmallPages);
    const Pass pass = ReadAll(source, Kind::kFull);
    ASSERT_THAT(pass.status, IsOk());
    const std::set<std::string> keys = Keys(pass);
    // Without the mark of folders these come too.
    EXPECT_TRUE(
        std::includes(keys.begin(), keys.end(), expected.begin(), expected.end()));
    if (missing.front() != "IsFolder") {
      EXPECT_EQ(keys, expected);
    }
    EXPECT_THAT(ReadAll(source, Kind::kChanges, pass.watermark).status, IsOk());
    const std::vector<ClientKey> one = {ClientKey(*expected.begin())};
    const auto rows = source.reader->FetchClients(one, {});
    ASSERT_THAT(rows, IsOk());
    EXPECT_THAT(*rows, SizeIs(1));
    EXPECT_THAT(source.writer->WriteContact(one[0], agent::ContactId(5)), IsOk());
    for (auto& [name, shown] : renamed.items()) shown = nullptr;
    emulator.Post("/config", {{"renamed", {{"Catalog_Clients", renamed}}}});
  }
}

TEST(FullStreamTest, AnAttributeThatGoesInTheMidstOfAReadingIsLeftOut) {
  OnecEmulator emulator({"--generate", "90"});
  Source source = emulator.Connect(kSmallPages);
  ReadRequest request;
  request.attributes = {"LastName"};
  auto stream = source.reader->OpenStream(request);
  ASSERT_THAT(stream, IsOk());
  std::set<std::string> keys;
  bool last = false;
  for (int i = 0; i < 100 && !last; ++i) {
    const auto page = (*stream)->Next();
    ASSERT_THAT(page, IsOk());
    for (const ClientRow& row : page->rows) keys.insert(row.key.guid());
    last = page->last;
    if (i > 0) continue;
    emulator.Post("/config", {{"renamed", {{"Catalog_Clients", {{"Code", "Kod"}}}}}});
  }
  EXPECT_TRUE(last);
  EXPECT_EQ(keys, Expected(emulator));
}

TEST(FullStreamTest, GoesByCreationWhereTheCodeCannotBeComparedOrIsNotFiltered) {
  OnecEmulator emulator({"--generate", "90"});
  emulator.Post("/faults", {{"kind", "error"},
                            {"url", "Code ge"},
                            {"status", 500},
                            {"code", "-1"},
                            {"text", "Нельзя сравнивать поля неограниченной длины"}});
  Source source = emulator.Connect(kSmallPages);
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), Expected(emulator));
}

TEST(FullStreamTest, PassesThroughPassingTroubles) {
  OnecEmulator emulator({"--generate", "200"});
  Source source = emulator.Connect(kSmallPages);
  int seed = 0;
  for (const char* kind : {"truncated", "html_ok", "maintenance_html", "gateway",
                           "no_licence", "reset", "bom"}) {
    emulator.Post("/faults", {{"kind", kind}, {"probability", 0.07}, {"seed", ++seed}});
  }
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), Expected(emulator));
  EXPECT_GT(pass.repeats, 0);
}

TEST(FullStreamTest, ShrinksPagesThatAreTooFat) {
  OnecEmulator emulator({"--generate", "300"});
  emulator.Post("/config", {{"byte_budget", 12'000}});
  Source source = emulator.Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), Expected(emulator));
}

TEST(FullStreamTest, HiddenRowsAreLeftOutInsteadOfFailingTheList) {
  OnecEmulator emulator({"--generate", "60"});
  std::set<std::string> expected = Expected(emulator);
  const std::string hidden = *expected.begin();
  emulator.Post("/config", {{"rls_hidden", {{hidden, true}}}});
  expected.erase(hidden);
  Source source = emulator.Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(Keys(pass), expected);
}

TEST(ChangeStreamTest, BringsEditedNewAndImportedClientsAndFewOthers) {
  OnecEmulator emulator({"--generate", "200"});
  const std::set<std::string> old = Expected(emulator);
  for (const std::string& guid : old) {
    // Everybody is exported already.
    emulator.Post("/clients/edit", {{"guid", guid}, {"set", {{"B24ContactID", "7"}}}});
  }
  Source source = emulator.Connect(kSmallPages);
  emulator.Post("/clock", {{"advance_s", 3600}});
  emulator.Add({{"LastName", "Последний"}, {"B24ContactID", "8"}});
  const Pass full = ReadAll(source, Kind::kFull);
  ASSERT_THAT(full.status, IsOk());
  emulator.Post("/clock", {{"advance_s", 3600}});
  // Not the last one, which the overlap shows again.
  const std::string edited = *old.begin();
  const std::string late = *old.rbegin();
  emulator.Post("/clients/edit",
                {{"guid", edited}, {"edits", {{{"City", "А"}}, {{"City", "Б"}}}}});
  const std::string added = emulator.Add({{"LastName", "Новая"}});
  const std::string imported = emulator.Post(
      "/clients/import", {{"clients",
                           {{{"LastName", "Импорт"},
                             {"CreateDate", "2019-01-01T00:00:00"}}}}})["guids"][0];
  emulator.Post("/clients/edit",
                {{"guid", late}, {"set", {{"City", "В"}}}, {"late", "t"}});
  emulator.Post("/clock", {{"advance_s", 30}});
  emulator.Post("/clients/edit", {{"guid", edited}, {"set", {{"City", "Г"}}}});
  emulator.Delete("/journal");
  const Pass changes = ReadAll(source, Kind::kChanges, full.watermark);
  ASSERT_THAT(changes.status, IsOk());
  EXPECT_THAT(Keys(changes), Contains(edited));
  EXPECT_THAT(Keys(changes), Contains(added));
  EXPECT_THAT(Keys(changes), Contains(imported));
  EXPECT_THAT(Keys(changes), Not(Contains(late)));
  EXPECT_LE(changes.rows.size(), 6u);
  EXPECT_EQ(changes.rows.size(), Keys(changes).size());
  EXPECT_LE(emulator.CountRequests(), 5);
  // A row that is committed after later ones were seen is not lost.
  emulator.Post("/clients/commit", {{"late", "t"}});
  const Pass next = ReadAll(source, Kind::kChanges, changes.watermark);
  EXPECT_THAT(Keys(next), Contains(late));
}

TEST(ChangeStreamTest, ReadsEverythingAfterTheBaseWasRestored) {
  OnecEmulator emulator({"--generate", "80"});
  Source source = emulator.Connect();
  emulator.Post("/backup", json::object());
  emulator.Post("/clock", {{"advance_s", 7200}});
  emulator.Post("/clients/edit",
                {{"guid", *Expected(emulator).begin()}, {"set", {{"City", "А"}}}});
  const Pass full = ReadAll(source, Kind::kFull);
  emulator.Post("/restore", json::object());
  const Pass changes = ReadAll(source, Kind::kChanges, full.watermark);
  ASSERT_THAT(changes.status, IsOk());
  EXPECT_EQ(Keys(changes), Expected(emulator));
  EXPECT_NE(changes.watermark, full.watermark);
}

TEST(ChangeStreamTest, WithoutAHistoryItIsAFullStreamAndSaysSo) {
  OnecEmulator emulator({"--generate", "80"});
  Source source = emulator.Connect();
  auto capabilities = source.probe->FetchCapabilities();
  ASSERT_THAT(capabilities, IsOk());
  EXPECT_THAT(*capabilities, Contains("change-history"));
  EXPECT_THAT(*capabilities, Contains("create-date"));
  const Pass full = ReadAll(source, Kind::kFull);
  emulator.Post("/config", {{"composition",
                             {{"InformationRegister_ClientChangeHistory", false}}}});
  const Pass changes = ReadAll(source, Kind::kChanges, full.watermark);
  ASSERT_THAT(changes.status, IsOk());
  EXPECT_EQ(Keys(changes), Expected(emulator));
  capabilities = source.probe->FetchCapabilities();
  ASSERT_THAT(capabilities, IsOk());
  EXPECT_THAT(*capabilities, Not(Contains("change-history")));
  // What comes back later is read from its beginning.
  emulator.Post("/config",
                {{"composition", {{"InformationRegister_ClientChangeHistory", true}}}});
  EXPECT_EQ(Keys(ReadAll(source, Kind::kChanges, changes.watermark)),
            Expected(emulator));
}

TEST(ChangeStreamTest, AnEmptyOrForeignWatermarkReadsEverything) {
  OnecEmulator emulator({"--generate", "40"});
  Source source = emulator.Connect();
  EXPECT_EQ(Keys(ReadAll(source, Kind::kChanges, {})), Expected(emulator));
  EXPECT_EQ(Keys(ReadAll(source, Kind::kChanges, {"9|x"})), Expected(emulator));
}

TEST(RecentChangesTest, AreOneClientsNewestRecordsInOneSmallRequest) {
  OnecEmulator emulator({"--generate", "60"});
  Source source = emulator.Connect();
  const std::set<std::string> guests = Expected(emulator);
  const ClientKey guest(*guests.begin());
  const auto edit = [&](const std::string& guid, const char* city) {
    emulator.Post("/clock", {{"advance_s", 60}});
    emulator.Post("/clients/edit", {{"guid", guid}, {"set", {{"City", city}}}});
  };
  for (const char* city : {"А", "Б", "В"}) edit(guest.guid(), city);
  edit(*guests.rbegin(), "Г");
  const Pass read = ReadAll(source, Kind::kFull);
  for (const char* city : {"Д", "Е"}) edit(guest.guid(), city);

  std::vector<std::string> times;
  for (const json& row : emulator.Get("/history")) {
    if (row["Client_Key"] == guest.guid()) times.push_back(row["Period"]);
  }
  std::sort(times.rbegin(), times.rend());
  const int before = emulator.CountRequests();
  const auto changes = source.reader->RecentChanges(guest, read.watermark, 4);
  ASSERT_THAT(changes, IsOk());
  EXPECT_EQ(emulator.CountRequests(), before + 1);
  ASSERT_THAT(*changes, SizeIs(4));
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*changes)[i].time.text, times[i]);
    EXPECT_EQ((*changes)[i].seen, i >= 2) << i;
  }
  // Nothing was read yet, or by another connector.
  for (const Watermark& none : {Watermark{}, Watermark{"9|x"}}) {
    const auto unread = source.reader->RecentChanges(guest, none, 4);
    ASSERT_THAT(unread, IsOk());
    EXPECT_FALSE(unread->back().seen);
  }
  EXPECT_THAT(*source.reader->RecentChanges(
                  ClientKey("00000000-0000-4000-8000-00000000ffff"), {}, 4),
              IsEmpty());
  // What is not published, or not named, tells nothing.
  emulator.Post("/config", {{"composition",
                             {{"InformationRegister_ClientChangeHistory", false}}}});
  EXPECT_THAT(*source.reader->RecentChanges(guest, read.watermark, 4), IsEmpty());
  Source plain = emulator.Connect("extends: 1c-hotel\nhistory: null\n");
  EXPECT_THAT(*plain.reader->RecentChanges(guest, read.watermark, 4), IsEmpty());
}

TEST(FetchClientsTest, TakesMoreKeysThanARequestAndResolvesReferences) {
  OnecEmulator emulator({"--generate", "120"});
  Source source = emulator.Connect();
  const std::string citizen = *Expected(emulator).begin();
  emulator.Post("/clients/edit",
                {{"guid", citizen},
                 {"set",
                  {{"Citizenship_Key", "c0de0000-0000-4000-8000-000000000112"},
                   {"Language_Key", "1a960000-0000-4000-8000-000000000002"}}}});
  std::vector<ClientKey> keys;
  for (const std::string& guid : Expected(emulator)) keys.emplace_back(guid);
  keys.emplace_back("00000000-0000-0000-0000-00000000dead");
  keys.emplace_back("' or 1 eq 1");
  const std::vector<std::string> attributes = {
      "LastName",    "FirstName",       "Phone",       "EMail",
      "DateOfBirth", "Citizenship_Key", "Language_Key"};
  const auto rows = source.reader->FetchClients(keys, attributes);
  ASSERT_THAT(rows, IsOk());
  EXPECT_THAT(*rows, SizeIs(keys.size() - 2));
  for (const ClientRow& row : *rows) {
    const json stored = emulator.Get("/clients/" + row.key.guid());
    EXPECT_EQ(row.attributes.at("LastName"), stored["LastName"]);
    EXPECT_EQ(row.attributes.at("DateOfBirth"), stored["DateOfBirth"]);
    const bool is_citizen = row.key.guid() == citizen;
    EXPECT_EQ(row.attributes.at("Citizenship_Key"), is_citizen ? "БЕЛАРУСЬ" : "");
    EXPECT_EQ(row.attributes.at("Language_Key"), is_citizen ? "EN" : "");
  }
}

TEST(FindClientTest, FindsByCodeAsItIsShownAndByKey) {
  OnecEmulator emulator({"--generate", "30"});
  const std::string guid = emulator.Post(
      "/clients/import",
      {{"clients", {{{"LastName", "О'Нил + \"&#%\""}, {"Code", "Ж'7"}}}}})["guids"][0];
  Source source = emulator.Connect();
  const auto by_code = source.reader->FindClient(" ж'7 ", {});
  ASSERT_THAT(by_code, IsOk());
  ASSERT_TRUE(by_code->has_value());
  EXPECT_EQ((*by_code)->key.guid(), guid);
  const std::vector<std::string> attributes = {"LastName"};
  const auto by_key = source.reader->FindClient(guid, attributes);
  ASSERT_THAT(by_key, IsOk());
  EXPECT_EQ((*by_key)->attributes.at("LastName"), "О'Нил + \"&#%\"");
  EXPECT_FALSE(source.reader->FindClient("nobody", {})->has_value());
}

TEST(ReadErrorsTest, NameWhatIsWrong) {
  OnecEmulator emulator({"--generate", "5"});
  Source source = emulator.Connect();
  const Pass unknown = ReadAll(source, Kind::kFull, {}, {"Nickname"});
  EXPECT_THAT(unknown.status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                       "SOURCE_ATTRIBUTE_MISSING"));
  EXPECT_EQ(ParametersOf(unknown.status)["attribute"], "Nickname");
  EXPECT_THAT(
      ReadAll(source, Kind::kFull, {}, {"IdentityDocumentNumber"}).status,
      StatusIs(absl::StatusCode::kFailedPrecondition, "SOURCE_ATTRIBUTE_PROTECTED"));
  emulator.Post("/config", {{"denied_read", {{"Catalog_Clients", true}}}});
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "SOURCE_RIGHT_MISSING"));
  emulator.Post("/config", {{"composition", {{"Catalog_Clients", false}}},
                            {"denied_read", {{"Catalog_Clients", false}}}});
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "SOURCE_ENTITY_MISSING"));
}

}  // namespace
}  // namespace guestbridge::testing
