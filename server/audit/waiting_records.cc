#include "server/audit/waiting_records.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "server/audit/audited_call.h"
#include "server/audit/keys.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kAtOnce = 100;
constexpr absl::string_view kTokenEntries = "api-token-ids/";

}  // namespace

absl::Status LeaveForAudit(Transaction& transaction, uint32_t local_user,
                           const store::ApiTokenEntryRecord& made) {
  store::WaitingAuditRecord record;
  record.set_local_user(local_user);
  *record.mutable_made() = made;
  return PutRecord(transaction, absl::StrCat(kAuditWaiting, made.token().id()), record);
}

absl::StatusOr<bool> WaitingRecords::TakeUpOne(Transaction& transaction,
                                               const std::string& key) {
  GB_ASSIGN_OR_RETURN(const auto waiting, transaction.Get(key));
  if (!waiting.has_value()) return false;
  store::WaitingAuditRecord record;
  if (!record.ParseFromString(waiting->body)) {
    int64_t& logged = unreadable_[key];
    if (logged != waiting->version) {
      log::Error("waiting_audit_record_unreadable", {{"key", key}});
    }
    logged = waiting->version;
    return false;
  }
  // Who can write here can name a user of the machine, and no caller.
  const AuditedCall call{.principal = absl::StrCat("localUsers/", record.local_user()),
                         .peer = "",
                         .request_id = "",
                         .method = "guestbridge-server token create"};
  const AuditScope scope(call);
  GB_RETURN_IF_ERROR(audit_.AppendChanges(
      transaction,
      {{.key = absl::StrCat(kTokenEntries, key.substr(kAuditWaiting.size())),
        .before = std::nullopt,
        .after = record.made().SerializeAsString()}}));
  GB_RETURN_IF_ERROR(transaction.Delete(key));
  return true;
}

absl::StatusOr<int> WaitingRecords::TakeUp() {
  const std::lock_guard<std::mutex> lock(mutex_);
  int taken = 0;
  std::string after;
  while (true) {
    std::vector<std::string> keys;
    GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
      keys.clear();
      GB_ASSIGN_OR_RETURN(const auto documents,
                          transaction.List(kAuditWaiting, after, kAtOnce));
      for (const Document& document : documents) keys.push_back(document.key);
      return absl::OkStatus();
    }));
    for (const std::string& key : keys) {
      bool done = false;
      GB_RETURN_IF_ERROR(store_
                             .Write([&](Transaction& transaction) -> absl::Status {
                               GB_ASSIGN_OR_RETURN(done, TakeUpOne(transaction, key));
                               return absl::OkStatus();
                             })
                             .status());
      if (done) ++taken;
    }
    if (keys.size() < kAtOnce) return taken;
    after = keys.back();
  }
}

}  // namespace guestbridge::server
