// What commands show to a person.
#include "absl/strings/match.h"
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

TEST_F(CliTest, AnExplanationNamesItsRulesInWordsAndItsNotesFirst) {
  const std::vector<std::string> line = {"clients", "explain", "main",
                                         "00000000-0000-4000-8000-000000000001"};
  const Result english = Run(line);
  EXPECT_THAT(english.out, HasSubstr("Look at the notes below: LAST_NAME."));
  EXPECT_THAT(english.out, HasSubstr("\n  deletion mark  passed"));
  EXPECT_THAT(english.out, ::testing::EndsWith(
                               "\nNot to wait: guestbridge export run main --wait.\n"));
  std::vector<std::string> russian = line;
  russian.insert(russian.end(), {"--lang", "ru"});
  EXPECT_THAT(Run(russian).out, HasSubstr("\n  пометка удаления  пройдено"));
}

TEST_F(CliTest, AnExplanationEndsWithACommandThatHelpsThisClient) {
  const std::string client = "00000000-0000-4000-8000-000000000001";
  const std::vector<std::string> line = {"clients", "explain", "main", client};
  v1::ClientExplanation& told = server_.explanation;
  told.set_decision("SKIP");
  EXPECT_THAT(Run(line).out, ContainsRegex("After a change [^\n]*\n$"));
  for (const char* never : {"CLIENT_IS_FOLDER", "CLIENT_ERASED"}) {
    told.mutable_summary()->set_reason(never);
    EXPECT_THAT(Run(line).out, ContainsRegex("guestbridge status\n$")) << never;
  }
  told.set_decision("FAIL");
  told.clear_summary();
  EXPECT_THAT(Run(line).out,
              ::testing::EndsWith("  guestbridge clients retry main " + client +
                                  "\n  guestbridge export run main "
                                  "--wait\n"));
}

TEST_F(CliTest, WithAnEventOffNoRuleSaysThatAnExportHelps) {
  v1::ClientExplanation& told = server_.explanation;
  told.set_decision("SKIP");
  told.mutable_summary()->set_reason("EVENT_OFF");
  v1::RuleOutcome* rule = told.add_rules();
  rule->set_rule("ledger");
  rule->set_outcome("NOTE");
  rule->mutable_explanation()->set_reason("NEVER_EXPORTED");
  rule->mutable_explanation()->set_message("Not there yet.");
  rule->mutable_explanation()->set_remedy("Start an export.");
  const std::vector<std::string> line = {"clients", "explain", "main", "c-1"};
  EXPECT_THAT(Run(line).out, HasSubstr("Not there yet."));
  EXPECT_THAT(Run(line).out, Not(HasSubstr("Start an export.")));
  told.mutable_summary()->set_reason("NAME_MISSING");
  EXPECT_THAT(Run(line).out, HasSubstr("Start an export."));
}

TEST_F(CliTest, AnExplanationNamesTheVersionsOfTheFieldMapping) {
  const std::vector<std::string> line = {"clients", "explain", "main", "c-1"};
  EXPECT_THAT(Run(line).out, ContainsRegex("Field mapping +version 3\n"));
  server_.explanation.mutable_ledger()->set_mapping_version(2);
  EXPECT_THAT(Run(line).out, HasSubstr("version 3; exported with 2\n"));
}

TEST_F(CliTest, AnExplanationTellsWhatThePortalHasAndWhatIsNext) {
  const Result told = Run({"clients", "explain", "main", "+7 916 123-45-67"});
  EXPECT_THAT(told.out, HasSubstr("Code in 1C         000000017"));
  EXPECT_THAT(told.out, HasSubstr("Found by           a phone in 1C"));
  EXPECT_THAT(told.out, HasSubstr("contact 17, differs: LAST_NAME"));
  EXPECT_THAT(OneLine(told.out), HasSubstr("portal differs: Orlova"));
  EXPECT_THAT(told.out, HasSubstr("Last done"));
  EXPECT_THAT(told.out, HasSubstr("Changes that 1C recorded\n"));
  EXPECT_THAT(told.out, HasSubstr("2026-01-03 03:04:05  after the last export\n"));
  EXPECT_THAT(told.out, HasSubstr("2026-01-02 03:04:05  seen\n"));
  EXPECT_THAT(
      OneLine(told.out),
      HasSubstr("The next run adds the contact. The next run is due 2023-11-14"));
  EXPECT_THAT(OneLine(told.out), HasSubstr("The portal counts 47 of 50 requests."));
}

TEST_F(CliTest, AnExplanationSaysWhereNoRunIsPlannedToDoWhatIsNext) {
  // An agent of today, and a server without a schedule.
  server_.explains_next_run = false;
  v1::ClientExplanation& told = server_.explanation;
  told.mutable_next()->set_reason("NEXT_IS_IT");
  told.mutable_next()->set_message("The next run does it.");
  const std::vector<std::string> line = {"clients", "explain", "main", "c-1"};
  for (const char* decision :
       {"ADD", "RECREATE", "RELINK", "UPDATE", "DELETE", "ADOPT"}) {
    told.set_decision(decision);
    EXPECT_THAT(OneLine(Run(line).out),
                HasSubstr("The next run does it. No run is planned."))
        << decision;
  }
  for (const char* decision : {"UNCHANGED", "SKIP", "FAIL", "DEFER"}) {
    told.set_decision(decision);
    EXPECT_THAT(Run(line).out, Not(HasSubstr("No run is planned."))) << decision;
  }
}

TEST_F(CliTest, ClientsAreCountedByReasonAndDropped) {
  const Result groups =
      Run({"clients", "list", "main", "--state", "failed", "--by-reason"});
  EXPECT_THAT(groups.out, StartsWith("Clients of main: 3\n"));
  EXPECT_THAT(OneLine(groups.out),
              HasSubstr("PORTAL_REFUSED: The portal refused the contact. Look at"));
  EXPECT_THAT(Run({"clients", "list", "main", "--by-reason", "--output", "json"}).out,
              StartsWith("["));
  const Result dropped = Run({"clients", "drop", "main", "a", "b"});
  EXPECT_THAT(OneLine(dropped.out), HasSubstr("changes: 2"));
  EXPECT_THAT(dropped.out,
              ::testing::EndsWith("guestbridge clients retry main CLIENT\n"));
}

TEST_F(CliTest, AListOfClientsEndsWithWhatIsDoneAboutSuchClients) {
  const std::vector<std::pair<std::string, std::string>> last = {
      {"PROPOSED", "guestbridge clients match main --apply --wait\n"},
      {"AMBIGUOUS", "  guestbridge clients unlink main CLIENT --new\n"},
      {"FAILED", "guestbridge clients drop main CLIENT\n"},
      {"EXPORTED", "guestbridge clients explain main CLIENT\n"}};
  for (const bool by_reason : {false, true}) {
    for (const auto& [state, next] : last) {
      std::vector<std::string> line = {"clients", "list", "main", "--state", state};
      if (by_reason) line.push_back("--by-reason");
      server_.no_clients = false;
      EXPECT_THAT(Run(line).out, ::testing::EndsWith(next));
      server_.no_clients = true;
      EXPECT_THAT(Run(line).out, ::testing::EndsWith("guestbridge status\n"));
    }
  }
}

TEST_F(CliTest, AListOfClientsSaysHowCertainAPairIs) {
  EXPECT_THAT(OneLine(Run({"clients", "list", "main"}).out),
              HasSubstr("Phone and name are the same. (likely)"));
}

TEST_F(CliTest, ADifferenceToTheDraftEndsWithHowToSaveIt) {
  EXPECT_THAT(Run({"fields", "diff", "main", "1"}).out,
              ::testing::EndsWith("guestbridge fields save main\n"));
  EXPECT_THAT(Run({"fields", "diff", "main", "1", "2"}).out,
              ::testing::EndsWith("guestbridge fields restore main VERSION\n"));
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

TEST_F(CliTest, AVersionThatIsInUseAlreadyIsNotSaidToBeRestored) {
  EXPECT_THAT(Run({"fields", "restore", "main", "1"}).out,
              HasSubstr("Version 1 of main is restored as version 2"));
  EXPECT_THAT(Run({"fields", "restore", "main", "2"}).out,
              HasSubstr("Version 2 of main is the one in use already"));
}

TEST_F(CliTest, AFailedMatchIsToBeRepeatedAndNotAnExport) {
  server_.run_ends = v1::Run::FAILED;
  EXPECT_THAT(Run({"clients", "match", "main", "--wait"}).out,
              HasSubstr("guestbridge clients match main --wait"));
  EXPECT_THAT(Run({"ledger", "rebuild", "main", "--wait"}).out,
              HasSubstr("guestbridge ledger rebuild main --wait"));
}

TEST_F(CliTest, ADryRunSaysFirstWhatItWouldDoAndLastHowToDoIt) {
  const std::vector<std::string> line = {"export", "run", "main", "--dry-run",
                                         "--wait"};
  const Result planned = Run(line);
  EXPECT_THAT(planned.out, StartsWith("Would be: added 123455, failed 1.\nRun 1 of"));
  EXPECT_THAT(planned.out, ContainsRegex("export run main --plan plan-1 --wait\n$"));
  // Whom the portal would refuse is no reason not to go on with the others.
  server_.run_ends = v1::Run::PARTIALLY_FAILED;
  EXPECT_THAT(Run(line).out, ContainsRegex("export run main --plan plan-2 --wait\n$"));
  EXPECT_THAT(Run({"fields", "save", "main", "--dry-run"}).out,
              ContainsRegex("fields save main\n$"));
  EXPECT_THAT(Run({"export", "run", "main", "--wait"}).out,
              ContainsRegex("After mending:\n  guestbridge clients retry main\n"
                            "  guestbridge export run main --wait\n$"));
}

TEST_F(CliTest, AMatchSaysFirstWhatItFoundAndLastWhatIsToBeDecided) {
  server_.adopts = 5;
  server_.ambiguous = 2;
  const std::vector<std::string> line = {"clients", "match", "main", "--wait"};
  std::vector<std::string> apply = line;
  apply.push_back("--apply");
  const Result found = Run(line);
  EXPECT_THAT(found.out, StartsWith("Clients: matched 8, ambiguous 2, new 0.\n"));
  EXPECT_THAT(found.out, HasSubstr("matched 8 (proposed 3), ambiguous 2"));
  EXPECT_THAT(found.out, ContainsRegex("clients list main --state PROPOSED\n$"));
  EXPECT_THAT(Run(apply).out, ContainsRegex("clients list main --state AMBIGUOUS\n$"));
  server_.proposes = 0;
  EXPECT_THAT(Run(line).out, ContainsRegex("clients list main --state AMBIGUOUS\n$"));
  server_.ambiguous = 0;
  EXPECT_THAT(Run(line).out, ContainsRegex("export run main --wait\n$"))
      << "an export takes over what 1C names";
}

TEST_F(CliTest, WhatTheGuardStoppedIsLookedAtByTheSameKindOfRun) {
  server_.run_ends = v1::Run::FAILED;
  server_.run_fails_with = "GUARD_REFUSED";
  EXPECT_THAT(Run({"reconcile", "run", "main", "--apply", "--wait"}).out,
              ContainsRegex("guestbridge reconcile run main --wait\n$"));
  EXPECT_THAT(Run({"export", "run", "main", "--wait"}).out,
              ContainsRegex("guestbridge export run main --dry-run --wait\n$"));
  EXPECT_THAT(Run({"clients", "match", "main", "--apply", "--wait"}).out,
              ContainsRegex("guestbridge clients match main --wait\n$"));
}

TEST_F(CliTest, AReconciliationOffersAMendingOnlyWhereItMends) {
  const std::vector<std::string> line = {"reconcile", "run", "main", "--wait"};
  server_.reconcile.set_changed_in_source(2);
  EXPECT_THAT(Run(line).out, ContainsRegex("guestbridge export run main --wait\n$"));
  server_.reconcile.set_missing(1);
  EXPECT_THAT(Run(line).out, ContainsRegex("reconcile run main --apply --wait\n$"));
  server_.reconcile.Clear();
  server_.reconcile.set_orphaned(1);
  EXPECT_THAT(Run(line).out, ContainsRegex("keep or delete in Bitrix24.\n$"));
}

TEST_F(CliTest, ARunTellsWhatThePortalChargedInTheWordsOfTheForecast) {
  server_.portal.set_http_requests(40);
  EXPECT_THAT(Run({"export", "run", "main", "--wait"}).out,
              Not(HasSubstr("operating time")));
  server_.portal.set_operating_seconds(470.6);
  EXPECT_THAT(OneLine(Run({"export", "run", "main", "--wait"}).out),
              HasSubstr("waited 0.0 s, 471 s of its operating time"));
  EXPECT_THAT(OneLine(Run({"export", "run", "main", "--wait", "--lang", "ru"}).out),
              HasSubstr("471 с его рабочего времени"));
  EXPECT_THAT(Run({"export", "run", "main", "--wait", "--output", "json"}).out,
              HasSubstr("\"operatingSeconds\": 470.6"));
}

TEST_F(CliTest, AReconciliationSaysItsResultFirstAndWhatToDoLast) {
  const Result clean = Run({"reconcile", "run", "main", "--wait"});
  EXPECT_THAT(clean.out, StartsWith("Ledger, 1C and portal agree.\n"));
  EXPECT_THAT(clean.out, Not(HasSubstr("--apply")));

  v1::ReconcileResult& result = server_.reconcile;
  result.set_doubled(1);
  v1::ReconcileFinding* doubled = result.add_findings();
  doubled->set_kind(v1::ReconcileFinding::DOUBLED);
  doubled->set_client("00000000-0000-4000-8000-000000000001");
  doubled->set_contact(7);
  doubled->add_other_contacts(9);
  EXPECT_THAT(Run({"reconcile", "run", "main", "--wait"}).out,
              ContainsRegex("Merge the doubles in Bitrix24[^\n]*\n$"));

  result.set_changed_on_portal(1);
  v1::ReconcileFinding* changed = result.add_findings();
  changed->set_kind(v1::ReconcileFinding::CHANGED_ON_PORTAL);
  changed->set_client("00000000-0000-4000-8000-000000000002");
  changed->set_contact(8);
  changed->add_fields("LAST_NAME");
  changed->set_modified_by(5);
  changed->mutable_modify_time()->set_seconds(1780000000);
  const Result found = Run({"reconcile", "run", "main", "--wait"});
  EXPECT_THAT(found.out, StartsWith("Differences found: 2. Nothing was changed.\n"));
  EXPECT_THAT(found.out, HasSubstr("also with its mark: 9"));
  EXPECT_THAT(found.out,
              HasSubstr("LAST_NAME; last changed by user 5; 2026-05-28 20:26"));
  EXPECT_THAT(found.out, ContainsRegex("reconcile run main --apply --wait\n$"));
  for (const char* language : {"en", "ru"}) {
    const Result shown =
        Run({"reconcile", "run", "main", "--apply", "--wait", "--lang", language});
    for (absl::string_view row : absl::StrSplit(shown.out, '\n')) {
      EXPECT_LE(DisplayWidth(row), 80) << row;
    }
  }
  EXPECT_THAT(Run({"reconcile", "run", "main", "--apply", "--wait"}).out,
              StartsWith("Differences found: 2; left for a person: 1.\n"));
  EXPECT_FALSE(server_.reconciled().beyond_guard());
  Run({"reconcile", "run", "main", "--apply", "--beyond-guard"});
  EXPECT_TRUE(server_.reconciled().beyond_guard());
  server_.run_ends = v1::Run::FAILED;
  EXPECT_THAT(Run({"reconcile", "run", "main", "--wait"}).out,
              HasSubstr("again: guestbridge reconcile run main --wait"));
}

TEST_F(CliTest, StatusCheckSaysByItsExitCodeWhetherAPersonIsNeeded) {
  EXPECT_EQ(Run({"status", "--check"}).exit_code, 0);
  server_.attention = true;
  EXPECT_EQ(Run({"status"}).exit_code, 0);
  EXPECT_EQ(Run({"status", "--check"}).exit_code, 1);
}

TEST_F(CliTest, RunAndStatusTellPaceAndEndOfTheQueueTowards1C) {
  server_.write_back.set_pending(3000);
  server_.write_back.set_per_second(0.5);
  server_.write_back.mutable_estimated_end_time()->set_seconds(1780000000);
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"run", "get", "1"}, {"status"}}) {
    EXPECT_THAT(Run(line).out,
                HasSubstr("30 a minute; should be done by 2026-05-28 20:26"));
  }
  EXPECT_THAT(Run({"run", "get", "1", "--output", "json"}).out,
              HasSubstr("\"estimatedEndTime\": \"2026-05-28T20:26:40Z\""));
  server_.write_back.set_per_second(250);
  EXPECT_THAT(Run({"status", "--lang", "ru"}).out, HasSubstr("250 в секунду"));
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

TEST_F(CliTest, QuietHoursAndABaseThatIsAwayAreTold) {
  server_.write_back.set_pending(30);
  server_.write_back.set_per_second(0.5);
  server_.write_back.mutable_waiting()->set_message("1C does not answer.");
  EXPECT_THAT(OneLine(Run({"status"}).out),
              HasSubstr("not known: 1C does not answer."));
  server_.write_back.mutable_quiet_until()->set_seconds(1780000000);
  server_.write_back.mutable_estimated_end_time()->set_seconds(1780003600);
  const std::string run = OneLine(Run({"run", "get", "1"}).out);
  EXPECT_THAT(run, HasSubstr("writes to 1C rest until 2026-05-28 20:26"));
  EXPECT_THAT(run, HasSubstr("2026-05-28 21:26"));
  server_.write_back.set_pending(0);
  EXPECT_THAT(Run({"status"}).out, Not(HasSubstr("rest until")));
}

TEST_F(CliTest, AHistoryTellsWhatWasDoneWhenAndWhy) {
  const Result told = Run({"clients", "history", "main", "c-1"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("History of client c-1: 2, newest first"));
  EXPECT_THAT(told.out, HasSubstr("PORTAL_REFUSED"));
  EXPECT_THAT(told.out, HasSubstr("EMAIL, PHONE"));
  EXPECT_THAT(told.out, HasSubstr("guestbridge clients explain main c-1"));
  EXPECT_EQ(told.out.find("integrations/main/runs/"), std::string::npos);
}

TEST_F(CliTest, AnErasureAnswersWithAReceiptAndWhatIsLeft) {
  const Result told = Run({"clients", "forget", "main", "c-1", "--delete-contact"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("never exported again"));
  EXPECT_THAT(told.out, HasSubstr("0a1b2c"));
  EXPECT_THAT(told.out, HasSubstr("of the history: 3"));
  EXPECT_THAT(told.out, HasSubstr("4711"));
  EXPECT_THAT(told.out, HasSubstr("The recycle bin has it."));
  EXPECT_THAT(told.out, Not(HasSubstr("c-1")));
  EXPECT_THAT(Run({"clients", "forget", "main", "c-1"}).out, Not(HasSubstr("4711")));
}

TEST_F(CliTest, APairIsAPersonsDecision) {
  const Result linked = Run({"clients", "link", "main", "c-1", "4711"});
  EXPECT_EQ(linked.exit_code, 0) << linked.err;
  EXPECT_THAT(linked.out, HasSubstr("4711"));
  const Result unlinked = Run({"clients", "unlink", "main", "c-1"});
  EXPECT_THAT(unlinked.out, HasSubstr("guestbridge clients link main c-1 CONTACT"));
  EXPECT_THAT(Run({"clients", "unlink", "main", "c-1", "--new"}).out,
              HasSubstr("guestbridge export run main"));
  EXPECT_EQ(Run({"clients", "link", "main", "c-1", "none"}).exit_code, 4);
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
  EXPECT_THAT(out, HasSubstr("2 of 9 stored secrets are not yet under"));
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
