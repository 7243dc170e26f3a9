#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Opens or creates the store in the SQLite database `file`, checks it and brings its
// schema up to date. Several processes may have one file open: each sees the documents
// that another committed at once, but is woken by its own commits only.
//
// Transactions of one Store run one after the other; a body must not call its own
// Store. ChangesAfter never cuts a commit in two: when the changes of its first commit
// alone exceed `limit`, all of them are returned.
//
// Errors: those of common/sql/database.h.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlStore(const std::string& file);

}  // namespace guestbridge::server
