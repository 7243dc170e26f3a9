#include "common/http/answer_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guestbridge {
namespace {

constexpr size_t kMaxHeadBytes = 256 << 10;

bool ParseChunkSize(absl::string_view line, int64_t* size) {
  line = absl::StripAsciiWhitespace(line.substr(0, line.find(';')));
  if (line.empty() || line.size() > 15) return false;
  *size = 0;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isxdigit(byte)) return false;
    const int digit =
        absl::ascii_isdigit(byte) ? c - '0' : absl::ascii_tolower(byte) - 'a' + 10;
    *size = *size * 16 + digit;
  }
  return true;
}

}  // namespace

AnswerParser::State AnswerParser::Feed(absl::string_view bytes) {
  pending_.erase(0, used_);
  used_ = 0;
  absl::StrAppend(&pending_, bytes);
  State state = State::kMore;
  bool again = true;
  while (again && state == State::kMore) {
    again = false;
    state = Step(&again);
  }
  return state;
}

AnswerParser::State AnswerParser::End() {
  if (part_ == Part::kUntilClose) part_ = Part::kDone;
  return part_ == Part::kDone ? State::kWhole : State::kMore;
}

bool AnswerParser::reusable() const {
  if (part_ != Part::kDone || used_ != pending_.size()) return false;
  // A body that ends with the connection leaves nothing to reuse; Connection tells the
  // rest.
  const std::string connection = absl::AsciiStrToLower(Header("connection"));
  if (absl::StrContains(connection, "close")) return false;
  const bool delimited = headers_.count("content-length") > 0 ||
                         headers_.count("transfer-encoding") > 0 || status_ == 204 ||
                         status_ == 304;
  return delimited &&
         (minor_version_ >= 1 || absl::StrContains(connection, "keep-alive"));
}

bool AnswerParser::TakeLine(std::string* line) {
  const size_t end = pending_.find('\n', used_);
  if (end == std::string::npos) return false;
  const size_t stop = end > used_ && pending_[end - 1] == '\r' ? end - 1 : end;
  *line = pending_.substr(used_, stop - used_);
  head_bytes_ += end + 1 - used_;
  used_ = end + 1;
  return true;
}

// One step. `again`: there may be more to do with the bytes at hand.
AnswerParser::State AnswerParser::Step(bool* again) {
  std::string line;
  switch (part_) {
    case Part::kHead:
      return ReadHead(again);
    case Part::kCounted:
    case Part::kChunk:
    case Part::kUntilClose:
      return TakeBody(again);
    case Part::kChunkSize:
      if (!TakeLine(&line)) {
        return pending_.size() - used_ > kMaxHeadBytes ? State::kMalformed
                                                       : State::kMore;
      }
      *again = true;
      if (!ParseChunkSize(line, &left_)) return State::kMalformed;
      part_ = left_ == 0 ? Part::kTrailer : Part::kChunk;
      return State::kMore;
    case Part::kTrailer:
      if (!TakeLine(&line)) {
        return pending_.size() - used_ > kMaxHeadBytes ? State::kMalformed
                                                       : State::kMore;
      }
      *again = true;
      if (line.empty()) part_ = Part::kDone;
      return State::kMore;
    case Part::kDone:
      return State::kWhole;
  }
  return State::kMalformed;
}

AnswerParser::State AnswerParser::ReadHead(bool* again) {
  std::string line;
  if (head_bytes_ > kMaxHeadBytes) return State::kMalformed;
  if (!TakeLine(&line)) {
    // Something that is not HTTP need not be waited for.
    const absl::string_view start = absl::string_view(pending_).substr(used_, 5);
    if (!status_line_seen_ && !absl::StartsWith("HTTP/", start)) {
      return State::kMalformed;
    }
    return pending_.size() - used_ > kMaxHeadBytes ? State::kMalformed : State::kMore;
  }
  *again = true;
  if (!status_line_seen_) {
    status_line_seen_ = true;
    return ParseStatusLine(line) ? State::kMore : State::kMalformed;
  }
  if (!line.empty()) return ParseHeader(line) ? State::kMore : State::kMalformed;
  if (status_ >= 100 && status_ < 200) {  // The real answer follows.
    if (status_ == 101) return State::kMalformed;
    status_line_seen_ = false;
    headers_.clear();
    last_header_ = headers_.end();
    return State::kMore;
  }
  return StartBody(again);
}

AnswerParser::State AnswerParser::StartBody(bool* again) {
  *again = true;
  left_ = 0;
  if (head_only_ || status_ == 204 || status_ == 304) {
    part_ = Part::kDone;
    return State::kMore;
  }
  if (absl::EndsWithIgnoreCase(Header("transfer-encoding"), "chunked")) {
    part_ = Part::kChunkSize;
    return State::kMore;
  }
  if (headers_.count("transfer-encoding") > 0) {
    part_ = Part::kUntilClose;
    return State::kMore;
  }
  const auto [first, last] = headers_.equal_range("content-length");
  if (first == last) {
    part_ = Part::kUntilClose;
    return State::kMore;
  }
  for (auto it = first; it != last; ++it) {
    int64_t length = 0;
    if (!absl::SimpleAtoi(it->second, &length) || length < 0 ||
        (it != first && length != left_)) {
      return State::kMalformed;
    }
    left_ = length;
  }
  if (left_ > max_body_bytes_) return State::kTooLarge;
  // Growing by doubling would hold a body of tens of megabytes twice.
  body_.reserve(static_cast<size_t>(left_));
  part_ = left_ == 0 ? Part::kDone : Part::kCounted;
  return State::kMore;
}

AnswerParser::State AnswerParser::TakeBody(bool* again) {
  size_t count = pending_.size() - used_;
  if (part_ != Part::kUntilClose) {
    count = static_cast<size_t>(std::min<int64_t>(left_, static_cast<int64_t>(count)));
  }
  if (static_cast<int64_t>(body_.size() + count) > max_body_bytes_) {
    return State::kTooLarge;
  }
  body_.append(pending_, used_, count);
  used_ += count;
  if (part_ == Part::kUntilClose) return State::kMore;
  left_ -= static_cast<int64_t>(count);
  if (left_ > 0) return State::kMore;
  *again = true;
  if (part_ == Part::kCounted) {
    part_ = Part::kDone;
    return State::kMore;
  }
  // The line break after a chunk must be there before the next size is read.
  std::string line;
  if (!TakeLine(&line)) {
    *again = false;
    // "\r" may come alone first.
    return pending_.size() - used_ > 1 ? State::kMalformed : State::kMore;
  }
  if (!line.empty()) return State::kMalformed;
  part_ = Part::kChunkSize;
  return State::kMore;
}

bool AnswerParser::ParseStatusLine(absl::string_view line) {
  // HTTP/1.1 200 OK
  if (line.size() < 12 || !absl::StartsWith(line, "HTTP/1.") || line[8] != ' ') {
    return false;
  }
  minor_version_ = line[7] - '0';
  if (minor_version_ < 0 || minor_version_ > 9) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  return absl::SimpleAtoi(line.substr(9, 3), &status_) && status_ >= 100 &&
         status_ <= 999;
}

bool AnswerParser::ParseHeader(absl::string_view line) {
  if (line[0] == ' ' || line[0] == '\t') {  // A folded line goes on with the last one.
    if (last_header_ == headers_.end()) return false;
    absl::StrAppend(&last_header_->second, " ", absl::StripAsciiWhitespace(line));
    return true;
  }
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  last_header_ = headers_.emplace(
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(0, colon))),
      std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  return true;
}

std::string AnswerParser::Header(absl::string_view name) const {
  const auto it = headers_.find(std::string(name));
  return it == headers_.end() ? "" : it->second;
}

}  // namespace guestbridge
