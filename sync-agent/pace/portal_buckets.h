#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "sync-agent/pace/request_bucket.h"
#include "sync-agent/pace/request_load.h"

namespace guestbridge::agent {

// The buckets of the portals that this process sends to: a portal counts requests by
// the caller's address, whoever they are from. Thread-safe.
class PortalBuckets {
 public:
  // `portal`: host and port. At the rate of `settings` from now on; lives as long as
  // somebody holds it.
  std::shared_ptr<RequestBucket> Of(const std::string& portal,
                                    const PaceSettings& settings);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<RequestBucket>> buckets_;
};

}  // namespace guestbridge::agent
