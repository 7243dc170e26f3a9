#include "sync-agent/source/jsonl/exchange_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kEnd = ".jsonl";
constexpr int kMostNumbers = 1'000'000;

FileStamp StampOf(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_ino), static_cast<int64_t>(status.st_size),
          int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

// What 1C must be able to take is as open as the folder's own rights allow; the rest
// holds guests' data.
mode_t ModeOf(absl::string_view place) { return place == kContactIds ? 0770 : 0700; }

}  // namespace

FileStamp StampOf(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return {};
  return StampOf(status);
}

std::string ExchangeFolder::PathOf(absl::string_view place,
                                   absl::string_view name) const {
  return absl::StrCat(path_, place.empty() ? "" : "/", place, name.empty() ? "" : "/",
                      name);
}

absl::Status ExchangeFolder::ErrorOf(int error, absl::string_view place,
                                     absl::string_view name) const {
  // Names come from a disk and may be any bytes.
  const std::string path = ToValidUtf8(PathOf(place, name));
  const Parameters parameters = {{"path", path}};
  switch (error) {
    case ENOENT:
      return MakeError("SOURCE_FOLDER_MISSING", parameters);
    case ELOOP:
    case ENOTDIR:
      return MakeError("SOURCE_FOLDER_REFUSED", parameters);
    case EACCES:
    case EPERM:
    case EROFS:
      return MakeError("SOURCE_FOLDER_RIGHT_MISSING", parameters);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return MakeError("SOURCE_FOLDER_FULL", parameters);
    default:
      return MakeError("SOURCE_FOLDER_FAILED",
                       {{"path", path}, {"cause", std::strerror(error)}});
  }
}

absl::StatusOr<Descriptor> ExchangeFolder::OpenRoot() const {
  Descriptor root(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root.open()) return ErrorOf(errno, kInbox);
  return root;
}

absl::Status ExchangeFolder::CheckReadable() const {
  return ListFiles(kInbox).status();
}

absl::Status ExchangeFolder::CheckWritable() const {
  GB_ASSIGN_OR_RETURN(const Descriptor root, OpenRoot());
  if (faccessat(root.fd(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return ErrorOf(errno, kInbox);
  }
  for (const char* place : {kContactIds, kDone, kRejected, kState}) {
    const Descriptor there(
        openat(root.fd(), place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!there.open() && errno == ENOENT) continue;
    if (!there.open() ||
        faccessat(there.fd(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
      return ErrorOf(errno, place);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ExchangeFolder::ListFiles(
    absl::string_view place) const {
  GB_ASSIGN_OR_RETURN(Descriptor folder, OpenRoot());
  if (!place.empty()) {
    Descriptor below(openat(folder.fd(), std::string(place).c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below.open() && errno == ENOENT) return std::vector<std::string>();
    if (!below.open()) return ErrorOf(errno, place);
    folder = std::move(below);
  }
  // fdopendir takes a descriptor of its own.
  const int copy = fcntl(folder.fd(), F_DUPFD_CLOEXEC, 0);
  DIR* const listing = copy < 0 ? nullptr : fdopendir(copy);
  if (listing == nullptr) {
    const int error = errno;
    if (copy >= 0) close(copy);
    return ErrorOf(error, place);
  }
  std::vector<std::string> names;
  int error = 0;
  while (true) {
    errno = 0;
    const dirent* const entry = readdir(listing);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    const absl::string_view name = entry->d_name;
    if (absl::StartsWith(name, ".") || !absl::EndsWith(name, kEnd)) continue;
    struct stat status = {};
    if (fstatat(folder.fd(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      error = errno;
      break;
    }
    if (S_ISREG(status.st_mode)) names.emplace_back(name);
  }
  closedir(listing);
  if (error != 0) return ErrorOf(error, place);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<OpenFile> ExchangeFolder::Open(absl::string_view place,
                                              absl::string_view name) const {
  GB_ASSIGN_OR_RETURN(Descriptor folder, OpenRoot());
  if (!place.empty()) {
    Descriptor below(openat(folder.fd(), std::string(place).c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below.open() && errno == ENOENT) return absl::NotFoundError(name);
    if (!below.open()) return ErrorOf(errno, place);
    folder = std::move(below);
  }
  // A pipe that somebody put there must not hold us up.
  Descriptor file(openat(folder.fd(), std::string(name).c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open()) {
    if (errno == ENOENT) return absl::NotFoundError(name);
    return ErrorOf(errno, place, name);
  }
  struct stat status = {};
  if (fstat(file.fd(), &status) != 0) return ErrorOf(errno, place, name);
  if (!S_ISREG(status.st_mode)) return ErrorOf(ELOOP, place, name);
  const FileStamp stamp = StampOf(status);
  return OpenFile{std::move(file), stamp};
}

absl::StatusOr<Descriptor> ExchangeFolder::OpenPlace(absl::string_view place) const {
  GB_ASSIGN_OR_RETURN(const Descriptor root, OpenRoot());
  const std::string name(place);
  if (mkdirat(root.fd(), name.c_str(), ModeOf(place)) == 0) {
    fsync(root.fd());
  } else if (errno != EEXIST) {
    return ErrorOf(errno, kInbox);
  }
  Descriptor folder(
      openat(root.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.open()) return ErrorOf(errno, place);
  return folder;
}

absl::StatusOr<Descriptor> ExchangeFolder::OpenToWrite(absl::string_view place,
                                                       absl::string_view name,
                                                       int flags) const {
  GB_ASSIGN_OR_RETURN(const Descriptor folder, OpenPlace(place));
  Descriptor file(openat(folder.fd(), std::string(name).c_str(),
                         flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                         ModeOf(place) & 0666));
  if (!file.open()) {
    if (errno == ENOENT) return absl::NotFoundError(name);
    return ErrorOf(errno, place);
  }
  return file;
}

absl::Status ExchangeFolder::CutFile(absl::string_view place, const std::string& name,
                                     int64_t size) const {
  GB_ASSIGN_OR_RETURN(const Descriptor folder, OpenPlace(place));
  const Descriptor file(openat(folder.fd(), name.c_str(),
                               O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open()) {
    return errno == ENOENT ? absl::OkStatus() : ErrorOf(errno, place, name);
  }
  if (StampOf(file.fd()).size <= size) return absl::OkStatus();
  if (size == 0 ? unlinkat(folder.fd(), name.c_str(), 0) != 0
                : ftruncate(file.fd(), size) != 0) {
    return ErrorOf(errno, place, name);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ExchangeFolder::MoveToDone(const std::string& name,
                                                const FileStamp& stamp) const {
  const absl::StatusOr<OpenFile> file = Open(kInbox, name);
  if (absl::IsNotFound(file.status())) return false;
  GB_RETURN_IF_ERROR(file.status());
  if (file->stamp != stamp) return false;
  GB_ASSIGN_OR_RETURN(const Descriptor root, OpenRoot());
  GB_ASSIGN_OR_RETURN(const Descriptor done, OpenPlace(kDone));
  const std::string stem = name.substr(0, name.size() - kEnd.size());
  for (int number = 0; number < kMostNumbers; ++number) {
    // The tilde sorts after the dot: the order of names stays that of coming.
    const std::string target =
        number == 0 ? name : absl::StrFormat("%s~%06d%s", stem, number, kEnd);
    if (renameat2(root.fd(), name.c_str(), done.fd(), target.c_str(),
                  RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) continue;
      if (errno == ENOENT) return false;
      return ErrorOf(errno, kDone);
    }
    struct stat moved = {};
    if (fstatat(done.fd(), target.c_str(), &moved, AT_SYMLINK_NOFOLLOW) != 0 ||
        StampOf(moved) == stamp) {
      return true;
    }
    // 1C put another file under this name at this very moment: it is still to be read.
    if (renameat2(done.fd(), target.c_str(), root.fd(), name.c_str(),
                  RENAME_NOREPLACE) != 0) {
      return ErrorOf(errno, kInbox);
    }
    return false;
  }
  return ErrorOf(EEXIST, kDone);
}

}  // namespace guestbridge::agent
