#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/secret/sealer.h"
#include "google/protobuf/message.h"
#include "guestbridge/v1/audit.pb.h"
#include "server/audit/audit_key.h"

namespace guestbridge::server {

// A document before and after one transaction; absent: there was or is none.
struct DocumentChange {
  std::string key;
  std::optional<std::string> before;
  std::optional<std::string> after;

  bool operator==(const DocumentChange&) const = default;
};

// The fields that differ, in the order of their numbers. What stands sealed is opened,
// and shown as a keyed hash of what it is. Values are cut after 200 bytes.
std::vector<guestbridge::v1::AuditChange> DifferenceOf(const DocumentChange& change,
                                                       const AuditKey& key,
                                                       Sealer& sealer);

}  // namespace guestbridge::server
