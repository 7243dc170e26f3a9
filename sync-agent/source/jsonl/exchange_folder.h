#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/file/descriptor.h"

// The folder that 1C and the agent exchange files in, and its places:
//
//   NAME.jsonl     clients, made by 1C: written as NAME.jsonl.tmp, then renamed
//   identity       optional: the base's own UUID, one line
//   contact-ids/   contacts' IDs, made for 1C
//   done/          files whose clients were dealt with; may be emptied
//   rejected/      lines that could not be read, with the reason
//   state/         what the agent knows of the clients; nobody else's
//
// Links are never followed: neither the folder itself, nor its places, nor a file may
// be one.
//
// Errors: SOURCE_FOLDER_MISSING, SOURCE_FOLDER_FULL, SOURCE_FOLDER_FAILED {cause}
// (UNAVAILABLE); SOURCE_FOLDER_RIGHT_MISSING, SOURCE_FOLDER_REFUSED
// (FAILED_PRECONDITION); each with {path}. Thread-safe.
namespace guestbridge::agent {

inline constexpr char kInbox[] = "";
inline constexpr char kContactIds[] = "contact-ids";
inline constexpr char kDone[] = "done";
inline constexpr char kRejected[] = "rejected";
inline constexpr char kState[] = "state";

// Tells a file from another one that got its name, and from itself before it grew.
struct FileStamp {
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t changed = 0;  // ns
  bool operator==(const FileStamp&) const = default;
};

struct OpenFile {
  Descriptor descriptor;
  FileStamp stamp;
};

class ExchangeFolder {
 public:
  explicit ExchangeFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string PathOf(absl::string_view place, absl::string_view name) const;

  // The folder is there and may be listed. Touches nothing.
  absl::Status CheckReadable() const;
  // The folder, and what it has of its places, may be written. Touches nothing.
  absl::Status CheckWritable() const;

  // Names that end in .jsonl and do not begin with a dot, of plain files, sorted by
  // byte. A place that is not there is empty; the folder itself must be.
  absl::StatusOr<std::vector<std::string>> ListFiles(absl::string_view place) const;

  // For reading. NOT_FOUND without a reason when it is not there (any more).
  absl::StatusOr<OpenFile> Open(absl::string_view place, absl::string_view name) const;

  // Opened with `flags` of open(2), and made when they say so; the place is made too.
  absl::StatusOr<Descriptor> OpenToWrite(absl::string_view place,
                                         absl::string_view name, int flags) const;
  // Leaves the first `size` bytes of a file that is longer; removes one of which
  // nothing is left. A file that is not there is short enough.
  absl::Status CutFile(absl::string_view place, const std::string& name,
                       int64_t size) const;
  // Makes the place.
  absl::StatusOr<Descriptor> OpenPlace(absl::string_view place) const;

  // Moves `name` into done/ when it still is the file that `stamp` was taken of; false
  // when it is not, or not there. A name that is taken there gets a number.
  absl::StatusOr<bool> MoveToDone(const std::string& name,
                                  const FileStamp& stamp) const;

  // `error` of errno, about `place` or a file in it.
  absl::Status ErrorOf(int error, absl::string_view place,
                       absl::string_view name = {}) const;

 private:
  absl::StatusOr<Descriptor> OpenRoot() const;

  const std::string path_;
};

FileStamp StampOf(int fd);

}  // namespace guestbridge::agent
