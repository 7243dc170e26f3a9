#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/certificate/signing_request.h"
#include "server/api/api_fixture_test.h"
#include "server/api/enrollments.h"
#include "server/identity/peer_certificate.h"

// Agents that join with a key of their own, beside the rest of the API.
namespace guestbridge::server {

inline AgentAuthority MakeAuthorityOf(absl::Time now, Random& random) {
  const CertificateKey key = MakePrivateKey();
  const Certificate certificate = MakeAuthority(
      "agents", *key, {now - absl::Hours(1), now + absl::Hours(90 * 24)}, random);
  AgentAuthority::Options options;
  options.chain = ToPem(*certificate);
  options.key = ToPem(*key);
  options.file = "agent-ca.pem";
  return *AgentAuthority::Open(std::move(options), now, random);
}

class EnrollmentsFixture : public ApiFixture {
 protected:
  EnrollmentsFixture()
      : enrollments_(*store_, clock_, random_, MakeAuthorityOf(clock_.Now(), random_)) {
  }

  std::string CreateToken(const std::string& agent) {
    v1::CreateAgentRequest request;
    request.set_agent_id(agent);
    const auto created = enrollments_.Create(request);
    EXPECT_THAT(created, testing::IsOk());
    return created.ok() ? created->join_token() : "";
  }

  absl::StatusOr<std::string> JoinWith(const std::string& agent,
                                       const std::string& token,
                                       const std::string& signing_request) {
    v1::JoinRequest request;
    request.set_agent(agent);
    request.set_join_token(token);
    request.set_signing_request(signing_request);
    auto joined = enrollments_.Join(request);
    if (!joined.ok()) return joined.status();
    return joined->certificate_chain();
  }

  absl::StatusOr<std::string> Join(const std::string& agent, const std::string& token,
                                   EVP_PKEY& key) {
    return JoinWith(agent, token, MakeSigningRequest(key, agent));
  }

  absl::StatusOr<std::string> Renew(const std::string& shown, EVP_PKEY& key) {
    v1::RenewRequest request;
    request.set_signing_request(MakeSigningRequest(key, ""));
    auto renewed = enrollments_.Renew(shown, request);
    if (!renewed.ok()) return renewed.status();
    return renewed->certificate_chain();
  }

  absl::StatusOr<std::optional<std::string>> Shown(const std::string& chain) {
    const auto shown = AgentOfCertificate(*store_, chain, clock_.Now());
    if (!shown.ok()) return shown.status();
    if (!shown->has_value()) return std::optional<std::string>();
    return std::optional<std::string>((*shown)->name);
  }

  // What the server of this store hears of its changes.
  void TellAgents() {
    const auto changes = store_->ChangesAfter(seen_, 1000);
    ASSERT_THAT(changes, testing::IsOk());
    if (!changes->empty()) seen_ = changes->back().revision;
    agents_.OnChanges(*changes);
  }

  Enrollments enrollments_;
  int64_t seen_ = 0;
};

}  // namespace guestbridge::server
