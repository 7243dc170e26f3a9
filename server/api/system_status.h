#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/status.pb.h"
#include "server/api/portal_credentials.h"
#include "server/identity/authorize.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// How everything stands, on one screen. Texts are not filled in: see render.h.
// Thread-safe.
class SystemStatus {
 public:
  SystemStatus(Store& store, const Clock& clock, SessionHub& sessions,
               PortalCredentials& credentials, std::string version,
               std::optional<absl::Duration> stale_after = absl::InfiniteDuration())
      : store_(store),
        clock_(clock),
        sessions_(sessions),
        credentials_(credentials),
        version_(std::move(version)),
        stale_after_(stale_after) {}

  // Of the integrations within `reach`.
  absl::StatusOr<v1::Status> Get(const Reach& reach = Reach::Everything());

  // What the agent of an integration says of its ledger; kept until it says otherwise.
  // Errors: INTEGRATION_NOT_ASSIGNED.
  absl::Status TakeLedger(const Session& session,
                          const v1::ReportLedgerRequest& request);

 private:
  absl::Status Look(Transaction& transaction, const std::string& id,
                    const std::string& standby, const Reach& reach,
                    v1::IntegrationStatus* status);
  absl::Status LookAtReport(Transaction& transaction, int64_t epoch,
                            v1::IntegrationStatus* status);
  absl::Status LookAtFreshness(Transaction& transaction, const std::string& id,
                               absl::Time last_good_export,
                               v1::IntegrationStatus* status);
  absl::Status LookAtRuns(Transaction& transaction, const std::string& id,
                          v1::IntegrationStatus* status);

  Store& store_;
  const Clock& clock_;
  SessionHub& sessions_;
  PortalCredentials& credentials_;
  const std::string version_;
  // Without a good export; infinite: never; nothing: as the schedule asks for exports.
  const std::optional<absl::Duration> stale_after_;
};

}  // namespace guestbridge::server
