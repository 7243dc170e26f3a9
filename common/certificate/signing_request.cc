#include "common/certificate/signing_request.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "common/certificate/openssl_memory.h"
#include "common/status/error.h"

namespace guestbridge {
namespace {

constexpr size_t kMaxRequestBytes = 16 << 10;

struct FreeRequest {
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  void operator()(STACK_OF(X509_EXTENSION) * extensions) const {
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
};
using Request = std::unique_ptr<X509_REQ, FreeRequest>;
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeRequest>;

bool IsStrong(EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_EC:
      return EVP_PKEY_get_bits(&key) >= 256;
    case EVP_PKEY_ED25519:
      return true;
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(&key) >= 2048;
    default:
      return false;
  }
}

std::vector<std::string> CommonNames(X509_NAME* subject) {
  std::vector<std::string> names;
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
    names.push_back(TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return names;
}

std::vector<std::string> AlternativeNames(const STACK_OF(X509_EXTENSION) * asked) {
  std::vector<std::string> texts;
  // One that stands there twice is asked for as well.
  int at = -1;
  while ((at = X509v3_get_ext_by_NID(asked, NID_subject_alt_name, at)) >= 0) {
    auto* const names =
        static_cast<GENERAL_NAMES*>(X509V3_EXT_d2i(sk_X509_EXTENSION_value(asked, at)));
    if (names == nullptr) texts.emplace_back("?");
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
      const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
      const bool is_text =
          name->type == GEN_URI || name->type == GEN_DNS || name->type == GEN_EMAIL;
      texts.push_back(is_text ? TextOf(name->d.ia5) : "?");
    }
    GENERAL_NAMES_free(names);
  }
  return texts;
}

bool AsksForAuthority(const STACK_OF(X509_EXTENSION) * asked) {
  int at = -1;
  while ((at = X509v3_get_ext_by_NID(asked, NID_basic_constraints, at)) >= 0) {
    auto* const constraints = static_cast<BASIC_CONSTRAINTS*>(
        X509V3_EXT_d2i(sk_X509_EXTENSION_value(asked, at)));
    const bool authority = constraints == nullptr || constraints->ca != 0;
    BASIC_CONSTRAINTS_free(constraints);
    if (authority) return true;
  }
  at = -1;
  while ((at = X509v3_get_ext_by_NID(asked, NID_key_usage, at)) >= 0) {
    auto* const usage = static_cast<ASN1_BIT_STRING*>(
        X509V3_EXT_d2i(sk_X509_EXTENSION_value(asked, at)));
    constexpr int kKeyCertSign = 5;  // RFC 5280, 4.2.1.3.
    constexpr int kCrlSign = 6;
    const bool authority = usage == nullptr ||
                           ASN1_BIT_STRING_get_bit(usage, kKeyCertSign) == 1 ||
                           ASN1_BIT_STRING_get_bit(usage, kCrlSign) == 1;
    ASN1_BIT_STRING_free(usage);
    if (authority) return true;
  }
  return false;
}

}  // namespace

std::string MakeSigningRequest(EVP_PKEY& private_key, const std::string& common_name) {
  const Request request(X509_REQ_new());
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  X509_NAME_add_entry_by_txt(
      X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_REQ_set_pubkey(request.get(), &private_key);
  const bool hashes = EVP_PKEY_get_base_id(&private_key) == EVP_PKEY_ED25519;
  X509_REQ_sign(request.get(), &private_key, hashes ? nullptr : EVP_sha256());
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return Drain(bio);
}

absl::StatusOr<SigningRequest> ReadSigningRequest(absl::string_view pem) {
  if (pem.size() > kMaxRequestBytes) return MakeError("SIGNING_REQUEST_INVALID");
  const Bio bio = ReadFrom(pem);
  const Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return MakeError("SIGNING_REQUEST_INVALID");
  SigningRequest read;
  read.public_key.reset(X509_REQ_get_pubkey(request.get()));
  if (read.public_key == nullptr) return MakeError("SIGNING_REQUEST_INVALID");
  // First: checking the signature of a monstrous key is work that anybody could order.
  if (!IsStrong(*read.public_key)) return MakeError("SIGNING_REQUEST_KEY_WEAK");
  if (X509_REQ_verify(request.get(), read.public_key.get()) != 1) {
    return MakeError("SIGNING_REQUEST_INVALID");
  }
  read.common_names = CommonNames(X509_REQ_get_subject_name(request.get()));
  const Extensions asked(X509_REQ_get_extensions(request.get()));
  read.alternative_names = AlternativeNames(asked.get());
  read.for_authority = AsksForAuthority(asked.get());
  return read;
}

}  // namespace guestbridge
