#pragma once

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace guestbridge::server {

// Methods that say who may come, and with what: audit_identity_test.cc has their acts,
// audit_matrix_test.cc all others.
inline bool IsOfIdentity(absl::string_view method) {
  for (const absl::string_view service : {"ApiTokenService/", "SecretService/",
                                          "AgentEnrollmentService/", "AgentService/"}) {
    if (absl::StrContains(method, service)) return true;
  }
  return false;
}

}  // namespace guestbridge::server
