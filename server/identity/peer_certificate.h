#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/security/auth_context.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Whom a certificate proves, and until when.
struct CertifiedAgent {
  std::string name;
  absl::Time certificate_end;
};

// The agent whose certificate the peer of a connection showed; none when it showed
// none, or one that is no agent's. The transport has proved that the peer holds the
// certificate's key; here it is compared with those that the store says were issued
// last, so a certificate of another authority is never taken. To be asked for each
// call: connections live longer than certificates. Thread-safe. Errors
// (UNAUTHENTICATED; parameter agent): CERTIFICATE_UNKNOWN, CERTIFICATE_OUTDATED,
// CERTIFICATE_NOT_YET_VALID, AGENT_EVICTED; AGENT_BANNED (PERMISSION_DENIED); those of
// the store.
absl::StatusOr<std::optional<CertifiedAgent>> AgentOfPeer(Store& store,
                                                          const grpc::AuthContext& peer,
                                                          absl::Time now);

// As above, of a certificate as PEM.
absl::StatusOr<std::optional<CertifiedAgent>> AgentOfCertificate(Store& store,
                                                                 absl::string_view pem,
                                                                 absl::Time now);

// The peer's certificate as PEM; empty when it showed none.
std::string CertificateOfPeer(const grpc::AuthContext& peer);

// The alternative name in the certificate of an agent: "guestbridge://agents/hotel-1".
std::string AgentUri(absl::string_view agent);

inline constexpr absl::string_view kEnrollmentKeys = "enrollments/";
// Where the store keeps what proves who is this agent (EnrollmentRecord).
std::string EnrollmentKey(absl::string_view agent);

}  // namespace guestbridge::server
