#include "server/api/audits.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/resource/page.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/proto_time.h"
#include "server/audit/keys.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kPart = 500;
// Of records that are read for one page; what fits may be rare.
constexpr int kMostRead = 10000;

bool IsWithin(const std::string& resource, const std::string& whole) {
  return resource == whole ||
         (absl::StartsWith(resource, whole) && resource[whole.size()] == '/');
}

bool IsAbout(const v1::AuditRecord& record, const std::string& resource) {
  return IsWithin(record.resource(), resource) ||
         std::any_of(record.changes().begin(), record.changes().end(),
                     [&](const v1::AuditChange& change) {
                       return IsWithin(change.resource(), resource);
                     });
}

bool Fits(const v1::AuditRecord& record, const v1::ListAuditRecordsRequest& request) {
  if (!request.principal().empty() && record.principal() != request.principal()) {
    return false;
  }
  if (!request.resource().empty() && !IsAbout(record, request.resource())) return false;
  if (!request.method().empty() && record.method() != request.method() &&
      !absl::EndsWith(record.method(), absl::StrCat("/", request.method()))) {
    return false;
  }
  if (request.outcome() != v1::AuditRecord::OUTCOME_UNSPECIFIED &&
      record.outcome() != request.outcome()) {
    return false;
  }
  const absl::Time time = FromTimestamp(record.time());
  if (request.has_start_time() && time < FromTimestamp(request.start_time())) {
    return false;
  }
  return !request.has_end_time() || time < FromTimestamp(request.end_time());
}

// A page token goes on with the list that it came from.
std::string ScopeOf(v1::ListAuditRecordsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return absl::StrCat("ListAuditRecords\n", request.SerializeAsString());
}

}  // namespace

absl::StatusOr<v1::ListAuditRecordsResponse> Audits::List(
    const v1::ListAuditRecordsRequest& request) {
  if (!v1::AuditRecord::Outcome_IsValid(request.outcome())) {
    return MakeFieldError("outcome", "AUDIT_OUTCOME_UNKNOWN");
  }
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  const std::string scope = ScopeOf(request);
  GB_ASSIGN_OR_RETURN(const std::string begin,
                      DecodePageToken(scope, request.page_token()));
  v1::ListAuditRecordsResponse response;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    response.Clear();
    std::string after = begin;
    for (int read = 0; read < kMostRead; read += kPart) {
      GB_ASSIGN_OR_RETURN(
          auto records, ListRecords<v1::AuditRecord>(transaction, kAuditRecords, after,
                                                     kPart, !request.oldest_first()));
      for (auto& record : records) {
        after = record.key;
        if (!Fits(record.value, request)) continue;
        v1::AuditRecord& added = *response.add_records();
        added = std::move(record.value);
        added.set_name(absl::StrCat("auditRecords/", added.number()));
        if (response.records_size() == size) {
          response.set_next_page_token(EncodePageToken(scope, after));
          return absl::OkStatus();
        }
      }
      if (static_cast<int>(records.size()) < kPart) return absl::OkStatus();
    }
    response.set_next_page_token(EncodePageToken(scope, after));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::VerifyAuditResponse> Audits::Verify() { return audit_.Verify(); }

}  // namespace guestbridge::server
