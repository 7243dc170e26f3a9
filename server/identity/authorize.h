#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "server/identity/caller.h"

namespace guestbridge::server {

// Which integrations a caller may touch with one method. Immutable.
class Reach {
 public:
  // None.
  Reach() = default;
  static Reach Everything();
  // Those on which one of `grants` allows `method`.
  static Reach Of(absl::string_view method, const std::vector<Grant>& grants);

  // All integrations, and what belongs to none.
  bool everything() const { return everything_; }
  bool nothing() const { return !everything_ && integrations_.empty(); }
  bool Has(absl::string_view integration) const;  // Short id.

 private:
  bool everything_ = false;
  std::vector<std::string> integrations_;
};

// Whether `caller` may call `method` ("/package.Service/Method") with `request`; no
// caller: without a token. The one place that decides, and it asks nobody whether what
// the request names exists: a name that is foreign and one that is not there are
// refused alike. No request: what it names is not known, and the caller needs the role
// on anything. A method without a row in the permission table is for admins of
// everything only. Errors: TOKEN_MISSING (UNAUTHENTICATED); ROLE_MISSING
// (PERMISSION_DENIED; parameters role, role_needed, method, object);
// AGENT_NAME_FOREIGN (PERMISSION_DENIED; parameters agent, name).
absl::Status Authorize(absl::string_view method, const std::optional<Caller>& caller,
                       const google::protobuf::Message* request);

// The short id of the integration that a request of `method` names; empty: none, or no
// integration can have that name.
std::string IntegrationNamedBy(absl::string_view method,
                               const google::protobuf::Message& request);

// The refusal of Authorize, for what only a handler can know. `object`: a resource
// name; "integrations/-": everything.
absl::Status RoleMissing(absl::string_view method, const Caller& caller,
                         absl::string_view object);

}  // namespace guestbridge::server
