#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace guestbridge::server {

struct ListenAddress {
  std::string host;  // IPv6 without brackets.
  int port = 0;
  std::string socket;  // Path of a Unix socket; empty: host and port.
};

// HOST:PORT, [IPV6]:PORT or unix:PATH. Errors: LISTEN_ADDRESS_INVALID.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

// 127.0.0.0/8, ::1 and `localhost`.
bool IsLoopback(const std::string& host);

// Whoever could write to the socket's folder could put another in its place. Errors:
// LISTEN_SOCKET_UNSAFE (parameters file, detail).
absl::Status CheckSocketFolder(const std::string& socket);

// As gRPC and people write it.
std::string ToHostPort(const ListenAddress& address);

}  // namespace guestbridge::server
