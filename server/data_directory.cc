#include "server/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/status/error.h"

namespace guestbridge::server {
namespace {

absl::Status Unusable(const std::string& path, const std::string& problem) {
  return MakeError("DATA_DIRECTORY_UNUSABLE",
                   {{"directory", path}, {"problem", problem}});
}

// Empty, or one that a server has used; never one that users share, such as /tmp.
bool IsOurs(const std::string& path, const struct stat& info) {
  if (info.st_uid != geteuid() || (info.st_mode & S_ISVTX) != 0) return false;
  std::error_code error;
  return std::filesystem::is_empty(path, error) ||
         std::filesystem::exists(path + "/server.db", error) ||
         std::filesystem::exists(path + "/secret.key", error);
}

// A folder on a machine, from one start of the machine to the next: two folders never
// have one place, also not on machines that are copies of each other.
struct Place {
  std::string boot;  // Empty: not known.
  uint64_t device = 0;
  uint64_t folder = 0;
};

Place PlaceOf(const std::string& path) {
  Place place;
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return place;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> place.boot;
  place.device = info.st_dev;
  place.folder = info.st_ino;
  return place;
}

}  // namespace

absl::StatusOr<DataDirectory> DataDirectory::Open(const std::string& path) {
  std::error_code error;
  const bool existed = std::filesystem::exists(path, error);
  std::filesystem::create_directories(path, error);
  if (error) return Unusable(path, error.message());
  if (!std::filesystem::is_directory(path, error)) {
    return Unusable(path, "it is not a directory");
  }
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return Unusable(path, std::strerror(errno));
  if (!existed || (info.st_mode & 077) != 0) {
    // A directory of somebody else's must not become closed to him.
    if (existed && !IsOurs(path, info)) {
      return Unusable(path, "others may read it, and it holds other files");
    }
    if (chmod(path.c_str(), 0700) != 0) return Unusable(path, std::strerror(errno));
  }
  const std::string probe = path + "/.write-test";
  const int file = open(probe.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Unusable(path, std::strerror(errno));
  close(file);
  unlink(probe.c_str());
  return DataDirectory(path);
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) close(lock_);
}

absl::Status DataDirectory::Lock() {
  const std::string file = File("server.lock");
  lock_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) return Unusable(path_, std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return Unusable(path_, "another server is using it");
}

ServerIdentity DataDirectory::Identify(Random& random) const {
  constexpr size_t kLength = 36;
  ServerIdentity identity;
  identity.id = RandomUuid(random);
  std::ifstream in(File("server-id"));
  if (!std::getline(in, identity.before) || identity.before.size() != kLength) {
    identity.before.clear();
    return identity;
  }
  Place then;
  if (!(in >> then.boot >> then.device >> then.folder)) return identity;
  const Place now = PlaceOf(path_);
  identity.before_is_over = !now.boot.empty() && now.boot == then.boot &&
                            now.device == then.device && now.folder == then.folder;
  // Devices may be numbered anew at each boot.
  identity.copied = now.folder != then.folder;
  return identity;
}

absl::Status DataDirectory::Keep(const ServerIdentity& identity) const {
  const std::string file = File("server-id");
  const std::string fresh = file + ".new";
  const Place place = PlaceOf(path_);
  std::ofstream out(fresh);
  out << identity.id << "\n";
  if (!place.boot.empty()) {
    out << place.boot << " " << place.device << " " << place.folder << "\n";
  }
  out.close();
  if (!out || std::rename(fresh.c_str(), file.c_str()) != 0) {
    return Unusable(path_, std::strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
