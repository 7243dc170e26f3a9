#pragma once

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/secret/secret_string.h"

namespace guestbridge::cli {

struct SecretFile {
  SecretString secret;
  bool readable_by_others = false;  // Of a regular file only.
};

// Reads a secret from the file at `path`, or from `in` when `path` is "-". One trailing
// line break is dropped. `family` is SECRET_FILE or TOKEN_FILE, the prefix of the
// reasons. Errors (parameter file): <family>_UNREADABLE, <family>_EMPTY,
// <family>_TOO_LARGE (over 4 KiB), all INVALID_ARGUMENT.
absl::StatusOr<SecretFile> ReadSecretFile(const std::string& path, std::istream& in,
                                          absl::string_view family);

// Makes sure that a secret can be written to `path` ("-": to `out`), before one is
// made. Errors (parameter file): OUTPUT_FILE_UNWRITABLE.
absl::Status CheckSecretFile(const std::string& path);
// Writes it as one line of a file of mode 0600. Errors: as above.
absl::Status WriteSecretFile(const std::string& path, std::ostream& out,
                             const SecretString& secret);

}  // namespace guestbridge::cli
