#include "sync-agent/export/matcher.h"

#include <algorithm>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "sync-agent/plan/match.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostCandidates = 20;
constexpr int kPage = 500;

bool Contains(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Matcher::Matcher(RunContext& context, Updater& updater)
    : context_(context), updater_(updater) {}

std::optional<PortalLane::Job> Matcher::Next() {
  if (scan_ == nullptr) {
    if (!context_.Check(context_.ledger.ClearIndex())) return std::nullopt;
    scan_ = std::make_unique<WindowScan>(
        context_, ContactId(0), WindowScan::Witness::kAny, ContactId(),
        std::vector<std::string>{"LAST_NAME", "PHONE", "EMAIL"},
        [this](const ContactRow& row) {
          std::vector<Ledger::IndexEntry> entries;
          for (std::string& key : IndexKeysOf(row, context_.settings.originator)) {
            entries.push_back({std::move(key), row.id});
          }
          if (!entries.empty()) context_.Check(context_.ledger.AddToIndex(entries));
        });
  }
  return scan_->Next();
}

bool Matcher::indexed() {
  if (scan_ == nullptr || !scan_->finished()) return false;
  if (!scan_->complete()) context_.Fail(MakeError("LOOKUP_INCOMPLETE"));
  return true;
}

void Matcher::Consider(const ClientRow& row, const std::optional<ClientRecord>& record,
                       Decision decision) {
  MatchCounts& counts = context_.tally.progress().match;
  const bool open = decision.action == PlannedAction::kAdd ||
                    decision.action == PlannedAction::kCheckStored ||
                    decision.reason == "AWAITING_MATCH_REVIEW" ||
                    (decision.reason == "EVENT_OFF" &&
                     (!record.has_value() || record->link == LinkState::kNew));
  if (!open) {
    if (record.has_value() && record->link == LinkState::kLive) {
      ++counts.linked;
      context_.tally.Count(Outcome::kUnchanged);
      return;
    }
    context_.tally.Count(decision.action == PlannedAction::kSkip    ? Outcome::kSkipped
                         : decision.action == PlannedAction::kDefer ? Outcome::kDeferred
                         : decision.action == PlannedAction::kFail
                             ? Outcome::kSkipped
                             : Outcome::kUnchanged);
    return;
  }

  Ledger& ledger = context_.ledger;
  const auto lookup = [&](const std::string& key) {
    auto found = ledger.Lookup(key, kMostCandidates);
    if (!context_.Check(found.status())) return std::vector<ContactId>();
    return *std::move(found);
  };
  const MatchKeys keys = KeysOf(decision.content);
  MatchEvidence evidence;
  evidence.by_origin = lookup(OriginKey(row.key));
  for (const std::string& key : keys.values) {
    for (const ContactId id : lookup(key)) {
      const auto owner = ledger.ClientOf(id);
      if (!context_.Check(owner.status())) return;
      if (owner->has_value() && **owner != row.key) continue;
      if (!Contains(evidence.by_value, id)) evidence.by_value.push_back(id);
    }
  }
  const std::vector<ContactId> same_name =
      keys.name.empty() ? std::vector<ContactId>() : lookup(keys.name);
  for (const ContactId id : evidence.by_value) {
    if (Contains(same_name, id)) evidence.by_name.push_back(id);
    if (keys.name.empty() || !lookup(BlankNameKey(id)).empty()) {
      evidence.blank_names.push_back(id);
    }
  }
  if (row.contact.exists() && !lookup(IdKey(row.contact)).empty()) {
    evidence.stored = row.contact;
    evidence.stored_shares =
        Contains(evidence.by_value, row.contact) || Contains(same_name, row.contact);
  }

  const MatchVerdict verdict = JudgeMatch(evidence);
  ClientRecord known = record.value_or(ClientRecord{});
  known.key = row.key;
  known.parameters.clear();
  switch (verdict.kind) {
    case MatchVerdict::Kind::kNone:
      ++counts.unmatched;
      context_.tally.Count(Outcome::kSkipped);
      if (known.link == LinkState::kReview) Withdraw(std::move(known));
      return;
    case MatchVerdict::Kind::kCertain:
    case MatchVerdict::Kind::kProposed:
      known.reason = "AWAITING_MATCH_REVIEW";
      known.proposed = verdict.contact;
      known.parameters = {{"contact", std::to_string(verdict.contact.value())}};
      if (verdict.kind == MatchVerdict::Kind::kCertain && !context_.settings.apply) {
        // The next export adopts it by itself.
        ++counts.matched;
        context_.tally.Count(Outcome::kUnchanged);
        if (known.link == LinkState::kReview) Withdraw(std::move(known));
        return;
      }
      break;
    case MatchVerdict::Kind::kAmbiguous:
      known.reason = "AMBIGUOUS_MATCH";
      known.proposed = ContactId();
      break;
  }
  known.link = LinkState::kReview;
  known.problem = Outcome::kDeferred;
  known.dirty = false;
  context_.tally.Mark(&known, Outcome::kDeferred);
  context_.Check(ledger.Put({known}));
}

void Matcher::Withdraw(ClientRecord known) {
  known.link = LinkState::kNew;
  known.proposed = ContactId();
  known.reason.clear();
  known.parameters.clear();
  known.problem = Outcome::kNone;
  known.dirty = true;
  context_.Check(context_.ledger.Put({known}));
}

void Matcher::Finish() {
  if (!context_.Check(context_.ledger.MarkSharedProposals())) return;
  MatchCounts& counts = context_.tally.progress().match;
  ClientKey after;
  while (true) {
    const auto page = context_.ledger.List(after, kPage);
    if (!context_.Check(page.status()) || page->empty()) break;
    after = page->back().key;
    for (const ClientRecord& record : *page) {
      if (record.link != LinkState::kReview || record.run != context_.settings.run) {
        continue;
      }
      if (!record.proposed.exists() || record.reason != "AWAITING_MATCH_REVIEW") {
        ++counts.ambiguous;
        continue;
      }
      ++counts.matched;
      if (!context_.settings.apply) continue;
      ClientRecord linked = record;
      linked.link = LinkState::kLive;
      linked.contact = record.proposed;
      linked.proposed = ContactId();
      linked.reason.clear();
      linked.parameters.clear();
      linked.problem = Outcome::kNone;
      linked.dirty = true;
      linked.exported = ContentDigest{};
      linked.exported.fields_known = false;
      CrashPoint("agent.match.link");
      const absl::Status status = context_.ledger.Link(linked, ContactId());
      if (ReasonOf(status) == "CONTACT_LINKED_ELSEWHERE") continue;
      if (!context_.Check(status)) return;
      ++counts.applied;
      CrashPoint("agent.match.linked");
      updater_.StampOnly(linked.key, linked.contact);
    }
  }
  context_.Check(context_.ledger.ClearIndex());
}

}  // namespace guestbridge::agent
