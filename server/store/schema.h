#pragma once

#include "absl/types/span.h"
#include "common/sql/database.h"

namespace guestbridge::server {

// The files of server/store/schema in order; forward only, never edited once released.
absl::Span<const Migration> StoreMigrations();

}  // namespace guestbridge::server
