#include "tests/emulators/bitrix24/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&fclose)>;

constexpr long kDay = 24 * 3600;

Key MakeKey() { return Key(EVP_EC_gen("P-256"), EVP_PKEY_free); }

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// An unsigned certificate of `subject` issued by `issuer` (itself when null).
Certificate MakeUnsigned(const char* subject, EVP_PKEY* key, X509* issuer, long from,
                         long to) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  unsigned char serial[8];
  RAND_bytes(serial, sizeof(serial));
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x01);
  BIGNUM* number = BN_bin2bn(serial, sizeof(serial), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(),
                       issuer == nullptr ? name : X509_get_subject_name(issuer));
  return certificate;
}

File Open(const std::string& path) { return File(fopen(path.c_str(), "wb"), fclose); }

absl::Status WriteCertificate(const std::string& path, X509* certificate) {
  File file = Open(path);
  if (file == nullptr || PEM_write_X509(file.get(), certificate) != 1) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

absl::Status WriteKey(const std::string& path, EVP_PKEY* key) {
  File file = Open(path);
  if (file == nullptr || chmod(path.c_str(), 0600) != 0 ||
      PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeCertificate(const std::string& directory,
                             const CertificateOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const Key ca_key = MakeKey();
  const Key key = MakeKey();
  if (ca_key == nullptr || key == nullptr) return absl::InternalError("no key");

  const Certificate ca = MakeUnsigned("Emulator test authority", ca_key.get(), nullptr,
                                      -kDay, 3650 * kDay);
  bool good =
      AddExtension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      AddExtension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      AddExtension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
      X509_sign(ca.get(), ca_key.get(), EVP_sha256()) != 0;

  // What is below the authority but not in cert.pem, where a chain is to be missing.
  const Key middle_key =
      options.missing_chain ? MakeKey() : Key(nullptr, EVP_PKEY_free);
  Certificate middle(nullptr, X509_free);
  if (options.missing_chain && middle_key != nullptr) {
    middle = MakeUnsigned("Emulator issuing authority", middle_key.get(), ca.get(),
                          -kDay, 3650 * kDay);
    good = good &&
           AddExtension(middle.get(), ca.get(), NID_basic_constraints,
                        "critical,CA:TRUE") &&
           AddExtension(middle.get(), ca.get(), NID_subject_key_identifier, "hash") &&
           X509_sign(middle.get(), ca_key.get(), EVP_sha256()) != 0;
  }

  X509* issuer = options.self_signed ? nullptr : middle ? middle.get() : ca.get();
  EVP_PKEY* signing = options.self_signed ? key.get()
                      : middle            ? middle_key.get()
                                          : ca_key.get();
  const long from = options.future ? kDay : -2 * kDay;
  const long to = options.expired ? -kDay : 3650 * kDay;
  const Certificate certificate =
      MakeUnsigned("portal.test", key.get(), issuer, from, to);
  std::string names;
  for (const std::string& name : options.dns_names) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "DNS:", name);
  }
  for (const std::string& address : options.ip_addresses) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "IP:", address);
  }
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  good = good &&
         AddExtension(certificate.get(), signer, NID_basic_constraints,
                      "critical,CA:FALSE") &&
         AddExtension(certificate.get(), signer, NID_ext_key_usage, "serverAuth") &&
         AddExtension(certificate.get(), signer, NID_subject_key_identifier, "hash") &&
         (names.empty() ||
          AddExtension(certificate.get(), signer, NID_subject_alt_name, names)) &&
         X509_sign(certificate.get(), signing, EVP_sha256()) != 0;
  if (!good) return absl::InternalError("OpenSSL could not make the certificate");

  absl::Status status = WriteCertificate(directory + "/ca.pem", ca.get());
  if (status.ok()) {
    status = WriteCertificate(directory + "/cert.pem", certificate.get());
  }
  if (status.ok()) status = WriteKey(directory + "/key.pem", key.get());
  return status;
}

}  // namespace guestbridge::testing::bitrix24
