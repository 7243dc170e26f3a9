#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"

namespace guestbridge::cli {

struct Target {
  // HOST:PORT, unix:PATH, or a list, ipv4:HOST:PORT,HOST:PORT: tried in order, the
  // first that answers is kept.
  std::string server;
  bool plaintext = false;
  std::string tls_ca;  // PEM file; empty: the system's.
  // Which the server's certificate must bear; empty: the host of `server`. A list needs
  // it. Without TLS it has no effect.
  std::string server_name;
};

bool IsUnixSocket(absl::string_view server);

// A channel to the server; connects with the first call. Not through a proxy: the
// server is in the house. Errors: TLS_CA_UNREADABLE, TLS_CA_MALFORMED (parameter file).
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Target& target);

}  // namespace guestbridge::cli
