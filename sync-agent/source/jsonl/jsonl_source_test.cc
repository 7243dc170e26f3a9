#include "sync-agent/source/jsonl/jsonl_source.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/source/jsonl/contact_outbox.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

namespace fs = std::filesystem;

using ::guestbridge::testing::FakeClock;
using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::guestbridge::testing::TempDir;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Kind = ReadRequest::Kind;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

std::string Guid(int number) {
  return absl::StrFormat("00000000-0000-4000-8000-%012d", number);
}

std::string Client(int number, const std::string& last_name, int contact = 0) {
  return json({{"Ref_Key", Guid(number)},
               {"Code", absl::StrFormat("%09d   ", number)},
               {"LastName", last_name},
               {"B24ContactID", absl::StrCat(contact)}})
             .dump() +
         "\n";
}

struct Pass {
  std::map<std::string, std::string> names;  // last name by key
  std::vector<ClientRow> rows;
  Watermark watermark;
  absl::Status status;
};

class JsonlSourceTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) { return dir_.File(name); }
  // As 1C does it.
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name) + ".tmp", std::ios::binary) << text;
    fs::rename(Path(name) + ".tmp", Path(name));
  }
  std::string Read(const std::string& name) {
    std::ifstream file(Path(name), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> List(const std::string& place) {
    std::vector<std::string> names;
    if (!fs::exists(Path(place))) return names;
    for (const auto& entry : fs::directory_iterator(Path(place))) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // Of a side file, in its order.
  std::vector<int> RejectedLines(const std::string& name) {
    std::vector<int> lines;
    for (const auto line :
         absl::StrSplit(Read("rejected/" + name), '\n', absl::SkipEmpty())) {
      const json entry = json::parse(line.begin(), line.end(), nullptr, false);
      lines.push_back(entry.is_object() ? entry["line"].get<int>() : -1);
    }
    return lines;
  }
  Source Connect() {
    auto source = ConnectJsonl("file://" + dir_.path(), clock_);
    EXPECT_THAT(source, IsOk());
    return *std::move(source);
  }
  Pass ReadAll(Source& source, Kind kind, const Watermark& since = {}) {
    Pass pass;
    auto stream = source.reader->OpenStream(
        {.kind = kind, .since = since, .attributes = {"LastName"}});
    pass.status = stream.status();
    for (int i = 0; pass.status.ok() && i < 10'000; ++i) {
      auto page = (*stream)->Next();
      pass.status = page.status();
      if (!page.ok()) break;
      for (const ClientRow& row : page->rows) {
        EXPECT_TRUE(pass.names.emplace(row.key.guid(), Name(row)).second)
            << "twice in one stream";
        pass.rows.push_back(row);
      }
      if (!page->last) continue;
      pass.watermark = page->watermark;
      return pass;
    }
    return pass;
  }
  static std::string Name(const ClientRow& row) {
    const auto found = row.attributes.find("LastName");
    return found == row.attributes.end() ? "-" : found->second;
  }

  TempDir dir_;
  FakeClock clock_;
};

TEST_F(JsonlSourceTest, AFullReadingGivesEachClientOnceAsItCameLast) {
  Write("2.jsonl", Client(2, "Второй") + Client(1, "Новая"));
  Write("1.jsonl", Client(1, "Старая") + Client(3, "Третий"));
  std::ofstream(Path("3.jsonl.tmp")) << Client(4, "Рано");
  std::ofstream(Path(".4.jsonl")) << Client(4, "Скрыто");
  Source source = Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  const std::map<std::string, std::string> expected = {
      {Guid(1), "Новая"}, {Guid(2), "Второй"}, {Guid(3), "Третий"}};
  EXPECT_EQ(pass.names, expected);
  EXPECT_FALSE(pass.watermark.value.empty());
  EXPECT_EQ(ReadAll(source, Kind::kFull).names, expected);
  EXPECT_EQ(source.reader->usage().rows, 4);
}

TEST_F(JsonlSourceTest, ChangesAreThoseThatDifferAndFilesWaitForTheNextMark) {
  Write("1.jsonl", Client(1, "А") + Client(2, "Б"));
  Source source = Connect();
  const Pass first = ReadAll(source, Kind::kFull);
  EXPECT_THAT(List(""), ElementsAre("1.jsonl"));
  // The run failed: the mark was not kept, and nothing was acknowledged.
  EXPECT_EQ(ReadAll(source, Kind::kChanges).names.size(), 2u);
  EXPECT_THAT(List("done"), IsEmpty());
  Write("2.jsonl", Client(1, "А") + Client(2, "В") + Client(3, "Г"));
  const Pass changes = ReadAll(source, Kind::kChanges, first.watermark);
  const std::map<std::string, std::string> expected = {{Guid(2), "В"}, {Guid(3), "Г"}};
  EXPECT_EQ(changes.names, expected);
  EXPECT_THAT(List("done"), ElementsAre("1.jsonl"));
  EXPECT_THAT(List(""), ElementsAre("2.jsonl"));
  // The same mark once more: the same changes.
  EXPECT_EQ(ReadAll(source, Kind::kChanges, first.watermark).names, expected);
  EXPECT_THAT(List("done"), ElementsAre("1.jsonl"));
  const Pass nothing = ReadAll(source, Kind::kChanges, changes.watermark);
  EXPECT_THAT(nothing.names, IsEmpty());
  EXPECT_EQ(nothing.watermark, changes.watermark);
  EXPECT_THAT(List("done"), ElementsAre("1.jsonl", "2.jsonl"));
  // done/ may be emptied: what is known stays known.
  fs::remove_all(Path("done"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 3u);
}

TEST_F(JsonlSourceTest, ANameThatIsUsedAgainIsAnotherFile) {
  Write("clients.jsonl", Client(1, "А"));
  Source source = Connect();
  Pass pass = ReadAll(source, Kind::kFull);
  Write("clients.jsonl", Client(2, "Б"));
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  EXPECT_EQ(pass.names, (std::map<std::string, std::string>{{Guid(2), "Б"}}));
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  Write("clients.jsonl", Client(3, "В"));
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  EXPECT_EQ(pass.names, (std::map<std::string, std::string>{{Guid(3), "В"}}));
  ReadAll(source, Kind::kChanges, pass.watermark);
  EXPECT_THAT(List("done"), ElementsAre("clients.jsonl", "clients~000001.jsonl"));
}

TEST_F(JsonlSourceTest, AProcessThatWasKilledGoesOnWhereItWas) {
  std::string text;
  for (int i = 1; i <= 5000; ++i) text += Client(i, absl::StrCat("Г", i));
  text += "not a client\n";
  Write("1.jsonl", text);
  {
    Source source = Connect();
    auto stream = source.reader->OpenStream(
        {.kind = Kind::kFull, .since = {}, .attributes = {"LastName"}});
    ASSERT_THAT(stream, IsOk());
    const auto page = (*stream)->Next();  // a piece of the file
    ASSERT_THAT(page, IsOk());
    EXPECT_THAT(page->rows, IsEmpty());
    EXPECT_FALSE(page->last);
  }
  // Lines that a step which was cut short left behind.
  fs::create_directory(Path("rejected"));
  std::ofstream(Path("rejected/1.jsonl")) << std::string(1000, 'x');
  Source source = Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(pass.names.size(), 5000u);
  EXPECT_EQ(source.reader->usage().rows, 3001);
  EXPECT_EQ(json::parse(Read("rejected/1.jsonl"))["line"], 5001);
}

TEST_F(JsonlSourceTest, ALostStoreIsMadeAnewAndEverythingIsComparedOnceMore) {
  Write("1.jsonl", Client(1, "А") + Client(2, "Б") + "oops\n");
  Source source = Connect();
  Pass pass = ReadAll(source, Kind::kFull);
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  Write("2.jsonl", Client(2, "В"));
  ASSERT_THAT(List("done"), ElementsAre("1.jsonl"));
  fs::remove_all(Path("state"));
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{3})) << "told of already";
  const std::map<std::string, std::string> expected = {{Guid(1), "А"}, {Guid(2), "В"}};
  EXPECT_EQ(pass.names, expected);
}

TEST_F(JsonlSourceTest, AMarkOfAnotherStoreOrOfNoneReadsEverything) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  for (const std::string& mark :
       {std::string(), std::string("9|x"), std::string("jsonl1|other|1"),
        pass.watermark.value + "0", std::string("jsonl1|x|-1")}) {
    EXPECT_EQ(ReadAll(source, Kind::kChanges, {mark}).names.size(), 1u) << mark;
  }
  EXPECT_THAT(List("done"), IsEmpty());
}

TEST_F(JsonlSourceTest, BadLinesGoAsideWithTheirReasonAndTheOthersAreRead) {
  std::string text = "\xEF\xBB\xBF";
  text += Client(1, "А");
  text.back() = '\r';
  text += "\n\r\n   \n";                                         // 2, 3: blank
  text += "{\"Ref_Key\":\"nobody\",\"LastName\":\"Тайный\"}\n";  // 4
  text += "\"" + std::string(20 << 20, 'x') + "\"\n";            // 5
  text += "\xFF\xFE\n";                                          // 6
  text += std::string("\0\0\0\n", 4);                            // 7
  text += Client(2, "Б");
  text += Client(3, "В").substr(0, 40);  // 9: cut off
  Write("1.jsonl", text);
  Write("2.full.jsonl", Client(4, "Г").substr(0, Client(4, "Г").size() - 1));
  fs::create_symlink(Path("1.jsonl"), Path("3.jsonl"));
  ASSERT_EQ(mkfifo(Path("4.jsonl").c_str(), 0600), 0);
  fs::create_directory(Path("5.jsonl"));
  Source source = Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  const std::map<std::string, std::string> expected = {
      {Guid(1), "А"}, {Guid(2), "Б"}, {Guid(4), "Г"}};
  EXPECT_EQ(pass.names, expected);
  std::vector<std::pair<int, std::string>> rejected;
  for (const auto line :
       absl::StrSplit(Read("rejected/1.jsonl"), '\n', absl::SkipEmpty())) {
    const json entry = json::parse(line.begin(), line.end());
    EXPECT_FALSE(entry["ru"].get<std::string>().empty());
    EXPECT_LE(entry["text"].get<std::string>().size(), 70'000u);
    rejected.emplace_back(entry["line"], entry["reason"]);
  }
  EXPECT_THAT(
      rejected,
      ElementsAre(std::pair(4, "LINE_KEY_INVALID"), std::pair(5, "LINE_TOO_LONG"),
                  std::pair(6, "LINE_NOT_UTF8"), std::pair(7, "LINE_NOT_JSON"),
                  std::pair(9, "LINE_NOT_JSON")));
  EXPECT_EQ(fs::status(Path("rejected")).permissions(), fs::perms::owner_all);
}

TEST_F(JsonlSourceTest, AFileThatGrowsIsReadAnewAndItsBadLinesAreToldOfOnce) {
  const std::string text = Client(1, "А") + "oops\n" + Client(2, "Б") + Client(3, "В");
  std::ofstream(Path("1.jsonl"), std::ios::binary) << text.substr(0, text.size() - 50);
  Source source = Connect();
  Pass pass = ReadAll(source, Kind::kFull);
  EXPECT_EQ(pass.names.size(), 2u);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{2, 4}));
  std::ofstream(Path("1.jsonl"), std::ios::binary | std::ios::app)
      << text.substr(text.size() - 50);
  pass = ReadAll(source, Kind::kChanges, pass.watermark);
  EXPECT_EQ(pass.names, (std::map<std::string, std::string>{{Guid(3), "В"}}));
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{2}));
  EXPECT_THAT(List("done"), IsEmpty());
  // Nothing of it is bad any more.
  std::ofstream(Path("2.jsonl"), std::ios::binary) << "{\"Ref";
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("2.jsonl"), (std::vector<int>{1}));
  std::ofstream(Path("2.jsonl"), std::ios::binary) << Client(4, "Г");
  ReadAll(source, Kind::kFull);
  EXPECT_THAT(List("rejected"), ElementsAre("1.jsonl"));
  // Another file of this name has bad lines of its own.
  Write("1.jsonl", "oops\n");
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{2, 1}));
}

TEST_F(JsonlSourceTest, ASideFileThatWasTakenAwayBeginsAnew) {
  std::string text = "oops\n";
  for (int i = 1; i <= 2500; ++i) text += "\n";
  Write("1.jsonl", text + "oops\n");
  Source source = Connect();
  auto stream = source.reader->OpenStream(
      {.kind = Kind::kFull, .since = {}, .attributes = {"LastName"}});
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{1}));
  fs::remove(Path("rejected/1.jsonl"));
  ASSERT_THAT((*stream)->Next(), IsOk());
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{2502}));
}

TEST_F(JsonlSourceTest, AFileThatMayNotBeReadIsNamedAndNothingIsReadPastIt) {
  Write("1.jsonl", Client(1, "А"));
  Write("2.jsonl", Client(1, "Б"));
  fs::permissions(Path("1.jsonl"), fs::perms::none);
  // Rights do not bind the superuser.
  constexpr uid_t kNobody = 65534;
  const bool super = geteuid() == 0;
  if (super) {
    ASSERT_EQ(chown(dir_.path().c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  Source source = Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  if (super) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_THAT(pass.status, StatusIs(kPrecondition, "SOURCE_FOLDER_RIGHT_MISSING"));
  EXPECT_EQ(ParametersOf(pass.status).at("path"), Path("1.jsonl"));
  EXPECT_THAT(pass.names, IsEmpty());
  fs::permissions(Path("1.jsonl"), fs::perms::owner_all);
  EXPECT_EQ(ReadAll(source, Kind::kFull).names,
            (std::map<std::string, std::string>{{Guid(1), "Б"}}));
}

TEST_F(JsonlSourceTest, ANameInAnyBytesIsToldAsText) {
  Write("\xCF\xEE.jsonl", "oops\n");
  Source source = Connect();
  ASSERT_THAT(ReadAll(source, Kind::kFull).status, IsOk());
  for (const SourceCheck& check : source.probe->Test("x", {})) {
    for (const auto& [name, value] : check.parameters) {
      EXPECT_THAT(value, Not(HasSubstr("\xCF\xEE"))) << check.name << " " << name;
    }
  }
}

TEST_F(JsonlSourceTest, FoldersAndClientsOfAnyKindAreFoundByKeyAndCode) {
  Write("1.jsonl",
        Client(1, "А") + json({{"Ref_Key", Guid(2)}, {"IsFolder", true}}).dump());
  Source source = Connect();
  const std::vector<std::string> attributes = {"LastName"};
  const auto by_code = source.reader->FindClient(" 000000001 ", attributes);
  ASSERT_THAT(by_code, IsOk());
  ASSERT_TRUE(by_code->has_value());
  EXPECT_EQ(Name(**by_code), "А");
  EXPECT_TRUE(source.reader->FindClient(Guid(2), {})->has_value());
  EXPECT_FALSE(source.reader->FindClient("nobody", {})->has_value());
  EXPECT_FALSE(source.reader->FindClient("  ", {})->has_value());
  const std::vector<ClientKey> keys = {ClientKey(Guid(1)), ClientKey(Guid(2)),
                                       ClientKey(Guid(3)), ClientKey("' or 1")};
  EXPECT_EQ(source.reader->FetchClients(keys, attributes)->size(), 2u);
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 1u);
}

TEST_F(JsonlSourceTest, WhatIsTakenInMeanwhileBelongsToTheNextReading) {
  std::string text;
  for (int i = 1; i <= 300; ++i) text += Client(i, "А");
  Write("1.jsonl", text);
  Source source = Connect();
  Pass pass = ReadAll(source, Kind::kFull);
  text.clear();
  for (int i = 1; i <= 300; ++i) text += Client(i, "Б");
  Write("2.jsonl", text);
  auto stream = source.reader->OpenStream(
      {.kind = Kind::kChanges, .since = pass.watermark, .attributes = {"LastName"}});
  ASSERT_THAT(stream, IsOk());
  std::map<std::string, std::string> seen;
  Watermark mark;
  for (int i = 0; i < 100; ++i) {
    const auto page = (*stream)->Next();
    ASSERT_THAT(page, IsOk());
    for (const ClientRow& row : page->rows) {
      EXPECT_TRUE(seen.emplace(row.key.guid(), Name(row)).second);
    }
    if (page->last) {
      mark = page->watermark;
      break;
    }
    if (seen.size() == 200) {
      // A client that was given already, and one that was not yet.
      Write("3.jsonl", Client(1, "В") + Client(300, "В"));
      ASSERT_TRUE(source.reader->FindClient(Guid(1), {})->has_value());
    }
  }
  EXPECT_EQ(seen.size(), 299u);
  const Pass next = ReadAll(source, Kind::kChanges, mark);
  const std::map<std::string, std::string> expected = {{Guid(1), "В"},
                                                       {Guid(300), "В"}};
  EXPECT_EQ(next.names, expected);
}

TEST_F(JsonlSourceTest, AWholeFileForgetsWhoIsAbsentOnceThatWasDealtWith) {
  Write("1.jsonl", Client(1, "А") + Client(2, "Б") + Client(3, "В"));
  Source source = Connect();
  const Pass first = ReadAll(source, Kind::kFull);
  // Nobody has dealt with anybody yet.
  Write("2.full.jsonl", Client(1, "А") + Client(2, "Б"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 3u);
  ReadAll(source, Kind::kChanges, first.watermark);
  Write("3.full.jsonl", "oops\n" + Client(1, "А") + Client(2, "Б"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 3u) << "a line was rejected";
  Write("4.full.jsonl", Client(1, "А"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 3u) << "most would be gone";
  Write("5.jsonl", Client(1, "А"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 3u) << "a file of changes";
  Write("6.full.jsonl", Client(1, "А") + Client(2, "Б"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 2u);
}

TEST_F(JsonlSourceTest, AFolderThatVanishesIsWorthAnotherTry) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  auto stream = source.reader->OpenStream(
      {.kind = Kind::kFull, .since = {}, .attributes = {"LastName"}});
  ASSERT_THAT(stream, IsOk());
  const std::string away = dir_.path() + ".away";
  fs::rename(dir_.path(), away);
  EXPECT_THAT((*stream)->Next(), StatusIs(kUnavailable, "SOURCE_FOLDER_MISSING"));
  EXPECT_THAT(source.reader->FetchClients({}, {}),
              StatusIs(kUnavailable, "SOURCE_FOLDER_MISSING"));
  EXPECT_THAT(source.writer->WriteContact(ClientKey(Guid(1)), ContactId(5)),
              StatusIs(kUnavailable, "SOURCE_FOLDER_MISSING"));
  EXPECT_THAT(source.probe->FetchIdentity(),
              StatusIs(kUnavailable, "SOURCE_FOLDER_MISSING"));
  EXPECT_FALSE(fs::exists(dir_.path())) << "nothing is made in its place";
  fs::rename(away, dir_.path());
  EXPECT_THAT((*stream)->Next(), IsOk());
  // Another folder came in its place: what was read so far is of no use.
  fs::rename(dir_.path(), away);
  fs::create_directory(dir_.path());
  EXPECT_THAT((*stream)->Next(), StatusIs(kPrecondition, "SOURCE_STORE_CHANGED"));
  fs::remove_all(away);
}

TEST_F(JsonlSourceTest, LinksThatLeadElsewhereAreRefused) {
  TempDir elsewhere;
  for (const char* place : {"state", "contact-ids", "done", "rejected"}) {
    fs::create_directory_symlink(elsewhere.path(), Path(place));
    Source source = Connect();
    bool failed = false;
    for (const SourceCheck& check : source.probe->Test("x", {})) {
      failed = failed || (check.state == SourceCheck::State::kFailed &&
                          check.reason == "SOURCE_FOLDER_REFUSED");
    }
    EXPECT_TRUE(failed) << place;
    fs::remove(Path(place));
  }
  fs::create_directory_symlink(elsewhere.path(), Path("state"));
  Source source = Connect();
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
  fs::remove(Path("state"));
  fs::create_directory_symlink(dir_.path(), elsewhere.File("link"));
  auto linked = ConnectJsonl("file://" + elsewhere.File("link"), clock_);
  ASSERT_THAT(linked, IsOk());
  EXPECT_THAT(ReadAll(*linked, Kind::kFull).status,
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
  EXPECT_THAT(ConnectJsonl("file:///a/../b", clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "SOURCE_FOLDER_INVALID"));
}

TEST_F(JsonlSourceTest, ABrokenStoreIsAPersonsToMend) {
  Write("1.jsonl", Client(1, "А"));
  {
    Source source = Connect();
    ReadAll(source, Kind::kFull);
  }
  fs::remove(Path("state/clients.db-wal"));
  fs::remove(Path("state/clients.db-shm"));
  std::ofstream(Path("state/clients.db"), std::ios::binary) << std::string(8192, 'x');
  Source source = Connect();
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(kPrecondition, "SOURCE_STORE_BROKEN"));
}

class WriteContactTest : public JsonlSourceTest {
 protected:
  absl::Status Add(Source& source, int client, int64_t contact) {
    return source.writer->WriteContact(ClientKey(Guid(client)), ContactId(contact))
        .status();
  }
  // What lies ready for 1C, in the order in which it takes files.
  std::vector<std::string> Ready() {
    std::vector<std::string> lines;
    for (const std::string& name : List("contact-ids")) {
      if (name.size() < 6 || name.substr(name.size() - 6) != ".jsonl") continue;
      for (const auto line :
           absl::StrSplit(Read("contact-ids/" + name), '\n', absl::SkipEmpty())) {
        lines.emplace_back(line);
      }
    }
    return lines;
  }
  static std::string Line(int client, int contact) {
    return absl::StrCat("{\"Ref_Key\":\"", Guid(client),
                        "\",\"B24ContactID\":", contact, "}");
  }
};

TEST_F(WriteContactTest, IdsComeInWholeFilesAndOnceOnly) {
  Write("1.jsonl", Client(1, "А") + Client(2, "Б", 9));
  {
    Source source = Connect();
    ReadAll(source, Kind::kFull);
    EXPECT_THAT(Add(source, 1, 5), IsOk());
    EXPECT_THAT(Add(source, 1, 5), IsOk());
    EXPECT_THAT(Add(source, 2, 9), IsOk()) << "1C holds it already";
    EXPECT_THAT(Add(source, 2, 10), IsOk());
    // Durable, though nobody may take it yet.
    EXPECT_THAT(Read("contact-ids/current.jsonl.tmp"), HasSubstr(Line(1, 5)));
    const auto row = source.reader->FindClient(Guid(1), {});
    EXPECT_EQ((*row)->contact.value(), 5);
  }
  EXPECT_THAT(Ready(), ElementsAre(Line(1, 5), Line(2, 10)));
  EXPECT_THAT(List("contact-ids"), ::testing::SizeIs(1));
}

TEST_F(WriteContactTest, AnIdThat1CNoLongerHoldsIsGivenAgain) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  EXPECT_THAT(Add(source, 1, 5), IsOk());
  // The same row as before says nothing new; another one says what 1C holds now.
  Write("2.jsonl", Client(1, "А"));
  EXPECT_EQ((*source.reader->FindClient(Guid(1), {}))->contact.value(), 5);
  Write("3.jsonl", Client(1, "Б"));
  EXPECT_EQ((*source.reader->FindClient(Guid(1), {}))->contact.value(), 0);
  EXPECT_THAT(Add(source, 1, 5), IsOk());
  EXPECT_EQ((*source.reader->FindClient(Guid(1), {}))->contact.value(), 5);
}

TEST_F(WriteContactTest, AClientThatNobodyKnowsIsGoneOnceAllAreKnown) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  EXPECT_THAT(Add(source, 7, 5), IsOk());
  Write("2.full.jsonl", Client(1, "А"));
  EXPECT_THAT(Add(source, 8, 5), StatusIs(absl::StatusCode::kNotFound, "CLIENT_GONE"));
}

TEST_F(WriteContactTest, HalfALineOfAKilledProcessIsNotGivenTo1C) {
  fs::create_directory(Path("contact-ids"));
  std::ofstream(Path("contact-ids/current.jsonl.tmp")) << Line(1, 5) << "\n"
                                                       << Line(2, 6).substr(0, 20);
  const ExchangeFolder folder(dir_.path());
  ContactOutbox outbox(folder, clock_);
  EXPECT_THAT(outbox.Add(ClientKey(Guid(3)), ContactId(7)), IsOk());
  EXPECT_TRUE(*outbox.Publish());
  EXPECT_THAT(Ready(), ElementsAre(Line(1, 5), Line(3, 7)));
  EXPECT_FALSE(*outbox.Publish());
  std::ofstream(Path("contact-ids/current.jsonl.tmp")) << "{\"Ref";
  EXPECT_TRUE(*outbox.Publish());
  EXPECT_EQ(Ready().size(), 2u);
}

TEST_F(WriteContactTest, ManyIdsMakeSeveralFilesInTheirOrder) {
  const ExchangeFolder folder(dir_.path());
  ContactOutbox outbox(folder, clock_);
  for (int i = 1; i <= 1200; ++i) {
    ASSERT_THAT(outbox.Add(ClientKey(Guid(i)), ContactId(i)), IsOk());
  }
  ASSERT_THAT(outbox.Publish(), IsOk());
  const std::vector<std::string> lines = Ready();
  ASSERT_EQ(lines.size(), 1200u);
  for (int i = 1; i <= 1200; ++i) EXPECT_EQ(lines[i - 1], Line(i, i));
  EXPECT_GT(List("contact-ids").size(), 1u);
}

TEST_F(WriteContactTest, AFullDiskWritesNothingAndIsTriedAgain) {
  const ExchangeFolder folder(dir_.path());
  ContactOutbox outbox(folder, clock_);
  ASSERT_THAT(outbox.Add(ClientKey(Guid(1)), ContactId(5)), IsOk());
  // A quota: the second line does not fit.
  signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {Line(1, 5).size() + 10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full = outbox.Add(ClientKey(Guid(2)), ContactId(6));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(full, StatusIs(kUnavailable, "SOURCE_FOLDER_FULL"));
  ASSERT_THAT(outbox.Add(ClientKey(Guid(3)), ContactId(7)), IsOk());
  ASSERT_THAT(outbox.Publish(), IsOk());
  EXPECT_THAT(Ready(), ElementsAre(Line(1, 5), Line(3, 7)));
}

class ProbeTest : public JsonlSourceTest {
 protected:
  std::map<std::string, std::string> Reasons(
      const std::vector<std::string>& mapped = {}) {
    Source source = Connect();
    std::map<std::string, std::string> reasons;
    for (const SourceCheck& check : source.probe->Test("Ривьера", mapped)) {
      EXPECT_NE(FindReason(check.reason), nullptr) << check.reason;
      reasons[check.name] = check.reason;
    }
    return reasons;
  }
};

TEST_F(ProbeTest, AFolderWithoutFilesIsAWarningAndIsNotTouched) {
  const auto reasons = Reasons();
  EXPECT_EQ(reasons.at("source"), "CHECK_SOURCE_FOLDER_OK");
  EXPECT_EQ(reasons.at("entities"), "SOURCE_FILES_NONE");
  EXPECT_EQ(reasons.at("write-right"), "CHECK_SOURCE_FOLDER_WRITABLE");
  EXPECT_EQ(reasons.at("version"), "VERSION_NOT_PUBLISHED");
  EXPECT_EQ(reasons.at("identity"), "SOURCE_IDENTITY_FILE_MISSING");
  EXPECT_EQ(reasons.at("hotel"), "HOTEL_NOT_IN_FILES");
  EXPECT_EQ(reasons.at("built-in-job"), "BUILT_IN_JOB_UNKNOWN");
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(ProbeTest, SaysWhatTheFilesLack) {
  Write("1.jsonl", Client(1, "А"));
  EXPECT_EQ(Reasons({"LastName"}).at("entities"), "CHECK_SOURCE_FILES_OK");
  EXPECT_EQ(Reasons({"LastName", "Phone"}).at("entities"), "SOURCE_ATTRIBUTES_UNSEEN");
  Write("2.jsonl", "oops\n" + Client(2, "Б"));
  EXPECT_EQ(Reasons().at("entities"), "SOURCE_FILE_LINES_BAD");
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(Reasons().at("rejected-lines"), "SOURCE_LINES_REJECTED");
  fs::remove_all(dir_.path());
  EXPECT_EQ(Reasons().at("source"), "SOURCE_FOLDER_MISSING");
  std::ofstream(dir_.path()) << "a file";
  EXPECT_EQ(Reasons().at("source"), "SOURCE_FOLDER_REFUSED");
  fs::remove(dir_.path());
}

TEST_F(ProbeTest, TheIdentityIsAFileOfOneLine) {
  Source source = Connect();
  EXPECT_EQ(source.probe->FetchIdentity()->value, "");
  std::ofstream(Path("identity"))
      << "\xEF\xBB\xBF{0A0B0C0D-1111-4000-8000-00000000000F}\r\n";
  EXPECT_EQ(source.probe->FetchIdentity()->value,
            "0a0b0c0d-1111-4000-8000-00000000000f");
  for (const std::string& text :
       {std::string(), std::string("two words"), std::string(100, 'a'),
        std::string("a|b"), std::string("00000000-0000-0000-0000-000000000000")}) {
    std::ofstream(Path("identity")) << text;
    EXPECT_THAT(source.probe->FetchIdentity(),
                StatusIs(kPrecondition, "SOURCE_IDENTITY_INVALID"))
        << text;
  }
  fs::remove(Path("identity"));
  fs::create_symlink("/etc/hostname", Path("identity"));
  EXPECT_THAT(source.probe->FetchIdentity(),
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
}

TEST_F(ProbeTest, FieldsAreThoseOf1CHotelAndOfTheFiles) {
  Write("1.jsonl",
        json({{"Ref_Key", Guid(1)}, {"Loyalty", "gold"}, {"Photo", "x"}}).dump());
  Source source = Connect();
  const auto fields = source.probe->FetchFields();
  ASSERT_THAT(fields, IsOk());
  std::vector<std::string> names;
  for (const SourceField& field : *fields) names.push_back(field.name);
  for (const char* wanted : {"LastName", "DateOfBirth", "Phone", "EMail", "Loyalty"}) {
    EXPECT_THAT(names, ::testing::Contains(wanted));
  }
  for (const char* unwanted : {"Ref_Key", "Photo", "B24ContactID", "IsFolder"}) {
    EXPECT_THAT(names, Not(::testing::Contains(unwanted)));
  }
}

}  // namespace
}  // namespace guestbridge::agent
