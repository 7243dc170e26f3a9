// The tokens of FakeServer.
#include "admin-cli/fake_services_test.h"
#include "common/status/error.h"

namespace guestbridge::cli {

void FakeServer::Services::FillToken(v1::ApiToken* token) const {
  token->set_name("apiTokens/k3v9x2m4p8q1");
  token->set_display_name(kNastyText);
  v1::Grant* grant = token->add_grants();
  grant->set_role(v1::Grant::OPERATOR);
  grant->set_integration("integrations/main");
  token->add_grants()->set_role(v1::Grant::VIEWER);
  token->set_state(v1::ApiToken::ACTIVE);
  token->mutable_create_time()->set_seconds(now);
  token->mutable_expire_time()->set_seconds(now + 86400);
}

grpc::Status FakeServer::Services::CreateApiToken(
    ServerContext* context, const v1::CreateApiTokenRequest* request,
    v1::CreateApiTokenResponse* answer) {
  const auto lock = Enter(context);
  token_request = *request;
  FillToken(answer->mutable_api_token());
  answer->set_secret("gbt_created");
  return Status::OK;
}

grpc::Status FakeServer::Services::ListApiTokens(ServerContext* context,
                                                 const v1::ListApiTokensRequest*,
                                                 v1::ListApiTokensResponse* answer) {
  const auto lock = Enter(context);
  FillToken(answer->add_api_tokens());
  return Status::OK;
}

grpc::Status FakeServer::Services::GetApiToken(ServerContext* context,
                                               const v1::GetApiTokenRequest* request,
                                               v1::ApiToken* answer) {
  const auto lock = Enter(context);
  if (request->name() != "apiTokens/k3v9x2m4p8q1") {
    return Fail(MakeError("TOKEN_NOT_FOUND", {{"token", request->name()}}));
  }
  FillToken(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::RotateApiToken(ServerContext* context,
                                                  const v1::RotateApiTokenRequest*,
                                                  v1::RotateApiTokenResponse* answer) {
  const auto lock = Enter(context);
  FillToken(answer->mutable_api_token());
  answer->mutable_api_token()->mutable_previous_expire_time()->set_seconds(now + 7200);
  answer->set_secret("gbt_rotated");
  return Status::OK;
}

grpc::Status FakeServer::Services::RevokeApiToken(
    ServerContext* context, const v1::RevokeApiTokenRequest* request,
    v1::ApiToken* answer) {
  const auto lock = Enter(context);
  revoke_request = *request;
  FillToken(answer);
  answer->set_state(v1::ApiToken::REVOKED);
  answer->mutable_revoke_time()->set_seconds(now);
  return Status::OK;
}

}  // namespace guestbridge::cli
