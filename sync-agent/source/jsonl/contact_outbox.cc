#include "sync-agent/source/jsonl/contact_outbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr char kCurrent[] = "current.jsonl.tmp";
constexpr int64_t kMostBytes = 64 << 10;  // about 800 lines
constexpr int kMostNumbers = 10'000;
constexpr int kMostTurns = 100;

constexpr auto kQuiet = std::chrono::milliseconds(1000);
constexpr int kMostQuiets = 5;  // while lines keep coming
constexpr auto kAfterFailure = std::chrono::seconds(10);

// The size without a last line that was cut off: its Add never returned OK.
int64_t WholeLines(int fd, int64_t size) {
  std::string tail(256, '\0');
  while (size > 0) {
    const int64_t from = std::max<int64_t>(0, size - static_cast<int64_t>(tail.size()));
    const ssize_t count =
        pread(fd, tail.data(), static_cast<size_t>(size - from), from);
    if (count <= 0) return size;
    const size_t end = tail.substr(0, static_cast<size_t>(count)).rfind('\n');
    if (end != std::string::npos) return from + static_cast<int64_t>(end) + 1;
    size = from;
  }
  return 0;
}

absl::Status WriteAll(const ExchangeFolder& folder, int fd, absl::string_view text,
                      int64_t at) {
  while (!text.empty()) {
    const ssize_t written = pwrite(fd, text.data(), text.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return folder.ErrorOf(written == 0 ? ENOSPC : errno, kContactIds);
    text.remove_prefix(static_cast<size_t>(written));
    at += written;
  }
  if (fsync(fd) != 0) return folder.ErrorOf(errno, kContactIds);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Descriptor> ContactOutbox::OpenCurrent(bool make) {
  for (int turn = 0; turn < kMostTurns; ++turn) {
    absl::StatusOr<Descriptor> current =
        folder_.OpenToWrite(kContactIds, kCurrent, O_RDWR | (make ? O_CREAT : 0));
    if (!make && absl::IsNotFound(current.status())) return Descriptor();
    GB_RETURN_IF_ERROR(current.status());
    while (flock(current->fd(), LOCK_EX) != 0) {
      if (errno != EINTR) return folder_.ErrorOf(errno, kContactIds);
    }
    // Another outbox may have published it while we waited.
    struct stat mine = {};
    struct stat there = {};
    if (fstat(current->fd(), &mine) != 0) return folder_.ErrorOf(errno, kContactIds);
    if (stat(folder_.PathOf(kContactIds, kCurrent).c_str(), &there) == 0 &&
        there.st_ino == mine.st_ino) {
      return current;
    }
  }
  return folder_.ErrorOf(EBUSY, kContactIds);
}

absl::Status ContactOutbox::Rename(const Descriptor& current) {
  GB_ASSIGN_OR_RETURN(const Descriptor place, folder_.OpenPlace(kContactIds));
  const int64_t size = WholeLines(current.fd(), StampOf(current.fd()).size);
  if (ftruncate(current.fd(), size) != 0 || fsync(current.fd()) != 0) {
    return folder_.ErrorOf(errno, kContactIds);
  }
  if (size == 0) {
    unlinkat(place.fd(), kCurrent, 0);
    return absl::OkStatus();
  }
  CrashPoint("agent.contact-id.publish");
  const std::string time =
      absl::FormatTime("%Y%m%dT%H%M%E3SZ", clock_.Now(), absl::UTCTimeZone());
  for (int number = 0; number < kMostNumbers; ++number) {
    const std::string name = number == 0
                                 ? absl::StrCat(time, ".jsonl")
                                 : absl::StrFormat("%s~%04d.jsonl", time, number);
    if (renameat2(place.fd(), kCurrent, place.fd(), name.c_str(), RENAME_NOREPLACE) ==
        0) {
      CrashPoint("agent.contact-id.published");
      fsync(place.fd());
      return absl::OkStatus();
    }
    if (errno != EEXIST) return folder_.ErrorOf(errno, kContactIds);
  }
  return folder_.ErrorOf(EEXIST, kContactIds);
}

absl::Status ContactOutbox::Add(const ClientKey& client, ContactId contact) {
  GB_ASSIGN_OR_RETURN(const Descriptor current, OpenCurrent(true));
  const int64_t size = WholeLines(current.fd(), StampOf(current.fd()).size);
  if (size == 0) {
    // A file that is not in its folder after a power cut holds nothing.
    GB_ASSIGN_OR_RETURN(const Descriptor place, folder_.OpenPlace(kContactIds));
    if (fsync(place.fd()) != 0) return folder_.ErrorOf(errno, kContactIds);
  }
  const std::string line = absl::StrCat("{\"Ref_Key\":\"", client.guid(),
                                        "\",\"B24ContactID\":", contact.value(), "}\n");
  CrashPoint("agent.contact-id.write");
  CrashPoint("agent.contact-id.half-written",
             [&] { (void)!pwrite(current.fd(), line.data(), line.size() / 2, size); });
  const absl::Status written = WriteAll(folder_, current.fd(), line, size);
  if (!written.ok()) {
    // Half a line is cut off by the next one, if not now.
    if (ftruncate(current.fd(), size) != 0) return written;
    return written;
  }
  CrashPoint("agent.contact-id.written");
  if (size + static_cast<int64_t>(line.size()) < kMostBytes) return absl::OkStatus();
  const absl::Status published = Rename(current);
  // The line is durable: it is published later.
  if (!published.ok()) {
    log::Warning("contact_ids_unpublished", {{"error", published}});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ContactOutbox::Publish() {
  // Nothing is made where nothing was written.
  if (access(folder_.PathOf(kContactIds, kCurrent).c_str(), F_OK) != 0) return false;
  GB_ASSIGN_OR_RETURN(const Descriptor current, OpenCurrent(false));
  if (!current.open()) return false;
  GB_RETURN_IF_ERROR(Rename(current));
  return true;
}

OutboxPublisher::OutboxPublisher(ContactOutbox& outbox) : outbox_(outbox) {
  thread_ = std::thread([this] { Loop(); });
}

OutboxPublisher::~OutboxPublisher() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OutboxPublisher::Wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_ = true;
    ++lines_;
  }
  changed_.notify_all();
}

void OutboxPublisher::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  bool failed = false;
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || waiting_; });
    for (int quiets = 0; !stopping_ && quiets < kMostQuiets; ++quiets) {
      const int before = lines_;
      changed_.wait_for(lock, kQuiet, [this] { return stopping_; });
      if (lines_ == before) break;
    }
    waiting_ = false;
    const bool last = stopping_;
    lock.unlock();
    const absl::StatusOr<bool> published = outbox_.Publish();
    if (!published.ok() && !failed) {
      log::Warning("contact_ids_unpublished", {{"error", published.status()}});
    }
    failed = !published.ok();
    lock.lock();
    if (last) return;
    if (!failed) continue;
    waiting_ = true;
    changed_.wait_for(lock, kAfterFailure, [this] { return stopping_; });
  }
}

}  // namespace guestbridge::agent
