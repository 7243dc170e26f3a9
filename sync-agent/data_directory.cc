#include "sync-agent/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/crash_point/crash_point.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {

absl::Status DataDirectory::Unusable(absl::string_view problem) const {
  return MakeError("DATA_DIRECTORY_UNUSABLE",
                   {{"directory", path_}, {"problem", std::string(problem)}});
}

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(
    const std::string& path, Random& random) {
  std::unique_ptr<DataDirectory> made(new DataDirectory(path));
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return made->Unusable(error.message());
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return made->Unusable(std::strerror(errno));
  if (!S_ISDIR(facts.st_mode)) return made->Unusable("it is not a directory");
  if ((facts.st_mode & 077) != 0 && chmod(path.c_str(), 0700) != 0) {
    return made->Unusable(std::strerror(errno));
  }
  GB_RETURN_IF_ERROR(made->Lock());
  for (const std::string& folder : {path + "/ledgers", path + "/configurations"}) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return made->Unusable(std::strerror(errno));
    }
  }
  GB_RETURN_IF_ERROR(made->MakeInstallation(random));
  GB_ASSIGN_OR_RETURN(made->sealer_,
                      OpenSealer(path + "/agent.key", /*create=*/true, random));
  return made;
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) close(lock_);
}

absl::Status DataDirectory::Lock() {
  const std::string file = path_ + "/agent.lock";
  lock_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) return Unusable(std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return MakeError("LEDGER_IN_USE", {{"directory", path_}});
}

absl::Status DataDirectory::MakeInstallation(Random& random) {
  const std::string file = path_ + "/installation";
  {
    std::ifstream in(file);
    std::string text;
    if (in.is_open() && std::getline(in, text)) {
      installation_ = std::string(absl::StripAsciiWhitespace(text));
      if (IsGuid(installation_)) return absl::OkStatus();
      return Unusable("the file \"installation\" in it is damaged");
    }
  }
  installation_ = RandomUuid(random);
  const std::string draft = file + ".new";
  const int fd = open(draft.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Unusable(std::strerror(errno));
  const std::string line = installation_ + "\n";
  const bool written =
      write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(fd) == 0;
  CrashPoint("agent.installation.drafted");
  if (close(fd) != 0 || !written || rename(draft.c_str(), file.c_str()) != 0) {
    const int problem = errno;
    unlink(draft.c_str());
    return Unusable(std::strerror(problem));
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::agent
