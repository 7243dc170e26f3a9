#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"

namespace guestbridge::server {

// Where key-encryption keys come from. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // All keys that are there now, at least one; the same ones twice in no case.
  // Errors: those of ReadKeyFile and RunKeyCommand, KEY_VARIABLE_MALFORMED.
  virtual absl::StatusOr<std::vector<SecretString>> Read() = 0;
  // Whether Make can be called: the keys are this server's own files.
  virtual bool can_make() const { return false; }
  // Makes the key of this number, 1 being the first; nothing when there is one. Errors:
  // those of WriteKeyFile.
  virtual absl::Status Make(int number);
};

struct KeyOptions {
  // Files, or folders whose files called `*.key` are read.
  std::vector<std::string> files = {};
  // A program that prints the keys, one a line.
  std::string command = {};
  // The value of GUESTBRIDGE_SERVER_KEY: keys with white space or commas between them.
  SecretString variable = {};
};

// Takes GUESTBRIDGE_SERVER_KEY out of the environment, also out of what
// /proc/PID/environ shows. Before any thread starts.
SecretString TakeKeyVariable();

// `folder`: where the server keeps its own keys, `secret.key`, `secret-2.key` and so
// on, when `options` names no other source. `random` and `clock` outlive it.
// Errors: KEY_SOURCE_AMBIGUOUS (INVALID_ARGUMENT) when it names several.
absl::StatusOr<std::unique_ptr<KeySource>> MakeKeySource(KeyOptions options,
                                                         const std::string& folder,
                                                         Random& random,
                                                         const Clock& clock);

}  // namespace guestbridge::server
