#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/time/clock.h"
#include "sync-agent/source/source_registry.h"
#include "tests/contract/emulator_process.h"

namespace guestbridge::testing {

// A 1C base over OData, as a process of its own that ends with this object.
class OnecEmulator {
 public:
  // `arguments`: beside user, password and addresses, e.g. {"--generate", "300"}.
  explicit OnecEmulator(const std::vector<std::string>& arguments = {});

  const std::string& url() const { return url_; }
  // The control endpoint; aborts the test on an error.
  nlohmann::json Get(const std::string& path) { return process_.Get(path); }
  nlohmann::json Post(const std::string& path, const nlohmann::json& body) {
    return process_.Post(path, body);
  }
  void Delete(const std::string& path) { process_.Delete(path); }
  // Adds a client; answers its guid.
  std::string Add(const nlohmann::json& client);
  int CountRequests();

  // Settings that connect to it.
  agent::SourceSettings Settings(const std::string& profile_text = "") const;
  agent::Source Connect(const std::string& profile_text = "") const;

 private:
  EmulatorProcess process_;
  std::string url_;
};

}  // namespace guestbridge::testing
