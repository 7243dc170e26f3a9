#include <algorithm>

#include "common/http/answer_parser.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

constexpr int64_t kCap = 4096;

struct Read {
  AnswerParser::State state = AnswerParser::State::kMore;
  int status = 0;
  std::multimap<std::string, std::string> headers;
  std::string body;
  bool reusable = false;
  bool operator==(const Read&) const = default;
};

// `step`: bytes at a time.
Read ReadInPieces(absl::string_view bytes, size_t step, bool head_only) {
  AnswerParser parser(kCap, head_only);
  Read read;
  while (!bytes.empty() && read.state == AnswerParser::State::kMore) {
    const size_t size = std::min(step, bytes.size());
    read.state = parser.Feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (read.state == AnswerParser::State::kMore) read.state = parser.End();
  GB_PROMISE(static_cast<int64_t>(parser.body().size()) <= kCap ||
             read.state == AnswerParser::State::kTooLarge);
  if (read.state != AnswerParser::State::kWhole) return read;
  read.status = parser.status();
  read.headers = parser.headers();
  read.body = parser.body();
  GB_PROMISE(read.status >= 200 && read.status <= 999);
  for (const auto& [name, value] : read.headers) {
    for (const char c : name) GB_PROMISE(c < 'A' || c > 'Z');
    GB_PROMISE(value.find('\n') == std::string::npos);
  }
  if (head_only) GB_PROMISE(read.body.empty());
  return read;
}

}  // namespace

// An answer reads alike however the network cuts it into pieces.
void RunHttpAnswer(absl::string_view bytes) {
  Dealer dealer(bytes);
  const size_t step = 1 + dealer.Below(64);
  const bool head_only = dealer.Below(8) == 7;
  const Read whole = ReadInPieces(dealer.Rest(), dealer.Rest().size() + 1, head_only);
  GB_PROMISE(ReadInPieces(dealer.Rest(), step, head_only) == whole);
  GB_PROMISE(ReadInPieces(dealer.Rest(), 1, head_only) == whole);
}

}  // namespace guestbridge::fuzz
