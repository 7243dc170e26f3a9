#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Keys of this folder's records.
namespace guestbridge::server {

inline std::string TokensKey(absl::string_view integration_id) {
  return absl::StrCat("tokens/", integration_id);
}
inline std::string PendingKey(absl::string_view integration_id) {
  return absl::StrCat("pending-tokens/", integration_id);
}

}  // namespace guestbridge::server
