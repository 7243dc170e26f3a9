#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/chance.h"

struct sqlite3_vfs;

namespace guestbridge::simulation {

// A machine's disk, for SQLite: files in memory that outlive the process which wrote
// them. It knows what was synced, so that a power loss takes away what a real one may
// take: anything else, in pieces, in any order. It can stop between two writes, and be
// full.
//
// Not simulated: directory entries that a power loss takes back, a disk that lies about
// a sync, two processes with one file. One thread.
class Disk {
 public:
  // Of all files, by name.
  using Image = std::map<std::string, std::string>;

  Disk();
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // What SQLite opens `file` of this disk by.
  std::string UriOf(const std::string& file) const;

  // As it was written so far: a copy of the files by an ordinary tool.
  Image Copy() const;
  // In place of all files; nobody has one open.
  void PutBack(const Image& image);

  // From now on nothing is written: whoever has a file open is dead.
  void Stop() { stopped_ = true; }
  // So many writes and syncs later.
  void StopAfter(int steps) { steps_left_ = steps; }
  bool stopped() const { return stopped_; }
  void Resume() { stopped_ = false, steps_left_ = -1; }
  // What was not synced is there or not, by pieces of a sector. Nobody has a file open.
  void LosePower(Chance& chance);

  // Until FreeUp: files don't grow, or (`strict`) nothing can be written at all, as on
  // a disk that writes each change to a new place.
  void FillUp(bool strict) { full_ = true, strict_ = strict; }
  void FreeUp() { full_ = false; }
  bool full() const { return full_; }

  // A log is synced only before its file is written, not with each commit: what SQLite
  // does under `synchronous=NORMAL`.
  void SyncLogsLate() { late_ = true; }

 private:
  friend struct DiskVfs;
  struct Step {
    bool cuts = false;  // the file ends at `offset`
    size_t offset = 0;
    std::string bytes;
  };
  struct File {
    std::string bytes;
    std::string synced;
    std::vector<Step> since;  // the last sync
    bool ever_synced = false;
    bool is_log = false;
    int opened = 0;
    std::vector<std::unique_ptr<char[]>> shared;  // SQLite's index of the log
  };

  // False: the machine stands still, or does from here on.
  bool MayStep();
  void Write(File& file, size_t offset, const char* bytes, size_t size);
  void Cut(File& file, size_t size);
  static void Sync(File& file);

  const int number_;
  std::map<std::string, std::unique_ptr<File>> files_;
  bool stopped_ = false;
  int steps_left_ = -1;
  bool full_ = false;
  bool strict_ = false;
  bool late_ = false;
};

}  // namespace guestbridge::simulation
