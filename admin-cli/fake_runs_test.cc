#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin-cli/fake_services_test.h"

// Runs of FakeServer.
namespace guestbridge::cli {

v1::Run FakeServer::Services::MakeRun(v1::Run::Kind kind) {
  started_last = kind;
  v1::Run run;
  run.set_name("integrations/main/runs/1");
  run.set_integration("integrations/main");
  run.set_kind(kind);
  run.set_state(v1::Run::PENDING);
  run.mutable_create_time()->set_seconds(now);
  run.mutable_counters();
  return run;
}

v1::Run FakeServer::Services::Ended(v1::Run run) {
  run.set_state(owner.run_ends);
  if (run.kind() == v1::Run::MATCH) *run.mutable_match() = match_result;
  if (run.dry_run()) *run.mutable_forecast() = owner.forecast;
  const bool moved = run.kind() == v1::Run::EXPORT && !run.dry_run() &&
                     !run.plan().empty() && run.plan() == owner.changed_plan;
  if (run.state() == v1::Run::FAILED && !owner.run_fails_with.empty()) {
    run.mutable_error()->set_reason(owner.run_fails_with);
  }
  if (moved) {
    run.set_state(v1::Run::FAILED);
    run.mutable_error()->set_reason("PLAN_CHANGED");
  }
  if (run.kind() == v1::Run::RECONCILE) {
    run.set_dry_run(reconcile_dry);
    *run.mutable_reconcile() = owner.reconcile;
  }
  run.mutable_start_time()->set_seconds(run.create_time().seconds() + 1);
  run.mutable_end_time()->set_seconds(run.create_time().seconds() + 14);
  run.mutable_counters()->set_scanned(123'456);
  run.mutable_counters()->set_added(123'455);
  run.mutable_counters()->set_failed(owner.refuses);
  *run.mutable_write_back() = owner.write_back;
  *run.mutable_portal() = owner.portal;
  if (owner.run_ends == v1::Run::PARTIALLY_FAILED) {
    v1::ClientFailure* failure = run.add_failures();
    failure->set_client(kClient);
    failure->set_reason("EMAIL_REFUSED");
    failure->set_message(kNastyText);
  }
  return run;
}

void FakeServer::Services::Remember(v1::Run run, const std::string& what) {
  changes.push_back(what);
  runs.insert(runs.begin(), Ended(std::move(run)));
}

grpc::Status FakeServer::Services::StartExport(ServerContext* context,
                                               const v1::StartExportRequest* request,
                                               v1::Run* answer) {
  const auto lock = Enter(context);
  if (integrations.count(request->parent()) == 0) return Missing(request->parent());
  export_request = *request;
  *answer = MakeRun(v1::Run::EXPORT);
  answer->set_dry_run(request->dry_run());
  answer->set_draft_mapping(request->draft_mapping());
  answer->set_mapping_version(static_cast<int>(versions.size()));
  answer->set_plan(request->dry_run() ? absl::StrCat("plan-", ++plans)
                                      : request->plan());
  Remember(*answer, request->dry_run() ? "dry run" : "export");
  return Status::OK;
}

grpc::Status FakeServer::Services::RebuildLedger(ServerContext* context,
                                                 const v1::RebuildLedgerRequest*,
                                                 v1::Run* answer) {
  const auto lock = Enter(context);
  *answer = MakeRun(v1::Run::REBUILD);
  return Status::OK;
}

grpc::Status FakeServer::Services::StartReconcile(
    ServerContext* context, const v1::StartReconcileRequest* request, v1::Run* answer) {
  const auto lock = Enter(context);
  *answer = MakeRun(v1::Run::RECONCILE);
  reconcile_dry = !request->apply();
  reconcile_request = *request;
  return Status::OK;
}

grpc::Status FakeServer::Services::MatchClients(ServerContext* context,
                                                const v1::MatchClientsRequest* request,
                                                v1::Run* answer) {
  const auto lock = Enter(context);
  match_request = *request;
  *answer = MakeRun(v1::Run::MATCH);
  v1::MatchResult& match = *answer->mutable_match();
  match.set_matched(owner.proposes + owner.adopts);
  match.set_proposed(owner.proposes);
  match.set_ambiguous(owner.ambiguous);
  if (request->apply()) match.set_applied(match.matched());
  match_result = match;
  Remember(*answer, request->apply() ? "apply" : "match");
  return Status::OK;
}

grpc::Status FakeServer::Services::GetRun(ServerContext* context,
                                          const v1::GetRunRequest* request,
                                          v1::Run* answer) {
  const auto lock = Enter(context);
  if (request->name() != "integrations/-/runs/1" &&
      request->name() != "integrations/main/runs/1") {
    return Fail(absl::NotFoundError("no such run"));
  }
  *answer = Ended(MakeRun(v1::Run::EXPORT));
  return Status::OK;
}

grpc::Status FakeServer::Services::ListRuns(ServerContext* context,
                                            const v1::ListRunsRequest*,
                                            v1::ListRunsResponse* answer) {
  const auto lock = Enter(context);
  if (owner.fresh) {
    answer->mutable_runs()->Assign(runs.begin(), runs.end());
    return Status::OK;
  }
  *answer->add_runs() = Ended(MakeRun(v1::Run::EXPORT));
  *answer->add_runs() = MakeRun(v1::Run::MATCH);
  *answer->add_runs() = Ended(MakeRun(v1::Run::EXPORT));
  answer->mutable_runs()->rbegin()->set_dry_run(true);
  return Status::OK;
}

grpc::Status FakeServer::Services::WatchRun(ServerContext* context,
                                            const v1::WatchRunRequest* request,
                                            grpc::ServerWriter<v1::Run>* writer) {
  bool hangs = false;
  {
    const auto lock = Enter(context);
    ++watch_count;
    until = request->until();
    hangs = owner.run_hangs;
    v1::Run run = MakeRun(started_last);
    const bool kept = !runs.empty() && runs.front().kind() == started_last;
    if (kept) {
      run = runs.front();
      run.set_state(v1::Run::PENDING);
      run.clear_error();
      run.clear_failures();
      run.mutable_counters()->Clear();
    }
    v1::Explanation* notice = run.add_notices();
    notice->set_reason("AGENT_NOT_CONNECTED");
    notice->set_message("No agent yet.");
    writer->Write(run);
    run.set_state(v1::Run::RUNNING);
    run.mutable_counters()->set_scanned(10);
    writer->Write(run);
    if (owner.watch_breaks_once) {
      owner.watch_breaks_once = false;
      return Status(grpc::StatusCode::UNAVAILABLE, "broken");
    }
    if (!hangs) writer->Write(Ended(run));
  }
  while (hangs && !context->IsCancelled()) std::this_thread::yield();
  return Status::OK;
}

grpc::Status FakeServer::Services::ListRunSamples(
    ServerContext* context, const v1::ListRunSamplesRequest* request,
    v1::ListRunSamplesResponse* answer) {
  const auto lock = Enter(context);
  samples_request = *request;
  if (!owner.refuses_samples.ok()) return Fail(owner.refuses_samples);
  *answer = owner.samples;
  return Status::OK;
}

grpc::Status FakeServer::Services::CancelRun(ServerContext* context,
                                             const v1::CancelRunRequest*,
                                             v1::Run* answer) {
  const auto lock = Enter(context);
  *answer = MakeRun(v1::Run::EXPORT);
  return Status::OK;
}

}  // namespace guestbridge::cli
