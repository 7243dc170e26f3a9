#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// AES-256-GCM as one call each way. Only common/secret includes this.
namespace guestbridge::secret_internal {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// Returns ciphertext and tag. `nonce` must never repeat under one `key`.
std::string Encrypt(absl::string_view key, absl::string_view nonce,
                    absl::string_view associated, absl::string_view plain);

// Nothing when the tag does not fit.
std::optional<std::string> Decrypt(absl::string_view key, absl::string_view nonce,
                                   absl::string_view associated,
                                   absl::string_view sealed);

}  // namespace guestbridge::secret_internal
