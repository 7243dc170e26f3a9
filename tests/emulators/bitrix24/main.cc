// The Bitrix24 portal emulator. README.md describes flags and control endpoint.
#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/certificate.h"
#include "tests/emulators/bitrix24/control.h"
#include "tests/emulators/bitrix24/http_front.h"
#include "tests/emulators/bitrix24/portal.h"
#include "tests/emulators/bitrix24/rest_service.h"

namespace guestbridge::testing::bitrix24 {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:0";
  std::string control_listen = "127.0.0.1:0";
  std::string oauth_listen = "127.0.0.1:0";
  std::string tls_cert;
  std::string tls_key;
  bool plain = false;
  std::vector<std::string> webhooks;
  std::string client_id;
  std::string client_secret;
  std::string public_name;
  std::string config;
  uint64_t seed = 1;
  size_t threads = 64;
  std::string make_cert;
  CertificateOptions certificate;
};

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "guestbridge-emulator-bitrix24: %s\n", text.c_str());
  std::exit(2);
}

ListenerOptions Address(const std::string& text, size_t threads) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) Fail("HOST:PORT is wanted, not " + text);
  ListenerOptions options;
  options.host = text.substr(0, colon);
  options.port = std::atoi(text.c_str() + colon + 1);
  options.threads = threads;
  return options;
}

std::unique_ptr<HttpListener> Listen(const ListenerOptions& options,
                                     const PortalClock& clock, HttpHandler handler) {
  auto listener = HttpListener::Start(options, clock, std::move(handler));
  if (!listener.ok()) Fail(std::string(listener.status().message()));
  return *std::move(listener);
}

void AddWebhooks(const std::vector<std::string>& flags, Credentials* credentials) {
  for (const std::string& flag : flags) {
    const size_t colon = flag.find(':');
    const int64_t user = std::atoll(flag.c_str());
    if (colon == std::string::npos || user <= 0) Fail("USER:CODE is wanted: " + flag);
    credentials->MakeUser(user);
    credentials->webhooks.push_back({.user_id = user, .code = flag.substr(colon + 1)});
  }
}

int Serve(const Flags& flags) {
  // Signals go to this thread's sigwait alone; a client that leaves is no reason to
  // die.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Portal portal(flags.seed);
  portal.credentials.MakeUser(1);
  AddWebhooks(flags.webhooks, &portal.credentials);
  if (!flags.client_id.empty()) {
    portal.credentials.application.client_id = flags.client_id;
  }
  if (!flags.client_secret.empty()) {
    portal.credentials.application.client_secret = flags.client_secret;
  }
  portal.settings.https_required = !flags.plain;
  if (!flags.config.empty()) {
    const Json config = Json::parse(flags.config, nullptr, false);
    const absl::Status status = ApplySettings(config, &portal.settings);
    if (!status.ok()) Fail("--config: " + std::string(status.message()));
  }
  portal.initial_settings = portal.settings;
  RestService service(portal);
  Control control(portal);

  ListenerOptions portal_options = Address(flags.listen, flags.threads);
  ListenerOptions oauth_options = Address(flags.oauth_listen, flags.threads);
  if (!flags.plain) {
    if (flags.tls_cert.empty() || flags.tls_key.empty()) {
      Fail("--tls-cert and --tls-key are wanted, or --plain");
    }
    for (ListenerOptions* options : {&portal_options, &oauth_options}) {
      options->tls_cert = flags.tls_cert;
      options->tls_key = flags.tls_key;
    }
  }
  ListenerOptions control_options = Address(flags.control_listen, 16);
  control_options.raw_json_body = true;

  auto portal_listener =
      Listen(portal_options, portal.clock,
             [&](const HttpCall& call) { return service.HandlePortal(call); });
  auto oauth_listener = Listen(oauth_options, portal.clock, [&](const HttpCall& call) {
    return service.HandleOauth(call);
  });
  auto control_listener =
      Listen(control_options, portal.clock,
             [&](const HttpCall& call) { return control.Handle(call); });

  const std::string scheme = flags.plain ? "http" : "https";
  const std::string name =
      flags.public_name.empty() ? portal_options.host : flags.public_name;
  const std::string oauth =
      absl::StrCat(scheme, "://", name, ":", oauth_listener->port());
  {
    std::lock_guard<std::mutex> lock(portal.mutex);
    portal.rest_endpoint =
        absl::StrCat(scheme, "://", name, ":", portal_listener->port(), "/rest/");
    portal.oauth_endpoint = oauth;
  }
  std::printf("emulator-bitrix24 portal %s:%d\n", portal_options.host.c_str(),
              portal_listener->port());
  std::printf("emulator-bitrix24 control http://%s:%d\n", control_options.host.c_str(),
              control_listener->port());
  std::printf("emulator-bitrix24 oauth %s\n", oauth.c_str());
  std::printf("emulator-bitrix24 ready\n");
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  // Idle keep-alive connections would hold an orderly stop for as long as they last,
  // and nothing here is worth saving.
  _exit(0);
}

int Run(int argc, char** argv) {
  Flags flags;
  CLI::App app("Emulates a Bitrix24 portal's REST API for contacts.");
  app.add_option("--listen", flags.listen, "HOST:PORT of the portal; port 0: any");
  app.add_option("--control-listen", flags.control_listen, "HOST:PORT, plain HTTP");
  app.add_option("--oauth-listen", flags.oauth_listen,
                 "HOST:PORT of the authorization server");
  app.add_option("--tls-cert", flags.tls_cert, "PEM certificate of portal and OAuth");
  app.add_option("--tls-key", flags.tls_key, "its key");
  app.add_flag("--plain", flags.plain, "HTTP instead of HTTPS");
  app.add_option("--webhook", flags.webhooks, "USER:CODE; may be repeated");
  app.add_option("--client-id", flags.client_id, "of the OAuth application");
  app.add_option("--client-secret", flags.client_secret, "of the OAuth application");
  app.add_option("--public-name", flags.public_name,
                 "host in the endpoints that token answers name");
  app.add_option("--config", flags.config, "settings as JSON, like POST /config");
  app.add_option("--seed", flags.seed, "of tokens and documented costs");
  app.add_option("--threads", flags.threads, "connections served at a time");
  app.add_option("--make-cert", flags.make_cert,
                 "write ca.pem, cert.pem, key.pem into this directory and exit");
  app.add_flag("--cert-expired", flags.certificate.expired, "with --make-cert");
  app.add_flag("--cert-self-signed", flags.certificate.self_signed, "with --make-cert");
  app.add_flag("--cert-future", flags.certificate.future, "with --make-cert");
  app.add_flag("--cert-missing-chain", flags.certificate.missing_chain,
               "with --make-cert: an issuing authority that is not sent");
  std::vector<std::string> names;
  app.add_option("--cert-name", names,
                 "with --make-cert: DNS names instead of localhost and 127.0.0.1");
  CLI11_PARSE(app, argc, argv);
  if (flags.make_cert.empty()) return Serve(flags);
  if (!names.empty()) {
    flags.certificate.dns_names = names;
    flags.certificate.ip_addresses.clear();
  }
  const absl::Status status = MakeCertificate(flags.make_cert, flags.certificate);
  if (!status.ok()) Fail(std::string(status.message()));
  return 0;
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24

int main(int argc, char** argv) {
  return guestbridge::testing::bitrix24::Run(argc, argv);
}
