#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/http/http_client.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"
#include "tests/contract/emulator_process.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::testing {

// A Bitrix24 portal over TLS, as a process of its own that ends with this object.
class PortalEmulator {
 public:
  static constexpr char kWebhookCode[] = "s3cr3tc0de";

  // `arguments`: beside certificate, webhook and application; e.g. {"--config", "{…}"}.
  explicit PortalEmulator(const std::vector<std::string>& arguments = {});

  // The control endpoint; aborts the test on an error.
  nlohmann::json Get(const std::string& path) { return process_.Get(path); }
  nlohmann::json Post(const std::string& path, const nlohmann::json& body) {
    return process_.Post(path, body);
  }

  // A client of the portal's HTTPS address that trusts its certificate, or not.
  std::unique_ptr<HttpClient> Connect(bool trusting = true) const;
  agent::RestPortalSettings WebhookSettings(
      const std::string& code = kWebhookCode) const;

 private:
  TempDir folder_;
  EmulatorProcess process_;
  std::string host_;
  int port_ = 0;
};

}  // namespace guestbridge::testing
