#include "tests/simulation/ledger_file.h"

#include <sqlite3.h>

#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace guestbridge::simulation {
namespace {

// Of the file that is being opened; everything here is one thread.
LedgerFile* opening = nullptr;

void Must(bool fine) {
  if (!fine) std::abort();
}

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
    // Before SQLite is first used: names may say `file:…?vfs=memdb`.
    Must(sqlite3_config(SQLITE_CONFIG_URI, 1) == SQLITE_OK);
    Must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    Must(sqlite3_auto_extension(reinterpret_cast<void (*)()>(&LedgerFile::Hook)) ==
         SQLITE_OK);
    return true;
  }();
  (void)prepared;
  static int number = 0;
  uri_ = absl::StrCat("file:/ledger-", ++number, "?vfs=memdb");
  Connect();
}

LedgerFile::~LedgerFile() { sqlite3_close_v2(keeper_); }

void LedgerFile::Connect() {
  Must(sqlite3_open_v2(uri_.c_str(), &keeper_,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                       nullptr) == SQLITE_OK);
}

absl::StatusOr<std::unique_ptr<agent::Ledger>> LedgerFile::Open(Random& random) {
  opening = this;
  auto opened = agent::Ledger::Open(uri_, random);
  opening = nullptr;
  return opened;
}

std::string LedgerFile::Copy() const {
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(keeper_, "main", &size, 0);
  if (bytes == nullptr) return "";
  std::string copy(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  sqlite3_free(bytes);
  return copy;
}

void LedgerFile::PutBack(const std::string& copy) {
  sqlite3* source = nullptr;
  Must(sqlite3_open_v2(":memory:", &source, SQLITE_OPEN_READWRITE, nullptr) ==
       SQLITE_OK);
  if (!copy.empty()) {
    auto* bytes = static_cast<unsigned char*>(sqlite3_malloc64(copy.size()));
    std::memcpy(bytes, copy.data(), copy.size());
    const auto size = static_cast<sqlite3_int64>(copy.size());
    Must(sqlite3_deserialize(source, "main", bytes, size, size,
                             SQLITE_DESERIALIZE_FREEONCLOSE |
                                 SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK);
  }
  sqlite3_backup* backup = sqlite3_backup_init(keeper_, "main", source, "main");
  Must(backup != nullptr);
  Must(sqlite3_backup_step(backup, -1) == SQLITE_DONE);
  Must(sqlite3_backup_finish(backup) == SQLITE_OK);
  sqlite3_close_v2(source);
}

void LedgerFile::Lose() {
  sqlite3_close_v2(keeper_);
  Connect();
}

}  // namespace guestbridge::simulation
