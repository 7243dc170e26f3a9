#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge {

// Reads one HTTP/1.x answer from bytes as they come (RFC 9112). Interim answers (1xx)
// are skipped. Knows a whole answer from a cut one: that difference decides whether a
// write may have been done.
class AnswerParser {
 public:
  enum class State {
    kMore,      // Feed it, or tell it of the end.
    kWhole,     // The answer is complete.
    kTooLarge,  // The body goes over the cap.
    kMalformed,
  };

  // `head_only`: the answer to a HEAD, which has no body whatever its headers say.
  explicit AnswerParser(int64_t max_body_bytes, bool head_only = false)
      : max_body_bytes_(max_body_bytes), head_only_(head_only) {}

  State Feed(absl::string_view bytes);
  // The peer has closed the connection in an orderly way. kMore means: cut off.
  State End();

  int status() const { return status_; }
  // Names in lower case.
  const std::multimap<std::string, std::string>& headers() const { return headers_; }
  std::string& body() { return body_; }
  // Whether the connection may carry another request.
  bool reusable() const;

 private:
  enum class Part { kHead, kCounted, kChunkSize, kChunk, kTrailer, kUntilClose, kDone };

  bool TakeLine(std::string* line);
  State Step(bool* again);
  State ReadHead(bool* again);
  State StartBody(bool* again);
  State TakeBody(bool* again);
  bool ParseStatusLine(absl::string_view line);
  bool ParseHeader(absl::string_view line);
  std::string Header(absl::string_view name) const;

  const int64_t max_body_bytes_;
  const bool head_only_;
  std::string pending_;  // Received and not yet used; `used_` bytes of it are.
  size_t used_ = 0;
  Part part_ = Part::kHead;
  bool status_line_seen_ = false;
  size_t head_bytes_ = 0;
  int minor_version_ = 1;
  int status_ = 0;
  std::multimap<std::string, std::string> headers_;
  std::multimap<std::string, std::string>::iterator last_header_ = headers_.end();
  int64_t left_ = 0;  // Of the counted body or of the chunk.
  std::string body_;
};

}  // namespace guestbridge
