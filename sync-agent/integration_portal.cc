// At which portal a run is: the ledger's, another one, or the same by a new name.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "sync-agent/integration_run.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {
namespace {

// host:port of what the portal's notice names, where 443 goes without saying and an
// address of IP version 6 with a port stands in brackets.
std::string WithPort(const std::string& address) {
  if (absl::StartsWith(address, "[")) {
    return absl::StrReplaceAll(address, {{"[", ""}, {"]", ""}});
  }
  const auto colons = std::count(address.begin(), address.end(), ':');
  return colons == 1 ? address : absl::StrCat(address, ":443");
}

}  // namespace

absl::Status IntegrationRun::MindPortal() {
  const PortalSettings& configured = parts_.sides->settings.portal;
  if (!task_.run().dry_run()) {
    // A match proposes by what the ledger holds, too.
    return BindToPortal(parts_.integration, configured, parts_.ledger);
  }
  GB_ASSIGN_OR_RETURN(other_portal_, IsOfAnotherPortal(configured, parts_.ledger));
  return absl::OkStatus();
}

void IntegrationRun::RememberMove(const RunProgress& progress) {
  for (const RunNotice& notice : progress.notices) {
    if (notice.reason != "PORTAL_MOVED") continue;
    const auto from = notice.parameters.find("host");
    const auto to = notice.parameters.find("new_host");
    if (from == notice.parameters.end() || to == notice.parameters.end()) continue;
    const std::string moved = WithPort(to->second);
    if (moved == moved_to_) continue;
    const auto known = parts_.ledger.Note(kPortalNote);
    if (!known.ok()) continue;
    const std::vector<std::string> names = absl::StrSplit(*known, ' ');
    const auto is_known = [&](const std::string& name) {
      return std::count(names.begin(), names.end(), name) > 0;
    };
    // A look without writing may be at another portal than the ledger's.
    if (!is_known(WithPort(from->second)) || is_known(moved)) continue;
    // A note that is not kept costs a look at the whole portal.
    if (parts_.ledger.SetNote(kPortalNote, absl::StrCat(moved, " ", *known)).ok()) {
      moved_to_ = moved;
    }
  }
}

}  // namespace guestbridge::agent
