#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"

namespace guestbridge::agent {

// Where the agent keeps its ledgers, its key, its installation's name and the last good
// configurations. Mode 0700. Of one process at a time.
class DataDirectory {
 public:
  // Opens or makes it, and locks it until the object goes. Errors:
  // DATA_DIRECTORY_UNUSABLE, LEDGER_IN_USE (another agent has it), those of OpenSealer.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path,
                                                             Random& random);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  // UUID, made once with the directory.
  const std::string& installation() const { return installation_; }
  Sealer& sealer() { return *sealer_; }
  std::string configurations() const { return path_ + "/configurations"; }
  std::string LedgerFile(const std::string& integration) const {
    return path_ + "/ledgers/" + integration + ".db";
  }

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  absl::Status Lock();
  absl::Status MakeInstallation(Random& random);
  absl::Status Unusable(absl::string_view problem) const;

  const std::string path_;
  int lock_ = -1;
  std::string installation_;
  std::unique_ptr<Sealer> sealer_;
};

}  // namespace guestbridge::agent
