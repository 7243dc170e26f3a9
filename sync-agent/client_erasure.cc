#include "sync-agent/client_erasure.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/client_list.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/last_run.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

// A portal may take very long to delete a contact with many links.
constexpr absl::Duration kLongestDelete = absl::Seconds(120);

std::string IdText(ContactId id) { return absl::StrCat(id.value()); }

bool Has(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// What the portal answers does not decide, for it says the same of a contact that was
// gone before: a look does.
absl::Status Delete(ContactId id, const TaskParts& parts) {
  CrashPoint("agent.erasure.delete");
  const absl::Status said =
      AskPortal(DeleteContact{id}, parts, kLongestDelete).status();
  CrashPoint("agent.erasure.deleted");
  GB_ASSIGN_OR_RETURN(const std::optional<ContactRow> row, ReadContact(id, parts));
  if (!row.has_value()) return absl::OkStatus();
  if (!said.ok()) return said;
  return MakeError("CONTACT_NOT_DELETED", {{"contact", IdText(id)}});
}

// An addition that may still come late.
absl::StatusOr<bool> MayComeLate(const std::string& hash, Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(const std::vector<WatchedAdd> watched, ledger.WatchedAdds());
  return std::any_of(watched.begin(), watched.end(), [&](const WatchedAdd& one) {
    return one.erased == hash && !one.late;
  });
}

// Whether another client is linked to the contact: it is that one's, whatever mark
// stands on it.
absl::StatusOr<bool> IsAnothers(ContactId id, const ClientKey& key, Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(const std::optional<ClientKey> owner, ledger.ClientOf(id));
  return owner.has_value() && *owner != key;
}

// What the receipt tells of one place where the guest's data still is.
void AddLeft(const char* reason, Parameters parameters, v1::ErasureReceipt* receipt) {
  *receipt->add_left() = ToExplanation(reason, parameters);
}

absl::Status Forget(const ClientKey& key, bool delete_contact, const TaskParts& parts,
                    v1::ErasureReceipt* receipt) {
  GB_ASSIGN_OR_RETURN(const std::optional<Attempt> attempt,
                      parts.ledger.AttemptOf(key));
  if (attempt.has_value()) {
    return MakeError("ATTEMPT_OUTSTANDING", {{"client", key.guid()}});
  }
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record, parts.ledger.Get(key));
  GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair, parts.ledger.Pair(key));
  // Where its data may be: the linked contact, and those that it was taken off.
  PairNote note;
  if (pair.has_value()) note.refused = pair->refused;
  if (record.has_value() && record->link == LinkState::kLive &&
      !Has(note.refused, record->contact)) {
    note.refused.push_back(record->contact);
  }
  std::vector<ContactId> deleted;
  if (delete_contact) {
    GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts));
    absl::Status held;
    GB_RETURN_IF_ERROR(parts.ledger.Together([&] {
      held = parts.ledger.Unlink(key);
      if (held.ok()) held = parts.ledger.SetPair(key, note);
    }));
    GB_RETURN_IF_ERROR(held);
    GB_ASSIGN_OR_RETURN(const std::vector<ContactId> marked,
                        FindMarked(mark, note.refused, parts));
    for (const ContactId id : marked) {
      GB_ASSIGN_OR_RETURN(const bool anothers, IsAnothers(id, key, parts.ledger));
      if (anothers) {
        if (!Has(note.refused, id)) note.refused.push_back(id);
        continue;
      }
      GB_RETURN_IF_ERROR(Delete(id, parts));
      deleted.push_back(id);
      receipt->add_deleted_contacts(id.value());
      AddLeft("LEFT_IN_RECYCLE_BIN", {{"contact", IdText(id)}}, receipt);
    }
  }
  for (const ContactId id : note.refused) {
    if (Has(deleted, id)) continue;
    if (delete_contact) {
      GB_ASSIGN_OR_RETURN(const auto row, ReadContact(id, parts));
      if (!row.has_value()) continue;
    }
    GB_ASSIGN_OR_RETURN(const bool anothers, IsAnothers(id, key, parts.ledger));
    AddLeft(anothers ? "LEFT_CONTACT_OF_ANOTHER" : "LEFT_CONTACT",
            {{"contact", IdText(id)}}, receipt);
  }
  GB_ASSIGN_OR_RETURN(const std::vector<ContactId> former,
                      parts.ledger.FormerContacts(key));
  for (const ContactId id : former) {
    AddLeft("LEFT_ON_EARLIER_PORTAL", {{"contact", IdText(id)}}, receipt);
  }
  AddLeft("LEFT_IN_SOURCE", {}, receipt);
  GB_ASSIGN_OR_RETURN(const std::vector<SourceRemnant> remnants,
                      parts.sides.source.reader->ForgetClient(key));
  for (const SourceRemnant& one : remnants) {
    AddLeft(one.reason.c_str(), {one.parameters.begin(), one.parameters.end()},
            receipt);
  }
  AddLeft("LEFT_IN_COPIES", {}, receipt);
  GB_RETURN_IF_ERROR(RemoveFromLastRun(key, parts.ledger));
  CrashPoint("agent.erasure.forget");
  GB_ASSIGN_OR_RETURN(const Erasure erasure,
                      parts.ledger.Erase(key, absl::ToUnixSeconds(parts.clock.Now())));
  CrashPoint("agent.erasure.forgotten");
  GB_ASSIGN_OR_RETURN(const bool may_come, MayComeLate(erasure.hash, parts.ledger));
  if (may_come) AddLeft("LEFT_MAY_COME_LATE", {}, receipt);

  receipt->set_integration(IntegrationName(parts.integration));
  receipt->set_client_hash(erasure.hash);
  receipt->mutable_erase_time()->set_seconds(erasure.unix_time);
  const bool known = record.has_value() && record->link != LinkState::kErased;
  receipt->set_ledger_records(known ? 1 : 0);
  receipt->set_history_entries(erasure.history);
  receipt->set_pair_notes(pair.has_value() ? 1 : 0);
  receipt->set_write_backs(known && (record->write_back == WriteBackState::kPending ||
                                     record->write_back == WriteBackState::kParked)
                               ? 1
                               : 0);
  receipt->set_failures(known && record->problem == Outcome::kFailed ? 1 : 0);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ErasureReceipt> ForgetClient(const v1::ForgetClientRequest& request,
                                                const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ClientId name, ParseClientName(request.name()));
  GB_ASSIGN_OR_RETURN(const ClientKey key, FindClientKey(name.client, parts));
  v1::ErasureReceipt receipt;
  GB_RETURN_IF_ERROR(parts.between_runs([&]() -> absl::Status {
    GB_RETURN_IF_ERROR(
        BindToPortal(parts.integration, parts.sides.settings.portal, parts.ledger));
    return Forget(key, request.delete_contact(), parts, &receipt);
  }));
  return receipt;
}

}  // namespace guestbridge::agent
