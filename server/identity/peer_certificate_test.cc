#include "server/identity/peer_certificate.h"

#include <memory>
#include <string>
#include <vector>

#include "common/certificate/certificate.h"
#include "common/status/error.h"
#include "grpc/grpc_security_constants.h"
#include "gtest/gtest.h"
#include "server/identity/agent_authority.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

struct NoProperties : grpc::AuthPropertyIterator {};

// A peer that showed this certificate; empty: none.
class Peer final : public grpc::AuthContext {
 public:
  explicit Peer(std::string pem) : pem_(std::move(pem)) {}
  bool IsPeerAuthenticated() const override { return false; }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  std::vector<grpc::string_ref> FindPropertyValues(
      const std::string& name) const override {
    if (pem_.empty() || name != GRPC_X509_PEM_CERT_PROPERTY_NAME) return {};
    return {grpc::string_ref(pem_.data(), pem_.size())};
  }
  grpc::AuthPropertyIterator begin() const override { return NoProperties(); }
  grpc::AuthPropertyIterator end() const override { return NoProperties(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }

 private:
  const std::string pem_;
};

class PeerCertificateTest : public ::testing::Test {
 protected:
  PeerCertificateTest()
      : store_(*OpenSqliteStore(dir_.File("server.db"), clock_)),
        authority_key_(MakePrivateKey()),
        authority_(MakeAuthority(
            "agents", *authority_key_,
            {clock_.Now() - absl::Hours(1), clock_.Now() + absl::Hours(1000)},
            random_)) {}

  std::string Issue(const std::string& names, absl::Time begin, absl::Time end) {
    CertificateTerms terms;
    terms.common_name = "hotel-1";
    terms.alternative_names = names;
    terms.extended_key_usage = "clientAuth";
    terms.validity = {begin, end};
    return ToPem(*IssueCertificate(terms, *MakePrivateKey(), *authority_,
                                   *authority_key_, random_));
  }
  std::string Issue(const std::string& names) {
    return Issue(names, clock_.Now() - absl::Hours(1), clock_.Now() + absl::Hours(1));
  }

  void Remember(const std::string& agent, const std::string& pem) {
    store::EnrollmentRecord record;
    record.mutable_current()->set_fingerprint(FingerprintOf(*ParseCertificate(pem)));
    ASSERT_TRUE(store_
                    ->Write([&](Transaction& transaction) {
                      return PutRecord(transaction, EnrollmentKey(agent), record);
                    })
                    .ok());
  }

  absl::StatusOr<std::optional<std::string>> Ask(const std::string& pem) {
    const auto proven = AgentOfPeer(*store_, Peer(pem), clock_.Now());
    if (!proven.ok()) return proven.status();
    if (!proven->has_value()) return std::optional<std::string>();
    return std::optional<std::string>((*proven)->name);
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  std::unique_ptr<Store> store_;
  CertificateKey authority_key_;
  Certificate authority_;
};

TEST_F(PeerCertificateTest, WhoShowsNoAgentsCertificateIsNoAgent) {
  EXPECT_EQ(*Ask(""), std::nullopt);
  EXPECT_EQ(*Ask("no certificate"), std::nullopt);
  EXPECT_EQ(*Ask(Issue("DNS:hotel-1")), std::nullopt);
  EXPECT_EQ(*Ask(Issue("URI:spiffe://agents/hotel-1")), std::nullopt);
}

TEST_F(PeerCertificateTest, TheCertificateThatWasIssuedLastProvesTheAgent) {
  const std::string pem = Issue("URI:guestbridge://agents/hotel-1");
  EXPECT_EQ(ReasonOf(Ask(pem).status()), "CERTIFICATE_UNKNOWN");
  Remember("hotel-1", pem);
  EXPECT_EQ(**Ask(pem), "hotel-1");
  // Of the same authority and for the same name, but never given out.
  EXPECT_EQ(ReasonOf(Ask(Issue("URI:guestbridge://agents/hotel-1")).status()),
            "CERTIFICATE_UNKNOWN");
}

TEST_F(PeerCertificateTest, AnotherAgentsCertificateProvesNothing) {
  const std::string pem = Issue("URI:guestbridge://agents/hotel-2");
  Remember("hotel-1", pem);
  EXPECT_EQ(ReasonOf(Ask(pem).status()), "CERTIFICATE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Ask(Issue("URI:guestbridge://agents/a/../b")).status()),
            "CERTIFICATE_UNKNOWN");
}

TEST_F(PeerCertificateTest, TimeIsAskedForEachCall) {
  const absl::Time now = clock_.Now();
  const std::string early = Issue("URI:guestbridge://agents/hotel-1",
                                  now + absl::Hours(1), now + absl::Hours(2));
  Remember("hotel-1", early);
  EXPECT_EQ(ReasonOf(Ask(early).status()), "CERTIFICATE_NOT_YET_VALID");
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  EXPECT_EQ(**Ask(early), "hotel-1");
  clock_.Advance(absl::Hours(1));
  const absl::Status late = Ask(early).status();
  EXPECT_EQ(ReasonOf(late), "CERTIFICATE_OUTDATED");
  EXPECT_EQ(late.code(), absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace guestbridge::server
