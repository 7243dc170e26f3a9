#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "server/secrets/key_source.h"

namespace guestbridge::server {

// The flags of guestbridge-server; see `--help`.
struct ServerOptions {
  std::string listen = "127.0.0.1:7443";  // HOST:PORT or unix:PATH
  std::string data_dir = "./guestbridge-data";
  std::string database;  // Empty: sqlite:<data_dir>/server.db
  std::string database_password_file;
  // Where the keys of stored secrets come from; nothing: <data_dir>/secret.key.
  KeyOptions keys;
  bool plaintext = false;
  std::string tls_cert;
  std::string tls_key;
  std::string client_ca;
  // An operator's own authority for agents' certificates; empty: one is made in the
  // data directory, or none with PostgreSQL, whose servers must share it.
  std::string agent_ca_cert;
  std::string agent_ca_key;
  absl::Duration agent_certificate_life = absl::Hours(7 * 24);
  std::string oauth_url;
  std::string portal_ca_file;
  bool allow_private_portals = false;
  std::string metrics_listen;
  // Run when what needs a person changes; empty: nobody is told.
  std::string notice_command;
  // An integration whose last good export is older needs a person; infinite: never.
  // Nothing: as its schedule asks for exports.
  std::optional<absl::Duration> stale_after;
};

// The whole server, put together.
class Server {
 public:
  // Opens what it keeps, checks the key, and listens. `clock` and `random` outlive it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const Clock& clock,
                                                       Random& random);
  ~Server();

  // HOST:PORT with the real port.
  const std::string& address() const;

  // The file with the admin token that this start made, because there was no
  // administrator's; empty: it made none.
  const std::string& first_token_file() const;

  // Ends streams, lets calls finish for at most `patience`, stops everything.
  void Drain(absl::Duration patience);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace guestbridge::server
