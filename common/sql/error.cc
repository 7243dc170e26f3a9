#include "common/sql/error.h"

#include <sqlite3.h>

#include "common/status/error.h"

namespace guestbridge::sql_internal {
namespace {

absl::string_view ReasonOfCode(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "DATABASE_FULL";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "DATABASE_CORRUPT";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "DATABASE_UNWRITABLE";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "DATABASE_BUSY";
    default:
      break;
  }
  // A write that the file system would not take whole: no room, a quota, a limit.
  // SQLite names the disk only when the system said ENOSPC.
  if (code == SQLITE_IOERR_WRITE) return "DATABASE_FULL";
  // Reading less than a page means that the file was cut.
  if (code == SQLITE_IOERR_SHORT_READ) return "DATABASE_CORRUPT";
  return "DATABASE_FAILED";
}

}  // namespace

absl::Status ErrorOf(int code, const std::string& file) {
  return MakeError(ReasonOfCode(code),
                   {{"file", file}, {"code", std::to_string(code)}});
}

}  // namespace guestbridge::sql_internal
