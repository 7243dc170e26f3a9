#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace guestbridge::server {

struct ListenAddress {
  std::string host;  // IPv6 without brackets.
  int port = 0;
};

// HOST:PORT or [IPV6]:PORT. Errors: LISTEN_ADDRESS_INVALID.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

// 127.0.0.0/8, ::1 and `localhost`.
bool IsLoopback(const std::string& host);

// As gRPC and people write it.
std::string ToHostPort(const ListenAddress& address);

}  // namespace guestbridge::server
