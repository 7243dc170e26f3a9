#include "admin-cli/command/run_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin-cli/command/plan_view.h"
#include "admin-cli/command/reconcile_view.h"
#include "admin-cli/command/values.h"

namespace guestbridge::cli {
namespace {

std::string Part(const Session& session, absl::string_view label, int64_t count) {
  return absl::StrCat(session.Text(label), " ", count);
}

Color ColorOf(v1::Run::State state) {
  switch (state) {
    case v1::Run::SUCCEEDED:
      return Color::kGood;
    case v1::Run::PARTIALLY_FAILED:
    case v1::Run::CANCELLED:
      return Color::kWarning;
    case v1::Run::FAILED:
      return Color::kBad;
    default:
      return Color::kNone;
  }
}

std::string KindText(const Session& session, const v1::Run& run) {
  std::vector<std::string> parts = {
      session.Name("KIND", v1::Run::Kind_Name(run.kind()))};
  if (run.full()) parts.push_back(session.Text("RUN_FULL"));
  if (run.dry_run()) parts.push_back(session.Text("RUN_DRY"));
  return absl::StrJoin(parts, ", ");
}

std::string TimesText(const Session& session, const v1::Run& run) {
  if (!run.has_start_time()) {
    return TimeText(session, run.has_create_time(), run.create_time());
  }
  const absl::Time start = TimeOf(run.start_time());
  if (!run.has_end_time()) return session.Time(start);
  const absl::Duration took = TimeOf(run.end_time()) - start;
  const absl::Duration unit =
      took < absl::Seconds(10) ? absl::Milliseconds(100) : absl::Seconds(1);
  return absl::StrCat(
      session.Time(start), " … ", session.Time(TimeOf(run.end_time())), " (",
      DurationText(session.options().language, absl::Trunc(took, unit)), ")");
}

std::string PortalText(const Session& session, const v1::PortalUsage& usage) {
  std::vector<std::string> parts = {
      Part(session, "PORTAL_REQUESTS", usage.http_requests()),
      Part(session, "PORTAL_COMMANDS", usage.commands()),
      Part(session, "PORTAL_THROTTLED", usage.throttled()),
      Part(session, "PORTAL_RETRIED", usage.retried()),
      absl::StrCat(session.Text("PORTAL_WAITED"), " ",
                   absl::StrFormat("%.1f", usage.wait_seconds()), " ",
                   session.Text("SECONDS"))};
  // A box charges nothing. In the words of the forecast, to compare with.
  if (usage.operating_seconds() > 0) {
    parts.push_back(session.Text(
        "PORTAL_OPERATING",
        {{"operating", absl::StrFormat("%.0f", usage.operating_seconds())}}));
  }
  return absl::StrJoin(parts, ", ");
}

std::string MatchText(const Session& session, const v1::MatchResult& match) {
  std::string matched = Part(session, "MATCH_MATCHED", match.matched());
  if (match.proposed() > 0) {
    absl::StrAppend(&matched, " (", Part(session, "MATCH_PROPOSED", match.proposed()),
                    ")");
  }
  return absl::StrJoin({matched, Part(session, "MATCH_AMBIGUOUS", match.ambiguous()),
                        Part(session, "MATCH_UNMATCHED", match.unmatched()),
                        Part(session, "MATCH_LINKED", match.linked()),
                        Part(session, "MATCH_APPLIED", match.applied())},
                       ", ");
}

// The whole sum, so that a reader can add it up.
std::string SumText(const Session& session, const v1::RunCounters& c) {
  return absl::StrCat(
      Part(session, "SCANNED", c.scanned()), " = ",
      absl::StrJoin(
          {Part(session, "UNCHANGED", c.unchanged()), Part(session, "ADDED", c.added()),
           Part(session, "UPDATED", c.updated()),
           Part(session, "RECREATED", c.recreated()),
           Part(session, "SKIPPED", c.skipped()), Part(session, "FAILED", c.failed()),
           Part(session, "DEFERRED", c.deferred())},
          " + "));
}

// What became of the clients, as far as it is not zero.
std::string NotZeroText(const Session& session, const v1::RunCounters& c) {
  std::vector<std::string> parts;
  const std::vector<std::pair<absl::string_view, int>> others = {
      {"UNCHANGED", c.unchanged()}, {"ADDED", c.added()},     {"UPDATED", c.updated()},
      {"RECREATED", c.recreated()}, {"SKIPPED", c.skipped()}, {"FAILED", c.failed()},
      {"DEFERRED", c.deferred()}};
  for (const auto& [label, count] : others) {
    if (count != 0) parts.push_back(Part(session, label, count));
  }
  return absl::StrJoin(parts, ", ");
}

// A slow base takes some IDs a minute.
std::string PaceText(const Session& session, double per_second) {
  const bool quick = per_second >= 1;
  const double count = quick ? per_second : per_second * 60;
  return session.Text(
      quick ? "WRITE_BACK_PER_SECOND" : "WRITE_BACK_PER_MINUTE",
      {{"count", absl::StrFormat(count < 10 ? "%.1f" : "%.0f", count)}});
}

// After a run that could not go on.
absl::string_view NextOfFailed(const v1::Run& run) {
  const bool reconcile = run.kind() == v1::Run::RECONCILE;
  if (run.error().reason() == "PLAN_CHANGED") return "NEXT_DRY_RUN";
  if (absl::StartsWith(run.error().reason(), "GUARD_")) {
    if (run.kind() == v1::Run::MATCH) return "NEXT_MATCH_GUARD";
    return reconcile ? "NEXT_RECONCILE_GUARD" : "NEXT_GUARD";
  }
  if (run.kind() == v1::Run::MATCH) return "NEXT_MATCH_FAILED";
  if (run.kind() == v1::Run::REBUILD) return "NEXT_REBUILD_FAILED";
  return reconcile ? "NEXT_RECONCILE_FAILED" : "NEXT_RUN_FAILED";
}

absl::string_view NextOfCancelled(const v1::Run& run) {
  if (run.kind() == v1::Run::MATCH) return "NEXT_CLIENTS_MATCH";
  if (run.kind() == v1::Run::REBUILD) return "NEXT_LEDGER_REBUILD";
  if (run.kind() == v1::Run::RECONCILE) return "NEXT_RECONCILE";
  return "NEXT_EXPORT_RUN";
}

absl::string_view NextOfMatch(const v1::MatchResult& match) {
  if (PairsToAccept(match) > 0) return "NEXT_AFTER_MATCH";
  return match.ambiguous() > 0 ? "NEXT_AFTER_AMBIGUOUS" : "NEXT_EXPORT_RUN";
}

absl::string_view NextOf(const v1::Run& run) {
  if (!HasEnded(run)) return "NEXT_RUN_WATCH";
  if (run.state() == v1::Run::FAILED) return NextOfFailed(run);
  if (run.state() == v1::Run::CANCELLED) return NextOfCancelled(run);
  if (run.kind() == v1::Run::MATCH) return NextOfMatch(run.match());
  // What would only be refused is no reason not to go on.
  if (run.draft_mapping()) return "NEXT_FIELDS_SAVE_DRAFT";
  if (run.dry_run() && run.kind() != v1::Run::RECONCILE) {
    return run.plan().empty() ? "NEXT_EXPORT_RUN" : "NEXT_EXPORT_PLAN";
  }
  if (run.state() == v1::Run::PARTIALLY_FAILED && !run.dry_run()) {
    return "NEXT_CLIENTS_RETRY";
  }
  return run.kind() == v1::Run::RECONCILE ? NextOfReconcile(run) : "NEXT_STATUS";
}

// What it found or would do, in one line. Empty: its state says it.
std::string ResultText(const Session& session, const v1::Run& run) {
  const bool ended_well =
      run.state() == v1::Run::SUCCEEDED || run.state() == v1::Run::PARTIALLY_FAILED;
  if (!ended_well) return "";
  if (run.has_reconcile()) return ReconcileText(session, run);
  if (run.kind() == v1::Run::MATCH) {
    return session.Text("MATCH_RESULT",
                        {{"matched", absl::StrCat(run.match().matched())},
                         {"ambiguous", absl::StrCat(run.match().ambiguous())},
                         {"unmatched", absl::StrCat(run.match().unmatched())}});
  }
  if (!run.dry_run()) return "";
  v1::RunCounters counters = run.counters();
  counters.clear_unchanged();
  const std::string counts = NotZeroText(session, counters);
  return counts.empty() ? session.Text("DRY_RUN_NOTHING")
                        : session.Text("DRY_RUN_WOULD", {{"counts", counts}});
}

void PrintFailures(Session& session, const v1::Run& run) {
  if (run.failures().empty()) return;
  session.Say("FAILURES_SHOWN", {{"count", std::to_string(run.failures_size())}});
  Table table({session.Text("HEAD_CLIENT"), session.Text("HEAD_WHY")});
  table.TextBelow();
  for (const v1::ClientFailure& failure : run.failures()) {
    table.Add({failure.client(), absl::StrCat(failure.reason(), ": ", failure.message(),
                                              " ", failure.remedy())});
  }
  table.Print(session.style(), session.out());
}

}  // namespace

bool HasEnded(const v1::Run& run) {
  switch (run.state()) {
    case v1::Run::SUCCEEDED:
    case v1::Run::PARTIALLY_FAILED:
    case v1::Run::FAILED:
    case v1::Run::CANCELLED:
      return true;
    default:
      return false;
  }
}

int ExitCodeOf(const v1::Run& run) {
  switch (run.state()) {
    case v1::Run::FAILED:
    case v1::Run::CANCELLED:
      return 1;
    case v1::Run::PARTIALLY_FAILED:
      return 7;
    default:
      return 0;
  }
}

int PairsToAccept(const v1::MatchResult& match) {
  return std::max(0, std::min(match.proposed(), match.matched() - match.applied()));
}

std::string NumberOf(const v1::Run& run) {
  const std::vector<std::string> parts = absl::StrSplit(run.name(), '/');
  return parts.back();
}

std::string IntegrationIdOfRun(const v1::Run& run) {
  if (!run.integration().empty()) return IntegrationIdOf(run.integration());
  const std::vector<std::string> parts = absl::StrSplit(run.name(), '/');
  return parts.size() == 4 ? parts[1] : "";
}

std::string ShortKindText(const Session& session, const v1::Run& run) {
  if (run.kind() == v1::Run::EXPORT && run.dry_run()) {
    return session.Text("KIND_DRY_RUN");
  }
  return session.Name("KIND", v1::Run::Kind_Name(run.kind()));
}

Cell StateCell(const Session& session, const v1::Run& run) {
  return {session.Name("STATE", v1::Run::State_Name(run.state())),
          ColorOf(run.state())};
}

std::string CountersText(const Session& session, const v1::RunCounters& c) {
  const std::string rest = NotZeroText(session, c);
  return absl::StrCat(Part(session, "SCANNED", c.scanned()), rest.empty() ? "" : ", ",
                      rest);
}

std::string WriteBackText(const Session& session,
                          const v1::WriteBackProgress& progress) {
  return absl::StrJoin({Part(session, "WRITE_BACK_DONE", progress.done()),
                        Part(session, "WRITE_BACK_PENDING", progress.pending()),
                        Part(session, "WRITE_BACK_PARKED", progress.parked())},
                       ", ");
}

std::string OutlookText(const Session& session, const v1::WriteBackProgress& progress) {
  if (progress.pending() == 0) return "";
  std::vector<std::string> parts;
  if (progress.has_quiet_until()) {
    parts.push_back(session.Text(
        "WRITE_BACK_QUIET",
        {{"time", session.TimeToTheMinute(TimeOf(progress.quiet_until()))}}));
  } else if (progress.has_waiting()) {
    parts.push_back(session.Text("WRITE_BACK_AWAY"));
    parts.push_back(TextOf(progress.waiting()));
    return absl::StrJoin(parts, " ");
  }
  if (progress.per_second() > 0) {
    parts.push_back(PaceText(session, progress.per_second()));
  }
  if (progress.has_estimated_end_time()) {
    parts.push_back(session.Text(
        "WRITE_BACK_END",
        {{"time", session.TimeToTheMinute(TimeOf(progress.estimated_end_time()))}}));
  }
  return absl::StrJoin(parts, "; ");
}

std::string ProgressText(const Session& session, const v1::Run& run) {
  std::string text =
      absl::StrCat(session.Text("RUN_NUMBER", {{"run", NumberOf(run)}}), ": ",
                   session.Name("STATE", v1::Run::State_Name(run.state())), "; ",
                   CountersText(session, run.counters()));
  if (run.write_back().pending() > 0) {
    absl::StrAppend(&text, "; ", session.Text("TO_1C"), " ",
                    run.write_back().pending());
  }
  if (run.doubts() > 0) {
    absl::StrAppend(&text, "; ", session.Text("IN_DOUBT"), " ", run.doubts());
  }
  return text;
}

void PrintRun(Session& session, const v1::Run& run, RunShow show) {
  const Parameters parameters = {{"run", NumberOf(run)},
                                 {"name", run.name()},
                                 {"id", IntegrationIdOfRun(run)},
                                 {"plan", run.plan()}};
  const Cell state = StateCell(session, run);
  const std::string result = ResultText(session, run);
  if (!result.empty()) PrintWrapped(result, 0, session.style(), session.out());
  session.out() << session.Text("RUN_OF", parameters) << ": "
                << Paint(session.style(), state.color, state.text) << '\n';
  Facts facts;
  if (run.has_error()) {
    facts.Add(session.Text("ERROR"), TextOf(run.error()), Color::kBad);
  }
  facts.Add(session.Text("KIND"), KindText(session, run));
  facts.Add(session.Text("STARTED_BY"),
            session.Name("TRIGGER", v1::Run::Trigger_Name(run.trigger())));
  facts.Add(session.Text("TIME"), TimesText(session, run));
  facts.Add(session.Text("AGENT"), run.agent());
  if (run.has_match())
    facts.Add(session.Text("PAIRS"), MatchText(session, run.match()));
  if (run.has_reconcile() && !result.empty()) {
    facts.Add(session.Text("COMPARED"), ComparedText(session, run));
  }
  facts.Add(session.Text("CLIENTS"), SumText(session, run.counters()));
  // A run that got nowhere has nothing to tell of either side.
  if (run.portal().http_requests() > 0) {
    facts.Add(session.Text("PORTAL"), PortalText(session, run.portal()));
  }
  if (run.source().requests() > 0) {
    facts.Add(session.Text("SOURCE"),
              absl::StrJoin({Part(session, "PORTAL_REQUESTS", run.source().requests()),
                             Part(session, "SOURCE_ROWS", run.source().rows())},
                            ", "));
  }
  const v1::WriteBackProgress& ids = run.write_back();
  if (ids.done() > 0 || ids.pending() > 0 || ids.parked() > 0) {
    facts.Add(session.Text("WRITE_BACK"), WriteBackText(session, ids));
  }
  if (const std::string outlook = OutlookText(session, run.write_back());
      !outlook.empty()) {
    facts.Add("", outlook);
  }
  if (run.doubts() > 0) {
    facts.Add(session.Text("DOUBTS"), std::to_string(run.doubts()), Color::kWarning);
  }
  for (const v1::Explanation& notice : run.notices()) {
    if (run.has_error() && notice.reason() == run.error().reason()) continue;
    facts.Add(session.Text("NOTICE"), TextOf(notice), Color::kWarning);
  }
  if (const std::string text = ForecastText(session, run); !text.empty()) {
    facts.Add(session.Text("FORECAST"), text);
  }
  facts.Print(session.style(), session.out());
  if (run.has_reconcile()) PrintFindings(session, run);
  PrintFailures(session, run);
  if (run.dry_run() && run.has_forecast()) PrintPlan(session, run, show.values);
  if (show.next) session.Say(NextOf(run), parameters);
}

}  // namespace guestbridge::cli
