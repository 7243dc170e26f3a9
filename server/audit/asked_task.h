#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/audit/audit_key.h"
#include "server/audit/audit_log.h"

namespace guestbridge::server {

// What is recorded before an agent is asked to do `task`. None for lists of clients:
// they hold nothing of a guest but keys. Clients are named by their Ref_Key; what else
// they were searched by is hashed.
std::optional<AuditEntry> EntryOf(const guestbridge::v1::Task& task,
                                  const AuditKey& key);

// A Ref_Key as it is, in lower case; anything else hashed.
std::string ShownClient(absl::string_view client, const AuditKey& key);

}  // namespace guestbridge::server
