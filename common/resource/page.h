#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Paging of List methods (AIP-158): keyset, never offset.
namespace guestbridge {

// 0 -> 50; above 1000 -> 1000; negative -> PAGE_SIZE_NEGATIVE (INVALID_ARGUMENT).
absl::StatusOr<int> EffectivePageSize(int requested);

// A token is opaque to callers and bound to the other parameters of the list (`scope`,
// e.g. method and parent); it carries no authority.
std::string EncodePageToken(absl::string_view scope, absl::string_view last_key);
// Empty token -> empty key. Errors: PAGE_TOKEN_INVALID (INVALID_ARGUMENT).
absl::StatusOr<std::string> DecodePageToken(absl::string_view scope,
                                            absl::string_view token);

}  // namespace guestbridge
