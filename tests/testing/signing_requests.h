#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

namespace guestbridge::testing {

// A request for a certificate (PKCS#10, PEM) that asks for one extension, as
// openssl.cnf writes it: RequestWith(key, "hotel-1", NID_basic_constraints, "CA:TRUE").
inline std::string RequestWith(EVP_PKEY& key, const std::string& common_name, int nid,
                               const std::string& value) {
  X509_REQ* const request = X509_REQ_new();
  X509_NAME_add_entry_by_txt(
      X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_REQ_set_pubkey(request, &key);
  STACK_OF(X509_EXTENSION)* const asked = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(asked,
                         X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  X509_REQ_add_extensions(request, asked);
  sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
  X509_REQ_sign(request, &key, EVP_sha256());
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_REQ(bio, request);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  X509_REQ_free(request);
  return pem;
}

}  // namespace guestbridge::testing
