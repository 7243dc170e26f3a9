#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "server/data_directory.h"
#include "server/identity/agent_authority.h"

namespace guestbridge::server {

// PEM texts for gRPC.
struct ServerCertificate {
  std::string chain;
  std::string key;
  std::string client_ca;  // Empty: callers need no certificate.
};

// Reads an operator's own files and checks that key and certificate belong together.
// Errors: TLS_FILES_INCOMPLETE, TLS_FILE_UNREADABLE, TLS_FILES_UNUSABLE.
absl::StatusOr<ServerCertificate> ReadCertificate(const std::string& cert_file,
                                                  const std::string& key_file,
                                                  const std::string& client_ca_file);

// Says at the start that an operator's CA file can be used, not at the first call to a
// portal. Errors: EXTRA_CA_UNREADABLE.
absl::Status CheckAuthorityFile(const std::string& file);

// Names that a server is called by which listens at this host: those of this machine
// and the host, unless that is an address of all.
std::vector<std::string> CertificateNames(const std::string& listen_host);

// Makes, in the data directory, a certificate authority (`ca.pem`, `ca.key`; ten years,
// made once: agents and CLIs trust it) and a certificate for the server (`server.pem`,
// `server.key`; a year) that is made anew when fewer than 30 days are left or one of
// `names` (host names and IP addresses) is not in it. Keys have mode 0600.
absl::StatusOr<ServerCertificate> MakeCertificate(const DataDirectory& directory,
                                                  const std::vector<std::string>& names,
                                                  absl::Time now, Random& random);

struct AgentAuthorityFiles {
  // PEM, of an operator's own authority; both or neither.
  std::string certificate;
  std::string key;
  absl::Duration certificate_life = absl::Hours(7 * 24);
};

// What signs agents' certificates: the operator's own, or one made once in the data
// directory (`agent-ca.pem`, `agent-ca.key`; ten years). `random` outlives it. Errors:
// AGENT_AUTHORITY_INCOMPLETE, KEY_FILE_READABLE_BY_OTHERS (the group's own right is
// left to the operator), TLS_FILE_UNREADABLE, AGENT_AUTHORITY_UNUSABLE,
// TLS_FILES_UNUSABLE.
absl::StatusOr<AgentAuthority> OpenAgentAuthority(const DataDirectory& directory,
                                                  const AgentAuthorityFiles& files,
                                                  absl::Time now, Random& random);

}  // namespace guestbridge::server
