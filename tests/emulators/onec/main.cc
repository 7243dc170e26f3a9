// guestbridge-emulator-onec: a 1C:Hotel base published over OData, for tests.
#include <httplib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "tests/emulators/onec/control.h"
#include "tests/emulators/onec/http_front.h"
#include "tests/emulators/onec/sample_data.h"

namespace onec = guestbridge::testing::onec;

namespace {

struct Flags {
  std::string listen = "127.0.0.1:0";
  std::string control = "127.0.0.1:0";
  std::string base = "hotel";
  std::string user;
  std::string password;
  std::string data;
  int generate = 0;
  std::uint64_t seed = 1;
  int zone_minutes = 180;
  std::string tls_cert;
  std::string tls_key;
};

int Fail(const std::string& what) {
  std::fprintf(stderr, "guestbridge-emulator-onec: %s\n", what.c_str());
  return 1;
}

// Binds HOST:PORT (port 0: any) and answers "HOST:PORT", or "" on failure.
std::string Bind(httplib::Server& server, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return "";
  const std::string host = address.substr(0, colon);
  const int port = std::atoi(address.c_str() + colon + 1);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000);
  server.set_keep_alive_timeout(60);
  server.set_read_timeout(60);
  server.set_write_timeout(60);
  server.set_payload_max_length(64u << 20);
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  const int bound = port == 0 ? server.bind_to_any_port(host.c_str())
                    : server.bind_to_port(host.c_str(), port) ? port
                                                              : -1;
  return bound > 0 ? host + ":" + std::to_string(bound) : "";
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("A 1C:Hotel base over OData v3, emulated for tests");
  app.add_option("--listen", flags.listen, "HOST:PORT of the OData service");
  app.add_option("--control-listen", flags.control,
                 "HOST:PORT of the control endpoint");
  app.add_option("--base", flags.base, "alias of the publication");
  app.add_option("--user", flags.user, "login, may be Cyrillic")->required();
  app.add_option("--password", flags.password, "may be empty")->required();
  app.add_option("--data", flags.data, "clients, one JSON object a line");
  app.add_option("--generate", flags.generate, "invent so many clients");
  app.add_option("--seed", flags.seed, "of --generate");
  app.add_option("--timezone-offset", flags.zone_minutes,
                 "the 1C server's zone, minutes east of UTC (default 180)");
  app.add_option("--tls-cert", flags.tls_cert, "PEM; with --tls-key: serve HTTPS");
  app.add_option("--tls-key", flags.tls_key, "PEM");
  CLI11_PARSE(app, argc, argv);

  // Signals are taken by sigwait below; threads inherit the mask.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  onec::InfoBase base(flags.zone_minutes, flags.user);
  if (!flags.data.empty()) {
    const std::string bad = onec::LoadClients(base, flags.data);
    if (!bad.empty()) return Fail(bad);
  }
  if (flags.generate > 0) onec::GenerateClients(base, flags.generate, flags.seed);

  const bool tls = !flags.tls_cert.empty();
  onec::Faults faults;
  onec::Journal journal;
  onec::HttpFront front({flags.base, flags.user, flags.password, tls}, base, faults,
                        journal);
  onec::Control control(base, front.sessions(), faults, journal);
  const std::unique_ptr<httplib::Server> odata =
      tls ? std::make_unique<httplib::SSLServer>(flags.tls_cert.c_str(),
                                                 flags.tls_key.c_str())
          : std::make_unique<httplib::Server>();
  if (!odata->is_valid()) return Fail("cannot use --tls-cert and --tls-key");
  httplib::Server control_server;
  front.Install(*odata);
  control.Install(control_server);
  const std::string odata_address = Bind(*odata, flags.listen);
  if (odata_address.empty()) return Fail("cannot listen on " + flags.listen);
  const std::string control_address = Bind(control_server, flags.control);
  if (control_address.empty()) return Fail("cannot listen on " + flags.control);

  // Both sockets listen since Bind, so a caller may connect before these threads run.
  std::thread odata_thread([&] { odata->listen_after_bind(); });
  std::thread control_thread([&] { control_server.listen_after_bind(); });
  std::printf("emulator-onec source %s://%s/%s\n", tls ? "https" : "http",
              odata_address.c_str(), flags.base.c_str());
  std::printf("emulator-onec control http://%s\n", control_address.c_str());
  std::printf("emulator-onec ready\n");
  std::fflush(stdout);

  int signal = 0;
  sigwait(&stop_signals, &signal);
  // Nothing here outlives the process, and joining would wait for idle connections.
  std::_Exit(0);
}
