#include "sync-agent/client_links.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/client_list.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/export/hand_link.h"
#include "sync-agent/ledger_portal.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/match.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

std::string IdText(ContactId id) { return absl::StrCat(id.value()); }

void AddOnce(ContactId id, std::vector<ContactId>* ids) {
  if (std::find(ids->begin(), ids->end(), id) == ids->end()) ids->push_back(id);
}

// What the ledger holds of a client.
struct Known {
  std::optional<ClientRecord> record;
  PairNote pair;

  LinkState link() const { return record.has_value() ? record->link : LinkState::kNew; }
  bool waits() const { return link() == LinkState::kReview; }
  bool unlinked() const { return waits() && record->reason == kClientUnlinked; }
};

absl::Status MindPortal(const TaskParts& parts) {
  return BindToPortal(parts.integration, parts.sides.settings.portal, parts.ledger);
}

absl::StatusOr<Known> Look(const ClientKey& key, const TaskParts& parts) {
  Known known;
  GB_ASSIGN_OR_RETURN(known.record, parts.ledger.Get(key));
  GB_ASSIGN_OR_RETURN(const auto pair, parts.ledger.Pair(key));
  if (pair.has_value()) known.pair = *pair;
  return known;
}

absl::Status CheckSettled(const ClientKey& key, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const std::optional<Attempt> attempt,
                      parts.ledger.AttemptOf(key));
  if (!attempt.has_value()) return absl::OkStatus();
  return MakeError("ATTEMPT_OUTSTANDING", {{"client", key.guid()}});
}

absl::StatusOr<v1::Client> Told(const ClientKey& key, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const Known known, Look(key, parts));
  GB_ASSIGN_OR_RETURN(const auto attempt, parts.ledger.AttemptOf(key));
  return ToClient(parts.integration, known.record.value_or(ClientRecord{}), known.pair,
                  attempt.has_value());
}

absl::StatusOr<ClientRow> FindRow(const std::string& client, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(std::optional<ClientRow> row,
                      parts.sides.source.reader->FindClient(client, {}));
  if (!row.has_value() || row->is_folder) {
    return MakeError("CLIENT_NOT_FOUND", {{"client", client}});
  }
  return *std::move(row);
}

HistoryEntry Tell(HistoryKind kind, ContactId contact, const TaskParts& parts) {
  HistoryEntry entry;
  entry.kind = kind;
  entry.unix_time = absl::ToUnixSeconds(parts.clock.Now());
  entry.contact = contact;
  return entry;
}

// The change, its note and what the history tells of it, in one commit.
absl::Status Both(const TaskParts& parts, absl::FunctionRef<absl::Status()> change,
                  const ClientKey& key, const PairNote& note,
                  const HistoryEntry& told) {
  absl::Status kept;
  GB_RETURN_IF_ERROR(parts.ledger.Together([&] {
    kept = change();
    if (kept.ok()) kept = parts.ledger.SetPair(key, note);
    if (kept.ok()) kept = parts.ledger.NoteHistory(key, told);
  }));
  return kept;
}

absl::Status Hold(const ClientKey& key, const PairNote& note, const HistoryEntry& told,
                  const TaskParts& parts) {
  return Both(
      parts, [&] { return parts.ledger.Unlink(key); }, key, note, told);
}

// The client waits before the first request leaves, and after an error. `note`: what it
// waits with.
absl::Status TakeMarksOff(const ClientKey& key, const Stamp& mark,
                          const std::vector<ContactId>& ids, PairNote note,
                          const TaskParts& parts) {
  if (ids.empty()) return absl::OkStatus();
  for (const ContactId id : ids) AddOnce(id, &note.refused);
  GB_RETURN_IF_ERROR(Hold(key, note, HistoryEntry(), parts));
  for (const ContactId id : ids) {
    UpdateContact update;
    update.id = id;
    update.stamp = Stamp{};
    CrashPoint("agent.mark.take-off");
    GB_RETURN_IF_ERROR(AskPortal(std::move(update), parts).status());
    CrashPoint("agent.mark.taken-off");
    // The portal says yes to a field that it does not change, too.
    GB_ASSIGN_OR_RETURN(const std::optional<ContactRow> row, ReadContact(id, parts));
    if (row.has_value() && CarriesMark(*row, mark)) {
      return MakeError("MARK_NOT_TAKEN_OFF", {{"contact", IdText(id)}});
    }
  }
  return absl::OkStatus();
}

absl::Status Link(const ClientRow& client, ContactId contact, const TaskParts& parts) {
  const ClientKey& key = client.key;
  GB_ASSIGN_OR_RETURN(const Known known, Look(key, parts));
  if (known.link() == LinkState::kErased) {
    return MakeError("CLIENT_NOT_FOUND", {{"client", key.guid()}});
  }
  if (known.link() == LinkState::kLive) {
    if (known.record->contact != contact) {
      return MakeError("CLIENT_ALREADY_LINKED",
                       {{"integration", parts.integration},
                        {"client", key.guid()},
                        {"contact", IdText(known.record->contact)}});
    }
    // Linked by a run, it is judged by what it bears and holds; by a person, it is not.
    if (IsPairedByHand(known.pair, contact)) return absl::OkStatus();
  }
  GB_RETURN_IF_ERROR(CheckSettled(key, parts));
  GB_ASSIGN_OR_RETURN(const auto owner, parts.ledger.ClientOf(contact));
  if (owner.has_value() && *owner != key) {
    return MakeError("CONTACT_LINKED_ELSEWHERE",
                     {{"contact", IdText(contact)}, {"client", owner->guid()}});
  }
  GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts));
  GB_ASSIGN_OR_RETURN(const auto found, ReadContact(contact, parts));
  if (!found.has_value()) {
    return MakeError("CONTACT_ID_UNKNOWN", {{"contact", IdText(contact)}});
  }
  const bool ours = CarriesMark(*found, mark);
  if (!ours && absl::StartsWith(found->stamp.originator, kOriginatorPrefix)) {
    return MakeError("CONTACT_OF_ANOTHER_CLIENT", {{"contact", IdText(contact)}});
  }
  GB_ASSIGN_OR_RETURN(std::vector<ContactId> others,
                      FindMarked(mark, known.pair.refused, parts));
  others.erase(std::remove(others.begin(), others.end(), contact), others.end());
  GB_RETURN_IF_ERROR(TakeMarksOff(key, mark, others, known.pair, parts));

  ClientRecord linked = known.record.value_or(ClientRecord{});
  linked.key = key;
  linked.link = LinkState::kLive;
  linked.contact = contact;
  linked.proposed = ContactId();
  linked.dirty = true;  // until it is stamped
  linked.exported = ContentDigest{};
  linked.exported.fields_known = false;
  if (const auto version = DecodeOriginVersion(found->stamp.version);
      ours && version.ok()) {
    linked.exported.values = version->values;
    linked.revision = std::max(linked.revision, version->revision);
  }
  linked.reason.clear();
  linked.parameters.clear();
  linked.problem = Outcome::kNone;
  linked.refused_hash.clear();
  linked.answered_refusals = 0;
  linked.version.clear();
  PairNote note;
  note.found_by = kLinkedByHand;
  note.certainty = static_cast<int>(Certainty::kCertain);
  note.candidates = {contact};
  return Both(
      parts, [&] { return parts.ledger.Link(linked, client.contact); }, key, note,
      Tell(HistoryKind::kLinked, contact, parts));
}

absl::Status MakeNew(const ClientKey& key, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(Known known, Look(key, parts));
  const Parameters about = {{"integration", parts.integration}, {"client", key.guid()}};
  if (known.link() == LinkState::kLive) {
    Parameters parameters = about;
    parameters["contact"] = IdText(known.record->contact);
    return MakeError("CLIENT_STILL_LINKED", parameters);
  }
  // Said before.
  if (known.link() == LinkState::kNew && !known.pair.refused.empty()) {
    return absl::OkStatus();
  }
  if (!known.waits()) {
    return MakeError("CLIENT_NOT_LINKED", about);
  }
  GB_RETURN_IF_ERROR(CheckSettled(key, parts));
  // None of them is shown or adopted again, though 1C may still hold its ID.
  PairNote note;
  note.refused = known.pair.refused;
  for (const ContactId id : known.pair.candidates) AddOnce(id, &note.refused);
  // Also the one that is gone: 1C may hold its ID, and nobody is to be asked again.
  if (known.record->reason == kContactGoneAsk) {
    AddOnce(known.record->contact, &note.refused);
  }
  GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts));
  GB_ASSIGN_OR_RETURN(const std::vector<ContactId> marked,
                      FindMarked(mark, note.refused, parts));
  GB_RETURN_IF_ERROR(TakeMarksOff(key, mark, marked, known.pair, parts));
  for (const ContactId id : marked) AddOnce(id, &note.refused);

  ClientRecord record = *known.record;
  record.link = LinkState::kNew;
  record.contact = ContactId();
  record.proposed = ContactId();
  record.dirty = true;
  record.exported = ContentDigest{};
  record.reason.clear();
  record.parameters.clear();
  record.problem = Outcome::kNone;
  record.refused_hash.clear();
  record.answered_refusals = 0;
  record.version.clear();
  return Both(
      parts, [&] { return parts.ledger.Put({record}); }, key, note,
      Tell(HistoryKind::kReleased, ContactId(), parts));
}

absl::Status TakeApart(const ClientKey& key, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const Known known, Look(key, parts));
  if (known.unlinked()) return absl::OkStatus();
  if (known.link() != LinkState::kLive) {
    return MakeError("CLIENT_NOT_LINKED",
                     {{"integration", parts.integration}, {"client", key.guid()}});
  }
  GB_RETURN_IF_ERROR(CheckSettled(key, parts));
  PairNote note;
  note.refused = known.pair.refused;
  AddOnce(known.record->contact, &note.refused);
  return Hold(key, note, Tell(HistoryKind::kUnlinked, known.record->contact, parts),
              parts);
}

}  // namespace

absl::StatusOr<v1::Client> LinkClient(const v1::LinkClientRequest& request,
                                      const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ClientId name, ParseClientName(request.name()));
  GB_ASSIGN_OR_RETURN(const ClientRow row, FindRow(name.client, parts));
  GB_RETURN_IF_ERROR(parts.between_runs([&]() -> absl::Status {
    GB_RETURN_IF_ERROR(MindPortal(parts));
    return Link(row, ContactId(request.contact()), parts);
  }));
  return Told(row.key, parts);
}

absl::StatusOr<v1::Client> UnlinkClient(const v1::UnlinkClientRequest& request,
                                        const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ClientId name, ParseClientName(request.name()));
  // Of a client that 1C does not show any more, too.
  ClientKey key(name.client);
  GB_ASSIGN_OR_RETURN(const auto known, parts.ledger.Get(key));
  if (!known.has_value()) {
    GB_ASSIGN_OR_RETURN(const ClientRow row, FindRow(name.client, parts));
    key = row.key;
  }
  GB_RETURN_IF_ERROR(parts.between_runs([&]() -> absl::Status {
    GB_RETURN_IF_ERROR(MindPortal(parts));
    return request.make_new() ? MakeNew(key, parts) : TakeApart(key, parts);
  }));
  return Told(key, parts);
}

}  // namespace guestbridge::agent
