#include "sync-agent/source/jsonl/jsonl_source.h"

#include <filesystem>
#include <fstream>

#include "sync-agent/source/jsonl/jsonl_folder_test.h"

namespace guestbridge::agent {
namespace {

namespace fs = std::filesystem;

using ::guestbridge::testing::IsOk;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Kind = ReadRequest::Kind;

using JsonlSourceTest = JsonlFolderTest;

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
  Write(
      "2.jsonl",
      json({{"Ref_Key", Guid(5)}, {"Code", "000000001"}, {"LastName", "Пять"}}).dump());
  EXPECT_EQ(Name(**source.reader->FindClient("000000001", attributes)), "Пять")
      << "of several the last that came";
  const std::vector<ClientKey> keys = {ClientKey(Guid(1)), ClientKey(Guid(2)),
                                       ClientKey(Guid(3)), ClientKey("' or 1")};
  EXPECT_EQ(source.reader->FetchClients(keys, attributes)->size(), 2u);
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 2u);
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

TEST_F(JsonlSourceTest, AMarkStaysGoodWhenTheNewestClientIsForgotten) {
  Write("1.jsonl", Client(1, "А") + Client(2, "Б") + Client(3, "В"));
  Source source = Connect();
  const Pass first = ReadAll(source, Kind::kFull);
  ReadAll(source, Kind::kChanges, first.watermark);
  Write("2.full.jsonl", Client(1, "А") + Client(2, "Б"));
  const Pass pass = ReadAll(source, Kind::kChanges, first.watermark);
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 2u);
  EXPECT_THAT(pass.names, IsEmpty());
  EXPECT_EQ(pass.watermark, first.watermark) << "a mark never goes back";
  EXPECT_THAT(ReadAll(source, Kind::kChanges, pass.watermark).names, IsEmpty());
  // And what comes next is numbered past it.
  Write("3.jsonl", Client(4, "Г"));
  EXPECT_EQ(ReadAll(source, Kind::kChanges, pass.watermark).names.size(), 1u);
}

TEST_F(JsonlSourceTest, AClientThatAWholeFileNamedUnchangedIsKeptByTheNextOne) {
  Write("1.full.jsonl", Client(1, "А") + Client(2, "Б"));
  Source source = Connect();
  const Pass first = ReadAll(source, Kind::kFull);
  ReadAll(source, Kind::kChanges, first.watermark);
  // Both are in it: one as it was, one changed.
  Write("2.full.jsonl", Client(1, "А") + Client(2, "В"));
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 2u);
}

TEST_F(JsonlSourceTest, APageOfFatClientsIsShorter) {
  std::string text;
  for (int i = 1; i <= 12; ++i) {
    text +=
        json({{"Ref_Key", Guid(i)}, {"LastName", std::string(500'000, 'x')}}).dump();
    text += "\n";
  }
  Write("1.jsonl", text);
  Source source = Connect();
  auto stream = source.reader->OpenStream(
      {.kind = Kind::kFull, .since = {}, .attributes = {"LastName"}});
  ASSERT_THAT(stream, IsOk());
  size_t clients = 0;
  int pieces = 0;
  for (int i = 0; i < 100; ++i) {
    const auto page = (*stream)->Next();
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->rows.size(), 4u);
    clients += page->rows.size();
    pieces += page->rows.empty() && !page->last ? 1 : 0;
    if (page->last) break;
  }
  EXPECT_EQ(clients, 12u);
  EXPECT_GT(pieces, 1) << "a file is taken in by pieces of bounded size, too";
}

}  // namespace
}  // namespace guestbridge::agent
