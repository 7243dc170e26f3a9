#pragma once

#include "absl/status/statusor.h"
#include "guestbridge/v1/audit.pb.h"
#include "server/audit/audit_log.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Reads the audit: the rules of AuditService. Errors are those of audit.proto.
// Thread-safe.
class Audits {
 public:
  // Both outlive it.
  Audits(Store& store, const AuditLog& audit) : store_(store), audit_(audit) {}

  absl::StatusOr<v1::ListAuditRecordsResponse> List(
      const v1::ListAuditRecordsRequest& request);
  absl::StatusOr<v1::VerifyAuditResponse> Verify();

 private:
  Store& store_;
  const AuditLog& audit_;
};

}  // namespace guestbridge::server
