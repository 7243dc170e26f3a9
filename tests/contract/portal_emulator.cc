#include "tests/contract/portal_emulator.h"

#include "absl/strings/str_cat.h"

namespace guestbridge::testing {
namespace {

std::vector<std::string> WithCertificate(const TempDir& folder,
                                         const std::vector<std::string>& arguments) {
  EmulatorProcess::Run(EMULATOR_BITRIX24, {"--make-cert", folder.path()});
  std::vector<std::string> words = {
      "--tls-cert",      folder.File("cert.pem"),
      "--tls-key",       folder.File("key.pem"),
      "--webhook",       absl::StrCat("1:", PortalEmulator::kWebhookCode),
      "--client-id",     "app.1",
      "--client-secret", "secret"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

PortalEmulator::PortalEmulator(const std::vector<std::string>& arguments)
    : process_(EMULATOR_BITRIX24, WithCertificate(folder_, arguments),
               "emulator-bitrix24 ready") {
  ParseHostPort(process_.WordAfter("emulator-bitrix24 portal "), &host_, &port_);
}

std::unique_ptr<HttpClient> PortalEmulator::Connect(bool trusting) const {
  HttpClientOptions options;
  options.host = host_;
  options.port = port_;
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  if (trusting) options.extra_ca_file = folder_.File("ca.pem");
  auto client = MakeHttpClient(options);
  if (!client.ok()) EmulatorProcess::Abort("no http client");
  return *std::move(client);
}

agent::RestPortalSettings PortalEmulator::WebhookSettings(
    const std::string& code) const {
  agent::RestPortalSettings settings;
  settings.webhook_user = 1;
  settings.webhook_secret = SecretString(code);
  settings.host = host_;
  return settings;
}

}  // namespace guestbridge::testing
