#include "sync-agent/export/reconciler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostListed = 100;  // of each kind
constexpr size_t kMostOthers = 10;
constexpr int kPage = 500;
constexpr int kMostParts = 2;
// Contacts that are asked about in one go: they wait in memory.
constexpr int kGonePage = 200;

constexpr FindingKind kKinds[] = {
    FindingKind::kMissing,          FindingKind::kGone,
    FindingKind::kDoubled,          FindingKind::kOrphaned,
    FindingKind::kChangedOnPortal,  FindingKind::kChangedInSource,
    FindingKind::kWriteBackMissing,
};

std::string EncodeDetail(const Finding& finding) {
  return absl::StrCat(
      finding.modified_by, " ", finding.modify_unix, " ",
      absl::StrJoin(finding.fields, ","), " ",
      absl::StrJoin(finding.others, ",", [](std::string* out, ContactId id) {
        absl::StrAppend(out, id.value());
      }));
}

Finding Decode(const FoundNote& note) {
  Finding finding;
  finding.kind = static_cast<FindingKind>(note.kind);
  finding.client = note.client;
  finding.contact = note.contact;
  const std::vector<absl::string_view> parts = absl::StrSplit(note.detail, ' ');
  if (parts.size() != 4) return finding;
  if (!absl::SimpleAtoi(parts[0], &finding.modified_by)) finding.modified_by = 0;
  if (!absl::SimpleAtoi(parts[1], &finding.modify_unix)) finding.modify_unix = 0;
  finding.fields = absl::StrSplit(parts[2], ',', absl::SkipEmpty());
  for (const absl::string_view id : absl::StrSplit(parts[3], ',', absl::SkipEmpty())) {
    int64_t number = 0;
    if (absl::SimpleAtoi(id, &number)) finding.others.emplace_back(number);
  }
  return finding;
}

}  // namespace

bool HasLostId(const ClientRow& row, const ClientRecord& record) {
  return record.link == LinkState::kLive &&
         record.write_back == WriteBackState::kDone && row.contact != record.contact;
}

Reconciler::Reconciler(RunContext& context, GoneCheck& gone, Sweep& sweep)
    : context_(context), gone_(gone), sweep_(sweep) {}

void Reconciler::LearnTypes(const std::map<std::string, ContactFieldShape>& fields) {
  for (const auto& [name, shape] : fields) types_[name] = shape.type;
}

void Reconciler::Begin() {
  Ledger& ledger = context_.ledger;
  const int64_t run = context_.settings.run;
  if (!context_.Check(ledger.ClearIndex()) ||
      !context_.Check(ledger.BeginFindings(run))) {
    return;
  }
  ReconcileFound& found = context_.tally.progress().reconcile;
  found = ReconcileFound();
  const auto counts = ledger.CountFindings(run);
  if (!context_.Check(counts.status())) return;
  for (const FindingKind kind : kKinds) {
    const auto count = counts->find(static_cast<int>(kind));
    if (count == counts->end()) continue;
    found.counts[kind] = count->second;
    const auto notes = ledger.Findings(run, static_cast<int>(kind), kMostListed);
    if (!context_.Check(notes.status())) return;
    for (const FoundNote& note : *notes) found.findings.push_back(Decode(note));
  }
  const auto highest = ledger.Witness();
  if (!context_.Check(highest.status())) return;
  upto_ = *highest;
  targets_ = context_.settings.mapping->targets();
  std::vector<std::string> select(targets_.begin(), targets_.end());
  select.emplace_back(kModifiedBy);
  select.emplace_back(kModifyTime);
  scan_ = std::make_unique<WindowScan>(
      context_, ContactId(0), WindowScan::Witness::kAny, ContactId(), std::move(select),
      [this](const ContactRow& row) { Take(row); });
  scan_->PassBy([this](ContactId id, const ContactRow* row) {
    context_.tally.AddNoticeOf(id, "CONTACT_UNREADABLE");
    const auto owner = context_.ledger.ClientOf(id);
    if (!context_.Check(owner.status())) return;
    // One that is linked is asked after by itself, among those that were not seen.
    if (row != nullptr && !owner->has_value()) Take(*row);
  });
}

void Reconciler::Add(const Finding& finding) {
  const auto added = context_.ledger.NoteFinding(
      context_.settings.run, {static_cast<int>(finding.kind), finding.client,
                              finding.contact, EncodeDetail(finding)});
  if (!context_.Check(added.status()) || !*added) return;
  ReconcileFound& found = context_.tally.progress().reconcile;
  if (++found.counts[finding.kind] <= kMostListed) found.findings.push_back(finding);
}

std::optional<PortalLane::Job> Reconciler::Next() {
  if (finished_ || scan_ == nullptr) return std::nullopt;
  if (!scan_->finished()) return NextPart();
  if (!scan_->complete()) {
    context_.Fail(MakeError("LOOKUP_INCOMPLETE"));
    return std::nullopt;
  }
  if (!judged_) {
    JudgeMarks();
    judged_ = true;
  }
  if (!gone_.idle() || !context_.failure.ok()) return std::nullopt;
  const auto items = context_.ledger.LiveContactsNotIndexed(after_, upto_, kGonePage);
  if (!context_.Check(items.status())) return std::nullopt;
  if (items->empty()) {
    finished_ = true;
    return std::nullopt;
  }
  after_ = items->back().contact;
  for (const WriteBackItem& item : *items) {
    sweep_.Missing(item, [this, item](const std::optional<Survivor>& survivor) {
      Finding finding;
      finding.kind = FindingKind::kGone;
      finding.client = item.key;
      finding.contact = item.contact;
      if (survivor.has_value()) finding.others = {survivor->id};
      Add(finding);
    });
  }
  return gone_.Next();
}

// Whole contacts, 2,500 in an answer: so many answers are held at a time that the
// portal is kept busy, and no more.
std::optional<PortalLane::Job> Reconciler::NextPart() {
  if (in_flight_ >= kMostParts) return std::nullopt;
  std::optional<PortalLane::Job> job = scan_->Next();
  if (!job.has_value()) return std::nullopt;
  ++in_flight_;
  job->done = [this, done = std::move(job->done)](const PortalAnswer& answer) {
    --in_flight_;
    done(answer);
  };
  if (job->take_back) {
    job->take_back = [this, take_back = std::move(job->take_back)] {
      --in_flight_;
      take_back();
    };
  }
  return job;
}

void Reconciler::Take(const ContactRow& row) {
  Ledger& ledger = context_.ledger;
  ReconcileFound& found = context_.tally.progress().reconcile;
  ++found.contacts;
  const bool marked = row.stamp.originator == context_.settings.originator &&
                      IsOrigin(row.stamp.origin);
  if (marked) {
    ++found.marked;
    context_.sight_proven = true;
  }
  const auto owner = ledger.ClientOf(row.id);
  if (!context_.Check(owner.status()) || (!marked && !owner->has_value())) return;
  const ClientKey origin(row.stamp.origin);
  if (!owner->has_value()) {
    context_.Check(ledger.AddToIndex(row.id, "", {origin.guid()}));
    return;
  }
  const auto record = ledger.Get(**owner);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  const HeldContact held =
      Remember(**owner, row, (*record)->exported, targets_, types_);
  std::vector<std::string> marks;
  if (marked && origin != **owner) marks.push_back(origin.guid());
  if (!context_.Check(ledger.AddToIndex(row.id, EncodeHeld(held), marks))) return;
  if (sweep_.Compare({**owner, row.id}, row)) return;
  Finding finding;
  finding.kind = FindingKind::kChangedOnPortal;
  finding.client = **owner;
  finding.contact = row.id;
  finding.fields = {"ORIGINATOR_ID", "ORIGIN_ID"};
  finding.modified_by = held.modified_by;
  finding.modify_unix = held.modify_unix;
  Add(finding);
}

void Reconciler::JudgeMarks() {
  Ledger::IndexEntry after;
  ClientKey client;
  std::vector<ContactId> contacts;
  while (context_.failure.ok()) {
    const auto entries = context_.ledger.IndexEntries(after, kPage);
    if (!context_.Check(entries.status())) return;
    for (const Ledger::IndexEntry& entry : *entries) {
      if (entry.key != client.guid()) {
        if (!contacts.empty()) JudgeMarksOf(client, std::exchange(contacts, {}));
        client = ClientKey(entry.key);
      }
      if (contacts.size() <= kMostOthers) contacts.push_back(entry.contact);
    }
    if (entries->empty()) break;
    after = entries->back();
  }
  if (!contacts.empty()) JudgeMarksOf(client, std::move(contacts));
}

void Reconciler::JudgeMarksOf(const ClientKey& client,
                              std::vector<ContactId> contacts) {
  const auto record = context_.ledger.Get(client);
  const auto attempt = context_.ledger.AttemptOf(client);
  if (!context_.Check(record.status()) || !context_.Check(attempt.status())) return;
  // What may still be under way is settled first.
  if (attempt->has_value()) return;
  // Another guest's contact is nobody's to merge, whatever mark stands on it: it is
  // told as changed.
  std::erase_if(contacts, [&](ContactId contact) {
    const auto owner = context_.ledger.ClientOf(contact);
    return !context_.Check(owner.status()) || (owner->has_value() && **owner != client);
  });
  if (contacts.empty() || !context_.failure.ok()) return;
  Finding finding;
  finding.client = client;
  if (record->has_value()) {
    // Both keep their contact, on purpose.
    if ((*record)->link == LinkState::kErased) return;
    if ((*record)->reason == kClientUnlinked) return;
    if ((*record)->link == LinkState::kLive) {
      const auto linked = context_.ledger.IndexedTraits((*record)->contact);
      if (!context_.Check(linked.status())) return;
      // Of a contact that is gone, one with its mark takes the place.
      if (!linked->has_value() && contacts.size() == 1) return;
      finding.contact = (*record)->contact;
      finding.kind = FindingKind::kDoubled;
    }
  }
  if (!finding.contact.exists()) {
    finding.kind =
        contacts.size() == 1 ? FindingKind::kOrphaned : FindingKind::kDoubled;
    finding.contact = contacts.front();
    contacts.erase(contacts.begin());
  }
  if (contacts.size() > kMostOthers) contacts.resize(kMostOthers);
  finding.others = std::move(contacts);
  Add(finding);
}

void Reconciler::Consider(const ClientRow& row,
                          const std::optional<ClientRecord>& record,
                          Decision* decision) {
  if (record.has_value() && HasLostId(row, *record)) {
    Finding finding;
    finding.kind = FindingKind::kWriteBackMissing;
    finding.client = row.key;
    finding.contact = record->contact;
    if (row.contact.exists()) finding.others = {row.contact};
    Add(finding);
  }
  const bool live = record.has_value() && record->link == LinkState::kLive;
  Finding finding;
  finding.client = row.key;
  switch (decision->action) {
    case PlannedAction::kAdd:
    case PlannedAction::kCheckStored: {
      if (live) return;
      const auto marks = context_.ledger.Lookup(row.key.guid(), 1);
      if (!context_.Check(marks.status())) return;
      if (!marks->empty()) {
        if (decision->action == PlannedAction::kAdd) {
          decision->action = PlannedAction::kCheckStored;
          decision->contact = marks->front();
        }
        return;
      }
      finding.kind = FindingKind::kMissing;
      finding.contact = row.contact;
      Add(finding);
      return;
    }
    case PlannedAction::kRecreate:
    case PlannedAction::kRelink:
      finding.kind = FindingKind::kGone;
      finding.contact = record->contact;
      Add(finding);
      return;
    case PlannedAction::kUpdate:
    case PlannedAction::kUnchanged:
      if (live) CompareContact(row, *record, decision);
      return;
    case PlannedAction::kDelete:
    case PlannedAction::kSkip:
    case PlannedAction::kFail:
    case PlannedAction::kDefer:
      return;
  }
}

void Reconciler::CompareContact(const ClientRow& row, const ClientRecord& record,
                                Decision* decision) {
  const auto held = context_.ledger.IndexedTraits(record.contact);
  // Not seen: gone, followed, or linked meanwhile.
  if (!context_.Check(held.status()) || !held->has_value()) return;
  const HeldContact contact = DecodeHeld(**held);
  const Drift drift =
      FindDrift(*decision, record.exported, record.exported_unix, contact, types_);
  Finding finding;
  finding.client = row.key;
  finding.contact = record.contact;
  if (!drift.in_source.empty()) {
    finding.kind = FindingKind::kChangedInSource;
    finding.fields = drift.in_source;
    Add(finding);
  }
  // Once this run has set it back, what was remembered is old.
  if (drift.on_portal.empty() || record.run == context_.settings.run) return;
  finding.kind = FindingKind::kChangedOnPortal;
  finding.fields = drift.on_portal;
  finding.modified_by = contact.modified_by;
  finding.modify_unix = contact.modify_unix;
  Add(finding);
  if (!context_.settings.events.client_changed) {
    // An export would not write it either.
    decision->action = PlannedAction::kSkip;
    decision->reason = "EVENT_OFF";
    decision->parameters = {{"event", "client-changed"}};
    return;
  }
  // An update that is to compare everything finds these as well.
  if (decision->action == PlannedAction::kUpdate && decision->changed.empty()) return;
  decision->action = PlannedAction::kUpdate;
  decision->read_first = true;
  std::set<std::string> changed(decision->changed.begin(), decision->changed.end());
  changed.insert(drift.on_portal.begin(), drift.on_portal.end());
  decision->changed.assign(changed.begin(), changed.end());
}

void Reconciler::Finish() { context_.Check(context_.ledger.ClearIndex()); }

}  // namespace guestbridge::agent
