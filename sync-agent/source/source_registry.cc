#include "sync-agent/source/source_registry.h"

#include "common/status/error.h"
#include "sync-agent/source/jsonl/jsonl_source.h"
#include "sync-agent/source/onec_odata/onec_source.h"

namespace guestbridge::agent {

absl::StatusOr<Source> ConnectSource(const SourceSettings& settings,
                                     const Clock& clock) {
  if (settings.type == "onec-odata") {
    return ConnectOneC({.url = settings.url,
                        .user = settings.user,
                        .password = settings.password,
                        .profile = settings.profile,
                        .profile_text = settings.profile_text},
                       clock);
  }
  if (settings.type == "jsonl") return ConnectJsonl(settings.url, clock);
  return MakeFieldError("connection.source.type", "SOURCE_TYPE_UNKNOWN",
                        {{"type", settings.type}});
}

}  // namespace guestbridge::agent
