#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sync-agent/ledger/ledger.h"
#include "tests/simulation/disk.h"

struct sqlite3;

namespace guestbridge::simulation {

// The product's ledger on a simulated disk: it outlives the process that opened it, may
// be copied and put back, and can be made to die between two commits or two writes.
class LedgerFile {
 public:
  LedgerFile();

  // Opens it as a process does when it starts.
  absl::StatusOr<std::unique_ptr<agent::Ledger>> Open(Random& random);
  Disk::Image Copy() const { return disk_.Copy(); }
  // Of a ledger that nobody has open.
  void PutBack(const Disk::Image& copy) { disk_.PutBack(copy); }
  void Lose() { disk_.PutBack({}); }

  // From now on this many more commits succeed and then none.
  void DieAfter(int commits) { commits_left_ = commits; }
  void Live() { commits_left_ = -1, died_ = false, disk_.Resume(); }
  bool died() const { return died_ || disk_.stopped(); }
  int commits() const { return commits_; }
  Disk& disk() { return disk_; }

 private:
  static int Hook(sqlite3* handle, char** error, const void* api);
  static int OnCommit(void* self);

  Disk disk_;
  int commits_left_ = -1;
  bool died_ = false;
  int commits_ = 0;
};

}  // namespace guestbridge::simulation
