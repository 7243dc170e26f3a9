#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// 1C sessions (IBSession) and licences, against an emulated 1C.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientStream;
using agent::ContactId;
using agent::ReadRequest;
using agent::Source;
using nlohmann::json;

constexpr char kSmallPages[] = "extends: 1c-hotel\npage: {rows: 20}\n";

std::unique_ptr<ClientStream> Open(Source& source) {
  auto stream = source.reader->OpenStream(
      {.kind = ReadRequest::Kind::kFull, .since = {}, .attributes = {"LastName"}});
  EXPECT_THAT(stream, IsOk());
  return *std::move(stream);
}

// Keys of all pages; what is UNAVAILABLE is asked for again.
std::set<std::string> ReadAll(ClientStream& stream) {
  std::set<std::string> keys;
  for (int i = 0; i < 200; ++i) {
    const auto page = stream.Next();
    if (!page.ok()) {
      EXPECT_TRUE(absl::IsUnavailable(page.status())) << page.status();
      continue;
    }
    for (const auto& row : page->rows) keys.insert(row.key.guid());
    if (page->last) return keys;
  }
  ADD_FAILURE() << "the stream does not end";
  return keys;
}

// What the calls said of sessions, in order: "start", "cookie", "finish" or "-".
std::vector<std::string> Sessions(OnecEmulator& emulator) {
  std::vector<std::string> said;
  for (const json& call : emulator.Get("/journal?since=0")) {
    const json& headers = call["headers"];
    if (headers.contains("IBSession")) {
      said.push_back(headers["IBSession"]);
    } else {
      said.push_back(headers.contains("Cookie") ? "cookie" : "-");
    }
  }
  return said;
}

TEST(SessionTest, AStreamIsOneSessionThatIsFinished) {
  OnecEmulator emulator({"--generate", "90"});
  emulator.Post("/config", {{"ib_session", true}});
  Source source = emulator.Connect(kSmallPages);
  auto stream = Open(source);
  EXPECT_EQ(ReadAll(*stream).size(), 90u);
  const std::vector<std::string> said = Sessions(emulator);
  ASSERT_GE(said.size(), 5u);
  EXPECT_EQ(said.front(), "start");
  EXPECT_EQ(said.back(), "finish");
  EXPECT_EQ(std::count(said.begin(), said.end(), "cookie"),
            static_cast<ptrdiff_t>(said.size()) - 2);
}

TEST(SessionTest, ASessionThatDiesIsStartedAgainWhateverIsAnswered) {
  for (const int status : {400, 404, 500}) {
    OnecEmulator emulator({"--generate", "90"});
    emulator.Post("/config", {{"ib_session", true}, {"dead_session_status", status}});
    Source source = emulator.Connect(kSmallPages);
    auto stream = Open(source);
    ASSERT_THAT(stream->Next(), IsOk());
    emulator.Delete("/sessions");
    const auto page = stream->Next();
    ASSERT_THAT(page, IsOk()) << status;
    const std::vector<std::string> said = Sessions(emulator);
    EXPECT_EQ(std::count(said.begin(), said.end(), "start"), 2) << status;
  }
}

TEST(SessionTest, APublicationThatIgnoresSessionsIsAskedOnce) {
  OnecEmulator emulator({"--generate", "90"});
  Source source = emulator.Connect(kSmallPages);
  for (int i = 0; i < 2; ++i) {
    auto stream = Open(source);
    EXPECT_EQ(ReadAll(*stream).size(), 90u);
  }
  const std::vector<std::string> said = Sessions(emulator);
  EXPECT_EQ(said.front(), "start");
  EXPECT_EQ(std::count(said.begin(), said.end(), "-"),
            static_cast<ptrdiff_t>(said.size()) - 1);
}

TEST(SessionTest, AProfileMaySwitchThemOff) {
  OnecEmulator emulator({"--generate", "40"});
  emulator.Post("/config", {{"ib_session", true}});
  Source source = emulator.Connect("extends: 1c-hotel\nsession: {ib_session: off}\n");
  auto stream = Open(source);
  EXPECT_EQ(ReadAll(*stream).size(), 40u);
  const std::vector<std::string> said = Sessions(emulator);
  EXPECT_EQ(std::count(said.begin(), said.end(), "-"),
            static_cast<ptrdiff_t>(said.size()));
}

TEST(SessionTest, WithoutAFreeLicenceItWaitsAndWithOneItGoesOn) {
  OnecEmulator emulator({"--generate", "90"});
  emulator.Post("/config", {{"ib_session", true}, {"licences", 1}});
  Source desk = emulator.Connect(kSmallPages);
  auto busy = Open(desk);
  ASSERT_THAT(busy->Next(), IsOk());  // its session keeps the licence
  Source source = emulator.Connect(kSmallPages);
  auto stream = Open(source);
  EXPECT_THAT(stream->Next(),
              StatusIs(absl::StatusCode::kUnavailable, "SOURCE_LICENCES_EXHAUSTED"));
  busy = nullptr;
  EXPECT_EQ(ReadAll(*stream).size(), 90u);
}

TEST(SessionTest, WritesShareASessionUntilTheyRest) {
  OnecEmulator emulator({"--generate", "5"});
  emulator.Post("/config", {{"ib_session", true}, {"licences", 1}});
  std::vector<std::string> guids;
  for (const json& client : emulator.Get("/clients")) {
    if (!client["IsFolder"].get<bool>()) guids.push_back(client["Ref_Key"]);
  }
  Source source = emulator.Connect();
  emulator.Delete("/journal");
  for (size_t i = 0; i < guids.size(); ++i) {
    ASSERT_THAT(source.writer->WriteContact(ClientKey(guids[i]),
                                            ContactId(static_cast<int64_t>(i) + 1)),
                IsOk());
  }
  source.writer->Rest();
  source.writer->Rest();
  const std::vector<std::string> said = Sessions(emulator);
  EXPECT_EQ(std::count(said.begin(), said.end(), "start"), 1);
  EXPECT_EQ(std::count(said.begin(), said.end(), "finish"), 1);
  EXPECT_EQ(std::count(said.begin(), said.end(), "-"), 0);
  EXPECT_EQ(said.back(), "finish");
}

TEST(SessionTest, ATestTellsWhetherSessionsAreKnown) {
  OnecEmulator emulator({"--generate", "5"});
  const auto session = [&](const std::string& profile) {
    for (const auto& check :
         emulator.Connect(profile).probe->Test("000000001", {}, [] { return true; })) {
      if (check.name == "session") return check.reason;
    }
    return std::string();
  };
  EXPECT_EQ(session(""), "SESSION_IGNORED");
  emulator.Post("/config", {{"ib_session", true}});
  EXPECT_EQ(session(""), "CHECK_SESSION_OK");
  EXPECT_EQ(session("extends: 1c-hotel\nsession: {ib_session: off}\n"),
            "SESSIONS_SWITCHED_OFF");
}

TEST(QuietHoursTest, AreTheProfilesAndOfTheBasesDay) {
  OnecEmulator emulator;
  EXPECT_THAT(emulator.Connect().writer->CheckHours(), IsOk());
  const absl::Status quiet =
      emulator.Connect("extends: 1c-hotel\nwrite: {quiet_hours: [\"00:00-24:00\"]}\n")
          .writer->CheckHours();
  EXPECT_THAT(quiet, StatusIs(absl::StatusCode::kUnavailable, "SOURCE_QUIET_HOURS"));
  EXPECT_EQ(ParametersOf(quiet)["until"], "24:00");
}

}  // namespace
}  // namespace guestbridge::testing
