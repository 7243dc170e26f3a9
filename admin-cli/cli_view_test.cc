// What commands about connections, fields, agents, keys and the status show to a
// person.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "admin-cli/cli_fixture_test.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(CliTest, WhatIsShownFitsTheTerminal) {
  variables_["NO_COLOR"] = "1";
  const auto widest = [&](const std::vector<std::string>& line) {
    int most = 0;
    const Result shown = Run(line);
    for (absl::string_view row : absl::StrSplit(shown.out + shown.err, '\n')) {
      most = std::max(most, DisplayWidth(row));
    }
    return most;
  };
  const std::vector<std::vector<std::string>> lines = {
      {"run", "get", "1"},  {"fields", "list", "main"},  {"status"},
      {"run", "get", "99"}, {"export", "run", "--help"}, {"--help"}};
  for (const int width : {64, 80, 120}) {
    terminal_width_ = width;
    for (const auto& line : lines) EXPECT_LE(widest(line), width) << line.front();
  }
  EXPECT_GT(widest(lines.front()), 80) << "a wide one is used";
  terminal_width_ = 0;
  EXPECT_LE(widest(lines.front()), 80);
}

TEST_F(CliTest, ADifferenceToTheDraftEndsWithHowToSaveIt) {
  EXPECT_THAT(Run({"fields", "diff", "main", "1"}).out,
              ::testing::EndsWith("guestbridge fields save main\n"));
  EXPECT_THAT(Run({"fields", "diff", "main", "1", "2"}).out,
              ::testing::EndsWith("guestbridge fields restore main VERSION\n"));
}

TEST_F(CliTest, AnEntryThatIsTheSameAndDiffersIsOneWhoseFieldDoes) {
  EXPECT_THAT(Run({"fields", "diff", "main", "1", "2"}).out,
              HasSubstr("\n  changed  LastName"));
  EXPECT_THAT(Run({"fields", "diff", "main", "1", "3"}).out,
              HasSubstr("\n  type on the portal  LastName"));
}

TEST_F(CliTest, TheDraftWithItsFilterIsADocument) {
  EXPECT_THAT(Run({"fields", "filter", "main", "Sex = Female", "--output", "json"}).out,
              HasSubstr("\"filter\": \"Sex = Female\""));
  EXPECT_THAT(Run({"fields", "list", "main", "--output", "json"}).out, StartsWith("["));
}

TEST_F(CliTest, ConnectionTestFailsOnlyOnAFailedCheck) {
  EXPECT_EQ(Run({"connection", "test", "main"}).exit_code, 0);
  server_.worst_check = v1::Check::FAILED;
  EXPECT_EQ(Run({"connection", "test", "main"}).exit_code, 1);
  EXPECT_EQ(Run({"connection", "test", "main", "--output", "json"}).exit_code, 1);
}

TEST_F(CliTest, FieldsLoadShowsBothSidesWithTheirTypesWithin80Columns) {
  for (const char* language : {"en", "ru"}) {
    const Result loaded = Run({"fields", "load", "main", "--lang", language});
    EXPECT_THAT(loaded.out, ContainsRegex("Remarks +String\\(50\\)"));
    EXPECT_THAT(loaded.out, ContainsRegex("LastName +String\\(50\\) +LAST_NAME"));
    EXPECT_THAT(loaded.out, ContainsRegex("UF_CRM_1700000001 +string"));
    EXPECT_THAT(OneLine(loaded.out), HasSubstr(language == std::string("en")
                                                   ? "check: values match (not sure)"
                                                   : "значения (не наверняка)"));
    EXPECT_THAT(loaded.out, Not(ContainsRegex("\n +ID +string")));
    for (const auto line : absl::StrSplit(loaded.out, '\n')) {
      EXPECT_LE(DisplayWidth(line), 80) << line;
    }
  }
}

TEST_F(CliTest, FieldsLoadSaysHowMuchItAddedToADraftThatWasThere) {
  server_.fresh = true;
  EXPECT_THAT(Run({"fields", "load", "main"}).out, Not(HasSubstr("Added")));
  Run({"fields", "unmap", "main", "NAME"});
  EXPECT_THAT(Run({"fields", "load", "main"}).out,
              HasSubstr("Added to the draft by this load: 1."));
}

TEST_F(CliTest, AnEmptyFilterIsRefusedAndClearsNothing) {
  for (const char* nothing : {"", "  "}) {
    const Result refused = Run({"fields", "filter", "main", nothing});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(OneLine(refused.err),
                HasSubstr("guestbridge fields filter main --clear"));
  }
  EXPECT_EQ(Run({"fields", "filter", "main", "--clear"}).exit_code, 0);
}

TEST_F(CliTest, AVersionThatIsInUseAlreadyIsNotSaidToBeRestored) {
  EXPECT_THAT(Run({"fields", "restore", "main", "1"}).out,
              HasSubstr("Version 1 of main is restored as version 2"));
  EXPECT_THAT(Run({"fields", "restore", "main", "2"}).out,
              HasSubstr("Version 2 of main is the one in use already"));
}

TEST_F(CliTest, TheNextRunIsToldInTheTimeZoneOfItsSchedule) {
  for (const char* verb : {"set", "get"}) {
    std::vector<std::string> line = {"schedule", verb, "main"};
    if (verb == std::string("set")) {
      line.insert(line.end(), {"--cron", "30 4 * * *", "--timezone", "Asia/Omsk"});
    }
    EXPECT_THAT(Run(line).out,
                ContainsRegex("Next +2026-11-29 04:30:00 .Asia/Omsk.\n"));
  }
}

TEST_F(CliTest, ALimitOfTheGuardGoesBackToItsDefault) {
  Run({"integration", "update", "main", "--guard-contacts", "500", "--guard-percent",
       "20"});
  EXPECT_THAT(OneLine(Run({"integration", "get", "main"}).out), HasSubstr("500"));
  const Result back = Run({"integration", "update", "main", "--guard-contacts",
                           "default", "--guard-percent", "default"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_THAT(OneLine(back.out), ContainsRegex("25000 .*10"));
  EXPECT_THAT(Run({"integration", "update", "main", "--guard-percent", "0"}).err,
              HasSubstr("1…100, default"));
}

TEST_F(CliTest, StatusCheckSaysByItsExitCodeWhetherAPersonIsNeeded) {
  EXPECT_EQ(Run({"status", "--check"}).exit_code, 0);
  server_.attention = true;
  EXPECT_EQ(Run({"status"}).exit_code, 0);
  EXPECT_EQ(Run({"status", "--check"}).exit_code, 1);
}

TEST_F(CliTest, StatusTellsTheNextRunInTheTimeZoneOfItsSchedule) {
  EXPECT_THAT(OneLine(Run({"status"}).out),
              HasSubstr("2026-11-29 08:30:00 (Asia/Vladivostok)"));
}

TEST(DurationTextTest, ATimeIsToldInTheReadersWords) {
  const auto en = [](absl::Duration time) {
    return DurationText(Language::kEnglish, time);
  };
  EXPECT_EQ(en(absl::Seconds(1)), "1 s");
  EXPECT_EQ(en(absl::Milliseconds(2500)), "2.5 s");
  EXPECT_EQ(en(absl::Minutes(2)), "2 min");
  EXPECT_EQ(en(absl::Minutes(90)), "1 h 30 min");
  EXPECT_EQ(en(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(DurationText(Language::kRussian, absl::Seconds(3725)), "1 ч 2 мин 5 с");
}

TEST_F(CliTest, WhatATestFoundIsShownWithTheConnectionAndNamedInTheStatus) {
  EXPECT_THAT(Run({"connection", "get", "main"}).out,
              HasSubstr("not since it was saved"));
  for (const auto& [name, state] :
       std::vector<std::pair<std::string, v1::Check::State>>{
           {"token", v1::Check::OK},
           {"source", v1::Check::WARNING},
           {"hotel", v1::Check::FAILED}}) {
    v1::Check& check = server_.last_checks.emplace_back();
    check.set_name(name);
    check.set_state(state);
    check.set_message("Found of " + name + ".");
    check.set_remedy("Mend " + name + ".");
    check.set_side(v1::Check::SOURCE);
    check.mutable_check_time()->set_seconds(1780000000);
  }
  const std::string shown = OneLine(Run({"connection", "get", "main"}).out);
  EXPECT_THAT(shown, HasSubstr("2026-05-28 20:26:40"));
  EXPECT_THAT(shown, HasSubstr("token OK Found of token. "));
  EXPECT_THAT(shown, Not(HasSubstr("Mend token.")));
  EXPECT_THAT(shown, HasSubstr("source warning Found of source. Mend source."));
  EXPECT_THAT(shown, HasSubstr("hotel FAILED Found of hotel. Mend hotel."));
  const std::string json = Run({"connection", "get", "main", "--output", "json"}).out;
  EXPECT_THAT(json, HasSubstr("\"side\": \"SOURCE\""));
  EXPECT_THAT(json, HasSubstr("\"checkTime\": \"2026-05-28T20:26:40Z\""));
  const std::string status = OneLine(Run({"status"}).out);
  EXPECT_THAT(status, HasSubstr("2026-05-28 20:26, FAILED: hotel"));
  EXPECT_THAT(status, HasSubstr("warnings: source (guestbridge connection get main)"));
}

TEST_F(CliTest, AnAnswerThatJsonHasNoFormForIsAnErrorAndNoEmptyDocument) {
  v1::Agent& agent = server_.agents.emplace_back();
  agent.set_name("agents/hotel-1");
  agent.mutable_last_seen_time()->set_seconds(int64_t{1} << 62);
  for (const char* form : {"json", "yaml"}) {
    for (const std::vector<std::string>& line :
         {std::vector<std::string>{"agent", "list", "--output", form},
          std::vector<std::string>{"agent", "get", "hotel-1", "--output", form}}) {
      const Result result = Run(line);
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_EQ(result.out, "");
      EXPECT_THAT(result.err, HasSubstr("ANSWER_UNPRINTABLE"));
    }
  }
}

TEST_F(CliTest, AgentsAreListedWithWhoNeedsSomebodyFirst) {
  const auto add = [&](const std::string& name) -> v1::Agent& {
    v1::Agent& agent = server_.agents.emplace_back();
    agent.set_name("agents/" + name);
    agent.set_connected(true);
    agent.set_healthy(true);
    agent.set_version("0.1.0");
    agent.mutable_last_seen_time()->set_seconds(1767225600);
    v1::AgentIntegration& it = *agent.add_integrations();
    it.set_integration("integrations/" + name);
    it.set_sent_revision(12);
    it.set_applied_revision(12);
    return agent;
  };
  server_.agents.reserve(3);
  v1::Agent& good = add("a-good");
  good.mutable_report_time()->set_seconds(1767225600);
  good.mutable_integrations(0)->set_effective_revision(12);
  good.mutable_integrations(0)->set_step(v1::AgentIntegration::IN_STEP);
  add("b-old");
  v1::Agent& bad = add("c-bad");
  bad.mutable_report_time()->set_seconds(1767225600);
  bad.set_healthy(false);
  bad.mutable_integrations(0)->set_sent_revision(15);
  bad.mutable_integrations(0)->set_effective_revision(12);
  bad.mutable_integrations(0)->set_step(v1::AgentIntegration::REJECTED);
  bad.mutable_clock_difference()->set_seconds(-185);
  bad.mutable_disk()->set_free_bytes(int64_t{5} << 20);
  v1::AgentProblem& problem = *bad.add_problems();
  problem.mutable_explanation()->set_reason("DATA_DIRECTORY_UNUSABLE");
  problem.mutable_explanation()->set_message("The disk is full.");
  problem.mutable_explanation()->set_remedy("Free some space.");
  problem.set_stops_work(true);

  for (const char* language : {"en", "ru"}) {
    const std::string out = Run({"agent", "list", "--lang", language}).out;
    EXPECT_LT(out.find("c-bad"), out.find("a-good")) << out;
    EXPECT_THAT(out, HasSubstr("c-bad 15/12/12")) << "sent, applied, in effect";
    EXPECT_THAT(out, HasSubstr("a-good 12"));
    EXPECT_THAT(out, ::testing::EndsWith("guestbridge agent get c-bad\n"));
  }
  const std::string list = Run({"agent", "list"}).out;
  EXPECT_THAT(list, StartsWith("Agents: 3; need attention: 1\n"));
  EXPECT_THAT(list, ContainsRegex("b-old +reports nothing +yes"));

  std::swap(server_.agents[0], server_.agents[2]);
  const std::string get = Run({"agent", "get", "hotel-1"}).out;
  EXPECT_THAT(get, HasSubstr("5 MB free of"));
  EXPECT_THAT(get, ContainsRegex("Clock +-3 min 5 s"));
  EXPECT_THAT(get, HasSubstr("The disk is full. Free some space."));
  EXPECT_THAT(get, HasSubstr("sent 15, applied 12, in effect 12 (rejected)"));
}

TEST_F(CliTest, NobodyIsToldToStartAnAgentThatMayNotCome) {
  v1::Agent& agent = server_.agents.emplace_back();
  agent.set_name("agents/hotel-1");
  v1::AgentProblem& problem = *agent.add_problems();
  problem.set_stops_work(true);
  problem.mutable_explanation()->set_reason("AGENT_NOT_CONNECTED");
  EXPECT_THAT(OneLine(Run({"agent", "list"}).out), HasSubstr("start it"));
  EXPECT_THAT(OneLine(Run({"agent", "get", "hotel-1"}).out), HasSubstr("start it"));
  problem.mutable_explanation()->set_reason("AGENT_AWAY_EVICTED");
  EXPECT_THAT(Run({"agent", "list"}).out,
              ::testing::EndsWith("guestbridge agent get hotel-1\n"));
  EXPECT_THAT(Run({"agent", "get", "hotel-1"}).out,
              ::testing::EndsWith("look again: guestbridge agent get hotel-1\n"));
  problem.mutable_explanation()->set_reason("AGENT_EVICTED");
  problem.set_stops_work(false);
  EXPECT_THAT(Run({"agent", "list"}).out,
              ::testing::EndsWith("guestbridge agent get hotel-1\n"))
      << "it serves nothing";
  EXPECT_THAT(Run({"agent", "get", "hotel-1"}).out,
              ::testing::EndsWith("look again: guestbridge agent get hotel-1\n"));
  agent.clear_problems();
  agent.set_banned(true);
  EXPECT_THAT(OneLine(Run({"agent", "list"}).out), Not(HasSubstr("start it")))
      << "it serves nothing";
  EXPECT_THAT(Run({"agent", "get", "hotel-1"}).out,
              ::testing::EndsWith("guestbridge agent unban hotel-1\n"));
}

TEST_F(CliTest, KeysOfSecretsSayWhetherTheyAreStillNeededAndWhereTheyAre) {
  const auto add = [&](int number, const std::string& id) -> v1::EncryptionKey& {
    v1::EncryptionKey& key = *server_.secrets.add_keys();
    key.set_number(number);
    key.set_key_id(id);
    key.set_available(true);
    return key;
  };
  add(1, "0123456789abcdef").set_retirable(true);
  add(2, "1123456789abcdef").set_available(false);
  add(3, "2123456789abcdef").set_current(true);
  add(0, "3123456789abcdef");
  server_.secrets.set_secrets(9);
  server_.secrets.set_waiting(2);
  server_.secrets.mutable_keys(1)->set_secrets(2);
  const std::string out = Run({"secrets", "status"}).out;
  EXPECT_THAT(out,
              HasSubstr("Not yet under the current key: 2. Stored secrets in all: 9."));
  EXPECT_THAT(out, ContainsRegex("1 +0123456789abcdef +no longer needed"));
  EXPECT_THAT(out, ContainsRegex("2 +1123456789abcdef +still needed, NOT here +2"));
  EXPECT_THAT(out, ContainsRegex("3 +2123456789abcdef +current"));
  EXPECT_THAT(out, ContainsRegex("3123456789abcdef +not used yet"));
  EXPECT_THAT(out, ::testing::EndsWith("guestbridge secrets status\n"));
  server_.secrets.set_waiting(0);
  EXPECT_THAT(Run({"secrets", "status"}).out,
              HasSubstr("All 9 stored secrets are under the current key."));
}

}  // namespace
}  // namespace guestbridge::cli
