#include "sync-agent/pace/portal_buckets.h"

namespace guestbridge::agent {

std::shared_ptr<RequestBucket> PortalBuckets::Of(const std::string& portal,
                                                 const PaceSettings& settings) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(buckets_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<RequestBucket>& known = buckets_[portal];
  std::shared_ptr<RequestBucket> bucket = known.lock();
  if (bucket != nullptr) {
    bucket->SetRate(settings.bucket_drain_per_second, settings.bucket_capacity);
    return bucket;
  }
  bucket = std::make_shared<RequestBucket>(settings.bucket_drain_per_second,
                                           settings.bucket_capacity);
  known = bucket;
  return bucket;
}

}  // namespace guestbridge::agent
