#include "tests/contract/portal_emulator.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace guestbridge::testing {
namespace {

[[noreturn]] void Abort(const std::string& what) {
  fprintf(stderr, "portal emulator: %s\n", what.c_str());
  std::abort();
}

pid_t Start(std::vector<std::string> words, int* output) {
  words.insert(words.begin(), EMULATOR_BITRIX24);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) Abort("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  if (posix_spawn(&pid, EMULATOR_BITRIX24, &actions, nullptr, argv.data(), environ) !=
      0) {
    Abort("cannot start " EMULATOR_BITRIX24);
  }
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  *output = pipe_ends[0];
  return pid;
}

// HOST:PORT after `label` in what the emulator printed.
void Address(const std::string& output, const std::string& label, std::string* host,
             int* port) {
  const size_t at = output.find(label);
  if (at == std::string::npos) Abort("no line " + label);
  const size_t from = at + label.size();
  const std::string word = output.substr(from, output.find('\n', from) - from);
  const size_t colon = word.rfind(':');
  *host = word.substr(0, colon);
  if (!absl::SimpleAtoi(word.substr(colon + 1), port)) Abort("no port in " + word);
}

}  // namespace

PortalEmulator::PortalEmulator(const std::vector<std::string>& arguments) {
  int output = -1;
  const pid_t maker = Start({"--make-cert", folder_.path()}, &output);
  int status = 0;
  waitpid(maker, &status, 0);
  close(output);
  if (status != 0) Abort("no certificate");

  std::vector<std::string> words = {"--tls-cert",      folder_.File("cert.pem"),
                                    "--tls-key",       folder_.File("key.pem"),
                                    "--webhook",       absl::StrCat("1:", kWebhookCode),
                                    "--client-id",     "app.1",
                                    "--client-secret", "secret"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  pid_ = Start(words, &output_);
  std::string printed;
  while (printed.find("emulator-bitrix24 ready") == std::string::npos) {
    char piece[512];
    const ssize_t size = read(output_, piece, sizeof(piece));
    if (size <= 0) Abort("ended before it was ready");
    printed.append(piece, static_cast<size_t>(size));
  }
  Address(printed, "emulator-bitrix24 portal ", &host_, &port_);
  HttpClientOptions options;
  options.tls = false;
  Address(printed, "control http://", &options.host, &options.port);
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  auto client = MakeHttpClient(options);
  if (!client.ok()) Abort("no http client");
  control_ = *std::move(client);
}

PortalEmulator::~PortalEmulator() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  close(output_);
}

nlohmann::json PortalEmulator::Get(const std::string& path) {
  HttpRequest request;
  request.target = path;
  const HttpResult result = control_->Send(request);
  if (result.status != 200) Abort(absl::StrCat("GET ", path, ": ", result.body));
  return nlohmann::json::parse(result.body);
}

nlohmann::json PortalEmulator::Post(const std::string& path,
                                    const nlohmann::json& body) {
  HttpRequest request;
  request.method = "POST";
  request.target = path;
  request.body = body.dump();
  const HttpResult result = control_->Send(request);
  if (result.status != 200) Abort(absl::StrCat("POST ", path, ": ", result.body));
  return nlohmann::json::parse(result.body);
}

std::unique_ptr<HttpClient> PortalEmulator::Connect(bool trusting) const {
  HttpClientOptions options;
  options.host = host_;
  options.port = port_;
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  if (trusting) options.extra_ca_file = folder_.File("ca.pem");
  auto client = MakeHttpClient(options);
  if (!client.ok()) Abort("no http client");
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
