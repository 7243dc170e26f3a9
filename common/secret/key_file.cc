#include "common/secret/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/file/descriptor.h"
#include "common/secret/aes_gcm.h"
#include "common/status/error.h"

namespace guestbridge {
namespace {

using secret_internal::kKeyBytes;

constexpr size_t kBase64Size = 44;

absl::Status FileError(absl::string_view reason, const std::string& file) {
  return MakeError(reason, {{"file", file}});
}

void SyncFolderOf(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  SyncFolder(folder.empty() ? "." : folder);
}

}  // namespace

std::optional<SecretString> ParseKey(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const bool hex =
      text.size() == 2 * kKeyBytes && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      });
  if (hex) return SecretString(absl::HexStringToBytes(text));
  std::string bytes;
  const bool decoded = text.size() == kBase64Size && absl::Base64Unescape(text, &bytes);
  SecretString key(std::move(bytes));
  if (!decoded || key.Reveal().size() != kKeyBytes) return std::nullopt;
  return key;
}

absl::StatusOr<SecretString> ReadKeyFile(const std::string& file) {
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.fd() < 0) {
    return FileError(errno == ENOENT ? "KEY_FILE_MISSING" : "KEY_FILE_UNREADABLE",
                     file);
  }
  struct stat info {};
  if (fstat(fd.fd(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return FileError("KEY_FILE_UNREADABLE", file);
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return FileError("KEY_FILE_READABLE_BY_OTHERS", file);
  }
  char buffer[256];
  size_t size = 0;
  while (size < sizeof(buffer)) {
    const ssize_t got = read(fd.fd(), buffer + size, sizeof(buffer) - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("KEY_FILE_UNREADABLE", file);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  std::optional<SecretString> key = ParseKey(absl::string_view(buffer, size));
  OPENSSL_cleanse(buffer, sizeof(buffer));
  if (!key.has_value()) return FileError("KEY_FILE_MALFORMED", file);
  return *std::move(key);
}

absl::Status WriteKeyFile(const std::string& file, const SecretString& key) {
  const std::string draft = absl::StrCat(file, ".", getpid(), ".new");
  {
    const Descriptor fd(
        open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (fd.fd() < 0) return FileError("KEY_FILE_UNREADABLE", file);
    const SecretString digits(absl::StrCat(absl::BytesToHexString(key.Reveal()), "\n"));
    if (fchmod(fd.fd(), 0600) != 0 || !WriteAll(fd.fd(), digits.Reveal()) ||
        fsync(fd.fd()) != 0) {
      unlink(draft.c_str());
      return FileError("KEY_FILE_UNREADABLE", file);
    }
  }
  // link() and not rename(): it does not replace the key of a process that was quicker.
  const bool linked = link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST;
  unlink(draft.c_str());
  if (!linked) return FileError("KEY_FILE_UNREADABLE", file);
  SyncFolderOf(file);
  return absl::OkStatus();
}

}  // namespace guestbridge
