#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

// How runs lie in the store: each under its number, beside them which have not ended,
// and what is known of ended exports.
namespace guestbridge::server {

// Writes a run, and the rest with it.
absl::Status SaveRun(Transaction& transaction, const store::RunRecord& record);

// The runs of an integration that have not ended, oldest first.
absl::StatusOr<std::vector<store::RunRecord>> UnfinishedRuns(Transaction& transaction,
                                                             const std::string& id);

}  // namespace guestbridge::server
