#include "common/http/host_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace guestbridge {

bool IsHostName(absl::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const absl::string_view label : absl::StrSplit(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') {
        return false;
      }
    }
  }
  return true;
}

}  // namespace guestbridge
