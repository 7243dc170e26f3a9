#include "server/api/token_administration.h"

#include "server/api/api_fixture_test.h"
#include "server/api/open_streams.h"
#include "server/identity/api_tokens.h"

namespace guestbridge::server {
namespace {

using testing::IsOk;

class TokenAdministrationTest : public ApiFixture {
 protected:
  static TokenAdmin AdminOf(const std::string& integration) {
    TokenAdmin admin;
    admin.method = "/guestbridge.v1.ApiTokenService/CreateApiToken";
    admin.caller.grants = {{Role::kAdmin, integration}};
    admin.reach = Reach::Of(admin.method, admin.caller.grants);
    return admin;
  }

  absl::StatusOr<v1::CreateApiTokenResponse> Create(const TokenAdmin& admin,
                                                    v1::Grant::Role role,
                                                    const std::string& integration) {
    v1::CreateApiTokenRequest request;
    v1::Grant& grant = *request.mutable_api_token()->add_grants();
    grant.set_role(role);
    if (!integration.empty()) grant.set_integration("integrations/" + integration);
    return tokens_.Create(admin, request);
  }

  absl::StatusOr<std::optional<Caller>> Find(const std::string& secret) {
    return FindCaller(*store_, DigestOf(SecretString(secret)), clock_.Now());
  }

  TokenAdministration tokens_{*store_, clock_, random_};
  const TokenAdmin chain_ = AdminOf("");
  const TokenAdmin hotel_ = AdminOf("mine");
};

TEST_F(TokenAdministrationTest, NobodyGrantsWhatHeDoesNotHave) {
  EXPECT_THAT(Create(hotel_, v1::Grant::ADMIN, "mine"), IsOk());
  for (const auto role : {v1::Grant::VIEWER, v1::Grant::ADMIN, v1::Grant::AGENT}) {
    EXPECT_EQ(ReasonOf(Create(hotel_, role, "").status()), "ROLE_MISSING");
  }
  EXPECT_EQ(ReasonOf(Create(hotel_, v1::Grant::VIEWER, "yours").status()),
            "ROLE_MISSING");
  EXPECT_THAT(Create(chain_, v1::Grant::ADMIN, ""), IsOk());
}

TEST_F(TokenAdministrationTest, ARoleForNobodyAndOtherNonsenseIsRefused) {
  EXPECT_EQ(ReasonOf(tokens_.Create(chain_, {}).status()), "TOKEN_GRANTS_INVALID");
  EXPECT_EQ(ReasonOf(Create(chain_, v1::Grant::ROLE_UNSPECIFIED, "").status()),
            "TOKEN_GRANTS_INVALID");
  EXPECT_EQ(ReasonOf(Create(chain_, v1::Grant::AGENT, "mine").status()),
            "TOKEN_GRANTS_INVALID");
  v1::CreateApiTokenRequest request;
  request.mutable_api_token()->add_grants()->set_role(v1::Grant::VIEWER);
  request.mutable_api_token()->set_agent("agents/hotel-1");
  EXPECT_EQ(ReasonOf(tokens_.Create(chain_, request).status()), "TOKEN_GRANTS_INVALID");
  request.mutable_api_token()->clear_agent();
  for (const int64_t seconds : {int64_t{0}, int64_t{-5}, int64_t{3651} * 86400}) {
    request.mutable_lifetime()->set_seconds(seconds);
    EXPECT_EQ(ReasonOf(tokens_.Create(chain_, request).status()),
              "TOKEN_LIFETIME_INVALID");
  }
}

TEST_F(TokenAdministrationTest, WhatIsForeignLooksLikeWhatIsNotThere) {
  const auto foreign = Create(chain_, v1::Grant::VIEWER, "yours");
  ASSERT_THAT(foreign, IsOk());
  for (const std::string& name :
       {foreign->api_token().name(), std::string("apiTokens/none"),
        std::string("nonsense")}) {
    EXPECT_EQ(ReasonOf(tokens_.Get(hotel_, name).status()), "ROLE_MISSING");
    v1::RevokeApiTokenRequest revoke;
    revoke.set_name(name);
    EXPECT_EQ(ReasonOf(tokens_.Revoke(hotel_, revoke).status()), "ROLE_MISSING");
    v1::RotateApiTokenRequest rotate;
    rotate.set_name(name);
    EXPECT_EQ(ReasonOf(tokens_.Rotate(hotel_, rotate).status()), "ROLE_MISSING");
  }
  EXPECT_EQ(ReasonOf(tokens_.Get(chain_, "apiTokens/none").status()),
            "TOKEN_NOT_FOUND");
  EXPECT_THAT(Find(foreign->secret()), IsOk());
}

TEST_F(TokenAdministrationTest, AListShowsWhatTheCallerAdministersPageByPage) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(Create(chain_, v1::Grant::VIEWER, i % 2 == 0 ? "mine" : "yours"),
                IsOk());
  }
  v1::ListApiTokensRequest request;
  request.set_page_size(2);
  const auto first = tokens_.List(hotel_, request);
  ASSERT_THAT(first, IsOk());
  ASSERT_EQ(first->api_tokens_size(), 2);
  request.set_page_token(first->next_page_token());
  const auto second = tokens_.List(hotel_, request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->api_tokens_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
  request.set_page_token("forged");
  EXPECT_EQ(ReasonOf(tokens_.List(hotel_, request).status()), "PAGE_TOKEN_INVALID");
}

TEST_F(TokenAdministrationTest, ATokenLivesAYearAndThenIsToldSo) {
  const auto made = Create(chain_, v1::Grant::VIEWER, "");
  ASSERT_THAT(made, IsOk());
  const auto caller = Find(made->secret());
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ((*caller)->principal, made->api_token().name());
  clock_.Advance(absl::Hours(24 * 365));
  EXPECT_EQ(ReasonOf(Find(made->secret()).status()), "TOKEN_EXPIRED");
  const auto view = tokens_.Get(chain_, made->api_token().name());
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->state(), v1::ApiToken::EXPIRED);
  v1::RotateApiTokenRequest rotate;
  rotate.set_name(made->api_token().name());
  EXPECT_EQ(ReasonOf(tokens_.Rotate(chain_, rotate).status()), "TOKEN_ENDED");
}

TEST_F(TokenAdministrationTest, ARotatedTokenLivesOnForTheOverlap) {
  const auto made = Create(chain_, v1::Grant::OPERATOR, "mine");
  ASSERT_THAT(made, IsOk());
  v1::RotateApiTokenRequest rotate;
  rotate.set_name(made->api_token().name());
  const auto rotated = tokens_.Rotate(hotel_, rotate);
  ASSERT_THAT(rotated, IsOk());
  EXPECT_NE(rotated->secret(), made->secret());
  EXPECT_TRUE(rotated->api_token().has_previous_expire_time());
  for (const std::string& secret : {made->secret(), rotated->secret()}) {
    const auto caller = Find(secret);
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ((*caller)->principal, made->api_token().name());
    EXPECT_EQ((*caller)->grants, (std::vector<Grant>{{Role::kOperator, "mine"}}));
  }
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(ReasonOf(Find(made->secret()).status()), "TOKEN_EXPIRED");
  EXPECT_THAT(Find(rotated->secret()), IsOk());

  rotate.mutable_overlap()->set_seconds(0);
  const auto again = tokens_.Rotate(hotel_, rotate);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(ReasonOf(Find(rotated->secret()).status()), "TOKEN_EXPIRED") << "at once";
  rotate.mutable_overlap()->set_seconds(31 * 86400);
  EXPECT_EQ(ReasonOf(tokens_.Rotate(hotel_, rotate).status()), "TOKEN_OVERLAP_INVALID");
}

TEST_F(TokenAdministrationTest, ARevokedTokenIsDeadWithThoseBeforeIt) {
  const auto made = Create(chain_, v1::Grant::VIEWER, "mine");
  ASSERT_THAT(made, IsOk());
  v1::RotateApiTokenRequest rotate;
  rotate.set_name(made->api_token().name());
  const auto rotated = tokens_.Rotate(chain_, rotate);
  ASSERT_THAT(rotated, IsOk());
  v1::RevokeApiTokenRequest revoke;
  revoke.set_name(made->api_token().name());
  const auto revoked = tokens_.Revoke(hotel_, revoke);
  ASSERT_THAT(revoked, IsOk());
  EXPECT_EQ(revoked->state(), v1::ApiToken::REVOKED);
  EXPECT_EQ(ReasonOf(Find(made->secret()).status()), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonOf(Find(rotated->secret()).status()), "TOKEN_REVOKED");
  EXPECT_THAT(tokens_.Revoke(hotel_, revoke), IsOk()) << "repeating changes nothing";
}

TEST_F(TokenAdministrationTest, TheLastAdminTokenGoesOnlyWhenThatIsMeant) {
  const auto one = Create(chain_, v1::Grant::ADMIN, "");
  const auto two = Create(chain_, v1::Grant::ADMIN, "");
  ASSERT_THAT(Create(chain_, v1::Grant::ADMIN, "mine"), IsOk());
  v1::RevokeApiTokenRequest revoke;
  revoke.set_name(one->api_token().name());
  EXPECT_THAT(tokens_.Revoke(chain_, revoke), IsOk());
  revoke.set_name(two->api_token().name());
  EXPECT_EQ(ReasonOf(tokens_.Revoke(chain_, revoke).status()), "LAST_ADMIN_TOKEN");
  revoke.set_last(true);
  EXPECT_THAT(tokens_.Revoke(chain_, revoke), IsOk());
}

TEST_F(TokenAdministrationTest, ATokenFromBeforeGrantsHasItsRoleOnEverything) {
  const SecretString old("gbt_old");
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& transaction) {
                    store::ApiTokenRecord record;
                    record.set_name("desk");
                    record.set_role("operator");
                    return PutRecord(transaction, "api-tokens/" + DigestOf(old),
                                     record);
                  })
                  .ok());
  const auto before = Find("gbt_old");
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ((*before)->grants, (std::vector<Grant>{{Role::kOperator, ""}}));
  const auto list = tokens_.List(chain_, {});
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->api_tokens_size(), 1);
  EXPECT_EQ(list->api_tokens(0).name(), (*before)->principal) << "one id, also before";
  v1::RevokeApiTokenRequest revoke;
  revoke.set_name(list->api_tokens(0).name());
  ASSERT_THAT(tokens_.Revoke(chain_, revoke), IsOk());
  EXPECT_EQ(ReasonOf(Find("gbt_old").status()), "TOKEN_REVOKED");
}

TEST_F(TokenAdministrationTest, AUseIsWrittenOnceAnHour) {
  const auto made = Create(chain_, v1::Grant::VIEWER, "");
  ASSERT_THAT(made, IsOk());
  const std::string id = made->api_token().name().substr(10);
  ASSERT_THAT(NoteApiTokenUse(*store_, id, clock_.Now()), IsOk());
  const int64_t revision = store_->WaitForRevision(0, absl::ZeroDuration());
  clock_.Advance(absl::Minutes(59));
  ASSERT_THAT(NoteApiTokenUse(*store_, id, clock_.Now()), IsOk());
  EXPECT_EQ(store_->WaitForRevision(0, absl::ZeroDuration()), revision);
  clock_.Advance(absl::Minutes(2));
  ASSERT_THAT(NoteApiTokenUse(*store_, id, clock_.Now()), IsOk());
  EXPECT_GT(store_->WaitForRevision(0, absl::ZeroDuration()), revision);
  EXPECT_TRUE(tokens_.Get(chain_, made->api_token().name())->has_last_used_time());
}

TEST_F(TokenAdministrationTest, AnOpenStreamEndsWithItsToken) {
  OpenStreams streams(clock_);
  const auto made = Create(chain_, v1::Grant::VIEWER, "");
  ASSERT_THAT(made, IsOk());
  const std::string secret = made->secret();
  const auto check = [&]() -> absl::StatusOr<Caller> {
    const auto caller = Find(secret);
    if (!caller.ok()) return caller.status();
    return **caller;
  };
  absl::Status ended;
  const auto entry = streams.Add(**Find(secret), check,
                                 [&](const absl::Status& status) { ended = status; });
  streams.CheckAll();
  streams.CheckDue();
  EXPECT_THAT(ended, IsOk());
  v1::RotateApiTokenRequest rotate;
  rotate.set_name(made->api_token().name());
  ASSERT_THAT(tokens_.Rotate(chain_, rotate), IsOk());
  streams.CheckAll();  // The old token now has an end.
  EXPECT_THAT(ended, IsOk());
  clock_.Advance(absl::Hours(24));
  streams.CheckDue();
  EXPECT_EQ(ReasonOf(ended), "TOKEN_EXPIRED");
}

TEST_F(TokenAdministrationTest, AStreamThatBeginsAsItsTokenIsRevokedEndsToo) {
  OpenStreams streams(clock_);
  const auto made = Create(chain_, v1::Grant::VIEWER, "");
  const Caller caller = **Find(made->secret());
  v1::RevokeApiTokenRequest revoke;
  revoke.set_name(made->api_token().name());
  ASSERT_THAT(tokens_.Revoke(chain_, revoke), IsOk());
  absl::Status ended;
  const auto entry = streams.Add(
      caller, [&]() -> absl::StatusOr<Caller> { return Find(made->secret()).status(); },
      [&](const absl::Status& status) { ended = status; });
  EXPECT_EQ(ReasonOf(ended), "TOKEN_REVOKED");
}

}  // namespace
}  // namespace guestbridge::server
