#pragma once

#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace guestbridge {

// An open file or folder; closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Writes all of `bytes`; false with errno when it cannot.
bool WriteAll(int fd, absl::string_view bytes);

// Makes the names in a folder durable, where the file system can.
void SyncFolder(const std::string& folder);

}  // namespace guestbridge
