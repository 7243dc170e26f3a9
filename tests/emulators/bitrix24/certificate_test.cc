// What OpenSSL says of the certificates that are made to be wrong.
#include "tests/emulators/bitrix24/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "tests/testing/temp_dir.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate Read(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr);
  Certificate certificate(PEM_read_X509(file, nullptr, nullptr, nullptr), X509_free);
  fclose(file);
  return certificate;
}

// X509_V_OK or the error, for a client that trusts ca.pem and asks for `host`.
int Verify(const CertificateOptions& options, const std::string& host) {
  const TempDir directory;
  const std::string path = directory.path();
  EXPECT_TRUE(MakeCertificate(path, options).ok());
  const Certificate ca = Read(path + "/ca.pem");
  const Certificate own = Read(path + "/cert.pem");
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, ca.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, own.get(), nullptr);
  X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host.c_str(), 0);
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

TEST(CertificateTest, AGoodOneIsTrustedForItsName) {
  EXPECT_EQ(Verify({}, "localhost"), X509_V_OK);
}

TEST(CertificateTest, EachFlawIsSeen) {
  EXPECT_EQ(Verify({}, "portal.example"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(Verify({.expired = true}, "localhost"), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(Verify({.future = true}, "localhost"), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(Verify({.self_signed = true}, "localhost"),
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  EXPECT_EQ(Verify({.missing_chain = true}, "localhost"),
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
