#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"

namespace guestbridge::cli {

// Where a secret that is shown once goes: a file that only its owner may read, or a
// stream for "-". Opened before the secret is asked for, so that none is lost for want
// of a place.
class SecretOutput {
 public:
  // Errors: OUTPUT_FILE_UNWRITABLE (parameter file).
  static absl::StatusOr<SecretOutput> Open(const std::string& path, std::ostream& out);

  SecretOutput(SecretOutput&& other) noexcept;
  SecretOutput& operator=(SecretOutput&& other) = delete;
  // Takes away a file that was made and got nothing.
  ~SecretOutput();

  // The stream was chosen, so nothing else may be written to it.
  bool is_stream() const { return path_ == "-"; }
  // Takes the place of what the file held. Errors: as Open.
  absl::Status Write(const SecretString& secret);

 private:
  SecretOutput(std::string path, std::ostream& out, int file, bool made)
      : path_(std::move(path)), out_(out), file_(file), made_(made) {}

  std::string path_;
  std::ostream& out_;
  int file_;
  bool made_;
};

}  // namespace guestbridge::cli
