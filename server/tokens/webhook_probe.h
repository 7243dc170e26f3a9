#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"
#include "server/tokens/http_factory.h"

namespace guestbridge::server {

// How the server reaches portals.
struct PortalAccess {
  std::string extra_ca_file;   // --portal-ca-file
  bool allow_private = false;  // --allow-private-portals
};

// Tries a webhook: asks the portal for the webhook's scopes, which needs no right;
// where that method is missing, for the profile. Returns the scopes; empty when the
// portal does not tell them. Reads only, sends at most two requests, blocks up to a
// minute.
//
// Errors: PORTAL_UNREACHABLE (UNAVAILABLE; parameter detail: why),
// PORTAL_ADDRESS_REFUSED, PORTAL_NOT_BITRIX24, PORTAL_PLAN_WITHOUT_REST,
// PORTAL_BLOCKED, PORTAL_CLOSED, WEBHOOK_REFUSED, SCOPE_MISSING (`crm`)
// (FAILED_PRECONDITION). Source: Bitrix24's table of system errors; told apart by
// `error`, since the statuses differ between portals.
absl::StatusOr<std::vector<std::string>> ProbeWebhook(
    const HttpClientFactory& make_client, const PortalAccess& access,
    const std::string& host, int port, int64_t user_id, const SecretString& secret);

}  // namespace guestbridge::server
