#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/source/jsonl/client_store.h"
#include "sync-agent/source/jsonl/exchange_folder.h"

namespace guestbridge::agent {

// Takes files into the store, in the order of their names, each once; and moves those
// away whose clients were dealt with. A new store begins with what done/ still holds.
//
// Each step is one transaction: the lines of a piece of a file, and how far it was
// read. A process that is killed goes on where the last step ended.
//
// A file whose name ends in .full.jsonl names every client: whoever is not in it is
// forgotten by the store (nothing on the portal changes by that), unless a line of it
// was rejected.
//
// Errors: those of ExchangeFolder and ClientStore. One thread at a time.
class Intake {
 public:
  // Both outlive it.
  Intake(const ExchangeFolder& folder, ClientStore& store)
      : folder_(folder), store_(store) {}

  // Takes in a piece. False: there was nothing left when it looked.
  absl::StatusOr<bool> Step();
  // What came up to `seq` was dealt with, durably. Files that cannot be moved stay, are
  // not read again, and are told of in the log.
  absl::Status Acknowledge(int64_t seq);

  // Blanks the text of the client's lines in rejected/.
  absl::Status ForgetRejected(const ClientKey& client);

  // A file that names every client was read into this store.
  absl::StatusOr<bool> KnowsEveryClient();
  int64_t lines() const { return lines_; }  // of all steps

 private:
  struct Waiting {
    const char* place;
    std::string name;
  };

  absl::Status Look();
  // Where reading goes on; nothing when the file was read, or is gone.
  absl::StatusOr<std::optional<FileRecord>> Begin(const Waiting& waiting,
                                                  const OpenFile& file);
  absl::Status ReadPiece(const OpenFile& open, FileRecord* file);
  absl::Status Finish(FileRecord* file);
  absl::Status WriteRejected(const std::string& text, FileRecord* file);
  absl::Status Overwrite(const Descriptor& side, absl::string_view text,
                         int64_t at) const;

  const ExchangeFolder& folder_;
  ClientStore& store_;
  std::deque<Waiting> waiting_;
  int64_t lines_ = 0;
};

// The first `most` clients of a file, for a test: takes nothing in. `bad`: the first
// line that is none.
struct FileSample {
  std::vector<ClientLine> clients;
  absl::Status bad;
};
absl::StatusOr<FileSample> SampleFile(const ExchangeFolder& folder,
                                      const std::string& name, int most);

}  // namespace guestbridge::agent
