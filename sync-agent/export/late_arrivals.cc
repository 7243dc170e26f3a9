#include "sync-agent/export/late_arrivals.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/export/gone_check.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

// The export of the next night looks, also when it dies once after its look.
constexpr absl::Duration kWatched = absl::Hours(36);

}  // namespace

absl::StatusOr<absl::Duration> RaisedSettleTime(Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(const std::string note, ledger.Note(kRaisedSettleTimeNote));
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(note, &seconds)) seconds = 0;
  return std::clamp(absl::Seconds(seconds), absl::ZeroDuration(), kLongestSettleTime);
}

bool LateArrivals::Begin() {
  suspects_.clear();
  erased_.clear();
  settle_time_ = context_.SettleTime();
  context_.doubts.LookAgainAt(absl::InfiniteDuration());
  const auto watched = context_.ledger.WatchedAdds();
  if (!context_.Check(watched.status())) return false;
  for (const WatchedAdd& one : *watched) {
    if (one.erased.empty()) {
      suspects_[one.key].missed.push_back(one);
    } else {
      erased_.push_back({one, {}});
    }
  }
  return !suspects_.empty() || !erased_.empty();
}

ContactId LateArrivals::low() const {
  ContactId low(std::numeric_limits<int64_t>::max());
  for (const auto& [key, suspect] : suspects_) {
    for (const WatchedAdd& one : suspect.missed) low = std::min(low, one.high);
  }
  for (const ErasedSuspect& suspect : erased_) low = std::min(low, suspect.missed.high);
  return low;
}

void LateArrivals::Take(const ContactRow& row) {
  const auto suspect = suspects_.find(ClientKey(row.stamp.origin));
  if (suspect != suspects_.end()) suspect->second.hits.push_back(row);
  if (erased_.empty()) return;
  const auto version = DecodeOriginVersion(row.stamp.version);
  if (!version.ok()) return;
  for (ErasedSuspect& erased : erased_) {
    if (erased.missed.nonce == version->nonce) erased.came.push_back(row.id);
  }
}

void LateArrivals::Conclude(bool complete) {
  if (suspects_.empty() && erased_.empty()) return;
  const int64_t now = absl::ToUnixSeconds(context_.now.wall);
  const int64_t watched = absl::ToInt64Seconds(kWatched);
  bool recent = false;
  bool over = false;
  const auto look_at_age = [&](const WatchedAdd& one) {
    const int64_t age = now - one.missed_unix;
    recent |= age >= 0 && age < absl::ToInt64Seconds(kLookAgainAfter);
    // Also after a jump of the clock.
    over |= age > watched || age < -watched;
  };
  for (auto& [key, suspect] : suspects_) {
    Judge(key, suspect);
    if (!context_.failure.ok()) return;
    for (const WatchedAdd& one : suspect.missed) look_at_age(one);
  }
  for (ErasedSuspect& suspect : erased_) {
    Judge(suspect);
    if (!context_.failure.ok()) return;
    look_at_age(suspect.missed);
  }
  suspects_.clear();
  erased_.clear();
  if (recent || !complete) {
    context_.doubts.LookAgainAt(context_.now.steady + kLookAgainAfter);
  }
  if (complete && over) {
    context_.Check(context_.ledger.EndWatch(now - watched, now + watched));
  }
}

void LateArrivals::Judge(const ClientKey& key, Suspect& suspect) {
  if (suspect.hits.empty()) return;
  std::sort(suspect.hits.begin(), suspect.hits.end(),
            [](const ContactRow& a, const ContactRow& b) { return a.id < b.id; });
  std::set<std::string> missed;
  for (const ContactRow& hit : suspect.hits) {
    const auto version = DecodeOriginVersion(hit.stamp.version);
    if (!version.ok()) continue;
    for (WatchedAdd& one : suspect.missed) {
      if (one.nonce != version->nonce) continue;
      missed.insert(one.nonce);
      NoteLate(one);
      if (!context_.failure.ok()) return;
    }
  }
  LinkOrTell(key, std::move(suspect.hits), missed);
}

void LateArrivals::Judge(ErasedSuspect& suspect) {
  if (suspect.came.empty()) return;
  NoteLate(suspect.missed);
  for (const ContactId contact : suspect.came) {
    // A merge on the portal has given it the mark, or a person the contact.
    const auto owner = context_.ledger.ClientOf(contact);
    if (!context_.Check(owner.status())) return;
    if (owner->has_value()) continue;
    context_.tally.AddNoticeOf(contact, "CONTACT_OF_ERASED_CLIENT");
  }
}

void LateArrivals::NoteLate(WatchedAdd& missed) {
  if (missed.late) return;
  missed.late = true;
  if (context_.Check(context_.ledger.NoteLate(missed))) RaiseSettleTime(missed);
}

void LateArrivals::RaiseSettleTime(const WatchedAdd& late) {
  // When it came is not known, only when it was seen: at most so late.
  const int64_t since =
      std::max<int64_t>(0, absl::ToUnixSeconds(context_.now.wall) - late.missed_unix);
  const absl::Duration raised =
      std::min(kLongestSettleTime, 2 * (settle_time_ + absl::Seconds(since)));
  if (raised <= context_.SettleTime()) return;
  context_.raised_settle_time = raised;
  context_.Check(context_.ledger.SetNote(kRaisedSettleTimeNote,
                                         absl::StrCat(absl::ToInt64Seconds(raised))));
}

void LateArrivals::LinkOrTell(const ClientKey& key, std::vector<ContactRow> hits,
                              const std::set<std::string>& missed) {
  const auto known = context_.ledger.Get(key);
  const auto attempt = context_.ledger.AttemptOf(key);
  if (!context_.Check(known.status()) || !context_.Check(attempt.status())) return;
  // An attempt that is in doubt is the settler's.
  if (!known->has_value() || attempt->has_value()) return;
  // Another guest's contact is none of this one's, whatever mark stands on it.
  std::erase_if(
      hits, [&](const ContactRow& hit) { return context_.IsAnothers(hit.id, key); });
  if (hits.empty() || !context_.failure.ok()) return;
  ClientRecord record = **known;
  const auto tell = [&] {
    context_.tally.AddNoticeOf(key, "TWO_CONTACTS_OF_ONE_CLIENT");
  };
  if (record.link == LinkState::kLive) {
    const bool other =
        std::any_of(hits.begin(), hits.end(),
                    [&](const ContactRow& hit) { return hit.id != record.contact; });
    if (other) tell();
    return;
  }
  const auto by_missed =
      std::find_if(hits.begin(), hits.end(), [&](const ContactRow& hit) {
        const auto version = DecodeOriginVersion(hit.stamp.version);
        return version.ok() && missed.count(version->nonce) > 0;
      });
  const ContactRow* came = by_missed == hits.end() ? nullptr : &*by_missed;
  // A person decides, or has decided, about the others. In place of one that is gone
  // nothing is taken but what was made for that: policy or mark may have taken it away.
  if (record.link == LinkState::kNew && came == nullptr) came = &hits.front();
  if ((record.link != LinkState::kNew && record.link != LinkState::kLost) ||
      came == nullptr) {
    return;
  }
  const auto pair = context_.ledger.Pair(key);
  if (!context_.Check(pair.status())) return;
  const bool refused =
      pair->has_value() &&
      std::count((*pair)->refused.begin(), (*pair)->refused.end(), came->id) > 0;
  if (refused) return;
  const auto version = DecodeOriginVersion(came->stamp.version);
  Follow({came->id, version.ok() ? version->values : ValueDigests()}, &record);
  record.dirty = true;
  record.reason.clear();
  record.parameters.clear();
  record.problem = Outcome::kNone;
  record.refused_hash.clear();
  record.answered_refusals = 0;
  if (!context_.Check(context_.ledger.Link(
          record, ContactId(),
          context_.Tell(HistoryKind::kAdopted, "MATCHED_BY_ORIGIN")))) {
    return;
  }
  if (hits.size() > 1) tell();
}

}  // namespace guestbridge::agent
