#pragma once

#include <map>
#include <memory>
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

// Reads the document piece by piece and by local names (schema namespaces drift between
// platform versions); keeps the `wanted` types only, and what one tag takes: a tag
// above a megabyte is refused, and so is a DTD. One thread.
class MetadataReader {
 public:
  explicit MetadataReader(std::set<std::string> wanted);
  ~MetadataReader();
  MetadataReader(const MetadataReader&) = delete;
  MetadataReader& operator=(const MetadataReader&) = delete;

  // False: nothing that follows is of use; the document is broken.
  bool Take(absl::string_view piece);
  // After the last piece, once. Errors: SOURCE_ANSWER_BROKEN (no EDMX, or cut).
  absl::StatusOr<Metadata> Finish();
  // Taken so far.
  size_t bytes() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

// A document that is at hand.
absl::StatusOr<Metadata> ParseMetadata(absl::string_view xml,
                                       const std::set<std::string>& wanted);

}  // namespace guestbridge::agent
