#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"

namespace guestbridge::server {

// Which server a process is, for others on the same database.
struct ServerIdentity {
  std::string id;      // Drawn at each start: nobody has it who copied a folder.
  std::string before;  // The id of the process that had this folder last; empty: none.
  // That was in this very folder, since the machine was started: it has ended. False:
  // it may run elsewhere.
  bool before_is_over = false;
  bool copied = false;  // That was in another folder.
};

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

  // What the file `server-id` says of the process before, and a new id. Locked.
  ServerIdentity Identify(Random& random) const;
  // Call it before anybody is told the id. Errors: DATA_DIRECTORY_UNUSABLE.
  absl::Status Keep(const ServerIdentity& identity) const;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace guestbridge::server
