#include "admin-cli/link/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/text/utf8.h"

namespace guestbridge::cli {
namespace {

constexpr size_t kMaxBytes = 4096;
constexpr size_t kLineBreakBytes = 2;

// At most one byte more than is allowed: a device or a pipe may have no end.
std::string ReadSome(std::istream& in) {
  std::string text(kMaxBytes + kLineBreakBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

void DropLineBreak(std::string* text) {
  if (text->empty() || text->back() != '\n') return;
  text->pop_back();
  if (!text->empty() && text->back() == '\r') text->pop_back();
}

}  // namespace

absl::StatusOr<SecretFile> ReadSecretFile(const std::string& path, std::istream& in,
                                          absl::string_view family) {
  const Parameters parameters = {{"file", path}};
  SecretFile file;
  std::string text;
  if (path == "-") {
    text = ReadSome(in);
  } else {
    std::ifstream stream(path, std::ios::binary);
    struct stat facts {};
    const bool known = stream.is_open() && stat(path.c_str(), &facts) == 0;
    if (!known || S_ISDIR(facts.st_mode)) {
      const int error = known ? EISDIR : errno;
      return MakeError(absl::StrCat(family, "_UNREADABLE"),
                       {{"file", path}, {"detail", std::strerror(error)}});
    }
    file.readable_by_others =
        S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRGRP | S_IROTH)) != 0;
    text = ReadSome(stream);
    if (stream.bad()) {
      return MakeError(absl::StrCat(family, "_UNREADABLE"),
                       {{"file", path}, {"detail", std::strerror(errno)}});
    }
  }
  DropLineBreak(&text);
  if (text.empty()) return MakeError(absl::StrCat(family, "_EMPTY"), parameters);
  if (text.size() > kMaxBytes) {
    return MakeError(absl::StrCat(family, "_TOO_LARGE"), parameters);
  }
  // It travels as text.
  if (ToValidUtf8(text) != text || text.find('\0') != std::string::npos) {
    return MakeError(absl::StrCat(family, "_NOT_TEXT"), parameters);
  }
  file.secret = SecretString(std::move(text));
  return file;
}

absl::Status CheckSecretFile(const std::string& path) {
  if (path == "-") return absl::OkStatus();
  const int file =
      open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", path}});
  close(file);
  return absl::OkStatus();
}

absl::Status WriteSecretFile(const std::string& path, std::ostream& out,
                             const SecretString& secret) {
  const std::string line = secret.Reveal() + "\n";
  if (path == "-") {
    out << line << std::flush;
    return out.good() ? absl::OkStatus()
                      : MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", path}});
  }
  const int file =
      open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  struct stat facts {};
  // For its owner alone before the secret goes in; devices stay as they are.
  const bool closed_to_others =
      file >= 0 && fstat(file, &facts) == 0 &&
      (!S_ISREG(facts.st_mode) || fchmod(file, S_IRUSR | S_IWUSR) == 0);
  bool written = closed_to_others && write(file, line.data(), line.size()) ==
                                         static_cast<ssize_t>(line.size());
  if (file >= 0) written = close(file) == 0 && written;
  return written ? absl::OkStatus()
                 : MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", path}});
}

}  // namespace guestbridge::cli
