#include "sync-agent/export/settler.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

// Between look-ups that prove nothing.
constexpr absl::Duration kFirstPause = absl::Seconds(10);
constexpr absl::Duration kLongestPause = absl::Minutes(10);

// Lower IDs may be committed later than higher ones.
constexpr int64_t kIdMargin = 1000;

// No copy of its mark, and nothing that it was merged into: it was made after the
// intent was written.
bool IsMadeBy(const Attempt& attempt, const ContactRow& row) {
  const auto version = DecodeOriginVersion(row.stamp.version);
  return attempt.intent.kind == AttemptKind::kAdd && version.ok() &&
         version->nonce == attempt.intent.nonce && row.id > attempt.high;
}

// A person said that it is somebody else's, whatever mark still stands on it.
bool IsRefused(RunContext& context, const ClientKey& client, ContactId contact) {
  const auto pair = context.ledger.Pair(client);
  if (!context.Check(pair.status())) return true;
  return pair->has_value() &&
         std::count((*pair)->refused.begin(), (*pair)->refused.end(), contact) > 0;
}

}  // namespace

void Settler::Begin(bool looks_again) {
  if (scan_ != nullptr || !context_.settings.writes()) return;
  const auto attempts = context_.ledger.Attempts();
  if (!context_.Check(attempts.status())) return;
  context_.doubts.KeepOnly(*attempts);
  suspects_.clear();
  int64_t low = std::numeric_limits<int64_t>::max();
  for (const Attempt& attempt : *attempts) {
    if (!context_.doubts.IsDue(attempt.intent.key, context_.now.steady)) continue;
    low = std::min(low, attempt.high.value());
    suspects_.emplace(attempt.intent.key, Suspect{attempt, {}});
  }
  looks_again |= context_.doubts.look_again() <= context_.now.steady;
  looks_again = looks_again && late_.Begin();
  if (looks_again) low = std::min(low, late_.low().value());
  if (suspects_.empty() && !looks_again) return;
  const auto witness = context_.ledger.Witness();
  if (!context_.Check(witness.status())) return;
  scan_ = std::make_unique<WindowScan>(
      context_, ContactId(std::max<int64_t>(0, low - kIdMargin)),
      WindowScan::Witness::kOurs, *witness, std::vector<std::string>{},
      [this](const ContactRow& row) {
        if (row.stamp.originator != context_.settings.originator) return;
        late_.Take(row);
        const auto suspect = suspects_.find(ClientKey(row.stamp.origin));
        if (suspect == suspects_.end()) return;
        if (IsMadeBy(suspect->second.attempt, row)
                ? !context_.Reclaim(suspect->first, row.id)
                : context_.IsAnothers(row.id, suspect->first) ||
                      IsRefused(context_, suspect->first, row.id)) {
          return;
        }
        suspect->second.hits.push_back(row);
      });
}

std::optional<PortalLane::Job> Settler::Next() {
  if (scan_ == nullptr) return std::nullopt;
  return scan_->Next();
}

void Settler::Conclude() {
  if (scan_ == nullptr || !scan_->finished()) return;
  // First: what it links is not missed by what follows.
  late_.Conclude(scan_->complete());
  if (scan_->complete()) {
    unproven_since_.reset();
    for (auto& [key, suspect] : suspects_) Settle(suspect);
  } else {
    if (!suspects_.empty()) LookLater();
    AskAfter(scan_->missing_witness());
  }
  suspects_.clear();
  scan_.reset();
}

void Settler::LookLater() {
  context_.tally.AddNotice("LOOKUP_INCOMPLETE", {});
  const absl::Duration now = context_.now.steady;
  if (!unproven_since_.has_value()) unproven_since_ = now;
  const absl::Duration unproven = now - *unproven_since_;
  if (context_.settings.settle && unproven > context_.settings.away_patience) {
    context_.Fail(MakeError("LOOKUP_INCOMPLETE"));
    return;
  }
  const absl::Duration later = std::clamp(unproven / 2, kFirstPause, kLongestPause);
  for (const auto& [key, suspect] : suspects_) context_.doubts.Add(key, now + later);
}

void Settler::AskAfter(ContactId witness) {
  if (!witness.exists()) return;
  const auto owner = context_.ledger.ClientOf(witness);
  if (!context_.Check(owner.status()) || !owner->has_value()) return;
  sweep_.Missing({**owner, witness});
}

void Settler::Settle(Suspect& suspect) {
  CrashPoint("agent.doubt.settle");
  const ClientKey& key = suspect.attempt.intent.key;
  const absl::Duration due = context_.doubts.DueOf(key);
  const int64_t unix_now = absl::ToUnixSeconds(context_.now.wall);

  if (suspect.attempt.intent.kind == AttemptKind::kAdd && !suspect.hits.empty()) {
    std::sort(suspect.hits.begin(), suspect.hits.end(),
              [](const ContactRow& a, const ContactRow& b) { return a.id < b.id; });
    // The attempt's own contact, else the oldest that carries the origin.
    const ContactRow* found = &suspect.hits.front();
    bool own = false;
    for (const ContactRow& hit : suspect.hits) {
      const auto version = DecodeOriginVersion(hit.stamp.version);
      if (!own && version.ok() && version->nonce == suspect.attempt.intent.nonce) {
        found = &hit;
        own = true;
      }
    }
    if (suspect.hits.size() > 1) {
      context_.tally.AddNoticeOf(key, "TWO_CONTACTS_OF_ONE_CLIENT");
    }
    const Outcome outcome =
        suspect.attempt.intent.recreate ? Outcome::kRecreated : Outcome::kAdded;
    Evidence evidence = Evidence::Found(found->id);
    if (!own) {
      const auto version = DecodeOriginVersion(found->stamp.version);
      evidence = Evidence::FoundOther(found->id,
                                      version.ok() ? version->values : ValueDigests());
    }
    if (!context_.Settle(
            {{key, std::move(evidence), context_.settings.run, outcome, unix_now}})) {
      return;
    }
    auto record = context_.ledger.Get(key);
    if (!context_.Check(record.status()) || !record->has_value()) return;
    if ((*record)->dirty) context_.Reconsider(key);
  } else {
    // An update leaves no trace that a look-up could find: past the settle time it has
    // been carried out or never will be, and the next export reads before it writes.
    const Evidence miss = Evidence::CompleteMiss(scan_->begun(), due);
    if (!miss.proves_something()) return;
    if (!context_.Settle({{key, miss, 0, Outcome::kNone, unix_now}})) return;
    if (suspect.attempt.intent.kind == AttemptKind::kAdd) {
      context_.doubts.LookAgainAt(std::min(context_.doubts.look_again(),
                                           context_.now.steady + kLookAgainAfter));
    }
    auto record = context_.ledger.Get(key);
    if (!context_.Check(record.status()) || !record->has_value()) return;
    if ((*record)->problem != Outcome::kFailed) {
      context_.tally.Unmark(&**record);
      if (!context_.Check(context_.ledger.Put({**record}))) return;
      context_.Reconsider(key);
    } else {
      // The second clear no: this content is not sent again.
      context_.tally.Mark(&**record, Outcome::kFailed);
      context_.tally.AddFailure(key, (*record)->reason, (*record)->parameters);
      if (!context_.Check(context_.ledger.Put({**record}))) return;
    }
  }
  CrashPoint("agent.doubt.settled");
  context_.doubts.Remove(key);
}

}  // namespace guestbridge::agent
