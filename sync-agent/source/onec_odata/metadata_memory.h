#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "sync-agent/source/onec_odata/metadata.h"
#include "sync-agent/source/onec_odata/odata_session.h"

namespace guestbridge::agent {

struct MetadataReading {
  Metadata metadata;
  size_t bytes = 0;  // of the document
};

// $metadata, as it was last read. The document is megabytes that take 1C half a minute
// to make, and has no mark of its age; it changes with an update of the configuration
// or of the composition. Who asks for it has often just changed 1C. So what a test read
// serves one load of fields that follows within a minute, as in a setup, while the list
// of published sets (which is cheap) stays the same; any other load reads afresh. Of
// the document nothing is held but what is wanted of it. Thread-safe. Errors:
// ODataSession's and MetadataReader's.
class MetadataMemory {
 public:
  // `session` and `clock` outlive the object.
  MetadataMemory(std::set<std::string> wanted, ODataSession& session,
                 const Clock& clock);

  // Reads the document now, and remembers it; `document` was read just before.
  absl::StatusOr<std::shared_ptr<const MetadataReading>> Read(
      const ServiceDocument& document);
  // What is remembered, once, or what is read now.
  absl::StatusOr<std::shared_ptr<const MetadataReading>> Recall();

 private:
  const std::set<std::string> wanted_;
  ODataSession& session_;
  const Clock& clock_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const MetadataReading> reading_;  // null: none yet
  size_t sets_hash_ = 0;
  absl::Duration read_at_;
};

}  // namespace guestbridge::agent
