// What commands about clients show to a person.
#include "admin-cli/cli_fixture_test.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::AllOf;
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
  EXPECT_THAT(OneLine(told.out),
              HasSubstr("The next run adds the contact. The next run is due 2023-11-15 "
                        "01:13:20 (Europe/Moscow)."));
  EXPECT_THAT(OneLine(told.out), HasSubstr("The portal counts 47 of 50 requests."));
}

TEST_F(CliTest, SeveralValuesThatThePortalHasAreTheSame) {
  v1::FieldOutcome& field = *server_.explanation.add_fields();
  field.set_source("Phone");
  field.set_target("PHONE");
  field.set_sent_value("+79160000001, +79160000002");
  field.set_portal_value("+79160000001\n+79160000002");
  EXPECT_THAT(OneLine(Run({"clients", "explain", "main", "c-1"}).out),
              HasSubstr("+79160000001, +79160000002 · portal: the same"));
}

TEST_F(CliTest, BlanksThatNobodyWouldSeeAreShownInAnExplanation) {
  const std::vector<std::string> line = {"clients", "explain", "main", "c-1"};
  EXPECT_THAT(OneLine(Run(line).out), HasSubstr("переводом↵строки\" → 日本語"));
  v1::FieldOutcome& field = *server_.explanation.add_fields();
  field.set_source("Remarks");
  field.set_target("COMMENTS");
  field.set_source_value(" Anna\u00a0M.\t");
  field.set_sent_value("Anna  M.");
  field.set_portal_value("Anna\nInna ");
  field.set_differs(true);
  const std::string english = OneLine(Run(line).out);
  EXPECT_THAT(english, HasSubstr("\"␣Anna⍽M.⇥\" → \"Anna␣␣M.\" · portal differs: "
                                 "Anna, \"Inna␣\""));
  EXPECT_THAT(english, HasSubstr("␣ a blank"));
  std::vector<std::string> russian = line;
  russian.insert(russian.end(), {"--lang", "ru"});
  EXPECT_THAT(OneLine(Run(russian).out), HasSubstr("«Anna␣␣M.»"));
  std::vector<std::string> json = line;
  json.insert(json.end(), {"--output", "json"});
  EXPECT_THAT(Run(json).out, AllOf(HasSubstr("\"Anna  M.\""), Not(HasSubstr("␣"))));
}

TEST_F(CliTest, ATimeInAZoneThatIsNotKnownHereIsToldInTheReaders) {
  server_.explanation.set_time_zone("Mars/Olympus");
  EXPECT_THAT(OneLine(Run({"clients", "explain", "main", "c-1"}).out),
              HasSubstr("The next run is due 2023-11-14 22:13:20."));
}

TEST_F(CliTest, EveryRuleHasAName) {
  for (const char* rule : {"found", "folder", "erased", "deletion-mark", "gone-contact",
                           "robots", "filter", "name", "events", "ledger", "match",
                           "doubt", "refused", "content", "portal"}) {
    server_.explanation.add_rules()->set_rule(rule);
  }
  EXPECT_THAT(Run({"clients", "explain", "main", "c-1", "--lang", "ru"}).out,
              Not(ContainsRegex("\n +[A-Z][A-Z_]+ *\n")));
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

TEST_F(CliTest, AnEmptyListOfErasedClientsSaysThatTheyCannotBeListed) {
  server_.no_clients = true;
  for (const char* flag : {"--no-color", "--by-reason"}) {
    EXPECT_THAT(
        OneLine(Run({"clients", "list", "main", "--state", "ERASED", flag}).out),
        AllOf(HasSubstr("Nothing is kept of an erased guest"),
              HasSubstr("guestbridge clients explain main CLIENT")));
  }
}

TEST_F(CliTest, AListByTheLastMatchSaysWhatWasFoundAndWhatIsNext) {
  std::vector<std::string> line = {"clients", "list", "main", "--match", "matched"};
  const Result matched = Run(line);
  EXPECT_THAT(matched.out, StartsWith("Clients of main (last match: matched): 1\n"));
  EXPECT_THAT(OneLine(matched.out),
              HasSubstr("queued 60 The ID that 1C holds is that contact's. (certain)"));
  EXPECT_THAT(matched.out,
              ::testing::EndsWith("\nNext: guestbridge export run main --wait\n"));
  line.back() = "AMBIGUOUS";
  EXPECT_THAT(Run(line).out,
              AllOf(HasSubstr(" 8, 9 ?\n"), HasSubstr("(doubtful)"),
                    ::testing::EndsWith("  guestbridge clients unlink main CLIENT "
                                        "--new\n")));
  line.back() = "new";
  EXPECT_THAT(Run(line).out,
              ::testing::EndsWith("\nNext: guestbridge export run main --wait\n"));
  line.back() = "all";
  line.insert(line.end(), {"--state", "proposed"});
  EXPECT_THAT(
      Run(line).out,
      AllOf(StartsWith("Clients of main (last match: all; now: proposed): 1\n"),
            ::testing::EndsWith("guestbridge clients match main --apply --wait\n")));
  line.back() = "exported";
  EXPECT_THAT(Run(line).out,
              ::testing::EndsWith("guestbridge clients explain main CLIENT\n"));
  server_.no_clients = true;
  EXPECT_THAT(OneLine(Run(line).out),
              AllOf(HasSubstr("(last match: all; now: exported): 0 Either the last"),
                    HasSubstr("Anew: guestbridge clients match main --wait")));
}

TEST_F(CliTest, AnExplanationNamesTheContactsOfWhichOneMayBeChosen) {
  v1::Client& ledger = *server_.explanation.mutable_ledger();
  ledger.set_state(v1::Client::AMBIGUOUS);
  ledger.add_candidate_contacts(8);
  ledger.add_candidate_contacts(9);
  const std::vector<std::string> line = {"clients", "explain", "main", "c-1"};
  EXPECT_THAT(Run(line).out, HasSubstr(" 8, 9 ?\n"));
  ledger.clear_candidate_contacts();
  ledger.set_proposed_contact(7);
  EXPECT_THAT(Run(line).out, HasSubstr(" 7 ?\n"));
  ledger.set_contact(6);
  EXPECT_THAT(Run(line).out, HasSubstr(" 6\n"));
}

TEST_F(CliTest, AListOfClientsSaysHowCertainAPairIs) {
  EXPECT_THAT(OneLine(Run({"clients", "list", "main"}).out),
              HasSubstr("Phone and name are the same. (likely)"));
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

}  // namespace
}  // namespace guestbridge::cli
