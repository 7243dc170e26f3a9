#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"

// X.509 certificates and their keys. PEM on disk and on the wire.
namespace guestbridge {

struct FreeCertificate {
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
// Or a public key alone.
using CertificateKey = std::unique_ptr<EVP_PKEY, FreeCertificate>;

// The first certificate in `pem`; null when there is none.
Certificate ParseCertificate(absl::string_view pem);
// All of them, in their order.
std::vector<Certificate> ParseCertificates(absl::string_view pem);
// Null when `pem` holds no private key, or one that asks for a passphrase.
CertificateKey ParsePrivateKey(absl::string_view pem);
std::string ToPem(X509& certificate);
SecretString ToPem(EVP_PKEY& private_key);

// EC P-256, from OpenSSL's own generator.
CertificateKey MakePrivateKey();
// The certificate is for this private key.
bool BelongTogether(X509& certificate, EVP_PKEY& private_key);
// May sign other certificates, by its own words.
bool IsAuthority(X509& certificate);

// `issuer` signed it, by name and by key. Says nothing of times, nor of what `issuer`
// may sign.
bool IsIssuedBy(X509& certificate, X509& issuer);

// SHA-256 of the whole certificate, lower-case hex.
std::string FingerprintOf(X509& certificate);
// SHA-256 of the public key with its algorithm, lower-case hex.
std::string PublicKeyDigest(EVP_PKEY& key);

// Valid from `begin`, and no longer at `end`. Whole seconds.
struct Validity {
  absl::Time begin;
  absl::Time end;
};
// InfinitePast for a time that can't be read.
Validity ValidityOf(X509& certificate);
// The URIs among its alternative names.
std::vector<std::string> UriNamesOf(X509& certificate);

// What a certificate says. Its key may sign handshakes and nothing else.
struct CertificateTerms {
  std::string common_name;
  // As in openssl.cnf: "DNS:localhost,IP:127.0.0.1".
  std::string alternative_names;
  // "serverAuth" or "clientAuth".
  std::string extended_key_usage;
  Validity validity;
};
// `random` gives the serial number. Null when the terms or a key are unusable.
Certificate IssueCertificate(const CertificateTerms& terms, EVP_PKEY& public_key,
                             X509& issuer, EVP_PKEY& issuer_key, Random& random);
// One that signs itself, and others, but no other authority.
Certificate MakeAuthority(const std::string& common_name, EVP_PKEY& private_key,
                          const Validity& validity, Random& random);

}  // namespace guestbridge
