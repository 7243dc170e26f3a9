#include "server/api/integrations.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource/field_mask.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/api/error_code.h"
#include "server/api/etag.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/run_retention.h"
#include "server/api/standby.h"
#include "server/api/stored_runs.h"
#include "server/schedule/scheduler.h"
#include "server/secrets/seal_index.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {

using google::protobuf::util::MessageDifferencer;

namespace {

constexpr size_t kDisplayNameLimit = 200;

absl::Status CheckDisplayName(const std::string& name) {
  size_t characters = 0;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
  }
  if (characters <= kDisplayNameLimit) return absl::OkStatus();
  return MakeFieldError("integration.display_name", "DISPLAY_NAME_TOO_LONG",
                        {{"limit", std::to_string(kDisplayNameLimit)}});
}

// What was stored before a policy existed, or is left out by a caller, is its default.
void FillPolicies(v1::Integration* integration) {
  using I = v1::Integration;
  if (integration->deletion_mark_policy() == I::DELETION_MARK_POLICY_UNSPECIFIED) {
    integration->set_deletion_mark_policy(I::IGNORE);
  }
  if (integration->gone_contact_policy() == I::GONE_CONTACT_POLICY_UNSPECIFIED) {
    integration->set_gone_contact_policy(I::RECREATE);
  }
  if (integration->robots_policy() == I::ROBOTS_POLICY_UNSPECIFIED) {
    integration->set_robots_policy(I::ROBOTS_FOR_NEW_GUESTS);
  }
  if (integration->nameless_policy() == I::NAMELESS_POLICY_UNSPECIFIED) {
    integration->set_nameless_policy(I::SKIP);
  }
  I::Guard& guard = *integration->mutable_guard();
  if (guard.contacts() == 0) guard.set_contacts(25'000);
  if (guard.percent() == 0) guard.set_percent(10);
}

// A newer caller's policy is refused: to be taken for another one would be worse.
absl::Status CheckPolicies(const v1::Integration& integration) {
  using I = v1::Integration;
  const char* unknown = nullptr;
  if (!I::DeletionMarkPolicy_IsValid(integration.deletion_mark_policy())) {
    unknown = "deletion_mark_policy";
  } else if (!I::GoneContactPolicy_IsValid(integration.gone_contact_policy())) {
    unknown = "gone_contact_policy";
  } else if (!I::RobotsPolicy_IsValid(integration.robots_policy())) {
    unknown = "robots_policy";
  } else if (!I::NamelessPolicy_IsValid(integration.nameless_policy())) {
    unknown = "nameless_policy";
  }
  if (unknown == nullptr) return absl::OkStatus();
  const std::string field = absl::StrCat("integration.", unknown);
  return MakeFieldError(field, "POLICY_UNKNOWN", {{"field", field}});
}

absl::Status CheckGuard(const v1::Integration::Guard& guard) {
  if (guard.contacts() < 0) {
    return MakeFieldError("integration.guard.contacts", "GUARD_INVALID");
  }
  if (guard.percent() < 0 || guard.percent() > 100) {
    return MakeFieldError("integration.guard.percent", "GUARD_INVALID");
  }
  return absl::OkStatus();
}

void CopyPolicies(const v1::Integration& from, v1::Integration* to) {
  to->set_deletion_mark_policy(from.deletion_mark_policy());
  to->set_gone_contact_policy(from.gone_contact_policy());
  to->set_robots_policy(from.robots_policy());
  to->set_nameless_policy(from.nameless_policy());
  *to->mutable_guard() = from.guard();
  FillPolicies(to);
}

absl::StatusOr<Record<store::IntegrationRecord>> Load(Transaction& transaction,
                                                      const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                       transaction, keys::Integration(id)));
  if (!record.has_value()) {
    return MakeError("INTEGRATION_NOT_FOUND", {{"integration", id}});
  }
  FillPolicies(record->value.mutable_integration());
  return *std::move(record);
}

// Its etag is a number of its own, because the record also changes when an agent is
// assigned, which no caller asked for.
absl::Status Save(Transaction& transaction, const std::string& id, absl::Time now,
                  store::IntegrationRecord& record) {
  GB_ASSIGN_OR_RETURN(const int64_t etag, transaction.NextNumber("integration-etags"));
  record.mutable_integration()->set_etag(std::to_string(etag));
  *record.mutable_integration()->mutable_update_time() = ToTimestamp(now);
  return PutRecord(transaction, keys::Integration(id), record);
}

absl::Status DeleteBelow(Transaction& transaction, const std::string& prefix) {
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::vector<Document> documents,
                        transaction.List(prefix, "", 500));
    if (documents.empty()) return absl::OkStatus();
    for (const Document& document : documents) {
      GB_RETURN_IF_ERROR(transaction.Delete(document.key));
    }
  }
}

// The links of its base to portals, so that another integration may take them over.
absl::Status DeleteBaseLinks(Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  if (!binding.has_value()) return absl::OkStatus();
  const std::string prefix = keys::BaseLink(binding->value.base_identity(), "");
  GB_ASSIGN_OR_RETURN(const auto links, ListRecords<store::BaseLinkRecord>(
                                            transaction, prefix, "", 1000));
  for (const auto& link : links) {
    if (link.value.integration() == id) {
      GB_RETURN_IF_ERROR(transaction.Delete(link.key));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RequireIntegration(Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(const auto document, transaction.Get(keys::Integration(id)));
  if (document.has_value()) return absl::OkStatus();
  return MakeError("INTEGRATION_NOT_FOUND", {{"integration", id}});
}

absl::Status RequireConnection(Transaction& transaction, const std::string& id) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(const auto connection, transaction.Get(keys::Connection(id)));
  if (connection.has_value()) return absl::OkStatus();
  return WithCode(MakeError("CONNECTION_NOT_SET", {{"integration", id}}),
                  absl::StatusCode::kFailedPrecondition);
}

absl::StatusOr<v1::Integration> Integrations::Create(
    const v1::CreateIntegrationRequest& request) {
  const std::string& id = request.integration_id();
  if (!IsIntegrationId(id)) {
    return MakeFieldError("integration_id", "INTEGRATION_ID_INVALID", {{"id", id}});
  }
  if (request.integration().type() != v1::Integration::BITRIX24) {
    return MakeFieldError("integration.type", "INTEGRATION_TYPE_UNKNOWN");
  }
  GB_RETURN_IF_ERROR(CheckDisplayName(request.integration().display_name()));
  GB_RETURN_IF_ERROR(CheckPolicies(request.integration()));
  GB_RETURN_IF_ERROR(CheckRetention(request.integration().retention()));
  GB_RETURN_IF_ERROR(CheckGuard(request.integration().guard()));
  store::IntegrationRecord record;
  v1::Integration& integration = *record.mutable_integration();
  integration.set_name(IntegrationName(id));
  integration.set_display_name(request.integration().display_name().empty()
                                   ? id
                                   : request.integration().display_name());
  integration.set_type(request.integration().type());
  integration.set_active(!request.inactive());
  CopyPolicies(request.integration(), &integration);
  if (request.integration().has_retention()) {
    *integration.mutable_retention() = request.integration().retention();
  }
  const absl::Time now = clock_.Now();
  *integration.mutable_create_time() = ToTimestamp(now);

  const store::ScheduleRecord schedule = FreshSchedule();

  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(const auto existing,
                                transaction.Get(keys::Integration(id)));
            if (existing.has_value()) {
              return MakeError("INTEGRATION_EXISTS", {{"integration", id}});
            }
            GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Schedule(id), schedule));
            return Save(transaction, id, now, record);
          })
          .status());
  return record.integration();
}

absl::StatusOr<v1::Integration> Integrations::Get(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(name));
  v1::Integration integration;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record, Load(transaction, id));
    integration = record.value.integration();
    return absl::OkStatus();
  }));
  return integration;
}

absl::StatusOr<v1::ListIntegrationsResponse> Integrations::List(
    const v1::ListIntegrationsRequest& request, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  GB_ASSIGN_OR_RETURN(const std::string after,
                      DecodePageToken("integrations", request.page_token()));
  v1::ListIntegrationsResponse response;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    std::string last = after;
    while (true) {
      GB_ASSIGN_OR_RETURN(const auto records,
                          ListRecords<store::IntegrationRecord>(
                              transaction, keys::kIntegrations, last, size + 1));
      for (const auto& record : records) {
        if (!reach.Has(record.key.substr(keys::kIntegrations.size()))) continue;
        if (response.integrations_size() == size) {
          // The last that was shown: the token tells of no other.
          response.set_next_page_token(
              EncodePageToken("integrations", response.integrations(size - 1).name()));
          return absl::OkStatus();
        }
        v1::Integration& integration = *response.add_integrations();
        integration = record.value.integration();
        FillPolicies(&integration);
      }
      if (records.size() <= static_cast<size_t>(size)) return absl::OkStatus();
      last = records.back().key;
    }
  }));
  return response;
}

absl::StatusOr<v1::Integration> Integrations::Update(
    const v1::UpdateIntegrationRequest& request, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration().name()));
  GB_RETURN_IF_ERROR(CheckDisplayName(request.integration().display_name()));
  google::protobuf::FieldMask output_only;
  for (const char* path :
       {"name", "active", "create_time", "update_time", "etag", "takeover_time"}) {
    output_only.add_paths(path);
  }
  v1::Integration updated;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto record, Load(transaction, id));
            v1::Integration& integration = *record.value.mutable_integration();
            GB_RETURN_IF_ERROR(CheckEtag(request.integration().etag(),
                                         integration.etag(), integration.name()));
            const v1::Integration before = integration;
            GB_RETURN_IF_ERROR(ApplyFieldMask(request.integration(),
                                              request.update_mask(), output_only,
                                              &integration));
            if (integration.type() != before.type()) {
              if (integration.type() != v1::Integration::TYPE_UNSPECIFIED) {
                return MakeFieldError("integration.type", "INTEGRATION_TYPE_FIXED");
              }
              integration.set_type(before.type());
            }
            if (integration.display_name().empty()) integration.set_display_name(id);
            GB_RETURN_IF_ERROR(CheckPolicies(integration));
            GB_RETURN_IF_ERROR(CheckRetention(integration.retention()));
            GB_RETURN_IF_ERROR(CheckGuard(integration.guard()));
            if (integration.standby_agent() != before.standby_agent()) {
              GB_RETURN_IF_ERROR(
                  CheckStandby(transaction, id, integration.standby_agent(), reach));
            }
            FillPolicies(&integration);
            if (!MessageDifferencer::Equals(integration, before)) {
              GB_RETURN_IF_ERROR(Save(transaction, id, clock_.Now(), record.value));
            }
            updated = integration;
            return absl::OkStatus();
          })
          .status());
  return updated;
}

absl::Status Integrations::Delete(const std::string& name, const std::string& etag) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(name));
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(auto record, Load(transaction, id));
        GB_RETURN_IF_ERROR(CheckEtag(etag, record.value.integration().etag(), name));
        GB_ASSIGN_OR_RETURN(const auto unfinished, UnfinishedRuns(transaction, id));
        if (!unfinished.empty()) {
          return WithCode(
              MakeError("RUN_IN_PROGRESS", {{"integration", id},
                                            {"run", unfinished.front().run().name()}}),
              absl::StatusCode::kFailedPrecondition);
        }
        GB_RETURN_IF_ERROR(DeleteBaseLinks(transaction, id));
        GB_RETURN_IF_ERROR(DeleteBelow(transaction, keys::Mappings(id)));
        GB_RETURN_IF_ERROR(DeleteBelow(transaction, keys::Runs(id)));
        for (const std::string& key :
             {keys::Integration(id), keys::Connection(id), keys::Tokens(id),
              keys::MappingDraft(id), keys::Events(id), keys::Schedule(id),
              keys::Binding(id), keys::EndedExports(id), keys::LedgerSummary(id),
              keys::ConnectionChecks(id), keys::Notices(id), keys::Erasures(id),
              absl::StrCat("pending-tokens/", id), absl::StrCat(kSealIndexes, id)}) {
          GB_RETURN_IF_ERROR(transaction.Delete(key));
        }
        return absl::OkStatus();
      })
      .status();
}

absl::StatusOr<v1::Integration> Integrations::SetActive(const std::string& name,
                                                        bool active,
                                                        const std::string& etag) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(name));
  v1::Integration updated;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto record, Load(transaction, id));
            v1::Integration& integration = *record.value.mutable_integration();
            GB_RETURN_IF_ERROR(CheckEtag(etag, integration.etag(), name));
            if (integration.active() != active) {
              integration.set_active(active);
              GB_RETURN_IF_ERROR(Save(transaction, id, clock_.Now(), record.value));
            }
            updated = integration;
            return absl::OkStatus();
          })
          .status());
  return updated;
}

}  // namespace guestbridge::server
