#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"

namespace guestbridge::server {

// The folder of everything that the server keeps, held by one server at a time.
class DataDirectory {
 public:
  // Makes the folder (mode 0700) when it is missing, takes others' rights away from it,
  // and checks that it can be written. Errors: DATA_DIRECTORY_UNUSABLE.
  static absl::StatusOr<DataDirectory> Open(const std::string& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&& other) = delete;
  ~DataDirectory();

  // Holds it for this process until it ends. Errors: DATA_DIRECTORY_UNUSABLE (another
  // server has it).
  absl::Status Lock();

  // Tells the server of this folder from others on the same database; made once and
  // kept in the file `server-id`. Errors: DATA_DIRECTORY_UNUSABLE.
  absl::StatusOr<std::string> ServerId(Random& random) const;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace guestbridge::server
