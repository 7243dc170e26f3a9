#include "server/api/etag.h"

#include "common/status/error.h"

namespace guestbridge::server {

absl::Status CheckEtag(const std::string& given, const std::string& stored,
                       const std::string& resource) {
  if (given.empty() || given == stored) return absl::OkStatus();
  return MakeError("ETAG_MISMATCH", {{"name", resource}});
}

}  // namespace guestbridge::server
