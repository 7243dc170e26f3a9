#include "server/store/postgresql/older_servers.h"

#include "common/status/status_macros.h"
#include "server/store/postgresql/connection.h"

namespace guestbridge::server {
namespace {

// The numbers are those of connection.cc.
constexpr char kOlder[] =
    "SELECT count(*) FROM pg_locks AS used"
    " WHERE used.locktype = 'advisory' AND used.granted AND used.mode = 'ShareLock'"
    " AND used.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND used.classid = 0 AND used.objid = 7167042 AND used.objsubid = 1"
    " AND NOT EXISTS (SELECT 1 FROM pg_locks AS newer"
    " WHERE newer.pid = used.pid AND newer.locktype = 'advisory' AND newer.granted"
    " AND newer.database = used.database AND newer.classid = 0"
    " AND newer.objid = 7167043 AND newer.objsubid = 1)";

}  // namespace

absl::StatusOr<bool> OlderServersRun(const PostgresqlTarget& target,
                                     const Clock& clock) {
  const PostgresqlOptions options;
  const absl::Duration deadline = clock.Steady() + options.call_timeout;
  GB_ASSIGN_OR_RETURN(const auto connection,
                      PostgresqlConnection::Open(target, options, clock, deadline));
  connection->SetDeadline(deadline);
  int64_t older = 0;
  GB_RETURN_IF_ERROR(
      connection->Run(kOlder, {}, [&](const SqlRow& row) { older = row.Int(0); }));
  return older > 0;
}

}  // namespace guestbridge::server
