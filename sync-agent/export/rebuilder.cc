#include "sync-agent/export/rebuilder.h"

#include <algorithm>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "sync-agent/model/mutant.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {

void Restore(const ContactRow& row, ClientRecord* record) {
  record->link = LinkState::kLive;
  record->contact = row.id;
  record->exported = ContentDigest{};
  record->exported.fields_known = false;
  record->reason.clear();
  record->problem = Outcome::kNone;
  const auto version = DecodeOriginVersion(row.stamp.version);
  if (!version.ok()) return;
  record->exported.hash = version->content_hash;
  record->exported.values = version->values;
  record->revision = version->revision;
}

bool Refresh(const ContactRow& row, ClientRecord* record) {
  const auto version = DecodeOriginVersion(row.stamp.version);
  if (!version.ok() || version->content_hash == record->exported.hash ||
      MutantActive(Mutant::kRestoredDigestsTrusted)) {
    return false;
  }
  record->exported.hash.clear();
  record->exported.fields_known = false;
  record->exported.values.insert(version->values.begin(), version->values.end());
  record->revision = std::max(record->revision, version->revision);
  record->dirty = true;
  return true;
}

Rebuilder::Rebuilder(RunContext& context, bool count)
    : context_(context),
      count_(count),
      scan_(context, ContactId(0), WindowScan::Witness::kAny, ContactId(), {},
            [this](const ContactRow& row) { Take(row); }) {}

std::optional<PortalLane::Job> Rebuilder::Next() {
  if (!scan_.finished()) return scan_.Next();
  if (finished() || rights_asked_) return std::nullopt;
  rights_asked_ = true;
  PortalLane::Job job;
  job.commands.emplace_back(GetProfile{});
  job.done = [this](const PortalAnswer& answer) {
    const CommandResult& profile = answer.results[0];
    rights_told_ = true;
    full_rights_ =
        profile.fate == Fate::kDone && (profile.admin || profile.admin_unsaid);
  };
  return job;
}

void Rebuilder::Take(const ContactRow& row) {
  if (row.stamp.originator != context_.settings.originator) return;
  saw_ours_ = true;
  const ClientKey key(row.stamp.origin);
  if (!IsOrigin(key.guid())) return;
  const auto known = context_.ledger.Get(key);
  const auto attempt = context_.ledger.AttemptOf(key);
  if (!context_.Check(known.status()) || !context_.Check(attempt.status())) return;
  if (known->has_value() && (*known)->link == LinkState::kLive) {
    ClientRecord record = **known;
    if (Refresh(row, &record) && !context_.Check(context_.ledger.Put({record}))) return;
    if (attempt->has_value()) return;
    if ((*known)->contact != row.id) {
      if (context_.IsAnothers(row.id, key)) return;
      context_.tally.AddNoticeOf(key, "TWO_CONTACTS_OF_ONE_CLIENT");
    } else if (count_) {
      context_.tally.Count(Outcome::kUnchanged);
    }
    return;
  }
  if (attempt->has_value()) return;  // The settler's business.
  if (known->has_value() && (*known)->link == LinkState::kErased) return;
  // A person took it off that contact.
  if (known->has_value() && (*known)->reason == kClientUnlinked) return;
  if (context_.IsAnothers(row.id, key)) return;
  ClientRecord record = known->value_or(ClientRecord{});
  record.key = key;
  Restore(row, &record);
  // What 1C holds shows when the client is read; until then the ID is queued for it,
  // and writing what is there already costs one read.
  CrashPoint("agent.rebuild.link");
  if (!context_.Check(context_.ledger.Link(
          record, ContactId(),
          context_.Tell(HistoryKind::kAdopted, "MATCHED_BY_ORIGIN")))) {
    return;
  }
  CrashPoint("agent.rebuild.linked");
  if (count_) context_.tally.Count(Outcome::kUpdated);
}

}  // namespace guestbridge::agent
