#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/certificate/certificate.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"

namespace guestbridge::server {

// Signs the certificates of agents. Thread-safe.
class AgentAuthority {
 public:
  struct Options {
    // PEM: the authority's certificate first, then those above it, if any.
    std::string chain;
    SecretString key;
    // For errors: where `chain` is from.
    std::string file;
    absl::Duration certificate_life = absl::Hours(7 * 24);
  };
  // Errors: AGENT_AUTHORITY_UNUSABLE.
  static absl::StatusOr<AgentAuthority> Open(Options options, absl::Time now,
                                             Random& random);

  struct Issued {
    std::string chain;  // PEM: the agent's certificate, then the authority's.
    std::string fingerprint;
    absl::Time end;
  };
  // PEM: the authority's certificate, then those above it.
  const std::string& chain() const { return options_.chain; }

  // The key that a request (PEM) proves, for which this agent may have a certificate.
  // Errors: those of ReadSigningRequest; SIGNING_REQUEST_NAME_FOREIGN,
  // SIGNING_REQUEST_FOR_AUTHORITY.
  static absl::StatusOr<CertificateKey> CheckRequest(const std::string& agent,
                                                     absl::string_view signing_request);

  // Name, uses and time are written here; it ends no later than the authority.
  // Errors: AGENT_AUTHORITY_UNUSABLE (it has expired).
  absl::StatusOr<Issued> Issue(const std::string& agent, EVP_PKEY& public_key,
                               absl::Time now) const;

 private:
  AgentAuthority(Options options, Certificate certificate, CertificateKey key,
                 Random& random)
      : options_(std::move(options)),
        certificate_(std::move(certificate)),
        key_(std::move(key)),
        random_(random) {}

  Options options_;
  Certificate certificate_;
  CertificateKey key_;
  Random& random_;
};

}  // namespace guestbridge::server
