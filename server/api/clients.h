#pragma once

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/client.pb.h"
#include "guestbridge/v1/run.pb.h"
#include "server/api/erasures.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// Questions about clients, which only the agent can answer: personal data passes
// through and is neither kept nor logged. Errors are those of client.proto.
// Thread-safe.
class Clients {
 public:
  Clients(Store& store, SessionHub& sessions, const Clock& clock, Erasures& erasures)
      : store_(store), sessions_(sessions), clock_(clock), erasures_(erasures) {}

  absl::StatusOr<v1::ListClientsResponse> List(const v1::ListClientsRequest& request,
                                               const Patience& patience);
  absl::StatusOr<v1::ClientExplanation> Explain(const std::string& name,
                                                const Patience& patience);
  // The clients that the dry run would write, with their values as they are now.
  absl::StatusOr<v1::ListRunSamplesResponse> Samples(const store::RunRecord& dry_run,
                                                     const Patience& patience);
  absl::StatusOr<v1::ListClientGroupsResponse> Groups(
      const v1::ListClientGroupsRequest& request, const Patience& patience);
  absl::StatusOr<v1::DropClientsResponse> Drop(const v1::DropClientsRequest& request,
                                               const Patience& patience);
  absl::StatusOr<v1::RetryClientsResponse> Retry(const v1::RetryClientsRequest& request,
                                                 const Patience& patience);
  absl::StatusOr<v1::Client> Link(const v1::LinkClientRequest& request,
                                  const Patience& patience);
  absl::StatusOr<v1::Client> Unlink(const v1::UnlinkClientRequest& request,
                                    const Patience& patience);

  absl::StatusOr<v1::ErasureReceipt> Forget(const v1::ForgetClientRequest& request,
                                            const Patience& patience);
  absl::StatusOr<v1::ListClientHistoryResponse> History(
      const v1::ListClientHistoryRequest& request, const Patience& patience);

 private:
  // When what a run would do is done.
  absl::Status PutNextRun(const std::string& integration,
                          v1::ClientExplanation* explanation);
  // A person's decision about a pair waits until no run writes. Errors:
  // RUN_IN_PROGRESS.
  absl::Status CheckQuiet(const std::string& integration);
  absl::StatusOr<v1::FinishTaskRequest> Ask(const std::string& integration,
                                            v1::Task task, const Patience& patience);

  Store& store_;
  SessionHub& sessions_;
  const Clock& clock_;
  Erasures& erasures_;
};

}  // namespace guestbridge::server
