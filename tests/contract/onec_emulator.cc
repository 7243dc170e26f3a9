#include "tests/contract/onec_emulator.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

extern char** environ;

namespace guestbridge::testing {
namespace {

constexpr char kUser[] = "Интеграция";
constexpr char kPassword[] = "пароль 1";

// The process that is running; an aborted test runs no destructor.
pid_t running = -1;

[[noreturn]] void Abort(const std::string& what) {
  if (running > 0) kill(running, SIGKILL);
  fprintf(stderr, "onec emulator: %s\n", what.c_str());
  std::abort();
}

// The word after `label` in what the emulator printed.
std::string WordAfter(const std::string& output, const std::string& label) {
  const size_t at = output.find(label);
  if (at == std::string::npos) Abort("no line " + label);
  const size_t from = at + label.size();
  return output.substr(from, output.find('\n', from) - from);
}

}  // namespace

OnecEmulator::OnecEmulator(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {EMULATOR_ONEC, "--user", kUser, "--password",
                                    kPassword};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) Abort("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, EMULATOR_ONEC, &actions, nullptr, argv.data(), environ) != 0) {
    Abort("cannot start " EMULATOR_ONEC);
  }
  running = pid_;
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
  std::string output;
  while (output.find("emulator-onec ready") == std::string::npos) {
    char piece[512];
    const ssize_t size = read(output_, piece, sizeof(piece));
    if (size <= 0) Abort("ended before it was ready");
    output.append(piece, static_cast<size_t>(size));
  }
  url_ = WordAfter(output, "source ");
  const std::string control = WordAfter(output, "control http://");
  const std::vector<std::string> parts = absl::StrSplit(control, ':');
  HttpClientOptions options;
  options.tls = false;
  options.host = parts[0];
  if (!absl::SimpleAtoi(parts[1], &options.port)) Abort("no port");
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  auto client = MakeHttpClient(options);
  if (!client.ok()) Abort("no http client");
  control_ = *std::move(client);
}

OnecEmulator::~OnecEmulator() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  running = -1;
  close(output_);
}

nlohmann::json OnecEmulator::Call(const std::string& method, const std::string& path,
                                  const std::string& body) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.body = body;
  const HttpResult result = control_->Send(request);
  if (result.outcome != HttpOutcome::kAnswered || result.status != 200) {
    Abort(absl::StrCat(method, " ", path, ": ", result.status, " ", result.reason, " ",
                       result.body));
  }
  return nlohmann::json::parse(result.body);
}

nlohmann::json OnecEmulator::Get(const std::string& path) {
  return Call("GET", path, "");
}

nlohmann::json OnecEmulator::Post(const std::string& path, const nlohmann::json& body) {
  return Call("POST", path, body.dump());
}

void OnecEmulator::Delete(const std::string& path) { Call("DELETE", path, ""); }

std::string OnecEmulator::Add(const nlohmann::json& client) {
  const nlohmann::json answer = Post("/clients/add", client);
  for (const char* name : {"guid", "Ref_Key"}) {
    if (answer.contains(name)) return answer[name];
  }
  Abort("no guid in " + answer.dump());
}

int OnecEmulator::CountRequests() {
  return static_cast<int>(Get("/journal?since=0").size());
}

agent::SourceSettings OnecEmulator::Settings(const std::string& profile_text) const {
  agent::SourceSettings settings;
  settings.type = "onec-odata";
  settings.url = url_;
  settings.user = kUser;
  settings.password = SecretString(kPassword);
  settings.profile_text = profile_text;
  return settings;
}

agent::Source OnecEmulator::Connect(const std::string& profile_text) const {
  auto source = agent::ConnectSource(Settings(profile_text), SystemClock());
  if (!source.ok()) Abort(source.status().ToString());
  return *std::move(source);
}

}  // namespace guestbridge::testing
