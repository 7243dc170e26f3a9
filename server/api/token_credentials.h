#pragma once

#include <memory>
#include <string>

#include "server/api/portal_credentials.h"
#include "server/tokens/token_manager.h"
#include "server/tokens/webhook_probe.h"

namespace guestbridge::server {

// PortalCredentials by server/tokens. `tokens` outlives it.
std::unique_ptr<PortalCredentials> MakeTokenCredentials(TokenManager& tokens,
                                                        HttpClientFactory make_client,
                                                        PortalAccess access);

}  // namespace guestbridge::server
