#include "sync-agent/agent_report.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/secret/digest.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/integration_report.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kProbeBytes = 4096;

// 0, or why nothing can be written: full, over quota, read-only.
int TryToWrite(const std::string& directory) {
  const std::string file = directory + "/probe";
  const int fd = open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const std::string bytes(kProbeBytes, '.');
  int problem = 0;
  if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    problem = errno != 0 ? errno : ENOSPC;
  }
  if (close(fd) != 0 && problem == 0) problem = errno;
  unlink(file.c_str());
  return problem;
}

int64_t BytesBelow(const std::string& directory) {
  int64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code gone;
    const auto size = it->file_size(gone);
    if (!gone) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

void Add(v1::Explanation what, bool stops_work, v1::AgentReport* report) {
  v1::AgentProblem& problem = *report->add_problems();
  *problem.mutable_explanation() = std::move(what);
  problem.set_stops_work(stops_work);
}

}  // namespace

void DescribeDisk(const std::string& directory, v1::AgentReport* report) {
  v1::AgentDisk& disk = *report->mutable_disk();
  struct statvfs facts {};
  const bool known = statvfs(directory.c_str(), &facts) == 0;
  if (known) {
    const auto block = static_cast<int64_t>(facts.f_frsize);
    disk.set_free_bytes(static_cast<int64_t>(facts.f_bavail) * block);
    disk.set_total_bytes(static_cast<int64_t>(facts.f_blocks) * block);
  }
  disk.set_ledger_bytes(BytesBelow(directory + "/ledgers"));
  errno = 0;
  if (const int problem = TryToWrite(directory); problem != 0) {
    Add(ToExplanation("DATA_DIRECTORY_UNUSABLE",
                      {{"directory", directory}, {"problem", std::strerror(problem)}}),
        /*stops_work=*/true, report);
  } else if (known && disk.free_bytes() < kLowDiskBytes) {
    Add(ToExplanation("AGENT_DISK_LOW",
                      {{"directory", directory},
                       {"megabytes", absl::StrCat(disk.free_bytes() >> 20)}}),
        /*stops_work=*/false, report);
  }
}

void DescribeCertificate(const std::string& agent, absl::Time end,
                         v1::AgentReport* report) {
  Add(ToExplanation(
          "CERTIFICATE_NOT_RENEWED",
          {{"agent", agent},
           {"time", absl::FormatTime("%Y-%m-%d %H:%M UTC", end, absl::UTCTimeZone())}}),
      /*stops_work=*/false, report);
}

bool IsHealthy(const v1::AgentReport& report) {
  return std::none_of(
      report.problems().begin(), report.problems().end(),
      [](const v1::AgentProblem& problem) { return problem.stops_work(); });
}

std::string EssenceOf(const v1::AgentReport& report) {
  std::string essence;
  for (const v1::AgentProblem& problem : report.problems()) {
    absl::StrAppend(&essence, problem.integration(), " ",
                    problem.explanation().reason(), " ", problem.stops_work(), "\n");
  }
  for (const v1::IntegrationReport& entry : report.integrations()) {
    absl::StrAppend(&essence, entry.integration(), " ", entry.effective_revision(), " ",
                    entry.effective_fingerprint(), "\n");
  }
  return essence;
}

std::string RulesDigest(const LocalPolicy& policy, const std::string& authorities) {
  const auto list = [](const char* name,
                       const std::optional<std::vector<std::string>>& values) {
    return values.has_value()
               ? absl::StrCat(name, ":", absl::StrJoin(*values, ","), "\n")
               : std::string();
  };
  // Ceilings judge runs, not configurations.
  return Sha256Hex(absl::StrCat(
      list("portal_hosts", policy.portal_hosts),
      list("source_hosts", policy.source_hosts),
      list("source_folders", policy.source_folders), "fields_never_sent:",
      absl::StrJoin(policy.fields_never_sent, ","), "\nauthorities:", authorities));
}

}  // namespace guestbridge::agent
