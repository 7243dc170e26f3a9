#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The part of $metadata that a profile names.
namespace guestbridge::agent {

struct MetadataProperty {
  std::string type;    // Edm.String, Edm.Guid, Collection(…), …
  int max_length = 0;  // 0: unlimited or not said
};

using MetadataEntity = std::map<std::string, MetadataProperty>;

struct Metadata {
  // By name, of the types that were wanted and are there.
  std::map<std::string, MetadataEntity> entities;
  // Of the OData protocol, as the document says: "3.0". Empty: it says none.
  std::string version;
  int types = 0;  // entity types of the document
};

// Reads the document as a stream and by local names (schema namespaces drift between
// platform versions); keeps the `wanted` types only. Errors: SOURCE_ANSWER_BROKEN (no
// EDMX, or cut).
absl::StatusOr<Metadata> ParseMetadata(absl::string_view xml,
                                       const std::set<std::string>& wanted);

}  // namespace guestbridge::agent
