#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sql/database.h"
#include "sync-agent/source/jsonl/client_line.h"
#include "sync-agent/source/jsonl/exchange_folder.h"

namespace guestbridge::agent {

// A client as it came last. `seq` grows with each change, over all clients, and never
// comes twice.
struct StoredClient {
  int64_t seq = 0;
  ContactId contact;  // what 1C holds, or was given since the row came
  ClientAttributes attributes;
};

// How far a file was read.
struct FileRecord {
  int64_t id = 0;  // grows with each file that is begun
  std::string place;
  std::string name;
  FileStamp stamp;
  int64_t offset = 0;
  int64_t lines = 0;
  int64_t rejected = 0;        // of the lines
  int64_t rejected_bytes = 0;  // of the side file, up to this file's last one
  int64_t rejected_from = 0;   // where this file's begin in it
  bool read = false;           // to its end
  int64_t last_seq = 0;        // of the store when it was
};

// What the files have told: the newest row of each client, and which files were read.
// On disk; memory does not grow with it. It can be lost: what done/ and the folder hold
// is read anew, and everything is compared once more.
//
// Errors: DATABASE_* of common/sql. One thread at a time; several processes may have
// it open.
class ClientStore {
 public:
  // Opens or makes it.
  static absl::StatusOr<std::unique_ptr<ClientStore>> Open(const std::string& file);

  // Whether `file` still is the one that was opened.
  bool SameAs(const std::string& file) const;
  // Another one for each store that is made.
  const std::string& id() const { return id_; }

  absl::Status Transact(absl::FunctionRef<absl::Status()> body) {
    return database_->Transact(body);
  }

  // --- clients ---
  // True when it is new or differs from what was stored; then it gets a new seq.
  // `whole`: the file means to name every client.
  absl::StatusOr<bool> PutClient(const ClientLine& line, int64_t file, bool whole);
  // 1C was given this ID for it.
  absl::Status SetContact(const ClientKey& key, ContactId contact);
  absl::StatusOr<std::optional<StoredClient>> FindByKey(const ClientKey& key);
  // By code, without blanks at both ends; the last that came when there are several.
  absl::StatusOr<std::optional<StoredClient>> FindByCode(absl::string_view code);
  // In order of seq, those with after < seq <= until; at most `most`, and fewer when
  // they are fat.
  absl::StatusOr<std::vector<StoredClient>> ClientsAfter(int64_t after, int64_t until,
                                                         int most);
  absl::StatusOr<int64_t> LastSeq();
  absl::StatusOr<int64_t> CountClients();
  // Forgets clients that are not in a whole file, when their changes up to `dealt` were
  // dealt with. Nothing is forgotten when that would be more than half of them: such a
  // file is cut off rather than whole. Answers how many.
  absl::StatusOr<int64_t> ForgetAbsent(int64_t file, int64_t dealt);
  // Nothing of the client, nor of its earlier rows, is left in the store's files.
  // Writes them anew, which takes a second for some 100,000 clients. Not inside of
  // Transact.
  absl::Status ForgetClient(const ClientKey& key);

  // --- files ---
  absl::StatusOr<std::optional<FileRecord>> FindFile(absl::string_view place,
                                                     const std::string& name);
  absl::StatusOr<std::vector<FileRecord>> ListFiles(absl::string_view place);
  // Begins a file; what was known under its name is forgotten.
  absl::StatusOr<FileRecord> BeginFile(FileRecord file);
  absl::Status PutFile(const FileRecord& file);
  absl::Status ForgetFile(int64_t id);

  // --- notes ---
  // Empty when there is none.
  absl::StatusOr<std::string> Note(absl::string_view name);
  absl::Status SetNote(absl::string_view name, absl::string_view value);

 private:
  ClientStore(std::unique_ptr<Database> database, uint64_t inode)
      : database_(std::move(database)), inode_(inode) {}

  const std::unique_ptr<Database> database_;
  const uint64_t inode_;
  std::string id_;
};

}  // namespace guestbridge::agent
