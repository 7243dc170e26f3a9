#include "server/identity/client_authority.h"

#include <algorithm>

#include "common/status/error.h"

namespace guestbridge::server {
namespace {

// A renewed root has the name and the key of the one before, and is not below it.
bool IsAbove(X509& certificate, X509& other) {
  return IsAuthority(other) && !IsIssuedBy(other, other) &&
         IsIssuedBy(other, certificate);
}

}  // namespace

std::optional<ClientAuthority> ClientAuthority::Parse(absl::string_view pem) {
  std::vector<Certificate> all = ParseCertificates(pem);
  std::vector<bool> completes;
  for (const Certificate& one : all) {
    completes.push_back(
        std::any_of(all.begin(), all.end(), [&](const Certificate& other) {
          return other != one && IsAbove(*one, *other);
        }));
  }
  std::vector<Certificate> issuers;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!completes[i]) issuers.push_back(std::move(all[i]));
  }
  if (issuers.empty()) return std::nullopt;
  return ClientAuthority(std::move(issuers));
}

absl::Status ClientAuthority::Check(absl::string_view pem) const {
  if (pem.empty()) return MakeError("CERTIFICATE_MISSING");
  const Certificate shown = ParseCertificate(pem);
  if (shown != nullptr &&
      std::any_of(issuers_.begin(), issuers_.end(), [&](const Certificate& issuer) {
        return IsIssuedBy(*shown, *issuer);
      })) {
    return absl::OkStatus();
  }
  return MakeError("CERTIFICATE_OF_ANOTHER_CA");
}

}  // namespace guestbridge::server
