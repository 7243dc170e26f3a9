#include "sync-agent/source/onec_odata/metadata_memory.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kFresh = absl::Minutes(1);

}  // namespace

MetadataMemory::MetadataMemory(std::set<std::string> wanted, ODataSession& session,
                               const Clock& clock)
    : wanted_(std::move(wanted)), session_(session), clock_(clock) {}

absl::StatusOr<std::shared_ptr<const MetadataReading>> MetadataMemory::Read(
    const ServiceDocument& document) {
  MetadataReader reader(wanted_);
  GB_RETURN_IF_ERROR(session_.FetchMetadata(
      [&](absl::string_view piece) { return reader.Take(piece); }));
  auto reading = std::make_shared<MetadataReading>();
  GB_ASSIGN_OR_RETURN(reading->metadata, reader.Finish());
  reading->bytes = reader.bytes();
  const std::lock_guard<std::mutex> lock(mutex_);
  reading_ = std::move(reading);
  sets_hash_ = absl::HashOf(document.sets);
  read_at_ = clock_.Steady();
  return reading_;
}

absl::StatusOr<std::shared_ptr<const MetadataReading>> MetadataMemory::Recall() {
  GB_ASSIGN_OR_RETURN(const ServiceDocument document, session_.FetchServiceDocument());
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (reading_ != nullptr && clock_.Steady() - read_at_ <= kFresh &&
        sets_hash_ == absl::HashOf(document.sets)) {
      return std::exchange(reading_, nullptr);
    }
  }
  GB_ASSIGN_OR_RETURN(std::shared_ptr<const MetadataReading> reading, Read(document));
  const std::lock_guard<std::mutex> lock(mutex_);
  reading_ = nullptr;
  return reading;
}

}  // namespace guestbridge::agent
