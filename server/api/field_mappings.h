#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/field_mapping.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// Field mappings: the rules of FieldMappingService. Errors are those of
// field_mapping.proto. Thread-safe.
class FieldMappings {
 public:
  FieldMappings(Store& store, const Clock& clock, SessionHub& sessions)
      : store_(store), clock_(clock), sessions_(sessions) {}

  absl::StatusOr<v1::FieldMapping> Load(const std::string& parent,
                                        const Patience& patience);
  absl::StatusOr<v1::FieldMapping> Get(const std::string& name);
  absl::StatusOr<v1::FieldMapping> Map(const std::string& parent,
                                       const v1::FieldMappingEntry& entry);
  absl::StatusOr<v1::FieldMapping> Unmap(const std::string& parent,
                                         const std::string& target);
  absl::StatusOr<v1::FieldMapping> SetFilter(const std::string& parent,
                                             const std::string& filter);
  absl::StatusOr<v1::FieldMapping> Save(const std::string& parent,
                                        const std::string& etag);
  absl::StatusOr<v1::ListFieldMappingsResponse> List(
      const v1::ListFieldMappingsRequest& request);
  absl::StatusOr<v1::FieldMappingDiff> Diff(
      const v1::DiffFieldMappingsRequest& request);
  absl::StatusOr<v1::FieldMapping> Restore(const std::string& name);

 private:
  absl::StatusOr<v1::FieldMapping> FreezeAs(Transaction& transaction,
                                            const std::string& id,
                                            const v1::FieldMapping& draft,
                                            int restored_from);

  Store& store_;
  const Clock& clock_;
  SessionHub& sessions_;
};

}  // namespace guestbridge::server
