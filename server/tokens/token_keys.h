#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Keys of this folder's records, and what its secrets are sealed for.
namespace guestbridge::server {

inline std::string TokensKey(absl::string_view integration_id) {
  return absl::StrCat("tokens/", integration_id);
}
inline std::string PendingKey(absl::string_view integration_id) {
  return absl::StrCat("pending-tokens/", integration_id);
}

// `field`: of the connection's secrets.
inline std::string TokenPlace(absl::string_view integration_id,
                              absl::string_view field) {
  return absl::StrCat("integrations/", integration_id, "/connection#", field);
}

}  // namespace guestbridge::server
