// Who may come, and with what, is on record too.
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/certificate/signing_request.h"
#include "server/api/audited_methods_test.h"
#include "server/api/audits.h"
#include "server/api/enrollments.h"
#include "server/api/enrollments_fixture_test.h"
#include "server/api/secrets.h"
#include "server/api/token_administration.h"
#include "server/audit/audited_store.h"
#include "server/identity/permission_table.h"
#include "server/secrets/key_source.h"
#include "server/secrets/resealer.h"
#include "server/secrets/secret_keys.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

// The same database as the fixture's, seen through the audit.
class AuditIdentityTest : public ApiFixture {
 protected:
  AuditIdentityTest()
      : keys_(*SecretKeys::Open(
            *bare_, *MakeKeySource({}, dir_.path(), random_, clock_), random_, clock_)),
        audited_(
            *AuditedStore::Open(std::move(bare_), keys_->sealer(), random_, clock_)),
        enrollments_(*audited_, clock_, random_,
                     MakeAuthorityOf(clock_.Now(), random_)) {
    keys_->WriteThrough(*audited_);
    admin_.method = "/guestbridge.v1.ApiTokenService/CreateApiToken";
    admin_.caller.grants = {{Role::kAdmin, ""}};
    admin_.reach = Reach::Of(admin_.method, admin_.caller.grants);
  }

  absl::Status CreateToken() {
    v1::CreateApiTokenRequest request;
    request.mutable_api_token()->add_grants()->set_role(v1::Grant::VIEWER);
    const auto created = tokens_.Create(admin_, request);
    if (!created.ok()) return created.status();
    token_ = created->api_token().name();
    planted_.push_back(created->secret());
    return absl::OkStatus();
  }

  absl::Status RotateToken() {
    v1::RotateApiTokenRequest request;
    request.set_name(token_);
    const auto rotated = tokens_.Rotate(admin_, request);
    if (rotated.ok()) planted_.push_back(rotated->secret());
    return rotated.status();
  }

  absl::Status RevokeToken() {
    v1::RevokeApiTokenRequest request;
    request.set_name(token_);
    return tokens_.Revoke(admin_, request).status();
  }

  absl::Status CreateAgent() {
    v1::CreateAgentRequest request;
    request.set_agent_id("hotel");
    const auto created = enrollments_.Create(request);
    if (!created.ok()) return created.status();
    join_token_ = created->join_token();
    planted_.push_back(join_token_);
    return absl::OkStatus();
  }

  absl::Status Join() {
    v1::JoinRequest request;
    request.set_agent("hotel");
    request.set_join_token(join_token_);
    request.set_signing_request(MakeSigningRequest(*key_, "hotel"));
    const auto joined = enrollments_.Join(request);
    if (joined.ok()) certificate_ = joined->certificate_chain();
    return joined.status();
  }

  absl::Status Renew() {
    v1::RenewRequest request;
    request.set_signing_request(MakeSigningRequest(*key_, "hotel"));
    return enrollments_.Renew(certificate_, request).status();
  }

  std::vector<v1::AuditRecord> Records(const std::string& method) {
    v1::ListAuditRecordsRequest request;
    request.set_page_size(1000);
    request.set_method(method);
    const auto page = audits_.List(request);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? std::vector<v1::AuditRecord>(page->records().begin(),
                                                    page->records().end())
                     : std::vector<v1::AuditRecord>();
  }

  std::unique_ptr<Store> bare_ = *OpenSqliteStore(dir_.File("server.db"), clock_);
  std::unique_ptr<SecretKeys> keys_;
  std::unique_ptr<AuditedStore> audited_;
  Audits audits_{*audited_, audited_->audit()};
  TokenAdministration tokens_{*audited_, clock_, random_};
  Enrollments enrollments_;
  Resealer resealer_{*audited_, *keys_, clock_};
  Secrets secrets_{*keys_, resealer_, /*shared=*/false};
  TokenAdmin admin_;
  const CertificateKey key_ = MakePrivateKey();
  std::string token_;
  std::string join_token_;
  std::string certificate_;
  std::vector<std::string> planted_;
};

TEST_F(AuditIdentityTest, EveryChangeOfWhoMayComeLeavesARecord) {
  struct Act {
    std::string method;
    std::string resource;
    std::function<absl::Status()> act;
  };
  const std::vector<Act> acts = {
      {"ApiTokenService/CreateApiToken", "apiTokens/", [&] { return CreateToken(); }},
      {"ApiTokenService/RotateApiToken", "apiTokens/", [&] { return RotateToken(); }},
      {"ApiTokenService/RevokeApiToken", "apiTokens/", [&] { return RevokeToken(); }},
      {"SecretService/RotateKey", "secrets",
       [&] { return secrets_.Rotate().status(); }},
      {"AgentService/CreateAgent", "agents/hotel", [&] { return CreateAgent(); }},
      {"AgentEnrollmentService/Join", "agents/hotel", [&] { return Join(); }},
      {"AgentEnrollmentService/Renew", "agents/hotel", [&] { return Renew(); }},
      {"AgentService/EvictAgent", "agents/hotel",
       [&] { return enrollments_.Evict("agents/hotel"); }},
      {"AgentService/BanAgent", "agents/hotel",
       [&] { return enrollments_.Ban("agents/hotel"); }},
      {"AgentService/UnbanAgent", "agents/hotel",
       [&] { return enrollments_.Unban("agents/hotel"); }},
  };
  std::set<std::string> acted;
  for (const auto& [name, resource, act] : acts) {
    const std::string method = absl::StrCat("guestbridge.v1.", name);
    SCOPED_TRACE(method);
    acted.insert("/" + method);
    clock_.Advance(absl::Seconds(1));
    const AuditedCall call{.principal = "apiTokens/ivanova",
                           .peer = "10.0.0.7:51724",
                           .request_id = "abc",
                           .method = method};
    {
      const AuditScope scope(call);
      EXPECT_THAT(act(), IsOk());
    }
    const auto records = Records(method);
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.front().principal(), "apiTokens/ivanova");
    bool named = false;
    for (const v1::AuditRecord& record : records) {
      named |= absl::StartsWith(record.resource(), resource);
      const std::string bytes = record.SerializeAsString();
      for (const std::string& secret : planted_) {
        EXPECT_FALSE(absl::StrContains(bytes, secret)) << record.DebugString();
      }
    }
    EXPECT_TRUE(named) << records.front().DebugString();
  }
  for (const Permission& permission : Permissions()) {
    if (!IsOfIdentity(permission.method)) continue;
    const bool reads = absl::StrContains(permission.method, "/Get") ||
                       absl::StrContains(permission.method, "/List");
    EXPECT_EQ(acted.contains(std::string(permission.method)), !reads)
        << permission.method << ": is it on record? Give an act";
  }
}

}  // namespace
}  // namespace guestbridge::server
