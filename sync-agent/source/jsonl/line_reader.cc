#include "sync-agent/source/jsonl/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/match.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kChunk = 1 << 16;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

bool LineReader::Fill() {
  buffer_.resize(kChunk);
  at_ = 0;
  ssize_t count = 0;
  do {
    count = pread(fd_, buffer_.data(), buffer_.size(), read_to_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) error_ = errno;
  buffer_.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  read_to_ += static_cast<int64_t>(buffer_.size());
  return !buffer_.empty();
}

bool LineReader::Next() {
  line_.clear();
  too_long_ = false;
  const int64_t begin = offset_;
  bool ended = false;
  while (!ended) {
    if (at_ == buffer_.size() && !Fill()) break;
    const size_t end = buffer_.find('\n', at_);
    ended = end != std::string::npos;
    const size_t count = (ended ? end : buffer_.size()) - at_;
    // One more than the longest, besides what is not of the line: mark and CR.
    const size_t most = longest_ + 2 + kByteOrderMark.size();
    const size_t room = most - std::min(line_.size(), most);
    line_.append(buffer_, at_, std::min(count, room));
    too_long_ = too_long_ || count > room;
    at_ += count + (ended ? 1 : 0);
    offset_ += static_cast<int64_t>(count + (ended ? 1 : 0));
  }
  if (error_ != 0) {
    offset_ = begin;
    return false;
  }
  if (offset_ == begin) return false;
  if (!too_long_ && absl::EndsWith(line_, "\r")) line_.pop_back();
  if (begin == 0 && absl::StartsWith(line_, kByteOrderMark)) {
    line_.erase(0, kByteOrderMark.size());
  }
  too_long_ = too_long_ || line_.size() > longest_;
  return true;
}

}  // namespace guestbridge::agent
