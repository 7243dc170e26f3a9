#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/certificate/certificate.h"

namespace guestbridge::server {

// The CAs of --client-ca. The handshake takes whatever ends in one of their roots: a
// certificate of another CA below the same root too, and one of the agents' CA. Here it
// is asked for each call who signed it. Thread-safe.
class ClientAuthority {
 public:
  // Those that issue: of `pem` all but CAs that signed another CA of it, which only
  // complete the chain. None when no certificate is left.
  static std::optional<ClientAuthority> Parse(absl::string_view pem);

  // Whether one of them signed the certificate by itself; times and the holding of the
  // key are the handshake's. Errors (UNAUTHENTICATED): CERTIFICATE_MISSING when `pem`
  // is empty, CERTIFICATE_OF_ANOTHER_CA.
  absl::Status Check(absl::string_view pem) const;

 private:
  explicit ClientAuthority(std::vector<Certificate> issuers)
      : issuers_(std::move(issuers)) {}

  std::vector<Certificate> issuers_;
};

}  // namespace guestbridge::server
