#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/secret/secret_string.h"

// A key file: 32 bytes as 64 hexadecimal digits or in base64, and a line break, mode
// 0600.
namespace guestbridge {

// The 32 bytes, with white space around them passed over. None when it is no key.
std::optional<SecretString> ParseKey(absl::string_view text);

// The 32 bytes. Errors: KEY_FILE_MISSING, KEY_FILE_UNREADABLE, KEY_FILE_MALFORMED,
// KEY_FILE_READABLE_BY_OTHERS (any right of group or others).
absl::StatusOr<SecretString> ReadKeyFile(const std::string& file);

// Makes the file whole and durable, or not at all; does nothing when another process
// was quicker. Errors: KEY_FILE_UNREADABLE.
absl::Status WriteKeyFile(const std::string& file, const SecretString& key);

}  // namespace guestbridge
