#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>

#include "common/certificate/certificate.h"

namespace guestbridge::server {

struct Authority {
  Certificate certificate;
  CertificateKey key;
};

// A CA below `above`; its own root when there is none. For an hour before and after
// now. MakeAuthority's sign no CAs.
inline Authority MakeCa(const std::string& name, const Authority* above,
                        CertificateKey key = MakePrivateKey()) {
  static int serial = 0;
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                             -1, 0);
  X509* const issuer = above == nullptr ? made.get() : above->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(made.get(), key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, made.get(), nullptr, nullptr, 0);
  for (const auto& [nid, value] : {std::pair(NID_basic_constraints, "critical,CA:TRUE"),
                                   std::pair(NID_subject_key_identifier, "hash")}) {
    X509_EXTENSION* const words = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(made.get(), words, -1);
    X509_EXTENSION_free(words);
  }
  X509_sign(made.get(), above == nullptr ? key.get() : above->key.get(), EVP_sha256());
  return {std::move(made), std::move(key)};
}

}  // namespace guestbridge::server
