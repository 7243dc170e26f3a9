#include "server/identity/client_authority.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "server/identity/made_authority_test.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::server {
namespace {

class ClientAuthorityTest : public ::testing::Test {
 protected:
  std::string Leaf(const Authority& issuer) {
    CertificateTerms terms;
    terms.common_name = "desk";
    terms.alternative_names = "DNS:desk";
    terms.extended_key_usage = "clientAuth";
    terms.validity = {clock_.Now() - absl::Hours(1), clock_.Now() + absl::Hours(1)};
    return ToPem(*IssueCertificate(terms, *MakePrivateKey(), *issuer.certificate,
                                   *issuer.key, random_));
  }

  static std::string Reason(const std::string& file, const std::string& shown) {
    const auto authority = ClientAuthority::Parse(file);
    return authority.has_value() ? ReasonOf(authority->Check(shown)) : "none";
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_;
  const Authority root_ = MakeCa("root", nullptr);
  const Authority desks_ = MakeCa("desks", &root_);
  const Authority others_ = MakeCa("others", &root_);
  const std::string root_pem_ = ToPem(*root_.certificate);
  const std::string desks_pem_ = ToPem(*desks_.certificate);
};

TEST_F(ClientAuthorityTest, OnlyWhatTheNamedCaSignedItselfIsTaken) {
  for (const std::string& file :
       {desks_pem_, desks_pem_ + root_pem_, root_pem_ + desks_pem_}) {
    EXPECT_EQ(Reason(file, Leaf(desks_)), "");
    EXPECT_EQ(Reason(file, Leaf(others_)), "CERTIFICATE_OF_ANOTHER_CA");
    EXPECT_EQ(Reason(file, Leaf(root_)), "CERTIFICATE_OF_ANOTHER_CA");
    EXPECT_EQ(Reason(file, Leaf(MakeCa("desks", nullptr))), "CERTIFICATE_OF_ANOTHER_CA")
        << "the same name, another key";
    EXPECT_EQ(Reason(file, Leaf(MakeCa("below", &desks_))),
              "CERTIFICATE_OF_ANOTHER_CA");
    EXPECT_EQ(Reason(file, ""), "CERTIFICATE_MISSING");
    EXPECT_EQ(Reason(file, "no certificate"), "CERTIFICATE_OF_ANOTHER_CA");
  }
}

TEST_F(ClientAuthorityTest, ARootAloneIsTheNamedCa) {
  EXPECT_EQ(Reason(root_pem_, Leaf(root_)), "");
  EXPECT_EQ(Reason(root_pem_, Leaf(desks_)), "CERTIFICATE_OF_ANOTHER_CA");
}

TEST_F(ClientAuthorityTest, SeveralNamedCasCountEach) {
  const std::string file =
      absl::StrCat(desks_pem_, ToPem(*others_.certificate), root_pem_);
  EXPECT_EQ(Reason(file, Leaf(desks_)), "");
  EXPECT_EQ(Reason(file, Leaf(others_)), "");
  EXPECT_EQ(Reason(file, Leaf(root_)), "CERTIFICATE_OF_ANOTHER_CA");
}

TEST_F(ClientAuthorityTest, ARootThatWasRenewedUnderItsKeyCountsBesideTheOldOne) {
  EVP_PKEY_up_ref(root_.key.get());
  const Authority renewed = MakeCa("root", nullptr, CertificateKey(root_.key.get()));
  EXPECT_EQ(Reason(root_pem_ + ToPem(*renewed.certificate), Leaf(root_)), "");
}

TEST_F(ClientAuthorityTest, AFileWithoutCertificatesNamesNone) {
  EXPECT_EQ(Reason("", Leaf(root_)), "none");
  EXPECT_EQ(Reason("no certificate", Leaf(root_)), "none");
}

}  // namespace
}  // namespace guestbridge::server
