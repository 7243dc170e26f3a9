#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

// Where the audit lies in the store, as server/store/record.proto says.
namespace guestbridge::server {

inline constexpr absl::string_view kAuditRecords = "audit/";
// What waits for a server that puts it at the end: audit-waiting/{token}.
inline constexpr absl::string_view kAuditWaiting = "audit-waiting/";
inline constexpr absl::string_view kAuditHeadDocument = "meta/audit-head";
inline constexpr absl::string_view kAuditKeyDocument = "meta/audit-key";
inline constexpr absl::string_view kAuditSequence = "audit";

inline std::string AuditRecordDocument(int64_t number) {
  return absl::StrFormat("audit/%012d", number);
}

}  // namespace guestbridge::server
