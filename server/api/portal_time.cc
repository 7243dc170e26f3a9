#include "server/api/portal_time.h"

#include <algorithm>

#include "common/status/status_macros.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// The first moment after the newest run; the infinite past: there is none.
absl::StatusOr<absl::Time> AfterNewestRun(Transaction& transaction,
                                          const std::string& id) {
  GB_ASSIGN_OR_RETURN(const auto newest, ListRecords<store::RunRecord>(
                                             transaction, keys::Runs(id), "", 1, true));
  if (newest.empty()) return absl::InfinitePast();
  return FromTimestamp(newest.front().value.run().create_time()) +
         absl::Microseconds(1);
}

}  // namespace

absl::StatusOr<absl::Time> PortalTimeOf(Transaction& transaction,
                                        const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::ConnectionRecord>(
                                       transaction, keys::Connection(id)));
  return record.has_value() ? FromTimestamp(record->value.connection().portal_time())
                            : absl::UnixEpoch();
}

absl::StatusOr<absl::Time> NewPortalTime(Transaction& transaction,
                                         const std::string& id, absl::Time now) {
  GB_ASSIGN_OR_RETURN(const absl::Time after, AfterNewestRun(transaction, id));
  return std::max(now, after);
}

absl::StatusOr<absl::Time> NewRunTime(Transaction& transaction, const std::string& id,
                                      absl::Time now) {
  GB_ASSIGN_OR_RETURN(const absl::Time portal_time, PortalTimeOf(transaction, id));
  if (now >= portal_time) return now;
  // Agents tell runs apart by their time, too.
  GB_ASSIGN_OR_RETURN(const absl::Time after, AfterNewestRun(transaction, id));
  return std::max(portal_time, after);
}

}  // namespace guestbridge::server
