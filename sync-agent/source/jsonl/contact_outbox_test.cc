#include "sync-agent/source/jsonl/contact_outbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sync-agent/source/jsonl/jsonl_folder_test.h"

namespace guestbridge::agent {
namespace {

namespace fs = std::filesystem;

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Kind = ReadRequest::Kind;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

class WriteContactTest : public JsonlFolderTest {
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
  Write("1.full.jsonl", "");
  EXPECT_THAT(Add(source, 9, 5), IsOk()) << "a file of nobody names nobody";
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
  EXPECT_THAT(List("contact-ids"), ::testing::SizeIs(1)) << "no empty file either";
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

// Whether somebody waits for a lock of this file: "1: -> FLOCK … MAJOR:MINOR:INODE 0
// EOF".
bool IsWaitedFor(const std::string& file) {
  struct stat status = {};
  EXPECT_EQ(stat(file.c_str(), &status), 0);
  std::ifstream locks("/proc/locks");
  const std::string inode = absl::StrCat(":", status.st_ino, " ");
  for (std::string line; std::getline(locks, line);) {
    if (absl::StrContains(line, "->") && absl::StrContains(line, inode)) return true;
  }
  return false;
}

TEST_F(WriteContactTest, AnIdIsNotAddedToAFileThatAnotherOutboxHasJustPublished) {
  const ExchangeFolder folder(dir_.path());
  ContactOutbox outbox(folder, clock_);
  ASSERT_THAT(outbox.Add(ClientKey(Guid(1)), ContactId(1)), IsOk());
  const auto files = [&] {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(Path("contact-ids"))) {
      names.push_back(entry.path());
    }
    return names;
  };
  ASSERT_EQ(files().size(), 1u);
  const std::string current = files()[0];
  // The other outbox has the lock.
  const Descriptor other(open(current.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(other.fd(), LOCK_EX), 0);
  absl::Status added;
  std::thread late([&] { added = outbox.Add(ClientKey(Guid(2)), ContactId(2)); });
  for (int i = 0; i < 1000 && !IsWaitedFor(current); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const bool waited = IsWaitedFor(current);
  fs::rename(current, Path("contact-ids/0.jsonl"));
  const std::ofstream begun(current);  // and has begun the next one
  flock(other.fd(), LOCK_UN);
  late.join();
  ASSERT_TRUE(waited);
  ASSERT_THAT(added, IsOk());
  // 1C may have read it by now.
  EXPECT_EQ(Read("contact-ids/0.jsonl"), Line(1, 1) + "\n");
  EXPECT_EQ(Read(absl::StrCat("contact-ids/", fs::path(current).filename().string())),
            Line(2, 2) + "\n");
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

}  // namespace
}  // namespace guestbridge::agent
