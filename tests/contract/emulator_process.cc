#include "tests/contract/emulator_process.h"

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

// The process that is running; an aborted test runs no destructor.
pid_t running = -1;

pid_t Start(const std::string& program, const std::vector<std::string>& arguments,
            int* output) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) EmulatorProcess::Abort("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  if (posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ) !=
      0) {
    EmulatorProcess::Abort("cannot start " + program);
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  *output = ends[0];
  return pid;
}

}  // namespace

EmulatorProcess::EmulatorProcess(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const std::string& ready)
    : pid_(Start(program, arguments, &output_)) {
  running = pid_;
  while (printed_.find(ready) == std::string::npos) {
    char piece[512];
    const ssize_t size = read(output_, piece, sizeof(piece));
    if (size <= 0) Abort("ended before it was ready");
    printed_.append(piece, static_cast<size_t>(size));
  }
  HttpClientOptions options;
  options.tls = false;
  ParseHostPort(WordAfter("control http://"), &options.host, &options.port);
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  auto client = MakeHttpClient(options);
  if (!client.ok()) Abort("no http client");
  control_ = *std::move(client);
}

EmulatorProcess::~EmulatorProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  running = -1;
  close(output_);
}

void EmulatorProcess::Run(const std::string& program,
                          const std::vector<std::string>& arguments) {
  int output = -1;
  const pid_t pid = Start(program, arguments, &output);
  int status = 0;
  waitpid(pid, &status, 0);
  close(output);
  if (status != 0) Abort(absl::StrCat(program, " ended with ", status));
}

std::string EmulatorProcess::WordAfter(const std::string& label) const {
  const size_t at = printed_.find(label);
  if (at == std::string::npos) Abort("no line " + label);
  const size_t from = at + label.size();
  return printed_.substr(from, printed_.find('\n', from) - from);
}

nlohmann::json EmulatorProcess::Get(const std::string& path) {
  return Call("GET", path, "");
}

nlohmann::json EmulatorProcess::Post(const std::string& path,
                                     const nlohmann::json& body) {
  return Call("POST", path, body.dump());
}

void EmulatorProcess::Delete(const std::string& path) { Call("DELETE", path, ""); }

nlohmann::json EmulatorProcess::Call(const std::string& method, const std::string& path,
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

void EmulatorProcess::Abort(const std::string& what) {
  if (running > 0) kill(running, SIGKILL);
  fprintf(stderr, "emulator: %s\n", what.c_str());
  std::abort();
}

void ParseHostPort(const std::string& text, std::string* host, int* port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), port)) {
    EmulatorProcess::Abort("no port in " + text);
  }
  *host = text.substr(0, colon);
}

}  // namespace guestbridge::testing
