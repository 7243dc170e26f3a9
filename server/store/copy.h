#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/sql_backend.h"

namespace guestbridge::server {

struct CopyCounts {
  int64_t documents = 0;
  int64_t changes = 0;
  int64_t sequences = 0;
};

// Makes the empty database `to` hold what `from` holds, with its versions, revisions
// and numbers: all of it or nothing. Each row is read back and compared before the
// commit. What is written to `from` meanwhile is left out: have both alone.
//
// Errors: COPY_TARGET_NOT_EMPTY (FAILED_PRECONDITION), COPY_DIFFERS (DATA_LOSS;
// parameter "table"), those of the backends. `to_name` names the target for people.
absl::StatusOr<CopyCounts> CopyStore(SqlBackend& from, SqlBackend& to,
                                     const std::string& to_name);

}  // namespace guestbridge::server
