#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/secret/sealer.h"
#include "guestbridge/v1/connection.pb.h"
#include "server/api/connection_checks.h"
#include "server/api/portal_credentials.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// What the server alone can say about the portal, from one use of the credentials.
std::vector<v1::Check> PortalChecks(const v1::Connection& settings,
                                    const absl::StatusOr<v1::TokenState>& tried);

// Both findings as one list in the order in which a person would mend them; where both
// speak of the same thing the agent's word counts.
std::vector<v1::Check> MergeChecks(std::vector<v1::Check> server,
                                   std::vector<v1::Check> agent);

// Tries both sides and remembers what was found. A failed check is not an error of the
// call. Texts are not filled in: see render.h. Thread-safe.
class ConnectionTester {
 public:
  ConnectionTester(Store& store, Sealer& sealer, PortalCredentials& credentials,
                   SessionHub& sessions, ConnectionChecks& checks)
      : store_(store),
        sealer_(sealer),
        credentials_(credentials),
        sessions_(sessions),
        checks_(checks) {}

  // Errors: INTEGRATION_NOT_FOUND.
  absl::StatusOr<v1::TestConnectionResponse> Test(const std::string& name,
                                                  const Patience& patience);

 private:
  absl::StatusOr<v1::TokenState> TryCredentials(const std::string& id,
                                                const store::ConnectionRecord& record);

  Store& store_;
  Sealer& sealer_;
  PortalCredentials& credentials_;
  SessionHub& sessions_;
  ConnectionChecks& checks_;
};

}  // namespace guestbridge::server
