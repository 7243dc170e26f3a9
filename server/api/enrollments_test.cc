#include "server/api/enrollments.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "server/api/enrollments_fixture_test.h"
#include "tests/testing/signing_requests.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::RequestWith;
using ::guestbridge::testing::StatusIs;

constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class EnrollmentsTest : public EnrollmentsFixture {};

TEST_F(EnrollmentsTest, ATokenAndAKeyGiveACertificateThatTheServerWroteItself) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto chain = Join("hotel-1", token, *key);
  ASSERT_THAT(chain, IsOk());
  const Certificate certificate = ParseCertificate(*chain);
  ASSERT_NE(certificate, nullptr);
  EXPECT_TRUE(BelongTogether(*certificate, *key));
  EXPECT_FALSE(IsAuthority(*certificate));
  EXPECT_EQ(UriNamesOf(*certificate),
            std::vector<std::string>{"guestbridge://agents/hotel-1"});
  EXPECT_EQ(X509_get_extended_key_usage(certificate.get()),
            static_cast<uint32_t>(XKU_SSL_CLIENT));
  EXPECT_EQ(X509_get_key_usage(certificate.get()),
            static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(
      ValidityOf(*certificate).end,
      absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now())) + absl::Hours(7 * 24));
  EXPECT_EQ(**Shown(*chain), "hotel-1");
}

TEST_F(EnrollmentsTest, TheStoreDoesNotHoldTheToken) {
  const std::string token = CreateToken("hotel-1");
  EXPECT_GE(token.size(), 52u);
  ASSERT_THAT(store_->Read([&](Transaction& transaction) -> absl::Status {
    const auto document = transaction.Get("enrollments/hotel-1");
    EXPECT_EQ(document->value().body.find(token.substr(4)), std::string::npos);
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(EnrollmentsTest, TheSameKeyGetsItsCertificateAgainAndAnotherKeyNothing) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto first = Join("hotel-1", token, *key);
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(*Join("hotel-1", token, *key), *first);
  EXPECT_THAT(Join("hotel-1", token, *MakePrivateKey()),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_USED"));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Join("hotel-1", token, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_USED"));
  EXPECT_EQ(**Shown(*first), "hotel-1");
}

TEST_F(EnrollmentsTest, OfFiftyKeysThatRaceForOneTokenOneWins) {
  const std::string token = CreateToken("hotel-1");
  std::atomic<int> won = 0;
  std::atomic<int> used = 0;
  std::vector<std::string> requests;
  for (int i = 0; i < 50; ++i) {
    requests.push_back(MakeSigningRequest(*MakePrivateKey(), "hotel-1"));
  }
  std::vector<std::thread> clients;
  for (const std::string& request : requests) {
    clients.emplace_back([&] {
      const auto joined = JoinWith("hotel-1", token, request);
      if (joined.ok()) ++won;
      if (ReasonOf(joined.status()) == "JOIN_TOKEN_USED") ++used;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(used, 49);
}

TEST_F(EnrollmentsTest, UnknownExpiredAndReplacedTokensAreToldApart) {
  const CertificateKey key = MakePrivateKey();
  const std::string token = CreateToken("hotel-1");
  const std::string other = CreateToken("hotel-2");
  EXPECT_THAT(Join("hotel-1", "gbj_x", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-1", "", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-3", "", *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  EXPECT_THAT(Join("hotel-1", other, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  const std::string newer = CreateToken("hotel-1");
  EXPECT_THAT(Join("hotel-1", token, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_UNKNOWN"));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Join("hotel-1", newer, *key),
              StatusIs(kUnauthenticated, "JOIN_TOKEN_EXPIRED"));
}

TEST_F(EnrollmentsTest, WhatARequestMayNotAskForIsRefusedAndTheTokenStaysGood) {
  const std::string token = CreateToken("hotel-1");
  const CertificateKey key = MakePrivateKey();
  const auto refused = [&](const std::string& request, const std::string& reason) {
    EXPECT_THAT(JoinWith("hotel-1", token, request), StatusIs(kInvalid, reason));
  };
  refused("", "SIGNING_REQUEST_INVALID");
  refused(std::string(100000, 'x'), "SIGNING_REQUEST_INVALID");
  refused(MakeSigningRequest(*key, "hotel-2"), "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_subject_alt_name,
                      "URI:guestbridge://agents/hotel-2"),
          "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_subject_alt_name, "IP:127.0.0.1"),
          "SIGNING_REQUEST_NAME_FOREIGN");
  refused(RequestWith(*key, "hotel-1", NID_basic_constraints, "CA:TRUE"),
          "SIGNING_REQUEST_FOR_AUTHORITY");
  refused(RequestWith(*key, "hotel-1", NID_key_usage, "keyCertSign"),
          "SIGNING_REQUEST_FOR_AUTHORITY");
  const CertificateKey short_key(EVP_RSA_gen(1024));
  refused(MakeSigningRequest(*short_key, "hotel-1"), "SIGNING_REQUEST_KEY_WEAK");
  // A request for another's key: the signature is not by it.
  std::string broken = MakeSigningRequest(*key, "hotel-1");
  const size_t near_end = broken.rfind("-----END") - 12;
  broken[near_end] = broken[near_end] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(JoinWith("hotel-1", token, broken).ok());
  EXPECT_THAT(Join("hotel-1", token, *key), IsOk());
}

TEST_F(EnrollmentsTest, Ed25519AndStrongRsaKeysAreTaken) {
  const CertificateKey ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_THAT(Join("a", CreateToken("a"), *ed), IsOk());
  const CertificateKey rsa(EVP_RSA_gen(2048));
  EXPECT_THAT(Join("b", CreateToken("b"), *rsa), IsOk());
}

TEST_F(EnrollmentsTest, ARenewalWhoseAnswerWasLostCanBeRepeated) {
  const auto first = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Hours(84));
  ASSERT_THAT(Renew(*first, *MakePrivateKey()), IsOk());  // Never arrives.
  const auto second = Renew(*first, *MakePrivateKey());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(**Shown(*first), "hotel-1");
  EXPECT_EQ(**Shown(*second), "hotel-1");
  const auto third = Renew(*second, *MakePrivateKey());
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(Shown(*first), StatusIs(kUnauthenticated, "CERTIFICATE_UNKNOWN"));
  EXPECT_THAT(Renew("", *MakePrivateKey()),
              StatusIs(kUnauthenticated, "CERTIFICATE_MISSING"));
}

TEST_F(EnrollmentsTest, AnExpiredCertificateIsReplacedByJoiningAnew) {
  const auto first = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(first, IsOk());
  clock_.Advance(absl::Hours(7 * 24));
  EXPECT_THAT(Shown(*first), StatusIs(kUnauthenticated, "CERTIFICATE_OUTDATED"));
  EXPECT_THAT(Renew(*first, *MakePrivateKey()),
              StatusIs(kUnauthenticated, "CERTIFICATE_OUTDATED"));
  const auto second = Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(**Shown(*second), "hotel-1");
}

TEST_F(EnrollmentsTest, AnotherAuthoritysCertificateForTheSameNameIsNotTaken) {
  ASSERT_THAT(Join("hotel-1", CreateToken("hotel-1"), *MakePrivateKey()), IsOk());
  const AgentAuthority other = MakeAuthorityOf(clock_.Now(), random_);
  const auto forged = other.Issue("hotel-1", *MakePrivateKey(), clock_.Now());
  ASSERT_THAT(forged, IsOk());
  EXPECT_THAT(Shown(forged->chain), StatusIs(kUnauthenticated, "CERTIFICATE_UNKNOWN"));
}

TEST_F(EnrollmentsTest, AServerWithoutAuthoritySaysWhy) {
  Enrollments none(*store_, clock_, random_, MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  EXPECT_EQ(ReasonOf(none.Create(request).status()), "AGENT_AUTHORITY_NOT_SHARED");
  EXPECT_EQ(ReasonOf(agents_.Get("agents/hotel-1").status()), "AGENT_NOT_FOUND");
}

}  // namespace
}  // namespace guestbridge::server
