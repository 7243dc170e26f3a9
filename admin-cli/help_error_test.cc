#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "admin-cli/cli.h"
#include "admin-cli/command/nearest.h"
#include "admin-cli/output/display_text.h"
#include "common/text/catalogue.h"
#include "common/text/reason_area.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace guestbridge::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// As typed on a machine where neither a server nor any file is within reach.
Result RunAlone(const std::vector<std::string>& line,
                const std::map<std::string, std::string>& variables = {}) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Interrupt interrupt;
  Environment environment = {.in = in,
                             .out = out,
                             .err = err,
                             .variable =
                                 [&](absl::string_view name) {
                                   const auto it = variables.find(std::string(name));
                                   return it == variables.end() ? "" : it->second;
                                 },
                             .zone = absl::UTCTimeZone(),
                             .clock = SystemClock(),
                             .interrupt = interrupt};
  Result result;
  result.exit_code = RunCli(line, "1.2.3", environment);
  result.out = out.str();
  result.err = err.str();
  return result;
}

TEST(HelpErrorTest, ExplainsACodeInTheLanguageAskedFor) {
  const Result english = RunAlone({"help", "error", "HOTEL_NOT_FOUND"});
  EXPECT_EQ(english.exit_code, 0) << english.err;
  EXPECT_THAT(english.out, StartsWith("HOTEL_NOT_FOUND: what 1C answers\n"));
  EXPECT_THAT(english.out, HasSubstr("meaning"));
  EXPECT_THAT(english.out, HasSubstr("\"…\""));
  EXPECT_THAT(english.out, HasSubstr("\"Riviera\""));
  EXPECT_THAT(english.out, HasSubstr("exit code 4, gRPC FAILED_PRECONDITION"));
  EXPECT_THAT(english.out, HasSubstr("connection test"));
  EXPECT_THAT(RunAlone({"help", "error", "HOTEL_NOT_FOUND", "--lang", "ru"}).out,
              HasSubstr("«Ривьера»"));
  EXPECT_THAT(
      RunAlone({"help", "error", "HOTEL_NOT_FOUND"}, {{"LANG", "ru_RU.UTF-8"}}).out,
      HasSubstr("«Ривьера»"));
}

TEST(HelpErrorTest, NeedsNoServerAndNoFile) {
  const Result result = RunAlone(
      {"help", "error", "HOTEL_NOT_FOUND", "--token-file", "/nowhere/token"},
      {{"GUESTBRIDGE_SERVER", "203.0.113.1:1"}, {"GUESTBRIDGE_TLS_CA", "/nowhere/ca"}});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(HelpErrorTest, ACodeMayBeInAnyCase) {
  EXPECT_EQ(RunAlone({"help", "error", " hotel_Not_found "}).out,
            RunAlone({"help", "error", "HOTEL_NOT_FOUND"}).out);
}

TEST(HelpErrorTest, EveryCodeIsExplainedWithin80Columns) {
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      for (const char* language : {"en", "ru"}) {
        const Result result =
            RunAlone({"help", "error", std::string(text->reason), "--lang", language});
        EXPECT_EQ(result.exit_code, 0) << text->reason << result.err;
        EXPECT_THAT(result.out, Not(HasSubstr("LABEL_"))) << text->reason;
        for (absl::string_view row : absl::StrSplit(result.out, '\n')) {
          EXPECT_LE(DisplayWidth(row), 80) << row;
        }
      }
    }
  }
}

TEST(HelpErrorTest, JsonHoldsTheTextsAndWhereTheyOccur) {
  const auto document = nlohmann::json::parse(
      RunAlone({"help", "error", "hotel_not_found", "--output", "json"}).out);
  EXPECT_EQ(document["code"], "HOTEL_NOT_FOUND");
  EXPECT_EQ(document["area"], "SOURCE");
  EXPECT_THAT(document["message"].get<std::string>(), HasSubstr("{hotel}"));
  EXPECT_THAT(document["example"].get<std::string>(), HasSubstr("Riviera"));
  EXPECT_THAT(document["remedy"].get<std::string>(), Not(IsEmpty()));
  EXPECT_EQ(document["grpcCode"], "FAILED_PRECONDITION");
  EXPECT_EQ(document["exitCode"], 4);
  EXPECT_THAT(document["occurs"], ::testing::Contains("CHECK"));
  // What no command fails with has no code of either kind.
  const auto state = nlohmann::json::parse(
      RunAlone({"help", "error", "AMBIGUOUS_MATCH", "--output", "json"}).out);
  EXPECT_FALSE(state.contains("grpcCode"));
  EXPECT_FALSE(state.contains("exitCode"));
  EXPECT_THAT(state["occurs"], ElementsAre("CLIENT"));
}

TEST(HelpErrorTest, WithoutACodeListsAllALineEach) {
  const Result result = RunAlone({"help", "error"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("Error codes: "));
  size_t count = 0;
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      ++count;
      EXPECT_THAT(result.out, HasSubstr("\n  " + std::string(text->reason) + " "));
    }
  }
  // Title, last line, and a blank and a heading for each area.
  const std::vector<std::string> rows = absl::StrSplit(result.out, '\n');
  EXPECT_EQ(rows.size(), count + 2 * ReasonAreas().size() + 4);
  for (const std::string& row : rows) EXPECT_LE(DisplayWidth(row), 80) << row;
  const auto documents =
      nlohmann::json::parse(RunAlone({"help", "error", "--output", "json"}).out);
  EXPECT_EQ(documents.size(), count);
}

TEST(HelpErrorTest, AnUnknownCodeIsNotFoundAndTheNearestOnesAreNamed) {
  const Result typo = RunAlone({"help", "error", "HOTLE_NOT_FOUND"});
  EXPECT_EQ(typo.exit_code, 3);
  EXPECT_THAT(typo.out, IsEmpty());
  EXPECT_THAT(typo.err, HasSubstr("no error code \"HOTLE_NOT_FOUND\""));
  EXPECT_THAT(typo.err, HasSubstr("HOTEL_NOT_FOUND"));
  const Result strange = RunAlone({"help", "error", "qwertyuiop"});
  EXPECT_EQ(strange.exit_code, 3);
  EXPECT_THAT(strange.err, HasSubstr("guestbridge help error"));
  EXPECT_EQ(RunAlone({"help", "error", "LABEL_YES"}).exit_code, 3);
  EXPECT_EQ(RunAlone({"help", "error", ""}).exit_code, 3);
  EXPECT_EQ(RunAlone({"help", "error", "A", "B"}).exit_code, 2);
}

TEST(HelpErrorTest, HelpOfOtherCommandsStaysHelp) {
  EXPECT_THAT(RunAlone({"help"}).out, HasSubstr("help error"));
  EXPECT_THAT(RunAlone({"help", "export", "run"}).out, HasSubstr("--dry-run"));
  EXPECT_THAT(RunAlone({"help", "export"}).out, HasSubstr("export run"));
  EXPECT_THAT(RunAlone({"help", "error", "--help"}).out, HasSubstr("CODE"));
  EXPECT_EQ(RunAlone({"help", "nonsense"}).exit_code, 2);
}

TEST(NearestTest, WhatHoldsTheWordStandsBeforeWhatIsSpelledLikeIt) {
  const std::vector<std::string> words = {"EVENT_OFF", "AMBIGUOUS_MATCH",
                                          "AGENT_NOT_FOUND", "RUN_NOT_FOUND"};
  EXPECT_THAT(Nearest("ambiguous", words, 1), ElementsAre("AMBIGUOUS_MATCH"));
  EXPECT_THAT(Nearest("EVNT_OFF", words, 3), ElementsAre("EVENT_OFF"));
  EXPECT_THAT(Nearest("EVETN_OFF", words, 3), ElementsAre("EVENT_OFF"));
  EXPECT_THAT(Nearest("NOT_FOUND", words, 3),
              ElementsAre("RUN_NOT_FOUND", "AGENT_NOT_FOUND"));
  EXPECT_THAT(Nearest("NOT_FOUND", words, 1), ElementsAre("RUN_NOT_FOUND"));
  EXPECT_THAT(Nearest("", words, 3), IsEmpty());
  EXPECT_THAT(Nearest(std::string(100000, 'X'), words, 3), IsEmpty());
}

}  // namespace
}  // namespace guestbridge::cli
