#include "server/local_token.h"

#include <unistd.h>

#include <string>

#include "common/status/status_macros.h"
#include "server/audit/waiting_records.h"

namespace guestbridge::server {

absl::StatusOr<SecretString> CreateLocalToken(Store& store, Random& random,
                                              const Clock& clock,
                                              const NewApiToken& wanted) {
  GB_RETURN_IF_ERROR(CheckNewApiToken(wanted));
  SecretString token = MintApiToken(random);
  const std::string id = MintApiTokenId(random);
  const auto written = store.Write([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto made,
                        PutApiToken(transaction, id, token, wanted, clock.Now()));
    return LeaveForAudit(transaction, geteuid(), made);
  });
  if (!written.ok()) return written.status();
  return token;
}

}  // namespace guestbridge::server
