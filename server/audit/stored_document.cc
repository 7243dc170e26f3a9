#include "server/audit/stored_document.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/resource/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "server/store/record.pb.h"

namespace guestbridge::server {
namespace {

using enum Audited;

template <typename T>
const google::protobuf::Message* Of() {
  return &T::default_instance();
}

constexpr absl::string_view kFirings[] = {"last_fired_unix_seconds",
                                          "last_skipped_unix_seconds"};
constexpr absl::string_view kCatalogues[] = {"mapping.source_fields",
                                             "mapping.contact_fields",
                                             "mapping.notices", "contact_fields"};

const std::pair<absl::string_view, absl::string_view> kBelow[] = {
    {"connections/", "/connection"},
    {"tokens/", "/connection"},
    {"pending-tokens/", "/connection"},
    {"mapping-drafts/", "/fieldMapping"},
    {"events/", "/events"},
    {"schedules/", "/schedule"},
};

}  // namespace

absl::Span<const DocumentKind> DocumentKinds() {
  static const auto* const kKinds = new std::vector<DocumentKind>{
      {"integrations/", kConfiguration, Of<store::IntegrationRecord>()},
      {"connections/", kConfiguration, Of<store::ConnectionRecord>()},
      {"mapping-drafts/", kConfiguration, Of<store::MappingRecord>(), kCatalogues},
      {"mappings/", kConfiguration, Of<store::MappingRecord>(), kCatalogues},
      {"events/", kConfiguration, Of<store::EventsRecord>()},
      {"schedules/", kConfiguration, Of<store::ScheduleRecord>(), kFirings},
      {"meta/key", kConfiguration, Of<store::KeyRecord>()},
      // A run of the schedule, and what an agent reports, tell of themselves.
      {"runs/", kOrdered, Of<store::RunRecord>()},
      {"agents/", kOrdered, Of<store::AgentRecord>()},
      // Refreshed all the time; a save gives them anew.
      {"tokens/", kAlong, Of<store::TokenRecord>()},
      {"pending-tokens/", kAlong, Of<store::PendingTokenRecord>()},
      {"erasures/", kAlong, Of<store::ErasuresRecord>()},
      {"bindings/", kAlong, Of<store::BindingRecord>()},
      {"bases/", kBookkeeping, Of<store::BaseRecord>()},
      {"base-links/", kBookkeeping, Of<store::BaseLinkRecord>()},
      {"leases/", kBookkeeping, Of<store::LeaseRecord>()},
      {"api-token-ids/", kConfiguration, Of<store::ApiTokenEntryRecord>()},
      // By digest; the entry tells of all that it has.
      {"api-tokens/", kBookkeeping, Of<store::ApiTokenRecord>()},
      {"api-token-uses/", kBookkeeping, Of<store::ApiTokenUseRecord>()},
      {"enrollments/", kConfiguration, Of<store::EnrollmentRecord>()},
      {"seals/", kBookkeeping, Of<store::SealIndexRecord>()},
      {"open-runs/", kBookkeeping},
      {"ended-exports/", kBookkeeping, Of<store::EndedExportsRecord>()},
      {"ledger-summaries/", kBookkeeping, Of<store::LedgerSummaryRecord>()},
      {"agent-reports/", kBookkeeping, Of<store::AgentReportRecord>()},
      {"connection-checks/", kBookkeeping, Of<store::ConnectionChecksRecord>()},
      {"notices/", kBookkeeping, Of<store::NoticeRecord>()},
      {"requests/", kBookkeeping, Of<store::RequestRecord>()},
      // The audit itself.
      {"audit/", kBookkeeping},
      {"audit-waiting/", kBookkeeping, Of<store::WaitingAuditRecord>()},
      {"meta/audit-head", kBookkeeping, Of<store::AuditHeadRecord>()},
      {"meta/audit-key", kBookkeeping, Of<store::AuditKeyRecord>()},
  };
  return *kKinds;
}

const DocumentKind* KindOf(absl::string_view key) {
  const DocumentKind* found = nullptr;
  for (const DocumentKind& kind : DocumentKinds()) {
    if (kind.prefix.back() == '/' ? absl::StartsWith(key, kind.prefix)
                                  : key == kind.prefix) {
      found = &kind;
    }
  }
  return found;
}

std::string ResourceOf(absl::string_view key) {
  for (const auto& [prefix, below] : kBelow) {
    if (absl::StartsWith(key, prefix)) {
      return absl::StrCat(IntegrationName(absl::StripPrefix(key, prefix)), below);
    }
  }
  if (key == "meta/key") return "secrets";
  const std::vector<absl::string_view> parts = absl::StrSplit(key, '/');
  if (parts.size() == 2 && parts[0] == "api-token-ids") return ApiTokenName(parts[1]);
  if (parts.size() == 2 && parts[0] == "enrollments") return AgentName(parts[1]);
  int64_t number = 0;
  if (parts.size() == 3 && absl::SimpleAtoi(parts[2], &number)) {
    if (parts[0] == "runs") return RunName(parts[1], number);
    if (parts[0] == "mappings") {
      return MappingVersionName(parts[1], static_cast<int>(number));
    }
  }
  return std::string(key);
}

bool IsHidden(const google::protobuf::FieldDescriptor& field) {
  using google::protobuf::FieldDescriptor;
  if (field.type() == FieldDescriptor::TYPE_BYTES) return true;
  if (field.type() != FieldDescriptor::TYPE_STRING) return false;
  for (const absl::string_view word : {"secret", "password", "token", "digest"}) {
    if (absl::StrContains(field.name(), word)) return true;
  }
  // Conditions on guests: what they are compared with.
  return field.full_name() == "guestbridge.v1.FieldMapping.filter" ||
         field.full_name() == "guestbridge.v1.ClientCondition.values" ||
         field.full_name() == "guestbridge.v1.ClientCondition.text";
}

}  // namespace guestbridge::server
