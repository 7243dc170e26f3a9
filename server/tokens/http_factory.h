#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"

namespace guestbridge::server {

// Makes clients; MakeHttpClient of common/http, or a test's own transport.
using HttpClientFactory =
    std::function<absl::StatusOr<std::unique_ptr<HttpClient>>(HttpClientOptions)>;

}  // namespace guestbridge::server
