#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/audit.pb.h"
#include "server/audit/audit_key.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

// What ties audit records together: each has the hash of the one before it, and a note
// under the server's key says which is the last.
namespace guestbridge::server {

// What is hashed. A line `field length value` for each field that is set, in the order
// of audit.proto: a field that is added later changes no older record.
std::string CanonicalText(const guestbridge::v1::AuditRecord& record);

// SHA-256 of CanonicalText in lower-case hex.
std::string HashOf(const guestbridge::v1::AuditRecord& record);

// Puts the record at the end: number, hash and what came before are filled in.
absl::Status AppendToChain(Transaction& transaction, const AuditKey& key,
                           guestbridge::v1::AuditRecord* record);

// Reads all records, a part at a time, so that servers go on writing. Errors: those of
// the store; AUDIT_RECORD_NEWER: a record that does not fit has fields of a later
// version, which hashes them.
absl::StatusOr<guestbridge::v1::VerifyAuditResponse> VerifyChain(Store& store,
                                                                 const AuditKey& key);

}  // namespace guestbridge::server
