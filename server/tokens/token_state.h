#pragma once

#include <string>
#include <vector>

#include "guestbridge/v1/connection.pb.h"
#include "server/store/record.pb.h"

// How tokens are shown: values in, values out.
namespace guestbridge::server {

// `tokens` as TokenState; null: none yet. For a webhook: its scopes.
v1::TokenState DescribeTokens(const v1::Connection& connection,
                              const store::TokenRecord* tokens);

// What is stored under tokens/ for a webhook that ProbeWebhook accepted.
store::TokenRecord WebhookTokens(const std::vector<std::string>& scopes);

}  // namespace guestbridge::server
