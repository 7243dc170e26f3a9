#include "admin-cli/link/secret_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "common/status/error.h"

namespace guestbridge::cli {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

absl::Status Unwritable(const std::string& path) {
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", path}});
}

}  // namespace

absl::StatusOr<SecretOutput> SecretOutput::Open(const std::string& path,
                                                std::ostream& out) {
  if (path == "-") return SecretOutput(path, out, -1, false);
  bool made = true;
  int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kOwnerOnly);
  if (file < 0) {
    made = false;
    file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  }
  if (file < 0) return Unwritable(path);
  return SecretOutput(path, out, file, made);
}

SecretOutput::SecretOutput(SecretOutput&& other) noexcept
    : path_(std::move(other.path_)),
      out_(other.out_),
      file_(std::exchange(other.file_, -1)),
      made_(std::exchange(other.made_, false)) {}

SecretOutput::~SecretOutput() {
  if (file_ >= 0) close(file_);
  if (made_) unlink(path_.c_str());
}

absl::Status SecretOutput::Write(const SecretString& secret) {
  const std::string line = secret.Reveal() + "\n";
  if (is_stream()) {
    out_ << line << std::flush;
    return out_.good() ? absl::OkStatus() : MakeError("OUTPUT_UNWRITABLE");
  }
  struct stat facts {};
  if (fstat(file_, &facts) != 0) return Unwritable(path_);
  // A device or a pipe keeps the rights that it has.
  if (S_ISREG(facts.st_mode) &&
      (fchmod(file_, kOwnerOnly) != 0 || ftruncate(file_, 0) != 0)) {
    return Unwritable(path_);
  }
  const ssize_t length = static_cast<ssize_t>(line.size());
  if (write(file_, line.data(), line.size()) != length) return Unwritable(path_);
  if (close(std::exchange(file_, -1)) != 0) return Unwritable(path_);
  made_ = false;
  return absl::OkStatus();
}

}  // namespace guestbridge::cli
