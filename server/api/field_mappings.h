#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/field_mapping.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// What saving the draft would make: the next version, or the current one when nothing
// is changed. Errors: those of SaveFieldMapping.
absl::StatusOr<v1::FieldMapping> DraftAsVersion(Transaction& transaction,
                                                const std::string& id,
                                                v1::FieldMapping::Resend resend);

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
  absl::StatusOr<v1::FieldMapping> Save(const v1::SaveFieldMappingRequest& request);
  absl::StatusOr<v1::ListFieldMappingsResponse> List(
      const v1::ListFieldMappingsRequest& request);
  absl::StatusOr<v1::FieldMappingDiff> Diff(
      const v1::DiffFieldMappingsRequest& request);
  absl::StatusOr<v1::FieldMapping> Restore(const std::string& name);

 private:
  Store& store_;
  const Clock& clock_;
  SessionHub& sessions_;
};

}  // namespace guestbridge::server
