#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/certificate/certificate.h"

// Requests for certificates (PKCS#10, PEM).
namespace guestbridge {

// Asks for a certificate of this key under this name, and proves that the key is held.
std::string MakeSigningRequest(EVP_PKEY& private_key, const std::string& common_name);

struct SigningRequest {
  CertificateKey public_key;
  std::vector<std::string> common_names;
  // URIs, DNS names, addresses and so on; what is no text is there as "?".
  std::vector<std::string> alternative_names;
  // Asks for the right to sign certificates or revocations.
  bool for_authority = false;
};

// Reads a request whose signature proves that the asker holds the key. Errors:
// SIGNING_REQUEST_INVALID; SIGNING_REQUEST_KEY_WEAK (anything but EC of 256 bits or
// more, Ed25519, RSA of 2048 bits or more).
absl::StatusOr<SigningRequest> ReadSigningRequest(absl::string_view pem);

}  // namespace guestbridge
