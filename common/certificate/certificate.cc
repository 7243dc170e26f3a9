#include "common/certificate/certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

#include "common/certificate/openssl_memory.h"
#include "common/secret/digest.h"

namespace guestbridge {
namespace {

// Encrypted keys would ask for a passphrase on the terminal: refuse instead.
int NoPassphrase(char*, int, int, void*) { return -1; }

void AddName(X509_NAME* subject, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.c_str()), -1,
                             -1, 0);
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

void SetSerial(X509* certificate, Random& random) {
  unsigned char serial[16];
  for (size_t i = 0; i < sizeof serial; i += sizeof(uint64_t)) {
    const uint64_t bits = random.Next64();
    for (size_t j = 0; j < sizeof bits; ++j) {
      serial[i + j] = static_cast<unsigned char>(bits >> (8 * j));
    }
  }
  serial[0] &= 0x7F;  // Positive.
  BIGNUM* const number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

Certificate Draft(const std::string& common_name, EVP_PKEY& public_key,
                  const Validity& validity, Random& random) {
  Certificate certificate(X509_new());
  X509* const x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  SetSerial(x, random);
  ASN1_TIME_set(X509_getm_notBefore(x), absl::ToTimeT(validity.begin));
  ASN1_TIME_set(X509_getm_notAfter(x), absl::ToTimeT(validity.end));
  AddName(X509_get_subject_name(x), "O", "guestbridge");
  AddName(X509_get_subject_name(x), "CN", common_name);
  if (X509_set_pubkey(x, &public_key) != 1) return nullptr;
  return certificate;
}

// Ed25519 and Ed448 hash by themselves.
bool Sign(X509* certificate, EVP_PKEY& key) {
  const int kind = EVP_PKEY_get_base_id(&key);
  const bool hashes = kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448;
  return X509_sign(certificate, &key, hashes ? nullptr : EVP_sha256()) > 0;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace

void FreeCertificate::operator()(X509* certificate) const { X509_free(certificate); }
void FreeCertificate::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

Certificate ParseCertificate(absl::string_view pem) {
  const Bio bio = ReadFrom(pem);
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::vector<Certificate> ParseCertificates(absl::string_view pem) {
  const Bio bio = ReadFrom(pem);
  std::vector<Certificate> all;
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    all.emplace_back(next);
  }
  ERR_clear_error();  // That no more of them comes.
  return all;
}

CertificateKey ParsePrivateKey(absl::string_view pem) {
  const Bio bio = ReadFrom(pem);
  return CertificateKey(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
}

std::string ToPem(X509& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return Drain(bio);
}

SecretString ToPem(EVP_PKEY& private_key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(bio.get(), &private_key, nullptr, nullptr, 0, nullptr,
                           nullptr);
  return SecretString(Drain(bio));
}

CertificateKey MakePrivateKey() { return CertificateKey(EVP_EC_gen("P-256")); }

bool BelongTogether(X509& certificate, EVP_PKEY& private_key) {
  return X509_check_private_key(&certificate, &private_key) == 1;
}

bool IsAuthority(X509& certificate) { return X509_check_ca(&certificate) == 1; }

bool IsIssuedBy(X509& certificate, X509& issuer) {
  if (X509_NAME_cmp(X509_get_issuer_name(&certificate),
                    X509_get_subject_name(&issuer)) != 0) {
    return false;
  }
  EVP_PKEY* const key = X509_get0_pubkey(&issuer);
  const bool signed_by = key != nullptr && X509_verify(&certificate, key) == 1;
  ERR_clear_error();
  return signed_by;
}

std::string FingerprintOf(X509& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(&certificate, &der);
  if (size <= 0) return "";
  std::string digest = Sha256Hex(
      absl::string_view(reinterpret_cast<char*>(der), static_cast<size_t>(size)));
  OPENSSL_free(der);
  return digest;
}

std::string PublicKeyDigest(EVP_PKEY& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(&key, &der);
  if (size <= 0) return "";
  std::string digest = Sha256Hex(
      absl::string_view(reinterpret_cast<char*>(der), static_cast<size_t>(size)));
  OPENSSL_free(der);
  return digest;
}

Validity ValidityOf(X509& certificate) {
  return {ToTime(X509_get0_notBefore(&certificate)),
          ToTime(X509_get0_notAfter(&certificate))};
}

std::vector<std::string> UriNamesOf(X509& certificate) {
  const auto names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name,
                                                   /*crit=*/nullptr, /*idx=*/nullptr));
  std::vector<std::string> uris = UriNamesIn(names);
  GENERAL_NAMES_free(names);
  return uris;
}

Certificate IssueCertificate(const CertificateTerms& terms, EVP_PKEY& public_key,
                             X509& issuer, EVP_PKEY& issuer_key, Random& random) {
  Certificate certificate =
      Draft(terms.common_name, public_key, terms.validity, random);
  X509* const x = certificate.get();
  if (x == nullptr) return nullptr;
  X509_set_issuer_name(x, X509_get_subject_name(&issuer));
  const bool whole =
      Extend(x, &issuer, NID_subject_key_identifier, "hash") &&
      Extend(x, &issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      Extend(x, &issuer, NID_key_usage, "critical,digitalSignature") &&
      Extend(x, &issuer, NID_ext_key_usage, terms.extended_key_usage) &&
      Extend(x, &issuer, NID_authority_key_identifier, "keyid") &&
      Extend(x, &issuer, NID_subject_alt_name, terms.alternative_names) &&
      Sign(x, issuer_key);
  return whole ? std::move(certificate) : nullptr;
}

Certificate MakeAuthority(const std::string& common_name, EVP_PKEY& private_key,
                          const Validity& validity, Random& random) {
  Certificate certificate = Draft(common_name, private_key, validity, random);
  X509* const x = certificate.get();
  if (x == nullptr) return nullptr;
  X509_set_issuer_name(x, X509_get_subject_name(x));
  const bool whole =
      Extend(x, x, NID_subject_key_identifier, "hash") &&
      Extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      Extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      Sign(x, private_key);
  return whole ? std::move(certificate) : nullptr;
}

}  // namespace guestbridge
