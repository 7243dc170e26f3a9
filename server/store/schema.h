#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/sql/database.h"

namespace guestbridge::server {

// What the table of migrations says whose database it is.
inline constexpr absl::string_view kStoreProduct = "guestbridge-server";

// The files of server/store/schema in order; forward only, never edited once released.
absl::Span<const Migration> StoreMigrations();

}  // namespace guestbridge::server
