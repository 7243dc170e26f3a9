#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/time/clock.h"
#include "guestbridge/v1/connection.pb.h"
#include "guestbridge/v1/run.pb.h"
#include "server/api/connection_rules.h"
#include "server/api/portal_credentials.h"
#include "server/identity/authorize.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// `integrations/x/connection` -> `x`. Errors: NAME_MALFORMED.
absl::StatusOr<std::string> ParseConnectionName(const std::string& name);

// Connections: the rules of ConnectionService but the test. Errors are those of
// connection.proto. No answer holds a secret. Thread-safe.
class Connections {
 public:
  Connections(Store& store, const Clock& clock, Random& random, Sealer& sealer,
              PortalCredentials& credentials, SessionHub& sessions,
              ConnectionPolicy policy)
      : store_(store),
        clock_(clock),
        random_(random),
        sealer_(sealer),
        credentials_(credentials),
        sessions_(sessions),
        policy_(policy) {}

  absl::StatusOr<v1::Connection> Get(const std::string& name);
  // Validates, tries the credentials, then stores everything in one transaction. When
  // anything fails, nothing is stored. `new_portal`: it may surely be another one than
  // the one that was exported to. `reach`: the caller's; who does not reach everything
  // names only an agent that serves one of his integrations, or is assigned to it.
  absl::StatusOr<v1::Connection> Save(const v1::Connection& given,
                                      bool new_portal = false,
                                      const Reach& reach = Reach::Everything());

  // A report of `agent`'s run said PORTAL_MOVED: where the connection still names the
  // old address, it takes the new one, under the rules that hold for a caller, and
  // keeps its secrets, which the portal itself has taken along. Whatever else the
  // report says is left alone. What it refuses is logged.
  absl::Status FollowMove(const v1::Run& report, const std::string& agent);

 private:
  absl::Status CheckStillFree(Transaction& transaction, const std::string& id,
                              const v1::Connection& given,
                              const CheckedConnection& checked, const Reach& reach);
  absl::Status FillSecrets(Transaction& transaction, const std::string& id,
                           CheckedConnection* checked);
  absl::StatusOr<v1::Connection> View(Transaction& transaction, const std::string& id);
  absl::Status MoveIn(Transaction& transaction, const std::string& id,
                      const std::string& from, const std::string& to, bool* moved);

  Store& store_;
  const Clock& clock_;
  Random& random_;
  Sealer& sealer_;
  PortalCredentials& credentials_;
  SessionHub& sessions_;
  const ConnectionPolicy policy_;
};

}  // namespace guestbridge::server
