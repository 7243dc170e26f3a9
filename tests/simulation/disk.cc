#include "tests/simulation/disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guestbridge::simulation {
namespace {

constexpr char kVfs[] = "simulated-disk";
constexpr size_t kSector = 512;

std::map<int, Disk*>& Disks() {
  static auto& disks = *new std::map<int, Disk*>();
  return disks;
}

void Apply(size_t offset, const std::string& bytes, std::string* content) {
  if (content->size() < offset + bytes.size()) {
    content->resize(offset + bytes.size(), '\0');
  }
  std::memcpy(content->data() + offset, bytes.data(), bytes.size());
}

}  // namespace

// SQLite's view of all disks: names are `/disk-7/file`.
struct DiskVfs {
  struct Handle {
    sqlite3_file base;
    Disk* disk;
    Disk::File* file;
    Disk::File* own;  // a file without a name
  };
  static Handle* Of(sqlite3_file* file) { return reinterpret_cast<Handle*>(file); }

  static Disk* Find(const char* path, std::string* name) {
    const std::vector<std::string> parts = absl::StrSplit(path, '/');
    int number = 0;
    if (parts.size() != 3 || parts[1].rfind("disk-", 0) != 0 ||
        !absl::SimpleAtoi(parts[1].substr(5), &number)) {
      return nullptr;
    }
    const auto disk = Disks().find(number);
    *name = parts[2];
    return disk == Disks().end() ? nullptr : disk->second;
  }

  // --- a file ---
  static int Close(sqlite3_file* file) {
    Handle* const handle = Of(file);
    if (--handle->file->opened == 0) handle->file->shared.clear();
    delete handle->own;
    return SQLITE_OK;
  }
  static int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    const std::string& bytes = Of(file)->file->bytes;
    const auto from = std::min(static_cast<size_t>(offset), bytes.size());
    const size_t there = std::min(static_cast<size_t>(size), bytes.size() - from);
    std::memcpy(to, bytes.data() + from, there);
    if (there == static_cast<size_t>(size)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, static_cast<size_t>(size) - there);
    return SQLITE_IOERR_SHORT_READ;
  }
  static int Write(sqlite3_file* file, const void* from, int size,
                   sqlite3_int64 offset) {
    Handle* const handle = Of(file);
    const auto end = static_cast<size_t>(offset) + static_cast<size_t>(size);
    if (handle->own == nullptr) {
      if (!handle->disk->MayStep()) return SQLITE_IOERR_WRITE;
      const bool grows = end > handle->file->bytes.size();
      if (handle->disk->full_ && (grows || handle->disk->strict_)) return SQLITE_FULL;
    }
    handle->disk->Write(*handle->file, static_cast<size_t>(offset),
                        static_cast<const char*>(from), static_cast<size_t>(size));
    return SQLITE_OK;
  }
  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle* const handle = Of(file);
    if (handle->own == nullptr && !handle->disk->MayStep()) {
      return SQLITE_IOERR_TRUNCATE;
    }
    handle->disk->Cut(*handle->file, static_cast<size_t>(size));
    return SQLITE_OK;
  }
  static int Sync(sqlite3_file* file, int) {
    Handle* const handle = Of(file);
    if (handle->own != nullptr) return SQLITE_OK;
    if (!handle->disk->MayStep()) return SQLITE_IOERR_FSYNC;
    if (!handle->disk->late_ || !handle->file->is_log) Disk::Sync(*handle->file);
    return SQLITE_OK;
  }
  static int FileSize(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(Of(file)->file->bytes.size());
    return SQLITE_OK;
  }
  // There is one connection at a time.
  static int Lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int CheckReservedLock(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int SectorSize(sqlite3_file*) { return 4096; }
  // As SQLite takes a disk under Linux to be.
  static int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
  static int ShmMap(sqlite3_file* file, int region, int size, int extend,
                    void volatile** memory) {
    auto& shared = Of(file)->file->shared;
    const auto index = static_cast<size_t>(region);
    *memory = nullptr;
    if (index >= shared.size() && extend == 0) return SQLITE_OK;
    while (shared.size() <= index) {
      shared.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    }
    *memory = shared[index].get();
    return SQLITE_OK;
  }
  static int ShmLock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void ShmBarrier(sqlite3_file*) {}
  static int ShmUnmap(sqlite3_file*, int) { return SQLITE_OK; }

  // --- the file system ---
  static int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags,
                  int* out) {
    static const sqlite3_io_methods kMethods = {2,
                                                Close,
                                                Read,
                                                Write,
                                                Truncate,
                                                Sync,
                                                FileSize,
                                                Lock,
                                                Lock,
                                                CheckReservedLock,
                                                FileControl,
                                                SectorSize,
                                                Characteristics,
                                                ShmMap,
                                                ShmLock,
                                                ShmBarrier,
                                                ShmUnmap,
                                                nullptr,
                                                nullptr};
    Handle* const handle = Of(file);
    *handle = Handle{};
    if (out != nullptr) *out = flags;
    if (path == nullptr) {
      // For sorting and the like; which disk does not matter.
      if (Disks().empty()) return SQLITE_CANTOPEN;
      handle->disk = Disks().begin()->second;
      handle->file = handle->own = new Disk::File();
    } else {
      std::string name;
      handle->disk = Find(path, &name);
      if (handle->disk == nullptr || handle->disk->stopped_) return SQLITE_CANTOPEN;
      std::unique_ptr<Disk::File>* found = nullptr;
      const auto it = handle->disk->files_.find(name);
      if (it != handle->disk->files_.end()) {
        found = &it->second;
      } else if ((flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
      } else {
        found = &handle->disk->files_[name];
        *found = std::make_unique<Disk::File>();
        (*found)->is_log = (flags & SQLITE_OPEN_WAL) != 0;
      }
      handle->file = found->get();
    }
    ++handle->file->opened;
    handle->base.pMethods = &kMethods;
    return SQLITE_OK;
  }
  static int Delete(sqlite3_vfs*, const char* path, int) {
    std::string name;
    Disk* const disk = Find(path, &name);
    if (disk == nullptr || disk->files_.count(name) == 0) {
      return SQLITE_IOERR_DELETE_NOENT;
    }
    if (!disk->MayStep()) return SQLITE_IOERR_DELETE;
    disk->files_.erase(name);
    return SQLITE_OK;
  }
  static int Access(sqlite3_vfs*, const char* path, int, int* result) {
    std::string name;
    Disk* const disk = Find(path, &name);
    *result = disk != nullptr && disk->files_.count(name) > 0 ? 1 : 0;
    return SQLITE_OK;
  }
  static int FullPathname(sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
  }
  static int Randomness(sqlite3_vfs*, int size, char* out) {
    std::memset(out, 7, static_cast<size_t>(size));
    return size;
  }
  static int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
  static int CurrentTime(sqlite3_vfs*, double* now) {
    *now = 2460000;
    return SQLITE_OK;
  }
  static int LastError(sqlite3_vfs*, int, char*) { return 0; }

  static void Register() {
    static sqlite3_vfs vfs = {};
    static const bool done = [] {
      // Before SQLite is first used: names may say `file:…?vfs=…`.
      if (sqlite3_config(SQLITE_CONFIG_URI, 1) != SQLITE_OK ||
          sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK) {
        std::abort();
      }
      vfs.iVersion = 1;
      vfs.szOsFile = sizeof(Handle);
      vfs.mxPathname = 256;
      vfs.zName = kVfs;
      vfs.xOpen = Open;
      vfs.xDelete = Delete;
      vfs.xAccess = Access;
      vfs.xFullPathname = FullPathname;
      vfs.xRandomness = Randomness;
      vfs.xSleep = Sleep;
      vfs.xCurrentTime = CurrentTime;
      vfs.xGetLastError = LastError;
      if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) std::abort();
      return true;
    }();
    (void)done;
  }
};

namespace {

int NextNumber() {
  static int number = 0;
  return ++number;
}

}  // namespace

Disk::Disk() : number_(NextNumber()) {
  DiskVfs::Register();
  Disks()[number_] = this;
}

Disk::~Disk() { Disks().erase(number_); }

std::string Disk::UriOf(const std::string& file) const {
  return absl::StrCat("file:/disk-", number_, "/", file, "?vfs=", kVfs);
}

Disk::Image Disk::Copy() const {
  Image image;
  for (const auto& [name, file] : files_) image[name] = file->bytes;
  return image;
}

void Disk::PutBack(const Image& image) {
  files_.clear();
  for (const auto& [name, bytes] : image) {
    auto file = std::make_unique<File>();
    file->is_log = name.size() > 4 && name.substr(name.size() - 4) == "-wal";
    file->bytes = file->synced = bytes;
    file->ever_synced = true;
    files_[name] = std::move(file);
  }
}

bool Disk::MayStep() {
  if (stopped_) return false;
  if (steps_left_ == 0) {
    stopped_ = true;
    return false;
  }
  if (steps_left_ > 0) --steps_left_;
  return true;
}

void Disk::Write(File& file, size_t offset, const char* bytes, size_t size) {
  if (late_ && !file.is_log) {
    for (const auto& [name, log] : files_) {
      if (log->is_log) Sync(*log);
    }
  }
  Step step{false, offset, std::string(bytes, size)};
  Apply(offset, step.bytes, &file.bytes);
  file.since.push_back(std::move(step));
}

void Disk::Cut(File& file, size_t size) {
  file.bytes.resize(size, '\0');
  file.since.push_back({true, size, ""});
}

void Disk::Sync(File& file) {
  for (const Step& step : file.since) {
    if (step.cuts) {
      file.synced.resize(step.offset, '\0');
    } else {
      Apply(step.offset, step.bytes, &file.synced);
    }
  }
  file.since.clear();
  file.ever_synced = true;
}

void Disk::LosePower(Chance& chance) {
  // Nothing of it, all of it, some pieces, or what came first.
  const int64_t kept = chance.Below(4);
  bool still = kept == 1 || kept == 3;
  const auto survives = [&] {
    if (kept == 3) still = still && !chance.Roll(0.03);
    return kept == 2 ? chance.Roll(0.5) : still;
  };
  for (auto it = files_.begin(); it != files_.end();) {
    File& file = *it->second;
    for (const Step& step : file.since) {
      if (step.cuts) {
        if (survives()) file.synced.resize(step.offset, '\0');
        continue;
      }
      for (size_t from = 0; from < step.bytes.size(); from += kSector) {
        if (!survives()) continue;
        Apply(step.offset + from, step.bytes.substr(from, kSector), &file.synced);
      }
    }
    file.since.clear();
    file.bytes = file.synced;
    const bool stays = file.ever_synced || survives();
    file.ever_synced = true;
    it = stays ? std::next(it) : files_.erase(it);
  }
}

}  // namespace guestbridge::simulation
