#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CERTIFICATE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace guestbridge::testing::bitrix24 {

// What a test wants wrong with its certificate.
struct CertificateOptions {
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1"};
  bool expired = false;        // valid until yesterday
  bool self_signed = false;    // not signed by ca.pem
  bool future = false;         // valid from tomorrow
  bool missing_chain = false;  // signed by an authority below ca.pem that is not sent
};

// Writes ca.pem, cert.pem and key.pem into `directory`, which is made when absent: a
// new test authority and a server certificate signed by it, valid for ten years.
// Errors: UNAVAILABLE when a file can't be written, INTERNAL from OpenSSL.
absl::Status MakeCertificate(const std::string& directory,
                             const CertificateOptions& options);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CERTIFICATE_H_
