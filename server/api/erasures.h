#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/secret/sealer.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// At most so many clients of an integration are kept as erased: every configuration
// holds them, and a message of gRPC may have 4 MiB.
inline constexpr int kMostErasedClients = 50'000;

struct StoredErasures {
  store::ErasuresRecord::List list;
  int64_t version = 0;  // 0: there are none.
};
// Errors: SECRET_KEY_MISMATCH, and DATA_LOSS where what stands there is damaged or not
// what was last written.
absl::StatusOr<StoredErasures> ReadErasures(Transaction& transaction, Sealer& sealer,
                                            const std::string& id);

// The clients that ledgers say were erased, sealed: a ledger that is new, older or
// another agent's learns of them with its configuration. Thread-safe.
class Erasures {
 public:
  // Both outlive the object.
  Erasures(Store& store, Sealer& sealer) : store_(store), sealer_(sealer) {}

  // Adds what an agent's ledger knows, all or nothing. What can't be read is begun
  // anew: other ledgers tell the rest. Errors: ERASURE_MALFORMED, ERASURES_TOO_MANY,
  // INTEGRATION_NOT_ASSIGNED, SECRET_KEY_MISMATCH.
  absl::Status Take(const Session& session, const v1::ReportLedgerRequest& request);

  // Whether an erasure with this hash is kept. `id`: an integration's.
  absl::StatusOr<bool> Keeps(const std::string& id, const std::string& hash);

 private:
  Store& store_;
  Sealer& sealer_;
};

}  // namespace guestbridge::server
