#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/integration.pb.h"
#include "server/identity/authorize.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Errors: INTEGRATION_NOT_FOUND.
absl::Status RequireIntegration(Transaction& transaction, const std::string& id);

// For what needs the settings of the connection. Errors: INTEGRATION_NOT_FOUND,
// CONNECTION_NOT_SET (FAILED_PRECONDITION: what was asked for is not the connection).
absl::Status RequireConnection(Transaction& transaction, const std::string& id);

// Integrations: the rules of IntegrationService. Errors are those of integration.proto.
// Thread-safe.
class Integrations {
 public:
  Integrations(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  absl::StatusOr<v1::Integration> Create(const v1::CreateIntegrationRequest& request);
  absl::StatusOr<v1::Integration> Get(const std::string& name);
  absl::StatusOr<v1::ListIntegrationsResponse> List(
      const v1::ListIntegrationsRequest& request,
      const Reach& reach = Reach::Everything());
  // `reach`: whose agents the caller may name as the standby.
  absl::StatusOr<v1::Integration> Update(const v1::UpdateIntegrationRequest& request,
                                         const Reach& reach = Reach::Everything());
  // Everything below it goes too, its runs included; the lease of its base stays.
  absl::Status Delete(const std::string& name, const std::string& etag);
  absl::StatusOr<v1::Integration> SetActive(const std::string& name, bool active,
                                            const std::string& etag);

 private:
  Store& store_;
  const Clock& clock_;
};

}  // namespace guestbridge::server
