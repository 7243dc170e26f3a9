#include "sync-agent/control/configuration_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/crash_point/crash_point.h"
#include "common/file/descriptor.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

constexpr char kSuffix[] = ".configuration";

std::string PlaceOf(const std::string& integration) {
  return absl::StrCat("agent/", integration, "/configuration");
}

// Whole and durable under its name, or not at all.
bool Replace(const std::string& directory, const std::string& file,
             absl::string_view bytes) {
  const std::string draft = absl::StrCat(file, ".new");
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = fchmod(fd, 0600) == 0 && WriteAll(fd, bytes) && fsync(fd) == 0;
  CrashPoint("agent.configuration.drafted");
  if (close(fd) != 0 || !written || rename(draft.c_str(), file.c_str()) != 0) {
    unlink(draft.c_str());
    return false;
  }
  SyncFolder(directory);
  return true;
}

}  // namespace

ConfigurationCache::ConfigurationCache(std::string directory, Sealer& sealer)
    : directory_(std::move(directory)), sealer_(sealer) {
  mkdir(directory_.c_str(), 0700);
}

std::string ConfigurationCache::FileOf(const std::string& integration) const {
  return absl::StrCat(directory_, "/", integration, kSuffix);
}

absl::Status ConfigurationCache::Keep(const v1::AgentConfiguration& configuration) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(configuration.integration()));
  const std::string sealed =
      sealer_.Seal(SecretString(configuration.SerializeAsString()), PlaceOf(id));
  if (Replace(directory_, FileOf(id), sealed)) return absl::OkStatus();
  return MakeError("CONFIGURATION_NOT_KEPT", {{"file", FileOf(id)}});
}

void ConfigurationCache::Forget(const std::string& integration) {
  unlink(FileOf(integration).c_str());
}

std::vector<ConfigurationCache::Kept> ConfigurationCache::Load() {
  std::vector<Kept> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    absl::string_view id = name;
    if (!absl::ConsumeSuffix(&id, kSuffix) || !IsIntegrationId(id)) continue;
    Kept kept{std::string(id),
              MakeError("CONFIGURATION_UNREADABLE", {{"file", entry.path().string()}})};
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    const auto opened = sealer_.Open(bytes.str(), PlaceOf(kept.integration));
    v1::AgentConfiguration configuration;
    if (opened.ok() && configuration.ParseFromString(opened->Reveal()) &&
        configuration.integration() == IntegrationName(kept.integration)) {
      kept.configuration = std::move(configuration);
    }
    all.push_back(std::move(kept));
  }
  std::sort(all.begin(), all.end(),
            [](const Kept& a, const Kept& b) { return a.integration < b.integration; });
  return all;
}

}  // namespace guestbridge::agent
