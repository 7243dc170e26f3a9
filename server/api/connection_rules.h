#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"
#include "guestbridge/v1/connection.pb.h"

namespace guestbridge::server {

struct ConnectionPolicy {
  bool allow_private_portals = false;
};

// A connection as a caller gave it, checked, in the form in which it is stored.
struct CheckedConnection {
  v1::Connection settings;  // Without secrets; defaults filled in.
  std::string source_key;
  // Absent: keep the stored one.
  std::optional<SecretString> webhook_secret;
  std::optional<SecretString> client_secret;
  std::optional<SecretString> refresh_token;
  std::optional<SecretString> source_password;
};

// Checks every field and normalises addresses; reaches nothing. Whether absent secrets
// are stored already is the caller's question. Errors: INVALID_ARGUMENT with the
// field's name and the reasons of connection.proto.
absl::StatusOr<CheckedConnection> CheckConnection(const v1::Connection& given,
                                                  const ConnectionPolicy& policy);

// Sends `settings` to another address (`host` or `host:port`) of the portal, under the
// rules of CheckConnection.
absl::Status MovePortal(const std::string& address, const ConnectionPolicy& policy,
                        v1::Connection* settings);

}  // namespace guestbridge::server
