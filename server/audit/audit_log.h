#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/secret/sealer.h"
#include "common/time/clock.h"
#include "guestbridge/v1/audit.pb.h"
#include "server/audit/audit_key.h"
#include "server/audit/audited_call.h"
#include "server/audit/difference.h"
#include "server/store/store.h"

namespace guestbridge::server {

// What a record tells beside who and when.
struct AuditEntry {
  std::string resource;
  guestbridge::v1::AuditRecord::Outcome outcome = guestbridge::v1::AuditRecord::ALLOWED;
  std::string reason;  // Of DENIED.
  // No secret and nothing of a guest in clear: see AuditKey::Hash.
  std::vector<guestbridge::v1::AuditChange> changes;
  int omitted_changes = 0;
  int count = 0;  // How many calls, if more than one.
  // Absent: the call that this thread serves, or the server by itself.
  std::optional<AuditedCall> call;
};

// Writes audit records. Thread-safe.
class AuditLog {
 public:
  // All outlive it. `store`: the bare one.
  AuditLog(Store& store, const Clock& clock, Sealer& sealer, AuditKey key)
      : store_(store), clock_(clock), sealer_(sealer), key_(std::move(key)) {}

  // In the transaction of what it tells of: both are committed, or neither.
  absl::Status Append(Transaction& transaction, const AuditEntry& entry) const;
  // By itself, before something leaves the server. Errors: AUDIT_NOT_WRITTEN
  // (UNAVAILABLE): then nothing may leave.
  absl::Status Record(const AuditEntry& entry) const;
  // The same for what may have ceased to be allowed: `check` is asked in the
  // transaction of the record; its error is returned as it is, and there is no record.
  absl::Status Record(const AuditEntry& entry,
                      absl::FunctionRef<absl::Status(Transaction&)> check) const;

  // A record of what a transaction changed, if that is to be recorded.
  absl::Status AppendChanges(Transaction& transaction,
                             const std::vector<DocumentChange>& changes) const;

  absl::StatusOr<guestbridge::v1::VerifyAuditResponse> Verify() const;

  const AuditKey& key() const { return key_; }

 private:
  Store& store_;
  const Clock& clock_;
  Sealer& sealer_;
  const AuditKey key_;
};

}  // namespace guestbridge::server
