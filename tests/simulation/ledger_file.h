#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sync-agent/ledger/ledger.h"

struct sqlite3;

namespace guestbridge::simulation {

// The product's ledger in a file that lives in memory: it outlives the process that
// opened it, may be copied and put back, and can be made to die between two commits.
class LedgerFile {
 public:
  LedgerFile();
  ~LedgerFile();

  // Opens it as a process does when it starts.
  absl::StatusOr<std::unique_ptr<agent::Ledger>> Open(Random& random);
  // Of a ledger that nobody has open.
  std::string Copy() const;
  void PutBack(const std::string& copy);
  void Lose();

  // From now on this many more commits succeed and then none.
  void DieAfter(int commits) { commits_left_ = commits; }
  void Live() { commits_left_ = -1, died_ = false; }
  bool died() const { return died_; }
  int commits() const { return commits_; }

 private:
  static int Hook(sqlite3* handle, char** error, const void* api);
  static int OnCommit(void* self);
  void Connect();

  std::string uri_;
  sqlite3* keeper_ = nullptr;  // keeps the memory
  int commits_left_ = -1;
  bool died_ = false;
  int commits_ = 0;
};

}  // namespace guestbridge::simulation
