#include "server/api/field_mappings.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/ask_agent.h"
#include "server/api/assignment.h"
#include "server/api/error_code.h"
#include "server/api/etag.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/mapping/difference.h"
#include "server/mapping/filter.h"
#include "server/mapping/notices.h"
#include "server/mapping/suggest.h"
#include "server/mapping/validate.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// More than anybody saves unseen, and few enough for eight digits.
constexpr int kVersionLeap = 1000;

absl::StatusOr<v1::FieldMapping> LoadDraft(Transaction& transaction,
                                           const std::string& id) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::MappingRecord>(
                                       transaction, keys::MappingDraft(id)));
  if (!record.has_value()) {
    return MakeError("FIELDS_NOT_LOADED", {{"integration", id}});
  }
  v1::FieldMapping draft = std::move(*record->value.mutable_mapping());
  draft.set_etag(std::to_string(record->version));
  NamePolicies(&draft);
  return draft;
}

// Tells what would go nowhere, given what the hotel chose.
absl::Status PutNotices(Transaction& transaction, const std::string& id,
                        v1::FieldMapping* draft) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                       transaction, keys::Integration(id)));
  const bool marks =
      record.has_value() &&
      record->value.integration().deletion_mark_policy() == v1::Integration::MARK;
  TellNotices(id, marks, draft);
  return absl::OkStatus();
}

absl::Status SaveDraft(Transaction& transaction, const std::string& id, absl::Time now,
                       v1::FieldMapping* draft) {
  draft->set_name(DraftMappingName(id));
  draft->clear_etag();
  *draft->mutable_update_time() = ToTimestamp(now);
  SortEntries(draft);
  GB_ASSIGN_OR_RETURN(auto stored, GetRecord<store::MappingRecord>(
                                       transaction, keys::MappingDraft(id)));
  store::MappingRecord record;
  if (stored.has_value()) record = std::move(stored->value);
  *record.mutable_mapping() = *draft;
  return PutRecord(transaction, keys::MappingDraft(id), record);
}

// The newest version; none when nothing was saved yet.
absl::StatusOr<std::optional<Record<store::MappingRecord>>> Current(
    Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto records, ListRecords<store::MappingRecord>(
                                        transaction, keys::Mappings(id), "", 1, true));
  if (records.empty()) return std::optional<Record<store::MappingRecord>>();
  return std::optional<Record<store::MappingRecord>>(std::move(records.front()));
}

v1::FieldMapping VersionView(const Record<store::MappingRecord>& record, bool current) {
  v1::FieldMapping mapping = record.value.mapping();
  mapping.set_etag(std::to_string(record.version));
  mapping.set_current(current);
  NamePolicies(&mapping);
  // What was saved before there was a choice.
  if (mapping.resend() == v1::FieldMapping::RESEND_UNSPECIFIED) {
    mapping.set_resend(v1::FieldMapping::CHANGED);
    mapping.set_compare_version(mapping.version());
  }
  return mapping;
}

// A version as it can be compared.
v1::FieldMapping WithFields(const store::MappingRecord& record) {
  v1::FieldMapping mapping = record.mapping();
  *mapping.mutable_contact_fields() = record.contact_fields();
  return mapping;
}

// The same of the current version, which may be from before fields were kept with one.
absl::StatusOr<v1::FieldMapping> CurrentWithFields(Transaction& transaction,
                                                   const std::string& id,
                                                   const store::MappingRecord& record) {
  v1::FieldMapping mapping = WithFields(record);
  if (!mapping.contact_fields().empty()) return mapping;
  GB_ASSIGN_OR_RETURN(
      auto draft, GetRecord<store::MappingRecord>(transaction, keys::MappingDraft(id)));
  if (draft.has_value()) {
    *mapping.mutable_contact_fields() = draft->value.contact_fields();
  }
  return mapping;
}

// Before a load: what it brings may be of another type than the current version was
// saved with. Its record is not touched, since its age says whether it was restored.
absl::Status KeepFieldsOfVersion(Transaction& transaction, const std::string& id,
                                 const v1::FieldMapping& before) {
  GB_ASSIGN_OR_RETURN(auto current, Current(transaction, id));
  GB_ASSIGN_OR_RETURN(
      auto draft, GetRecord<store::MappingRecord>(transaction, keys::MappingDraft(id)));
  if (!current.has_value() || current->value.contact_fields_size() > 0 ||
      !draft.has_value() || draft->value.contact_fields_size() > 0) {
    return absl::OkStatus();
  }
  v1::FieldMapping version = current->value.mapping();
  *version.mutable_contact_fields() = before.contact_fields();
  *draft->value.mutable_contact_fields() = MappedFields(version);
  return PutRecord(transaction, keys::MappingDraft(id), draft->value);
}

absl::StatusOr<Record<store::MappingRecord>> LoadVersion(Transaction& transaction,
                                                         const std::string& id,
                                                         int version) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::MappingRecord>(
                                       transaction, keys::Mapping(id, version)));
  if (!record.has_value()) {
    return MakeError("MAPPING_VERSION_NOT_FOUND",
                     {{"integration", id}, {"version", std::to_string(version)}});
  }
  return *std::move(record);
}

// The policy belongs to the target. What `made` says counts for its other entries, and
// what it does not say it takes from them.
void SharePolicies(v1::FieldMapping* others, v1::FieldMappingEntry* made) {
  for (v1::FieldMappingEntry& other : *others->mutable_entries()) {
    if (other.target() != made->target()) continue;
    if (made->policy() == v1::FieldMappingEntry::POLICY_UNSPECIFIED) {
      made->set_policy(other.policy());
    }
    if (made->when_empty() == v1::FieldMappingEntry::WHEN_EMPTY_UNSPECIFIED) {
      made->set_when_empty(other.when_empty());
    }
    other.set_policy(made->policy());
    other.set_when_empty(made->when_empty());
  }
}

// Of an integration whose newest version is `current`. A database that was set back may
// have lost versions that agents have seen: their numbers are passed over.
absl::StatusOr<int> NextVersionNumber(
    Transaction& transaction, const std::string& id,
    const std::optional<Record<store::MappingRecord>>& current) {
  const int next = current.has_value() ? current->value.mapping().version() + 1 : 1;
  GB_ASSIGN_OR_RETURN(const auto generation, transaction.Get(kGenerationKey));
  if (!generation.has_value()) return next;
  bool is_older = false;
  if (current.has_value()) {
    is_older = current->version < generation->version;
  } else {
    GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                              transaction, keys::Integration(id)));
    int64_t millis = 0;
    is_older = integration.has_value() && absl::SimpleAtoi(generation->body, &millis) &&
               FromTimestamp(integration->value.integration().create_time()) <
                   absl::FromUnixMillis(millis);
  }
  return is_older ? next + kVersionLeap : next;
}

// The draft's entries as the version after the current one; the current one when they
// are that already and nobody is to be sent again.
absl::StatusOr<v1::FieldMapping> NextVersion(Transaction& transaction,
                                             const std::string& id,
                                             const v1::FieldMapping& draft,
                                             v1::FieldMapping::Resend resend) {
  GB_ASSIGN_OR_RETURN(auto current, Current(transaction, id));
  v1::FieldMapping before;
  if (current.has_value()) {
    before = VersionView(*current, true);
    GB_ASSIGN_OR_RETURN(const v1::FieldMapping as_saved,
                        CurrentWithFields(transaction, id, current->value));
    if (resend != v1::FieldMapping::ALL && IsSame(as_saved, draft)) return before;
  }
  v1::FieldMapping mapping;
  GB_ASSIGN_OR_RETURN(const int number, NextVersionNumber(transaction, id, current));
  mapping.set_name(MappingVersionName(id, number));
  mapping.set_version(number);
  *mapping.mutable_entries() = draft.entries();
  mapping.set_filter(draft.filter());
  *mapping.mutable_conditions() = draft.conditions();
  mapping.set_compare_version(number);
  mapping.set_resend_version(before.resend_version());
  switch (resend) {
    case v1::FieldMapping::ALL:
      mapping.set_resend(v1::FieldMapping::ALL);
      mapping.set_resend_version(number);
      break;
    case v1::FieldMapping::NONE:
      mapping.set_resend(v1::FieldMapping::NONE);
      // Of the first version everybody is new.
      if (current.has_value()) mapping.set_compare_version(before.compare_version());
      break;
    default:
      mapping.set_resend(v1::FieldMapping::CHANGED);
  }
  return mapping;
}

// Keeps what NextVersion made of the draft, unless it is the current version.
absl::Status Freeze(Transaction& transaction, const std::string& id, absl::Time now,
                    const v1::FieldMapping& draft, v1::FieldMapping* mapping) {
  if (mapping->current()) return absl::OkStatus();
  *mapping->mutable_update_time() = ToTimestamp(now);
  store::MappingRecord record;
  *record.mutable_mapping() = *mapping;
  *record.mutable_contact_fields() = MappedFields(draft);
  return PutRecord(transaction, keys::Mapping(id, mapping->version()), record);
}

}  // namespace

absl::StatusOr<v1::FieldMapping> FieldMappings::Load(const std::string& parent,
                                                     const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(parent));
  std::string agent;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireConnection(transaction, id));
    GB_ASSIGN_OR_RETURN(agent, AssignedAgent(transaction, id));
    if (!agent.empty()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const std::string why, WhyUnassigned(transaction, sessions_));
    return MakeError(why, {{"integration", id}});
  }));
  v1::Task task;
  task.set_integration(parent);
  task.mutable_load_fields();
  GB_ASSIGN_OR_RETURN(const v1::FinishTaskRequest answer,
                      AskAgent(store_, sessions_, agent, std::move(task), patience));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            auto stored = LoadDraft(transaction, id);
            if (!stored.ok() && ReasonOf(stored.status()) != "FIELDS_NOT_LOADED") {
              return stored.status();
            }
            const v1::FieldMapping before = stored.ok() ? *stored : v1::FieldMapping();
            v1::FieldMapping draft = before;
            *draft.mutable_source_fields() = answer.fields().source_fields();
            *draft.mutable_contact_fields() = answer.fields().contact_fields();
            // What the portal would take and a mapping may not fill.
            for (v1::ContactField& field : *draft.mutable_contact_fields()) {
              if (IsReserved(field.name())) field.set_read_only(true);
            }
            Suggest(before, &draft);
            GB_RETURN_IF_ERROR(SaveDraft(transaction, id, clock_.Now(), &draft));
            return KeepFieldsOfVersion(transaction, id, before);
          })
          .status());
  return Get(DraftMappingName(id));
}

absl::StatusOr<v1::FieldMapping> FieldMappings::Get(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, IntegrationOf(name));
  MappingVersionId version;
  const bool is_draft = name == DraftMappingName(id);
  if (!is_draft) {
    GB_ASSIGN_OR_RETURN(version, ParseMappingVersionName(name));
  }
  v1::FieldMapping mapping;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    if (is_draft) {
      auto draft = LoadDraft(transaction, id);
      if (!draft.ok()) {
        return ReasonOf(draft.status()) == "FIELDS_NOT_LOADED"
                   ? WithCode(draft.status(), absl::StatusCode::kNotFound)
                   : draft.status();
      }
      mapping = *std::move(draft);
      return PutNotices(transaction, id, &mapping);
    }
    GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
    GB_ASSIGN_OR_RETURN(const auto record,
                        LoadVersion(transaction, id, version.version));
    GB_ASSIGN_OR_RETURN(const auto current, Current(transaction, id));
    mapping = VersionView(record, current.has_value() && record.key == current->key);
    return absl::OkStatus();
  }));
  return mapping;
}

absl::StatusOr<v1::FieldMapping> FieldMappings::Map(
    const std::string& parent, const v1::FieldMappingEntry& entry) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(parent));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(v1::FieldMapping draft, LoadDraft(transaction, id));
            v1::FieldMappingEntry made;
            made.set_source(entry.source());
            made.set_target(entry.target());
            *made.mutable_transforms() = entry.transforms();
            made.set_policy(entry.policy());
            made.set_when_empty(entry.when_empty());
            v1::FieldMapping others = draft;
            others.clear_entries();
            for (const v1::FieldMappingEntry& other : draft.entries()) {
              if (other.source() == made.source() && other.target() == made.target()) {
                continue;
              }
              *others.add_entries() = other;
            }
            GB_RETURN_IF_ERROR(ValidateEntry(others, made));
            SharePolicies(&others, &made);
            *others.add_entries() = made;
            return SaveDraft(transaction, id, clock_.Now(), &others);
          })
          .status());
  return Get(DraftMappingName(id));
}

absl::StatusOr<v1::FieldMapping> FieldMappings::Unmap(const std::string& parent,
                                                      const std::string& target) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(parent));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(v1::FieldMapping draft, LoadDraft(transaction, id));
            v1::FieldMapping rest = draft;
            rest.clear_entries();
            for (const v1::FieldMappingEntry& entry : draft.entries()) {
              if (entry.target() != target) *rest.add_entries() = entry;
            }
            if (rest.entries_size() == draft.entries_size()) {
              return MakeError("FIELD_NOT_MAPPED", {{"contact_field", target}});
            }
            return SaveDraft(transaction, id, clock_.Now(), &rest);
          })
          .status());
  return Get(DraftMappingName(id));
}

absl::StatusOr<v1::FieldMapping> FieldMappings::SetFilter(const std::string& parent,
                                                          const std::string& filter) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(parent));
  GB_ASSIGN_OR_RETURN(const auto conditions, ParseFilter(filter));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(v1::FieldMapping draft, LoadDraft(transaction, id));
            *draft.mutable_conditions() = {conditions.begin(), conditions.end()};
            draft.set_filter(RenderFilter(draft));
            GB_RETURN_IF_ERROR(ValidateFilter(draft));
            return SaveDraft(transaction, id, clock_.Now(), &draft);
          })
          .status());
  return Get(DraftMappingName(id));
}

absl::StatusOr<v1::FieldMappingDiff> FieldMappings::Diff(
    const v1::DiffFieldMappingsRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  v1::FieldMappingDiff diff;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
    GB_ASSIGN_OR_RETURN(const auto before,
                        LoadVersion(transaction, id, request.from_version()));
    if (request.to_version() == 0) {
      GB_ASSIGN_OR_RETURN(const v1::FieldMapping draft, LoadDraft(transaction, id));
      GB_ASSIGN_OR_RETURN(const auto current, Current(transaction, id));
      const bool is_current =
          current.has_value() &&
          current->value.mapping().version() == request.from_version();
      v1::FieldMapping from = WithFields(before.value);
      if (is_current) {
        GB_ASSIGN_OR_RETURN(from, CurrentWithFields(transaction, id, before.value));
      }
      diff = Difference(from, draft);
      return absl::OkStatus();
    }
    GB_ASSIGN_OR_RETURN(const auto after,
                        LoadVersion(transaction, id, request.to_version()));
    diff = Difference(WithFields(before.value), WithFields(after.value));
    return absl::OkStatus();
  }));
  return diff;
}

absl::StatusOr<v1::FieldMapping> DraftAsVersion(Transaction& transaction,
                                                const std::string& id,
                                                v1::FieldMapping::Resend resend) {
  GB_ASSIGN_OR_RETURN(const v1::FieldMapping draft, LoadDraft(transaction, id));
  GB_RETURN_IF_ERROR(ValidateSides(draft));
  GB_RETURN_IF_ERROR(ValidateMapping(draft));
  return NextVersion(transaction, id, draft, resend);
}

absl::StatusOr<v1::FieldMapping> FieldMappings::Save(
    const v1::SaveFieldMappingRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  v1::FieldMapping saved;
  v1::FieldMapping draft;
  const auto make = [&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(draft, LoadDraft(transaction, id));
    GB_RETURN_IF_ERROR(CheckEtag(request.etag(), draft.etag(), DraftMappingName(id)));
    GB_ASSIGN_OR_RETURN(saved, DraftAsVersion(transaction, id, request.resend()));
    return PutNotices(transaction, id, &draft);
  };
  if (request.validate_only()) {
    GB_RETURN_IF_ERROR(store_.Read(make));
  } else {
    GB_RETURN_IF_ERROR(store_
                           .Write([&](Transaction& transaction) -> absl::Status {
                             GB_RETURN_IF_ERROR(make(transaction));
                             return Freeze(transaction, id, clock_.Now(), draft,
                                           &saved);
                           })
                           .status());
    GB_ASSIGN_OR_RETURN(saved, Get(saved.name()));
  }
  *saved.mutable_notices() = draft.notices();
  return saved;
}

absl::StatusOr<v1::ListFieldMappingsResponse> FieldMappings::List(
    const v1::ListFieldMappingsRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  const std::string scope = absl::StrCat("mappings:", request.parent());
  GB_ASSIGN_OR_RETURN(const std::string after,
                      DecodePageToken(scope, request.page_token()));
  v1::ListFieldMappingsResponse response;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
    GB_ASSIGN_OR_RETURN(auto current, Current(transaction, id));
    GB_ASSIGN_OR_RETURN(const auto records,
                        ListRecords<store::MappingRecord>(
                            transaction, keys::Mappings(id), after, size + 1, true));
    for (const auto& record : records) {
      if (response.field_mappings_size() == size) {
        response.set_next_page_token(
            EncodePageToken(scope, records[static_cast<size_t>(size) - 1].key));
        break;
      }
      *response.add_field_mappings() = VersionView(record, record.key == current->key);
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::FieldMapping> FieldMappings::Restore(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const MappingVersionId version, ParseMappingVersionName(name));
  const std::string& id = version.integration;
  v1::FieldMapping restored;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
            GB_ASSIGN_OR_RETURN(const auto record,
                                LoadVersion(transaction, id, version.version));
            auto stored = LoadDraft(transaction, id);
            v1::FieldMapping draft = stored.ok() ? *stored : v1::FieldMapping();
            *draft.mutable_entries() = record.value.mapping().entries();
            draft.set_filter(record.value.mapping().filter());
            *draft.mutable_conditions() = record.value.mapping().conditions();
            // Fields may have gone since, or be required now.
            if (draft.contact_fields_size() > 0) {
              GB_RETURN_IF_ERROR(ValidateMapping(draft));
            }
            GB_RETURN_IF_ERROR(SaveDraft(transaction, id, clock_.Now(), &draft));
            GB_ASSIGN_OR_RETURN(restored, NextVersion(transaction, id, draft,
                                                      v1::FieldMapping::CHANGED));
            if (!restored.current()) restored.set_restored_from(version.version);
            return Freeze(transaction, id, clock_.Now(), draft, &restored);
          })
          .status());
  return Get(restored.name());
}

}  // namespace guestbridge::server
