#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sync-agent/source/jsonl/client_store.h"
#include "sync-agent/source/jsonl/jsonl_folder_test.h"

namespace guestbridge::agent {
namespace {

namespace fs = std::filesystem;

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

using JsonlFilesTest = JsonlFolderTest;

TEST_F(JsonlFilesTest, ANameThatIsUsedAgainIsAnotherFile) {
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

TEST_F(JsonlFilesTest, AProcessThatWasKilledGoesOnWhereItWas) {
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

TEST_F(JsonlFilesTest, BadLinesGoAsideWithTheirReasonAndTheOthersAreRead) {
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

TEST_F(JsonlFilesTest, AFileThatGrowsIsReadAnewAndItsBadLinesAreToldOfOnce) {
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

TEST_F(JsonlFilesTest, ASideFileThatWasTakenAwayBeginsAnew) {
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

TEST_F(JsonlFilesTest, ASideFileThatWasEmptiedBeginsAnewWhenTheFileGrows) {
  Write("1.jsonl", "oops\n");
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  Write("1.jsonl", "oops\n");
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{1, 1}));
  fs::resize_file(Path("rejected/1.jsonl"), 0);
  std::ofstream(Path("1.jsonl"), std::ios::app) << Client(1, "А");
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{1}));
}

TEST_F(JsonlFilesTest, ALineIsToldOfOnceThoughTheSideFileWasTakenAwayMidway) {
  Write("1.jsonl", "oops\n");
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  std::string text = "oops\n";
  for (int i = 1; i <= 2500; ++i) text += "\n";
  Write("1.jsonl", text + "oops\n");
  auto stream = source.reader->OpenStream(
      {.kind = Kind::kFull, .since = {}, .attributes = {"LastName"}});
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{1, 1}));
  fs::remove(Path("rejected/1.jsonl"));
  ASSERT_THAT((*stream)->Next(), IsOk());
  std::ofstream(Path("1.jsonl"), std::ios::app) << Client(1, "А");
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{1, 2502}));
}

TEST_F(JsonlFilesTest, AFileOfAnotherKindIsNotCopiedWhole) {
  std::string text;
  for (int i = 0; i < 10'100; ++i) text += "<p>\n";
  Write("1.jsonl", text);
  Source source = Connect();
  ASSERT_THAT(ReadAll(source, Kind::kFull).status, IsOk());
  EXPECT_EQ(RejectedLines("1.jsonl").size(), 10'000u);
}

TEST_F(JsonlFilesTest, AFileIsNotAcknowledgedBeforeItWasReadToItsEnd) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  const Pass first = ReadAll(source, Kind::kFull);
  ReadAll(source, Kind::kChanges, first.watermark);
  std::string text = Client(2, "Б");
  for (int i = 0; i < 2500; ++i) text += "\n";
  Write("2.jsonl", text + Client(3, "В"));
  const ReadRequest changes = {
      .kind = Kind::kChanges, .since = first.watermark, .attributes = {"LastName"}};
  {
    auto stream = source.reader->OpenStream(changes);
    ASSERT_THAT(stream, IsOk());
    ASSERT_THAT((*stream)->Next(), IsOk());  // A piece of it.
  }
  EXPECT_THAT(source.reader->OpenStream(changes), IsOk());
  EXPECT_THAT(List(""), ElementsAre("2.jsonl"));
  EXPECT_EQ(ReadAll(source, Kind::kChanges, first.watermark).names.size(), 2u);
}

TEST_F(JsonlFilesTest, NothingIsWrittenThroughALink) {
  TempDir elsewhere;
  Write("1.jsonl", Client(1, "А") + "oops\n");
  Source source = Connect();
  fs::create_directory_symlink(elsewhere.path(), Path("rejected"));
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
  fs::remove(Path("rejected"));
  const Pass pass = ReadAll(source, Kind::kFull);
  EXPECT_EQ(RejectedLines("1.jsonl"), (std::vector<int>{2}));
  fs::create_directory_symlink(elsewhere.path(), Path("contact-ids"));
  EXPECT_THAT(source.writer->WriteContact(ClientKey(Guid(1)), ContactId(5)),
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
  fs::create_directory_symlink(elsewhere.path(), Path("done"));
  EXPECT_THAT(ReadAll(source, Kind::kChanges, pass.watermark).status, IsOk());
  EXPECT_THAT(List(""), ElementsAre("1.jsonl"));
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(JsonlFilesTest, TheStoreIsNotOpenedThroughALink) {
  TempDir elsewhere;
  Write("1.jsonl", Client(1, "А"));
  fs::create_directory(Path("state"));
  // To nothing yet: a database would be made there.
  fs::create_symlink(elsewhere.File("stolen.db"), Path("state/clients.db"));
  Source source = Connect();
  EXPECT_THAT(ReadAll(source, Kind::kFull).status,
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(JsonlFilesTest, AFileThatIsNoLongerTheOneThatWasReadIsNotMoved) {
  Write("1.jsonl", Client(1, "А"));
  const ExchangeFolder folder(dir_.path());
  const auto read = folder.Open(kInbox, "1.jsonl");
  ASSERT_THAT(read, IsOk());
  Write("2.jsonl", Client(2, "Б"));
  fs::rename(Path("2.jsonl"), Path("1.jsonl"));
  const auto moved = folder.MoveToDone("1.jsonl", read->stamp);
  ASSERT_THAT(moved, IsOk());
  EXPECT_FALSE(*moved);
  EXPECT_THAT(List(""), ElementsAre("1.jsonl"));
  EXPECT_FALSE(fs::exists(Path("done")));  // not even for a moment
}

TEST_F(JsonlFilesTest, AFileThatMayNotBeReadIsNamedAndNothingIsReadPastIt) {
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

TEST_F(JsonlFilesTest, ANameInAnyBytesIsToldAsText) {
  Write("\xCF\xEE.jsonl", "oops\n");
  Source source = Connect();
  ASSERT_THAT(ReadAll(source, Kind::kFull).status, IsOk());
  for (const SourceCheck& check : source.probe->Test("x", {}, [] { return true; })) {
    for (const auto& [name, value] : check.parameters) {
      EXPECT_THAT(value, Not(HasSubstr("\xCF\xEE"))) << check.name << " " << name;
    }
  }
}

TEST_F(JsonlFilesTest, AFileThatWasTakenAwayIsForgotten) {
  Write("1.jsonl", Client(1, "А"));
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  const auto store = ClientStore::Open(Path("state/clients.db"));
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ((*store)->ListFiles("")->size(), 1u);
  fs::remove(Path("1.jsonl"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 1u);
  EXPECT_EQ((*store)->ListFiles("")->size(), 0u);
}

TEST_F(JsonlFilesTest, AFolderThatVanishesIsWorthAnotherTry) {
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

TEST_F(JsonlFilesTest, LinksThatLeadElsewhereAreRefused) {
  TempDir elsewhere;
  for (const char* place : {"state", "contact-ids", "done", "rejected"}) {
    fs::create_directory_symlink(elsewhere.path(), Path(place));
    Source source = Connect();
    bool failed = false;
    for (const SourceCheck& check : source.probe->Test("x", {}, [] { return true; })) {
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

TEST_F(JsonlFilesTest, ABrokenStoreIsAPersonsToMend) {
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

}  // namespace
}  // namespace guestbridge::agent
