#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "common/http/host_name.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/resource/resource_name.h"
#include "common/secret/core_dumps.h"
#include "common/status/error.h"
#include "common/text/catalogue.h"
#include "common/text/locale.h"
#include "common/time/clock.h"
#include "sync-agent/agent.h"

// Read by jemalloc before main. One thread does nearly all the work; pages of 1C and
// requests are some megabytes that come and go: kept a while, not given back to the
// kernel and asked for again each time. They are given back when a run has ended.
extern "C" {
const char* malloc_conf = "narenas:1,dirty_decay_ms:30000";
// Absent where another allocator is linked.
int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value,
            size_t new_size) __attribute__((weak));
}

namespace guestbridge::agent {
namespace {

// Exit codes as the command line tool has them.
constexpr int kUsage = 2;
constexpr int kRefused = 4;

// The contract gives 30 s; the last reports and the goodbye take the rest.
constexpr absl::Duration kPatience = absl::Seconds(16);

int Fail(const absl::Status& status, int code) {
  const Explanation explanation = Explain(status, LocaleLanguage());
  std::cerr << "guestbridge-agent: " << explanation.message << "\n"
            << explanation.remedy << std::endl;
  return code;
}

// Why the server will not have this agent, from the client's thread to main's.
class Refusal {
 public:
  void Set(const absl::Status& status) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
    }
    // Wakes sigwait.
    kill(getpid(), SIGTERM);
  }
  absl::Status Get() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
  }

 private:
  std::mutex mutex_;
  absl::Status status_;
};

int Work(AgentOptions options) {
  // Before any thread starts, so that all of them leave the signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ,
         SIG_IGN);  // A file at its limit is an error of the write, like a full disk.

  const std::string ready =
      "guestbridge-agent " + options.name + " connected to " + options.server.host_port;
  Refusal refusal;
  Agent::Callbacks callbacks;
  callbacks.on_connected = [&ready] { std::cout << ready << std::endl; };
  callbacks.on_refused = [&refusal](const absl::Status& status) {
    refusal.Set(status);
  };
  callbacks.on_run_ended = [] {
    if (mallctl != nullptr) mallctl("arena.0.purge", nullptr, nullptr, nullptr, 0);
  };
  absl::StatusOr<std::unique_ptr<Agent>> agent = Agent::Open(
      std::move(options), std::move(callbacks), SystemRandom(), SystemClock());
  if (!agent.ok()) return Fail(agent.status(), kRefused);
  (*agent)->Start();
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  log::Info("agent_stopping");
  const bool ended = (*agent)->Stop(kPatience);
  const absl::Status refused = refusal.Get();
  const int code = refused.ok() ? 0 : Fail(refused, kRefused);
  if (!ended) {
    // A request is still out. Its intent is on disk; what became of it is settled after
    // the next start.
    log::Warning("agent_left_with_requests_open");
    std::cout.flush();
    std::cerr.flush();
    _exit(code);
  }
  return code;
}

int Main(int argc, char** argv) {
  ForbidCoreDumps();
  umask(077);

  AgentOptions options;
  options.version = GUESTBRIDGE_VERSION;
  CLI::App app(
      "The sync agent of guestbridge: stands beside 1C, takes its work from the "
      "configuration server and carries guests to the Bitrix24 portal.\n"
      "Example: guestbridge-agent --server bridge.example.com:7443 --name hotel-1 "
      "--tls-ca ca.pem --join-token-file hotel-1.token",
      "guestbridge-agent");
  app.set_version_flag("--version",
                       std::string("guestbridge-agent ") + GUESTBRIDGE_VERSION);
  // CLI11 does not ask the environment for the name of the file itself. A file that is
  // named must be there, and a line that nobody knows is a mistake to be told.
  const char* const config = std::getenv("GUESTBRIDGE_AGENT_CONFIG");
  const std::string config_file = config == nullptr ? "" : config;
  app.set_config("--config", config_file, "Read flags from this file (TOML or INI).",
                 /*config_required=*/!config_file.empty())
      ->envname("GUESTBRIDGE_AGENT_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  const auto text = [&](const std::string& flag, std::string& value,
                        const std::string& variable, const std::string& help) {
    return app.add_option(flag, value, help)
        ->envname("GUESTBRIDGE_AGENT_" + variable)
        ->capture_default_str();
  };
  text("--server", options.server.host_port, "SERVER",
       "HOST:PORT of the configuration server, or unix:PATH of its socket. Or a list, "
       "ipv4:10.0.0.11:7443,10.0.0.12:7443; see --server-name.")
      ->required()
      ->check([](const std::string& server) {
        return IsMalformedList(server)
                   ? std::string(
                         "a list of addresses in numbers, each with its port: "
                         "ipv4:10.0.0.11:7443,10.0.0.12:7443")
                   : std::string();
      });
  text("--name", options.name, "NAME", "This agent's name; unique on the server.")
      ->required()
      ->check([](const std::string& name) {
        return IsAgentId(name) ? std::string()
                               : std::string(
                                     "letters, digits, . _ and - only, at most "
                                     "63, a letter or digit first");
      });
  text("--data-dir", options.data_dir, "DATA_DIR",
       "Ledgers, key file and the last good configuration; made with mode 0700.");
  app.add_flag("--plaintext", options.server.plaintext,
               "No TLS to the server. For one machine only.")
      ->envname("GUESTBRIDGE_AGENT_PLAINTEXT");
  text("--tls-ca", options.server.tls_ca, "TLS_CA",
       "CA of the server's certificate, PEM. Default: the system's.");
  const CLI::Option* const server_name =
      text("--server-name", options.server.server_name, "SERVER_NAME",
           "Name that the server's certificate must bear. Default: the host of "
           "--server. A list of addresses needs it: they are tried in order and the "
           "first that answers is kept. No round robin: an agent's session lives at "
           "one server.")
          ->check([](const std::string& name) {
            return IsHostName(name)
                       ? std::string()
                       : std::string(
                             "a host name or an IPv4 address, without a port, e.g. "
                             "bridge.example");
          });
  text("--token-file", options.token_file, "TOKEN_FILE",
       "File with an API token of the role \"agent\".");
  text("--join-token-file", options.join_token_file, "JOIN_TOKEN_FILE",
       "File with the token of \"guestbridge agent create\": the agent makes its key "
       "and "
       "gets its certificate for it, once. A newer token joins anew.")
      ->excludes("--token-file");
  text("--portal-ca-file", options.portal_ca_file, "PORTAL_CA_FILE",
       "Extra CA for the portal, beside the system's, PEM.");
  text("--policy-file", options.policy_file, "POLICY_FILE",
       "What this agent does not do whatever the server says (YAML): hosts, fields, "
       "ceilings. Read at start. Default: policy.yaml in the data directory, if it is "
       "there.");
  text("--metrics-listen", options.metrics_listen, "METRICS_LISTEN",
       "HOST:PORT for Prometheus.");
  try {
    app.parse(argc, argv);
    if (server_name->count() > 0 &&
        (options.server.plaintext ||
         absl::StartsWith(options.server.host_port, "unix:"))) {
      throw CLI::ValidationError(
          "--server-name",
          "not with --plaintext or --server unix:PATH: there is no certificate that "
          "could bear the name. Leave it out.");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return Work(std::move(options));
}

}  // namespace
}  // namespace guestbridge::agent

int main(int argc, char** argv) { return guestbridge::agent::Main(argc, argv); }
