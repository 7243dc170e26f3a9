#pragma once

#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/http/http_client.h"

namespace guestbridge::testing {

// An emulator, as a process that ends with this object. What goes wrong aborts the
// test, and ends the process too.
class EmulatorProcess {
 public:
  // Starts `program` and waits until it has printed `ready`. Its line "control
  // http://HOST:PORT" names the control endpoint.
  EmulatorProcess(const std::string& program, const std::vector<std::string>& arguments,
                  const std::string& ready);
  ~EmulatorProcess();
  EmulatorProcess(const EmulatorProcess&) = delete;
  EmulatorProcess& operator=(const EmulatorProcess&) = delete;

  // Runs `program` to its end, which is to be a good one.
  static void Run(const std::string& program,
                  const std::vector<std::string>& arguments);

  // The rest of the line after `label` in what it printed.
  std::string WordAfter(const std::string& label) const;

  // The control endpoint.
  nlohmann::json Get(const std::string& path);
  nlohmann::json Post(const std::string& path, const nlohmann::json& body);
  void Delete(const std::string& path);

  [[noreturn]] static void Abort(const std::string& what);

 private:
  nlohmann::json Call(const std::string& method, const std::string& path,
                      const std::string& body);

  int output_ = -1;
  pid_t pid_ = -1;
  std::string printed_;
  std::unique_ptr<HttpClient> control_;
};

// Parts "HOST:PORT".
void ParseHostPort(const std::string& text, std::string* host, int* port);

}  // namespace guestbridge::testing
