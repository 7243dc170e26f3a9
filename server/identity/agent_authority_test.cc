#include "server/identity/agent_authority.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "server/identity/made_authority_test.h"
#include "server/identity/peer_certificate.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class AgentAuthorityTest : public ::testing::Test {
 protected:
  absl::StatusOr<AgentAuthority> Open(const std::string& chain, EVP_PKEY& key,
                                      absl::Time now) {
    AgentAuthority::Options options;
    options.chain = chain;
    options.key = ToPem(key);
    options.file = "agent-ca.pem";
    return AgentAuthority::Open(std::move(options), now, random_);
  }

  testing::SeededRandom random_;
  const Authority root_ = MakeCa("root of the chain", nullptr);
  const Authority agents_ = MakeCa("agents", &root_);
  const std::string pem_ = ToPem(*agents_.certificate);
  const absl::Time end_ = ValidityOf(*agents_.certificate).end;
  const absl::Time now_ = end_ - absl::Minutes(30);
};

TEST_F(AgentAuthorityTest, AnOperatorsIntermediateSignsAndItsChainGoesAlong) {
  const auto authority =
      Open(absl::StrCat(pem_, ToPem(*root_.certificate)), *agents_.key, now_);
  ASSERT_THAT(authority, IsOk());
  const CertificateKey key = MakePrivateKey();
  const auto issued = authority->Issue("hotel-1", *key, now_);
  ASSERT_THAT(issued, IsOk());
  const std::vector<Certificate> chain = ParseCertificates(issued->chain);
  ASSERT_EQ(chain.size(), 3U);
  EXPECT_TRUE(BelongTogether(*chain[0], *key));
  EXPECT_TRUE(IsIssuedBy(*chain[0], *chain[1]));
  EXPECT_TRUE(IsIssuedBy(*chain[1], *chain[2]));
  EXPECT_EQ(FingerprintOf(*chain[2]), FingerprintOf(*root_.certificate));
  EXPECT_EQ(UriNamesOf(*chain[0]), std::vector<std::string>{AgentUri("hotel-1")});
  EXPECT_FALSE(IsAuthority(*chain[0]));
  EXPECT_EQ(issued->end, end_) << "no longer than its authority";
  EXPECT_EQ(ReasonOf(authority->Issue("hotel-1", *key, end_).status()),
            "AGENT_AUTHORITY_UNUSABLE");
}

TEST_F(AgentAuthorityTest, WhatCannotSignForAgentsIsNone) {
  const auto reason = [&](const std::string& chain, EVP_PKEY& key, absl::Time now) {
    return ReasonOf(Open(chain, key, now).status());
  };
  const CertificateKey key = MakePrivateKey();
  const Certificate leaf = IssueCertificate(
      {"desk", "DNS:desk", "clientAuth", {now_ - absl::Hours(1), end_}}, *key,
      *root_.certificate, *root_.key, random_);
  EXPECT_EQ(reason(pem_, *agents_.key, now_), "");
  EXPECT_EQ(reason(pem_, *root_.key, now_), "AGENT_AUTHORITY_UNUSABLE");
  EXPECT_EQ(reason(pem_, *agents_.key, end_), "AGENT_AUTHORITY_UNUSABLE");
  EXPECT_EQ(reason(ToPem(*leaf), *key, now_), "AGENT_AUTHORITY_UNUSABLE");
  EXPECT_EQ(reason("no certificate", *key, now_), "AGENT_AUTHORITY_UNUSABLE");
}

}  // namespace
}  // namespace guestbridge::server
