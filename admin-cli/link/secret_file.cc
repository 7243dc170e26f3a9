#include "admin-cli/link/secret_file.h"

#include <sys/stat.h>

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

}  // namespace guestbridge::cli
