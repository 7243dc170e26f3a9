#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "server/data_directory.h"
#include "server/store/store.h"

namespace guestbridge::server {

// On a store that never had an API token with the role admin on everything makes one,
// and leaves it in a file of the data directory (mode 0600). The file is whole before
// the store knows the token, and stays when it is not known whether the store took it.
// Returns the file; empty: there are such tokens. Errors: OUTPUT_FILE_UNWRITABLE, those
// of the store.
absl::StatusOr<std::string> MakeFirstToken(Store& store, const DataDirectory& directory,
                                           Random& random, const Clock& clock);

}  // namespace guestbridge::server
