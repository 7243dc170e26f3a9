#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"
#include "grpcpp/channel.h"

namespace guestbridge::agent {

struct ServerAddress {
  // Or a list, ipv4:HOST:PORT,HOST:PORT: tried in order, the first that answers is
  // kept.
  std::string host_port;
  bool plaintext = false;
  std::string tls_ca;  // PEM file; empty: the system's
  // Which the server's certificate must bear; empty: the host of `host_port`. A list
  // needs it. Without TLS it has no effect.
  std::string server_name;
};

// What the agent shows of itself; PEM. Empty: nothing.
struct ClientCertificate {
  std::string chain;
  SecretString key;
};

// A channel to the configuration server; connects with the first call and again, for
// ever, when it was lost. Never through a proxy. Errors: TLS_CA_UNREADABLE,
// TLS_CA_MALFORMED.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ServerAddress& address, const ClientCertificate& certificate = {});

// The API token in `file`, without its line break. Errors: TOKEN_FILE_UNREADABLE,
// TOKEN_FILE_EMPTY, TOKEN_FILE_TOO_LARGE. A file that others may read is a warning in
// the log.
absl::StatusOr<SecretString> ReadTokenFile(const std::string& file);

}  // namespace guestbridge::agent
