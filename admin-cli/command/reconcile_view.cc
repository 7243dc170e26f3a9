#include "admin-cli/command/reconcile_view.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/values.h"

namespace guestbridge::cli {
namespace {

using Finding = v1::ReconcileFinding;

int CountOf(const v1::ReconcileResult& result, Finding::Kind kind) {
  switch (kind) {
    case Finding::MISSING:
      return result.missing();
    case Finding::GONE:
      return result.gone();
    case Finding::DOUBLED:
      return result.doubled();
    case Finding::ORPHANED:
      return result.orphaned();
    case Finding::CHANGED_ON_PORTAL:
      return result.changed_on_portal();
    case Finding::CHANGED_IN_SOURCE:
      return result.changed_in_source();
    case Finding::WRITE_BACK_MISSING:
      return result.write_back_missing();
    default:
      return 0;
  }
}

int Total(const v1::ReconcileResult& result) {
  int total = 0;
  for (int kind = Finding::Kind_MIN; kind <= Finding::Kind_MAX; ++kind) {
    if (Finding::Kind_IsValid(kind)) {
      total += CountOf(result, static_cast<Finding::Kind>(kind));
    }
  }
  return total;
}

// What --apply leaves alone.
int ForAPerson(const v1::ReconcileResult& result) { return result.doubled(); }

std::string KindText(const Session& session, Finding::Kind kind) {
  return session.Name("FINDING", Finding::Kind_Name(kind));
}

std::string DetailsOf(const Session& session, const Finding& finding) {
  std::vector<std::string> parts;
  if (finding.fields_size() > 0) {
    parts.push_back(absl::StrJoin(finding.fields(), ", "));
  }
  if (finding.other_contacts_size() > 0) {
    const std::string ids = absl::StrJoin(finding.other_contacts(), ", ");
    const bool held = finding.kind() == Finding::WRITE_BACK_MISSING;
    parts.push_back(
        session.Text(held ? "FOUND_IN_1C" : "FOUND_OTHERS", {{"contacts", ids}}));
  }
  if (finding.modified_by() > 0) {
    parts.push_back(session.Text("FOUND_CHANGED_BY",
                                 {{"user", absl::StrCat(finding.modified_by())}}));
  }
  if (finding.has_modify_time()) {
    parts.push_back(session.TimeToTheMinute(TimeOf(finding.modify_time())));
  }
  return absl::StrJoin(parts, "; ");
}

}  // namespace

std::string ReconcileText(const Session& session, const v1::Run& run) {
  const int total = Total(run.reconcile());
  const v1::RunCounters& counters = run.counters();
  // These were not compared.
  if (total == 0 && counters.failed() + counters.deferred() > 0) {
    return session.Text("RECONCILE_OTHERS_CLEAN",
                        {{"failed", absl::StrCat(counters.failed())},
                         {"deferred", absl::StrCat(counters.deferred())}});
  }
  if (total == 0) return session.Text("RECONCILE_CLEAN");
  return session.Text(run.dry_run() ? "RECONCILE_FOUND" : "RECONCILE_MENDED",
                      {{"count", absl::StrCat(total)},
                       {"left", absl::StrCat(ForAPerson(run.reconcile()))}});
}

std::string ComparedText(const Session& session, const v1::Run& run) {
  return session.Text("COMPARED_COUNTS",
                      {{"contacts", absl::StrCat(run.reconcile().contacts())},
                       {"marked", absl::StrCat(run.reconcile().marked())},
                       {"clients", absl::StrCat(run.counters().scanned())}});
}

void PrintFindings(Session& session, const v1::Run& run) {
  const v1::ReconcileResult& result = run.reconcile();
  if (Total(result) == 0) return;
  Table counts({session.Text("HEAD_FINDING"), session.Text("HEAD_CLIENTS"),
                session.Text("HEAD_WHAT_TO_DO")});
  for (int number = Finding::Kind_MIN; number <= Finding::Kind_MAX; ++number) {
    if (!Finding::Kind_IsValid(number)) continue;
    const auto kind = static_cast<Finding::Kind>(number);
    const int count = CountOf(result, kind);
    if (count == 0) continue;
    counts.Add({KindText(session, kind), absl::StrCat(count),
                session.Text(absl::StrCat("REMEDY_", Finding::Kind_Name(kind)))});
  }
  counts.Print(session.style(), session.out());
  if (result.findings().empty()) return;
  session.Say("FINDINGS_SHOWN", {{"count", absl::StrCat(result.findings_size())}});
  Table list({session.Text("HEAD_CLIENT"), session.Text("HEAD_FINDING"),
              session.Text("HEAD_CONTACT"), session.Text("HEAD_DETAILS")});
  list.TextBelow();
  for (const Finding& finding : result.findings()) {
    list.Add({finding.client(), KindText(session, finding.kind()),
              finding.contact() == 0 ? "" : absl::StrCat(finding.contact()),
              DetailsOf(session, finding)});
  }
  list.Print(session.style(), session.out());
}

absl::string_view NextOfReconcile(const v1::Run& run) {
  const int total = Total(run.reconcile());
  const int left = ForAPerson(run.reconcile());
  if (total == 0) {
    return run.counters().failed() > 0 ? "NEXT_CLIENTS_EXPLAIN" : "NEXT_STATUS";
  }
  if (total == left) return "NEXT_MERGE";
  const v1::ReconcileResult& result = run.reconcile();
  if (run.dry_run() && total == result.changed_in_source()) return "NEXT_EXPORT_RUN";
  // Those whose client is gone from 1C no run links.
  if (run.dry_run() && total == left + result.orphaned()) {
    return "NEXT_RECONCILE_ORPHANS";
  }
  if (run.dry_run()) return "NEXT_RECONCILE_APPLY";
  return left > 0 ? "NEXT_MERGE" : "NEXT_RECONCILE";
}

}  // namespace guestbridge::cli
