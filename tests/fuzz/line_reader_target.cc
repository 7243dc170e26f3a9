#include "sync-agent/source/jsonl/line_reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

struct Line {
  std::string text;  // nothing when it is too long
  bool too_long = false;
  size_t next = 0;  // where the next one begins
};

// A model: the text as a whole.
std::vector<Line> Split(absl::string_view text, size_t longest) {
  std::vector<Line> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    absl::string_view line = text.substr(at, end - at);
    if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
    if (at == 0 && absl::StartsWith(line, "\xEF\xBB\xBF")) line.remove_prefix(3);
    at = std::min(end + 1, text.size());
    const bool too_long = line.size() > longest;
    lines.push_back({too_long ? "" : std::string(line), too_long, at});
  }
  return lines;
}

}  // namespace

// The lines of a file, of bounded length, the same from wherever reading goes on.
void RunLineReader(absl::string_view bytes) {
  Dealer dealer(bytes);
  const size_t longest = 1 + dealer.Below(256);
  const size_t times = 1 + dealer.Below(64);  // more than the reader holds at once
  const size_t resume = dealer.Below(256);
  const absl::string_view piece = dealer.Rest();
  std::string text;
  for (size_t i = 0; i < times; ++i) text.append(piece.data(), piece.size());
  const int fd = memfd_create("lines", MFD_CLOEXEC);
  GB_PROMISE(fd >= 0 && pwrite(fd, text.data(), text.size(), 0) ==
                            static_cast<ssize_t>(text.size()));
  const std::vector<Line> lines = Split(text, longest);
  const auto read_from = [&](size_t first) {
    const size_t begin = first == 0 ? 0 : lines[first - 1].next;
    agent::LineReader reader(fd, static_cast<int64_t>(begin), longest);
    for (size_t i = first; i < lines.size(); ++i) {
      GB_PROMISE(reader.Next());
      GB_PROMISE(reader.too_long() == lines[i].too_long);
      GB_PROMISE(reader.too_long() || reader.line() == lines[i].text);
      GB_PROMISE(reader.line().size() <= longest + 5);
      GB_PROMISE(reader.offset() == static_cast<int64_t>(lines[i].next));
    }
    GB_PROMISE(!reader.Next() && reader.error() == 0);
  };
  read_from(0);
  if (resume < lines.size()) read_from(resume);
  close(fd);
}

}  // namespace guestbridge::fuzz
