#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/connection.pb.h"
#include "server/store/store.h"
#include "server/watch/session.h"

namespace guestbridge::server {

// In the order in which a person would mend them.
void SortChecks(std::vector<v1::Check>* checks);

// What was found last, without texts. Empty: not tried since the connection was saved.
absl::StatusOr<std::vector<v1::Check>> LastChecks(Transaction& transaction,
                                                  const std::string& id);

// Remembers what a try of both sides found, with the connection; a side that was not
// tried keeps what was known of it. Thread-safe.
class ConnectionChecks {
 public:
  ConnectionChecks(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Says of each of `found` what it is about and when it was found, and keeps them.
  // `version`: of the connection's document when the try began; findings about settings
  // that were saved over meanwhile are not kept. `id`: short.
  absl::Status Keep(const std::string& id, int64_t version,
                    std::vector<v1::Check>* found);

  // What an agent found by itself. Errors: those of ReportChecks.
  absl::Status TakeReport(const Session& session,
                          const v1::ReportChecksRequest& request);

 private:
  Store& store_;
  const Clock& clock_;
};

}  // namespace guestbridge::server
