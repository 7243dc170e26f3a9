#pragma once

#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/http/http_client.h"
#include "common/time/clock.h"
#include "sync-agent/source/source_registry.h"

namespace guestbridge::testing {

// A 1C base over OData, as a process of its own that ends with this object.
class OnecEmulator {
 public:
  // `arguments`: beside user, password and addresses, e.g. {"--generate", "300"}.
  explicit OnecEmulator(const std::vector<std::string>& arguments = {});
  ~OnecEmulator();
  OnecEmulator(const OnecEmulator&) = delete;
  OnecEmulator& operator=(const OnecEmulator&) = delete;

  const std::string& url() const { return url_; }
  // The control endpoint; aborts the test on an error.
  nlohmann::json Get(const std::string& path);
  nlohmann::json Post(const std::string& path, const nlohmann::json& body);
  void Delete(const std::string& path);
  // Adds a client; answers its guid.
  std::string Add(const nlohmann::json& client);
  int CountRequests();

  // Settings that connect to it.
  agent::SourceSettings Settings(const std::string& profile_text = "") const;
  agent::Source Connect(const std::string& profile_text = "") const;

 private:
  nlohmann::json Call(const std::string& method, const std::string& path,
                      const std::string& body);

  pid_t pid_ = -1;
  int output_ = -1;
  std::string url_;
  std::unique_ptr<HttpClient> control_;
};

}  // namespace guestbridge::testing
