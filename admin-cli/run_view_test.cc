// What commands about runs show to a person.
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin-cli/cli_fixture_test.h"
#include "admin-cli/output/display_text.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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

TEST_F(CliTest, ADryRunCountsWhomTheFilterLetsThrough) {
  const std::vector<std::string> line = {"export", "run", "main", "--dry-run",
                                         "--wait"};
  EXPECT_THAT(Run(line).out, Not(HasSubstr("Filter")));
  for (const auto& [reason, clients] : std::vector<std::pair<const char*, int>>{
           {"FILTERED_OUT", 400}, {"MARKED_FOR_DELETION", 7}, {"FILTERED_OUT", 50}}) {
    v1::PlannedReason& planned = *server_.forecast.add_reasons();
    planned.set_outcome("SKIPPED");
    planned.set_clients(clients);
    planned.mutable_explanation()->set_reason(reason);
  }
  EXPECT_THAT(Run(line).out, HasSubstr("lets 122999 of 123449 guests through"));
}

TEST_F(CliTest, ADryRunShowsItsSamplesBeforeAndAfter) {
  constexpr char kAdded[] = "00000000-0000-4000-8000-000000000001";
  constexpr char kUpdated[] = "00000000-0000-4000-8000-000000000002";
  constexpr char kSkipped[] = "00000000-0000-4000-8000-000000000003";
  for (const auto& [client, outcome, reason] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {kAdded, "ADDED", ""},
           {kUpdated, "UPDATED", ""},
           {kSkipped, "SKIPPED", "MARKED_FOR_DELETION"}}) {
    v1::PlannedClient& planned = *server_.forecast.add_samples();
    planned.set_client(client);
    planned.set_outcome(outcome);
    planned.set_reason(reason);
  }
  const auto add = [](v1::RunSample* sample, const char* target, const char* before,
                      const char* after) {
    v1::FieldChange& change = *sample->add_fields();
    change.set_target(target);
    change.set_before(before);
    change.set_after(after);
  };
  v1::RunSample& added = *server_.samples.add_samples();
  added.set_client(kAdded);
  added.set_outcome("ADDED");
  add(&added, "NAME", "", "Anna");
  v1::RunSample& updated = *server_.samples.add_samples();
  updated.set_client(kUpdated);
  updated.set_outcome("UPDATED");
  updated.set_contact(4711);
  add(&updated, "LAST_NAME", "Orlova", "Petrova");
  add(&updated, "ADDRESS_CITY", "Tula", "");
  add(&updated, "PHONE", "", "1\n2");
  add(&updated, "POST", "Chef ", "Chef");

  const std::string values = absl::StrCat(
      kAdded, ": added\n  NAME: Anna\n", kUpdated, ": updated, contact 4711\n",
      "  LAST_NAME: Orlova → Petrova\n  ADDRESS_CITY: Tula → (empty)\n"
      "  PHONE: (empty) → 1; 2\n  POST: \"Chef␣\" → Chef\n");
  const std::vector<std::string> line = {"export", "run", "main", "--dry-run",
                                         "--wait"};
  const Result shown = Run(line);
  EXPECT_THAT(shown.out, HasSubstr(values));
  EXPECT_THAT(shown.out,
              ContainsRegex(absl::StrCat("Others:\n.*\n.*", kSkipped, " +skipped ")));
  EXPECT_THAT(Run({"fields", "save", "main", "--dry-run"}).out, HasSubstr(values));
  const Result asked = Run({"run", "samples", "12"});
  EXPECT_THAT(asked.out, StartsWith("Examples of what run 12 would write"));
  EXPECT_THAT(asked.out, HasSubstr(values));
  EXPECT_THAT(asked.out, EndsWith("guestbridge run get 12\n"));
  EXPECT_THAT(Run({"run", "samples", "12", "--output", "json"}).out,
              HasSubstr("\"after\": \"Petrova\""));

  // Names alone, where the values are not to be had.
  server_.refuses_samples = absl::UnavailableError("The agent is away.");
  const Result unknown = Run(line);
  EXPECT_EQ(unknown.exit_code, 0) << "the plan stands";
  EXPECT_THAT(unknown.out, ContainsRegex(absl::StrCat(kUpdated, " +updated")));
  EXPECT_THAT(unknown.out, HasSubstr("Their values are not shown. The agent is away."));
  // Nobody is asked about a plan that writes nothing.
  server_.forecast.mutable_samples()->DeleteSubrange(0, 2);
  EXPECT_THAT(Run(line).out, Not(HasSubstr("not shown")));
  server_.refuses_samples = absl::OkStatus();
  server_.samples.Clear();
  EXPECT_THAT(Run({"run", "samples", "12"}).out,
              StartsWith("Run 12 would change no field of a contact.\n"));
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
  const Result refused = Run({"reconcile", "run", "main", "--wait"});
  EXPECT_THAT(OneLine(refused.out),
              StartsWith("Failed: 1, deferred: 0. As to all other"));
  EXPECT_THAT(refused.out, EndsWith("guestbridge clients explain main CLIENT\n"));
  server_.refuses = 0;
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

TEST_F(CliTest, ADryRunIsToldFromAnExport) {
  EXPECT_THAT(Run({"run", "list", "main"}).out, ContainsRegex("\n +1 +main +export "));
  EXPECT_THAT(Run({"run", "list", "main"}).out, ContainsRegex("\n +1 +main +dry run "));
  EXPECT_THAT(OneLine(Run({"run", "list", "main", "--lang", "ru"}).out),
              HasSubstr("пробный запуск"));
  EXPECT_THAT(Run({"status"}).out, ContainsRegex("Last run +1, export, succeeded, "));
  server_.last_run.set_dry_run(true);
  EXPECT_THAT(Run({"status"}).out, ContainsRegex("Last run +1, dry run, succeeded, "));
  server_.last_run.set_kind(v1::Run::RECONCILE);
  EXPECT_THAT(Run({"status"}).out, ContainsRegex("Last run +1, reconciliation, "));
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

}  // namespace
}  // namespace guestbridge::cli
