#include "server/audit/audit_log.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/audit/chain.h"
#include "server/audit/stored_document.h"

namespace guestbridge::server {
namespace {

constexpr size_t kMostChanges = 200;

// Whether a change of this kind alone makes a record.
bool IsCause(Audited audited, const AuditedCall* call) {
  switch (audited) {
    case Audited::kConfiguration:
      return true;
    case Audited::kOrdered:
      return call != nullptr && call->asked();
    case Audited::kAlong:
    case Audited::kBookkeeping:
      return false;
  }
  return true;
}

Audited AuditedAs(const std::string& key) {
  const DocumentKind* const kind = KindOf(key);
  return kind == nullptr ? Audited::kConfiguration : kind->audited;
}

// What is told first, and surely. With an integration goes all that is below it: it
// names the record, and old versions of its mapping and its runs come last.
int Rank(const DocumentChange& change) {
  if (absl::StartsWith(change.key, "integrations/") &&
      change.before.has_value() != change.after.has_value()) {
    return 0;
  }
  if (AuditedAs(change.key) != Audited::kConfiguration) return 3;
  return absl::StartsWith(change.key, "mappings/") && !change.after.has_value() ? 2 : 1;
}

}  // namespace

absl::Status AuditLog::Append(Transaction& transaction, const AuditEntry& entry) const {
  v1::AuditRecord record;
  const AuditedCall* const call =
      entry.call.has_value() ? &*entry.call : AuditScope::Current();
  if (call == nullptr) {
    record.set_principal("server");
  } else {
    record.set_principal(call->principal);
    record.set_principal_name(call->principal_name);
    record.set_peer(call->peer);
    record.set_request_id(call->request_id);
    record.set_method(call->method);
  }
  const int64_t micros = absl::ToUnixMicros(clock_.Now());
  record.mutable_time()->set_seconds(micros / 1000000);
  record.mutable_time()->set_nanos(static_cast<int32_t>(micros % 1000000 * 1000));
  record.set_resource(entry.resource);
  record.set_outcome(entry.outcome);
  record.set_reason(entry.reason);
  record.mutable_changes()->Assign(entry.changes.begin(), entry.changes.end());
  for (v1::AuditChange& change : *record.mutable_changes()) {
    if (change.resource() == entry.resource) change.clear_resource();
  }
  record.set_omitted_changes(entry.omitted_changes);
  record.set_count(entry.count);
  return AppendToChain(transaction, key_, &record);
}

absl::Status AuditLog::Record(const AuditEntry& entry) const {
  return Record(entry, [](Transaction&) { return absl::OkStatus(); });
}

absl::Status AuditLog::Record(
    const AuditEntry& entry,
    absl::FunctionRef<absl::Status(Transaction&)> check) const {
  absl::Status checked;
  const absl::Status written = store_
                                   .Write([&](Transaction& transaction) {
                                     checked = check(transaction);
                                     if (!checked.ok()) return checked;
                                     return Append(transaction, entry);
                                   })
                                   .status();
  if (!checked.ok()) return checked;
  if (written.ok()) return written;
  log::Error("audit_not_written", {{"resource", entry.resource}, {"error", written}});
  return MakeError("AUDIT_NOT_WRITTEN");
}

absl::Status AuditLog::AppendChanges(Transaction& transaction,
                                     const std::vector<DocumentChange>& changes) const {
  const AuditedCall* const call = AuditScope::Current();
  std::vector<const DocumentChange*> ordered;
  for (const DocumentChange& change : changes) ordered.push_back(&change);
  std::stable_sort(
      ordered.begin(), ordered.end(),
      [](const auto* one, const auto* other) { return Rank(*one) < Rank(*other); });
  bool cause = false;
  AuditEntry entry;
  for (const DocumentChange* const at : ordered) {
    const DocumentChange& change = *at;
    const Audited audited = AuditedAs(change.key);
    const bool causes = IsCause(audited, call);
    if (!causes && audited != Audited::kAlong) continue;
    if (entry.changes.size() >= kMostChanges) {
      cause = cause || causes;
      ++entry.omitted_changes;
      continue;
    }
    for (v1::AuditChange& field : DifferenceOf(change, key_, sealer_)) {
      if (causes && !cause) {
        cause = true;
        entry.resource = field.resource();
      }
      if (entry.changes.size() < kMostChanges) {
        entry.changes.push_back(std::move(field));
      } else {
        ++entry.omitted_changes;
      }
    }
  }
  if (!cause) return absl::OkStatus();
  return Append(transaction, entry);
}

absl::StatusOr<v1::VerifyAuditResponse> AuditLog::Verify() const {
  return VerifyChain(store_, key_);
}

}  // namespace guestbridge::server
