#include "sync-agent/ledger_portal.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/export/event_poll.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/integration_run.h"

namespace guestbridge::agent {
namespace {

absl::StatusOr<std::vector<std::string>> KnownNames(Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(const std::string known, ledger.Note(kPortalNote));
  return std::vector<std::string>(absl::StrSplit(known, ' ', absl::SkipEmpty()));
}

std::string PortalName(const PortalSettings& portal) {
  return absl::StrCat(portal.host, ":", portal.port);
}

}  // namespace

absl::StatusOr<bool> IsOfAnotherPortal(const PortalSettings& portal, Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> names, KnownNames(ledger));
  return !names.empty() &&
         std::count(names.begin(), names.end(), PortalName(portal)) == 0;
}

absl::Status BindToPortal(const std::string& integration, const PortalSettings& portal,
                          Ledger& ledger) {
  const std::string name = PortalName(portal);
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> names, KnownNames(ledger));
  if (names.empty()) return ledger.SetNote(kPortalNote, name);
  if (names.front() == name) {
    // The connection has followed: the names before may become somebody else's.
    return names.size() == 1 ? absl::OkStatus() : ledger.SetNote(kPortalNote, name);
  }
  if (std::count(names.begin(), names.end(), name) > 0) return absl::OkStatus();
  log::Warning("portal_changed", {{"integration", integration},
                                  {"from", absl::StrJoin(names, " ")},
                                  {"to", name}});
  // One that was renamed while nobody looked shows every contact of ours to the look
  // that follows.
  return ledger.ForgetLinks({{kPortalNote, name},
                             {kColdNote, "1"},
                             {kWatermarkNote, ""},
                             {kSweptNote, ""},
                             {kPortalKindNote, ""},
                             {kRaisedSettleTimeNote, ""},
                             {kFieldTypesNote, ""},
                             {kReadWithMappingNote, ""},
                             {kPlannedNote, ""},
                             {kGuardNote, ""}});
}

}  // namespace guestbridge::agent
