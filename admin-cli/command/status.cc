#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/run_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/status.grpc.pb.h"

namespace guestbridge::cli {
namespace {

std::string LastRunText(const Session& session, const v1::IntegrationStatus& it) {
  if (!it.has_last_run()) return session.Text("NO_RUN_YET");
  const v1::Run& run = it.last_run();
  const bool ended = run.has_end_time();
  return absl::StrCat(NumberOf(run), ", ", ShortKindText(session, run), ", ",
                      StateCell(session, run).text, ", ",
                      TimeText(session, ended || run.has_create_time(),
                               ended ? run.end_time() : run.create_time()),
                      ": ", CountersText(session, run.counters()));
}

// Which checks are not OK; what they found is one command away.
void AddFindings(const Session& session, const v1::IntegrationStatus& it,
                 Facts* facts) {
  for (const auto state : {v1::Check::FAILED, v1::Check::WARNING}) {
    const bool failed = state == v1::Check::FAILED;
    std::vector<std::string> names;
    absl::Time newest = absl::InfinitePast();
    for (const v1::Check& check : it.findings()) {
      if (check.state() != state) continue;
      names.push_back(check.name());
      newest = std::max(newest, TimeOf(check.check_time()));
    }
    if (names.empty()) continue;
    facts->Add(session.Text("CONNECTION_TEST"),
               session.Text(failed ? "FINDINGS_FAIL" : "FINDINGS_WARN",
                            {{"time", session.TimeToTheMinute(newest)},
                             {"names", absl::StrJoin(names, ", ")},
                             {"id", IntegrationIdOf(it.integration())}}),
               failed ? Color::kBad : Color::kWarning);
  }
}

void PrintIntegration(Session& session, const v1::IntegrationStatus& it) {
  const std::string id = IntegrationIdOf(it.integration());
  std::string title = id;
  if (!it.display_name().empty() && it.display_name() != id) {
    absl::StrAppend(&title, " — ", it.display_name());
  }
  if (!it.active()) absl::StrAppend(&title, " (", session.Text("INACTIVE"), ")");
  PrintWrapped(title, 0, session.style(), session.out());
  Facts facts;
  facts.Add(session.Text("LAST_RUN"), LastRunText(session, it),
            it.has_last_run() ? StateCell(session, it.last_run()).color : Color::kNone);
  facts.Add(session.Text("NEXT_RUN"),
            it.has_next_time()
                ? TimeTextIn(session, it.time_zone(), true, it.next_time())
                : session.Text("NO_NEXT_RUN"));
  facts.Add(session.Text("AGENT"),
            it.agent().empty()
                ? session.Text("NO_AGENT")
                : absl::StrCat(
                      it.agent(), ", ",
                      session.Text(it.agent_connected() ? "IS_CONNECTED" : "IS_AWAY")),
            it.agent_connected() ? Color::kNone : Color::kWarning);
  facts.Add(session.Text("MISSING"), std::to_string(it.missing()),
            it.missing() > 0 ? Color::kWarning : Color::kNone);
  for (const v1::MissingClients& group : it.missing_reasons()) {
    const std::string& why = group.message().empty() ? group.reason() : group.message();
    // What a person must do stands below, with how to do it.
    facts.Add("", absl::StrCat(group.count(), ": ", why,
                               group.needs_person() || group.remedy().empty()
                                   ? ""
                                   : absl::StrCat(" ", group.remedy())));
  }
  facts.Add(session.Text("DOUBTS"), std::to_string(it.doubts()));
  facts.Add(session.Text("WRITE_BACK"), WriteBackText(session, it.write_back()));
  if (const std::string outlook = OutlookText(session, it.write_back());
      !outlook.empty()) {
    facts.Add("", outlook);
  }
  AddFindings(session, it, &facts);
  for (const v1::Explanation& attention : it.attention()) {
    facts.Add(session.Text("TO_DO"), TextOf(attention), Color::kBad);
  }
  facts.Print(session.style(), session.out());
}

absl::StatusOr<int> Status(Session& session, const Arguments& arguments) {
  GB_ASSIGN_OR_RETURN(
      const auto status,
      session.Call(&v1::StatusService::Stub::GetStatus, v1::GetStatusRequest()));
  const int exit_code = arguments.Has("--check") && status.attention() ? 1 : 0;
  if (session.PrintDocument(status)) return exit_code;
  session.out() << Paint(session.style(),
                         status.attention() ? Color::kBad : Color::kGood,
                         session.Text(status.attention() ? "STATUS_ATTENTION"
                                                         : "STATUS_FINE"))
                << '\n';
  if (status.integrations().empty()) {
    session.Say("NEXT_INTEGRATION_CREATE");
  }
  for (const v1::IntegrationStatus& it : status.integrations()) {
    PrintIntegration(session, it);
  }
  if (!status.integrations().empty()) {
    session.Say(status.attention() ? "NEXT_STATUS_AGAIN" : "NEXT_EXPLAIN_ONE");
  }
  return exit_code;
}

}  // namespace

std::vector<Command> StatusCommands() {
  return {
      {"status",
       "",
       "HELP_STATUS",
       {},
       {{"--check", "", "FLAG_CHECK"}},
       {"guestbridge status", "guestbridge status --check || echo \"look at it\""},
       Status},
  };
}

}  // namespace guestbridge::cli
