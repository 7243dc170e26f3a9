#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/server.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "guestbridge/v1/api_token.grpc.pb.h"
#include "guestbridge/v1/audit.grpc.pb.h"
#include "guestbridge/v1/client.grpc.pb.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "guestbridge/v1/event.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "guestbridge/v1/schedule.grpc.pb.h"
#include "guestbridge/v1/secret.grpc.pb.h"
#include "guestbridge/v1/status.grpc.pb.h"

namespace guestbridge::cli {

// A small working model of the server: keeps what it is told and answers with it.
// Requests are kept for tests to read. Errors are in the language of the call.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  std::string address() const;
  // Ends all calls and stops listening; Start() listens at the same address again.
  void Stop();
  void Start();

  // Nothing is set up, and what is done later is remembered: connection, draft, events,
  // runs, schedule.
  bool fresh = false;
  // Keys of stored secrets; a rotation adds one.
  v1::SecretStatus secrets;
  // Whether it notes since when a connection is bound to its portal.
  bool tells_portal_time = true;
  // Of a fresh server: refuses a connection once, with this error.
  absl::Status refuses_connection;
  // What a match finds: pairs that it proposes, that an export takes over by itself,
  // and what is ambiguous.
  int proposes = 3;
  int adopts = 0;
  int ambiguous = 0;
  // An export by this plan (they are `plan-1`, `plan-2`, …) FAILED with PLAN_CHANGED.
  std::string changed_plan;

  // What the next run ends as, after having been PENDING and RUNNING.
  v1::Run::State run_ends = v1::Run::SUCCEEDED;
  std::string run_fails_with;  // Reason of one that ends as FAILED.
  // A watch shows the run RUNNING and then nothing more until it is cancelled.
  bool run_hangs = false;
  // The next watch breaks off with UNAVAILABLE after its first message.
  bool watch_breaks_once = false;
  v1::Check::State worst_check = v1::Check::WARNING;
  bool attention = false;
  std::vector<v1::Check> last_checks;  // of the connection, and not OK in the status
  bool no_clients = false;             // Lists of clients are empty.
  bool retries_nobody = false;         // Of no client there is anything to retry.
  v1::ClientExplanation explanation;   // Laid over what a client is explained by.
  std::vector<v1::Agent> agents;       // In place of the one agent.
  bool explains_next_run = true;       // An explanation says when the next run is.
  v1::ReconcileResult reconcile;       // of a reconciliation that ended
  int guard_contacts = 25'000;         // of every integration
  int refuses = 1;                     // counted by a run that ended
  v1::PortalUsage portal;              // of a run that ended
  v1::RunForecast forecast;            // of a dry run that ended
  v1::ListRunSamplesResponse samples;  // of a dry run
  absl::Status refuses_samples;        // asked for them
  v1::Run last_run;                    // Laid over that of the status.
  v1::WriteBackProgress write_back;    // of every run that ended, and of the status
  v1::VerifyAuditResponse verified;    // what a check of the audit finds
  v1::ListAuditRecordsRequest audit_request;  // the last
  int page_size = 2;                          // Lists answer with so many items a page.

  v1::Connection saved_connection() const;
  bool saved_as_new_portal() const;
  // Of any save: it held the server's own note.
  bool was_given_portal_time() const;
  std::string seen_language() const;
  std::string seen_authorization() const;
  v1::CreateApiTokenRequest token_request() const;
  v1::StartExportRequest started() const;
  v1::StartReconcileRequest reconciled() const;
  v1::MatchClientsRequest matched() const;
  v1::WatchRunRequest::Until watched_until() const;
  std::vector<std::string> retried() const;
  int watches() const;
  // Of a fresh server: the calls that changed something, in their order.
  std::vector<std::string> changes() const;

  struct Services;

 private:
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace guestbridge::cli
