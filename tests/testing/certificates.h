#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

// Certificates made on the spot, for servers of tests.
namespace guestbridge::testing {

struct FreeX509 {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeX509>;

// One authority and what it signs. P-256 keys. Writes PEM files.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name = "Test CA")
      : key_(EVP_EC_gen("P-256")) {
    certificate_ = Make(common_name, "", key_.get(), /*ca=*/true, 1, 3600);
  }

  // The file for the side that verifies.
  void WriteCa(const std::string& file) const { Write(file, certificate_.get()); }

  // `names`: as in openssl.cnf, e.g. "DNS:portal.example.org,IP:127.0.0.1". Valid from
  // an hour ago until `seconds` from now; negative: expired.
  void Issue(const std::string& names, const std::string& cert_file,
             const std::string& key_file, int64_t seconds = 3600) {
    const PrivateKey key(EVP_EC_gen("P-256"));
    const Certificate made =
        Make("server", names, key.get(), /*ca=*/false, ++serial_, seconds);
    Write(cert_file, made.get());
    FILE* out = Open(key_file);
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    fclose(out);
  }

 private:
  static FILE* Open(const std::string& file) {
    FILE* out = fopen(file.c_str(), "w");
    if (out == nullptr) std::abort();
    return out;
  }

  static void Write(const std::string& file, X509* certificate) {
    FILE* out = Open(file);
    PEM_write_X509(out, certificate);
    fclose(out);
  }

  static void Extend(X509* certificate, X509* issuer, int nid,
                     const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) std::abort();
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  Certificate Make(const std::string& common_name, const std::string& names,
                   EVP_PKEY* key, bool ca, int64_t serial, int64_t seconds) const {
    Certificate made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509* issuer = ca ? made.get() : certificate_.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    Extend(made.get(), issuer, NID_basic_constraints,
           ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    Extend(made.get(), issuer, NID_subject_key_identifier, "hash");
    if (!names.empty()) Extend(made.get(), issuer, NID_subject_alt_name, names);
    X509_sign(made.get(), key_.get(), EVP_sha256());
    return made;
  }

  PrivateKey key_;
  Certificate certificate_;
  int64_t serial_ = 1;
};

}  // namespace guestbridge::testing
