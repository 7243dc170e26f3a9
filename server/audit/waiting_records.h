#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/audit_log.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

// Records of `guestbridge-server token create`: it runs without the server's key,
// perhaps before there is one, and only who has that puts a record at the end of the
// chain.
namespace guestbridge::server {

// In the transaction that makes the token. `local_user`: the number of who made it on
// the server's machine.
absl::Status LeaveForAudit(Transaction& transaction, uint32_t local_user,
                           const store::ApiTokenEntryRecord& made);

// Takes up what was left. Servers of one database may do it at once. Thread-safe.
class WaitingRecords {
 public:
  // Both outlive it.
  WaitingRecords(Store& store, const AuditLog& audit) : store_(store), audit_(audit) {}

  // Puts what was left at the end of the chain, each in one transaction with its
  // removal, and says how much it was. To be called at the start and every few seconds.
  // What nobody can read stays, and is logged once until it changes. Errors: those of
  // the store; the rest waits.
  absl::StatusOr<int> TakeUp();

 private:
  // False: another server was quicker, or nobody can read it.
  absl::StatusOr<bool> TakeUpOne(Transaction& transaction, const std::string& key);

  Store& store_;
  const AuditLog& audit_;
  std::mutex mutex_;
  std::map<std::string, int64_t> unreadable_;  // Versions that were logged, by key.
};

}  // namespace guestbridge::server
