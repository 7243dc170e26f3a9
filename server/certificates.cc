#include "server/certificates.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {
namespace {

struct Free {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr int64_t kDay = 24 * 60 * 60;
constexpr int64_t kAuthorityLife = 3650 * kDay;
constexpr int64_t kServerLife = 365 * kDay;
constexpr int64_t kRenewBefore = 30 * kDay;

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return MakeError("TLS_FILE_UNREADABLE", {{"file", file}});
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Whole or not at all.
absl::Status WriteFile(const std::string& file, const std::string& text, mode_t mode) {
  const std::string fresh = file + ".new";
  const int out = open(fresh.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  const bool written =
      write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fchmod(out, mode) == 0 && fsync(out) == 0;
  close(out);
  if (written && rename(fresh.c_str(), file.c_str()) == 0) return absl::OkStatus();
  unlink(fresh.c_str());
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
}

Certificate ParseCertificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

// Encrypted keys would ask for a passphrase on the terminal: refuse instead.
int NoPassphrase(char*, int, int, void*) { return -1; }

Key ParseKey(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
}

std::string Drain(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string ToPem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Drain(bio);
}

std::string ToPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Drain(bio);
}

bool IsAddress(const std::string& name) {
  unsigned char buffer[16];
  return inet_pton(AF_INET, name.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, name.c_str(), buffer) == 1;
}

void Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension != nullptr) X509_add_ext(certificate, extension.get(), -1);
}

// An empty `issuer` makes an authority that signs itself.
Certificate Make(const std::string& common_name, const std::string& alternative_names,
                 EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, time_t now,
                 int64_t life) {
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, 2);
  unsigned char serial[16];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7F;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  // An hour back: clocks of agents may be a little behind.
  ASN1_TIME_set(X509_getm_notBefore(x), now - 3600);
  ASN1_TIME_set(X509_getm_notAfter(x), now + life);
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("guestbridge"), -1,
                             -1, 0);
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509* const signer = issuer == nullptr ? x : issuer;
  X509_set_issuer_name(x, X509_get_subject_name(signer));
  X509_set_pubkey(x, key);
  Extend(x, signer, NID_subject_key_identifier, "hash");
  if (issuer == nullptr) {
    Extend(x, signer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    Extend(x, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    Extend(x, signer, NID_basic_constraints, "critical,CA:FALSE");
    Extend(x, signer, NID_key_usage, "critical,digitalSignature");
    Extend(x, signer, NID_ext_key_usage, "serverAuth");
    Extend(x, signer, NID_authority_key_identifier, "keyid");
    Extend(x, signer, NID_subject_alt_name, alternative_names);
  }
  X509_sign(x, issuer_key == nullptr ? key : issuer_key, EVP_sha256());
  return certificate;
}

bool Covers(X509* certificate, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const int found = IsAddress(name)
                          ? X509_check_ip_asc(certificate, name.c_str(), 0)
                          : X509_check_host(certificate, name.c_str(), 0, 0, nullptr);
    if (found != 1) return false;
  }
  return true;
}

absl::Status Unusable(const std::string& file) {
  return MakeError("TLS_FILES_UNUSABLE", {{"file", file}});
}

}  // namespace

absl::StatusOr<ServerCertificate> ReadCertificate(const std::string& cert_file,
                                                  const std::string& key_file,
                                                  const std::string& client_ca_file) {
  if (cert_file.empty() || key_file.empty()) return MakeError("TLS_FILES_INCOMPLETE");
  ServerCertificate certificate;
  GB_ASSIGN_OR_RETURN(certificate.chain, ReadFile(cert_file));
  GB_ASSIGN_OR_RETURN(certificate.key, ReadFile(key_file));
  const Certificate parsed = ParseCertificate(certificate.chain);
  const Key key = ParseKey(certificate.key);
  if (parsed == nullptr) return Unusable(cert_file);
  if (key == nullptr || X509_check_private_key(parsed.get(), key.get()) != 1) {
    return Unusable(key_file);
  }
  if (!client_ca_file.empty()) {
    GB_ASSIGN_OR_RETURN(certificate.client_ca, ReadFile(client_ca_file));
    if (ParseCertificate(certificate.client_ca) == nullptr) {
      return Unusable(client_ca_file);
    }
  }
  return certificate;
}

absl::Status CheckAuthorityFile(const std::string& file) {
  const absl::StatusOr<std::string> pem = ReadFile(file);
  if (pem.ok() && ParseCertificate(*pem) != nullptr) return absl::OkStatus();
  return MakeError("EXTRA_CA_UNREADABLE", {{"file", file}});
}

absl::StatusOr<ServerCertificate> MakeCertificate(const DataDirectory& directory,
                                                  const std::vector<std::string>& names,
                                                  absl::Time now) {
  const std::string ca_file = directory.File("ca.pem");
  const std::string ca_key_file = directory.File("ca.key");
  const std::string cert_file = directory.File("server.pem");
  const std::string key_file = directory.File("server.key");
  const time_t seconds = absl::ToTimeT(now);

  Certificate authority;
  Key authority_key;
  if (access(ca_file.c_str(), F_OK) == 0) {
    GB_ASSIGN_OR_RETURN(const std::string pem, ReadFile(ca_file));
    GB_ASSIGN_OR_RETURN(const std::string key_pem, ReadFile(ca_key_file));
    authority = ParseCertificate(pem);
    authority_key = ParseKey(key_pem);
    if (authority == nullptr || authority_key == nullptr ||
        X509_check_private_key(authority.get(), authority_key.get()) != 1) {
      return Unusable(ca_file);
    }
  } else {
    authority_key.reset(EVP_EC_gen("P-256"));
    authority = Make("guestbridge server CA", "", authority_key.get(), nullptr, nullptr,
                     seconds, kAuthorityLife);
    // The key first: a certificate without its key could never be used again.
    GB_RETURN_IF_ERROR(WriteFile(ca_key_file, ToPem(authority_key.get()), 0600));
    GB_RETURN_IF_ERROR(WriteFile(ca_file, ToPem(authority.get()), 0644));
  }

  ServerCertificate result;
  if (access(cert_file.c_str(), F_OK) == 0 && access(key_file.c_str(), F_OK) == 0) {
    GB_ASSIGN_OR_RETURN(result.chain, ReadFile(cert_file));
    GB_ASSIGN_OR_RETURN(result.key, ReadFile(key_file));
    const Certificate present = ParseCertificate(result.chain);
    const Key key = ParseKey(result.key);
    time_t renew_at = seconds + kRenewBefore;
    if (present != nullptr && key != nullptr &&
        X509_check_private_key(present.get(), key.get()) == 1 &&
        X509_verify(present.get(), authority_key.get()) == 1 &&
        X509_cmp_time(X509_get0_notAfter(present.get()), &renew_at) > 0 &&
        Covers(present.get(), names)) {
      return result;
    }
  }
  const Key key(EVP_EC_gen("P-256"));
  const std::string alternative_names =
      absl::StrJoin(names, ",", [](std::string* out, const std::string& name) {
        absl::StrAppend(out, IsAddress(name) ? "IP:" : "DNS:", name);
      });
  const Certificate certificate =
      Make("guestbridge-server", alternative_names, key.get(), authority.get(),
           authority_key.get(), seconds, kServerLife);
  result.key = ToPem(key.get());
  result.chain = ToPem(certificate.get());
  GB_RETURN_IF_ERROR(WriteFile(key_file, result.key, 0600));
  GB_RETURN_IF_ERROR(WriteFile(cert_file, result.chain, 0644));
  return result;
}

}  // namespace guestbridge::server
