#include "sync-agent/pace/pace_memory.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kEach = ":each";
constexpr absl::string_view kBlocked = ":blocked";

// What stands before the kind of a figure.
std::string MethodIn(const std::string& name, absl::string_view kind) {
  return name.substr(0, name.size() - kind.size());
}

bool ParsePart(absl::string_view part, std::string* name, double* value) {
  const std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(part, absl::MaxSplits('=', 1));
  *name = std::string(pair.first);
  return absl::SimpleAtod(pair.second, value) && *value >= 0 && *value <= 1e6;
}

}  // namespace

std::string EncodePaceMemory(const PaceMemory& memory) {
  std::string text =
      absl::StrCat(absl::ToUnixSeconds(memory.at), " bucket=", memory.bucket);
  for (const auto& [method, seconds] : memory.operating) {
    absl::StrAppend(&text, " ", method, "=", seconds);
  }
  for (const auto& [method, seconds] : memory.each) {
    absl::StrAppend(&text, " ", method, kEach, "=", seconds);
  }
  for (const auto& [method, seconds] : memory.blocked) {
    absl::StrAppend(&text, " ", method, kBlocked, "=", seconds);
  }
  return text;
}

PaceMemory DecodePaceMemory(absl::string_view text) {
  const PaceMemory nothing{absl::InfinitePast(), 0};
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  int64_t at = 0;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &at)) return nothing;
  PaceMemory memory{absl::FromUnixSeconds(at), 0};
  for (size_t i = 1; i < parts.size(); ++i) {
    std::string name;
    double value = 0;
    if (!ParsePart(parts[i], &name, &value)) return nothing;
    if (i == 1) {
      memory.bucket = value;
    } else if (absl::EndsWith(name, kEach)) {
      memory.each[MethodIn(name, kEach)] = value;
    } else if (absl::EndsWith(name, kBlocked)) {
      memory.blocked[MethodIn(name, kBlocked)] = value;
    } else {
      memory.operating[name] = value;
    }
  }
  return memory;
}

}  // namespace guestbridge::agent
