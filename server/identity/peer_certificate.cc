#include "server/identity/peer_certificate.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/certificate/certificate.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpc/grpc_security_constants.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kAgentUris = "guestbridge://agents/";

// None when no name is an agent's.
std::optional<std::string> NamedAgent(X509& certificate) {
  for (const std::string& uri : UriNamesOf(certificate)) {
    absl::string_view name = uri;
    if (absl::ConsumePrefix(&name, kAgentUris)) return std::string(name);
  }
  return std::nullopt;
}

const store::EnrollmentRecord::Certificate* FindIssued(
    const store::EnrollmentRecord& enrollment, const std::string& fingerprint) {
  for (const auto* issued : {&enrollment.current(), &enrollment.previous()}) {
    if (issued->fingerprint() == fingerprint) return issued;
  }
  return nullptr;
}

// What becomes of an agent is told to who holds its key, and to nobody else.
absl::Status CheckRecord(Transaction& transaction, const std::string& agent,
                         const std::string& fingerprint) {
  GB_ASSIGN_OR_RETURN(const auto enrollment, GetRecord<store::EnrollmentRecord>(
                                                 transaction, EnrollmentKey(agent)));
  const auto* const issued =
      enrollment.has_value() ? FindIssued(enrollment->value, fingerprint) : nullptr;
  if (issued == nullptr) return MakeError("CERTIFICATE_UNKNOWN", {{"agent", agent}});
  GB_ASSIGN_OR_RETURN(const auto known,
                      GetRecord<store::AgentRecord>(transaction, AgentName(agent)));
  if (known.has_value() && known->value.banned()) {
    return MakeError("AGENT_BANNED", {{"agent", agent}});
  }
  if (issued->generation() == enrollment->value.generation()) return absl::OkStatus();
  return MakeError("AGENT_EVICTED", {{"agent", agent}});
}

}  // namespace

std::string AgentUri(absl::string_view agent) {
  return absl::StrCat(kAgentUris, agent);
}

std::string EnrollmentKey(absl::string_view agent) {
  return absl::StrCat(kEnrollmentKeys, agent);
}

std::string CertificateOfPeer(const grpc::AuthContext& peer) {
  const std::vector<grpc::string_ref> shown =
      peer.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return shown.empty() ? "" : std::string(shown[0].data(), shown[0].size());
}

absl::StatusOr<std::optional<CertifiedAgent>> AgentOfCertificate(Store& store,
                                                                 absl::string_view pem,
                                                                 absl::Time now) {
  const Certificate certificate = ParseCertificate(pem);
  if (certificate == nullptr) return std::optional<CertifiedAgent>();
  const std::optional<std::string> agent = NamedAgent(*certificate);
  if (!agent.has_value()) return std::optional<CertifiedAgent>();
  // What does not look like a name of ours is not repeated.
  if (!IsAgentId(*agent)) return MakeError("CERTIFICATE_UNKNOWN", {{"agent", "?"}});
  const std::string fingerprint = FingerprintOf(*certificate);
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) {
    return CheckRecord(transaction, *agent, fingerprint);
  }));
  const Validity validity = ValidityOf(*certificate);
  if (now < validity.begin) {
    return MakeError("CERTIFICATE_NOT_YET_VALID", {{"agent", *agent}});
  }
  if (now >= validity.end) {
    return MakeError("CERTIFICATE_OUTDATED", {{"agent", *agent}});
  }
  return std::optional<CertifiedAgent>({*agent, validity.end});
}

absl::StatusOr<std::optional<CertifiedAgent>> AgentOfPeer(Store& store,
                                                          const grpc::AuthContext& peer,
                                                          absl::Time now) {
  const std::string pem = CertificateOfPeer(peer);
  if (pem.empty()) return std::optional<CertifiedAgent>();
  return AgentOfCertificate(store, pem, now);
}

}  // namespace guestbridge::server
