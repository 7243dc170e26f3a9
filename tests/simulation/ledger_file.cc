#include "tests/simulation/ledger_file.h"

#include <sqlite3.h>

#include <cstdlib>

namespace guestbridge::simulation {
namespace {

// Of the file that is being opened; everything here is one thread.
LedgerFile* opening = nullptr;

}  // namespace

int LedgerFile::Hook(sqlite3* handle, char**, const void*) {
  if (opening != nullptr) sqlite3_commit_hook(handle, &OnCommit, opening);
  return SQLITE_OK;
}

int LedgerFile::OnCommit(void* self) {
  auto* file = static_cast<LedgerFile*>(self);
  if (file->commits_left_ == 0) {
    file->died_ = true;
    return 1;  // the commit becomes a rollback
  }
  if (file->commits_left_ > 0) --file->commits_left_;
  ++file->commits_;
  return 0;
}

LedgerFile::LedgerFile() {
  static const bool prepared = [] {
    return sqlite3_auto_extension(reinterpret_cast<void (*)()>(&LedgerFile::Hook)) ==
           SQLITE_OK;
  }();
  if (!prepared) std::abort();
}

absl::StatusOr<std::unique_ptr<agent::Ledger>> LedgerFile::Open(Random& random) {
  opening = this;
  auto opened = agent::Ledger::Open(disk_.UriOf("ledger"), random);
  opening = nullptr;
  return opened;
}

}  // namespace guestbridge::simulation
