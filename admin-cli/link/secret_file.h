#pragma once

#include <istream>
#include <string>

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

}  // namespace guestbridge::cli
