#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/portal/bitrix24/redirect.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

using agent::JudgeRedirect;
using agent::PortalAddress;

// Whatever is accepted says nothing but https, a plain host, a port and the path that
// was asked for: nobody is left to be named by what else stood there.
void RunRedirect(absl::string_view bytes) {
  Dealer dealer(bytes);
  const bool allow_private = dealer.Below(2) == 1;
  const std::string target = "/rest/1/c0de/batch";
  const PortalAddress from = {"hotel.bitrix24.ru", 443};
  // Half of the inputs begin where it gets interesting.
  const bool helped = dealer.Below(2) == 1;
  const std::string location = helped ? absl::StrCat("https://", dealer.Rest(), target)
                                      : std::string(dealer.Rest());
  agent::HostOfLocation(location);
  const auto to = JudgeRedirect(location, target, from, allow_private);
  if (!to.has_value()) return;
  GB_PROMISE(to->port >= 1 && to->port <= 65535);
  GB_PROMISE(!to->host.empty() && to->host.size() <= 253);
  const bool v6 = absl::StrContains(to->host, ":");
  for (const char c : to->host) {
    GB_PROMISE(absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
               c == '-' || c == '_' || (v6 && c == ':'));
    GB_PROMISE(!absl::ascii_isupper(static_cast<unsigned char>(c)));
  }
  const std::string host = v6 ? absl::StrCat("[", to->host, "]") : to->host;
  const std::string plain = absl::StrCat("https://", host, target);
  // A port may be written with leading zeros.
  GB_PROMISE(
      absl::EqualsIgnoreCase(location, plain) ||
      (absl::StartsWithIgnoreCase(location, absl::StrCat("https://", host, ":")) &&
       absl::EndsWith(location, target)));
  GB_PROMISE(*to != from);
  const std::string again = absl::StrCat("https://", host, ":", to->port, target);
  GB_PROMISE(JudgeRedirect(again, target, from, allow_private) == to);
  if (!allow_private) {
    GB_PROMISE(JudgeRedirect(location, target, from, true) == to);
  }
}

}  // namespace guestbridge::fuzz
