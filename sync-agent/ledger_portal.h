#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/integration_sides.h"
#include "sync-agent/ledger/ledger.h"

// Which portal the ledger's links are about. Whatever links a client asks here first:
// the same number is somebody else on another portal.
namespace guestbridge::agent {

// Note: host:port, and the names that the same portal had before.
inline constexpr char kPortalNote[] = "portal";
// Note "1": look at the whole portal before adding.
inline constexpr char kColdNote[] = "cold";

// The links are about another portal than this one. Not of a ledger without the note.
absl::StatusOr<bool> IsOfAnotherPortal(const PortalSettings& portal, Ledger& ledger);

// Makes the ledger one of this portal: the links of another one are forgotten, and
// looked up anew by the next export.
absl::Status BindToPortal(const std::string& integration, const PortalSettings& portal,
                          Ledger& ledger);

}  // namespace guestbridge::agent
