#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace guestbridge {

struct FreeTrustStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using TrustStore = std::unique_ptr<X509_STORE, FreeTrustStore>;

// The system's authorities and those of a PEM file; an empty name: the system's alone.
// Reading the system's hundred and more costs as much as a thousand requests do, so
// clients share what was read until one of the files changes. Thread-safe.
// Errors: EXTRA_CA_UNREADABLE (INVALID_ARGUMENT).
absl::StatusOr<TrustStore> SharedTrustStore(const std::string& extra_ca_file);

}  // namespace guestbridge
