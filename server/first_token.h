#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "server/data_directory.h"
#include "server/store/store.h"

namespace guestbridge::server {

// On a store without any API token makes one with the role admin on everything, and
// leaves it in a file of the data directory (mode 0600). Returns the file; empty: there
// are tokens. Errors: OUTPUT_FILE_UNWRITABLE, those of the store.
absl::StatusOr<std::string> MakeFirstToken(Store& store, const DataDirectory& directory,
                                           Random& random, const Clock& clock);

}  // namespace guestbridge::server
