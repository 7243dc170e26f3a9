#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/secret/sealer.h"
#include "guestbridge/v1/agent_control.pb.h"

namespace guestbridge::agent {

// The last good configuration of each integration on disk, so that an agent knows its
// work before it has reached the server. Each file is sealed whole with the agent's own
// key, mode 0600, and replaced atomically. One thread at a time.
class ConfigurationCache {
 public:
  // `directory` is made with mode 0700 when it is missing. `sealer` outlives the cache.
  ConfigurationCache(std::string directory, Sealer& sealer);

  // Errors: CONFIGURATION_NOT_KEPT (parameter file): the agent can go on without.
  absl::Status Keep(const guestbridge::v1::AgentConfiguration& configuration);
  // `integration`: the short id.
  void Forget(const std::string& integration);

  struct Kept {
    std::string integration;
    // Errors: CONFIGURATION_UNREADABLE (parameter file): cut, of another key or moved;
    // the server sends it again.
    absl::StatusOr<guestbridge::v1::AgentConfiguration> configuration;
  };
  std::vector<Kept> Load();

 private:
  std::string FileOf(const std::string& integration) const;

  const std::string directory_;
  Sealer& sealer_;
};

}  // namespace guestbridge::agent
