#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// The lines of an open file from an offset on, without their ends (LF or CRLF) and
// without a byte order mark at the file's begin. Holds one line, and no more of it than
// `longest` bytes.
class LineReader {
 public:
  LineReader(int fd, int64_t offset, size_t longest)
      : fd_(fd), longest_(longest), offset_(offset), read_to_(offset) {}

  // False at the end of the file, or when it cannot be read: see error().
  bool Next();
  // Until the next Next. A long line's begin when it is too long.
  absl::string_view line() const { return line_; }
  bool too_long() const { return too_long_; }
  // Where the next line begins.
  int64_t offset() const { return offset_; }
  int error() const { return error_; }  // errno; 0: none

 private:
  // False when there is nothing more.
  bool Fill();

  const int fd_;
  const size_t longest_;
  int64_t offset_;
  int64_t read_to_;
  std::string buffer_;
  size_t at_ = 0;  // in buffer_
  std::string line_;
  bool too_long_ = false;
  int error_ = 0;
};

}  // namespace guestbridge::agent
