#include "sync-agent/export/tally.h"

#include <algorithm>

namespace guestbridge::agent {
namespace {

constexpr size_t kMaxFailures = 100;

}  // namespace

void Tally::Resume(const std::map<Outcome, int>& counted, int deletions) {
  counts_ = counted;
  deletions_ = std::max(deletions_, deletions);
}

int Tally::CountOf(Outcome outcome) const {
  const auto count = counts_.find(outcome);
  return count == counts_.end() ? 0 : count->second;
}

void Tally::Count(Outcome outcome) { ++counts_[outcome]; }

void Tally::Uncount(Outcome outcome) {
  const auto count = counts_.find(outcome);
  if (count != counts_.end() && count->second > 0) --count->second;
}

void Tally::Mark(ClientRecord* record, Outcome outcome) {
  Unmark(record);
  record->run = run_;
  record->outcome = outcome;
  ++counts_[outcome];
}

void Tally::Unmark(ClientRecord* record) {
  if (record->run != run_ || record->outcome == Outcome::kNone) return;
  --counts_[record->outcome];
  record->outcome = Outcome::kNone;
  DropFailure(record->key);
}

void Tally::Moved(const ClientKey& client, Outcome before, Outcome after) {
  if (before != Outcome::kNone) {
    --counts_[before];
    if (after != Outcome::kFailed) DropFailure(client);
  }
  ++counts_[after];
}

void Tally::DropFailure(const ClientKey& client) {
  auto& failures = progress_.failures;
  failures.erase(std::remove_if(failures.begin(), failures.end(),
                                [&](const Failure& f) { return f.client == client; }),
                 failures.end());
}

void Tally::AddFailure(const ClientKey& client, const std::string& reason,
                       const Parameters& parameters) {
  DropFailure(client);
  if (progress_.failures.size() < kMaxFailures) {
    progress_.failures.push_back({client, reason, parameters});
  }
}

void Tally::AddNotice(const std::string& reason, const Parameters& parameters) {
  const bool said =
      std::any_of(progress_.notices.begin(), progress_.notices.end(),
                  [&](const RunNotice& notice) { return notice.reason == reason; });
  if (!said) progress_.notices.push_back({reason, parameters});
}

void Tally::AddNoticeOf(const ClientKey& client, const std::string& reason) {
  AddNoticeOf("client", reason, {{"client", client.guid()}});
}

void Tally::AddNoticeOf(ContactId contact, const std::string& reason) {
  AddNoticeOf("contact", reason, {{"contact", std::to_string(contact.value())}});
}

void Tally::AddNoticeOf(const std::string& subject, const std::string& reason,
                        const Parameters& parameters) {
  constexpr int kMostOfOneReason = 100;
  const std::string& value = parameters.at(subject);
  int of_reason = 0;
  for (const RunNotice& notice : progress_.notices) {
    if (notice.reason != reason) continue;
    const auto said = notice.parameters.find(subject);
    if (said != notice.parameters.end() && said->second == value) return;
    ++of_reason;
  }
  if (of_reason >= kMostOfOneReason) return;
  progress_.notices.push_back({reason, parameters});
}

void Tally::DropNotice(const std::string& reason) {
  auto& notices = progress_.notices;
  notices.erase(std::remove_if(notices.begin(), notices.end(),
                               [&](const RunNotice& n) { return n.reason == reason; }),
                notices.end());
}

RunProgress Tally::Snapshot() const {
  RunProgress progress = progress_;
  const auto count = [&](Outcome outcome) {
    const auto it = counts_.find(outcome);
    return it == counts_.end() ? 0 : it->second;
  };
  RunCounts& counts = progress.counts;
  counts.unchanged = count(Outcome::kUnchanged);
  counts.added = count(Outcome::kAdded);
  counts.updated = count(Outcome::kUpdated);
  counts.recreated = count(Outcome::kRecreated);
  counts.skipped = count(Outcome::kSkipped);
  counts.failed = count(Outcome::kFailed);
  counts.deferred = count(Outcome::kDeferred);
  counts.deleted = deletions_;
  counts.scanned = counts.unchanged + counts.added + counts.updated + counts.recreated +
                   counts.skipped + counts.failed + counts.deferred;
  return progress;
}

}  // namespace guestbridge::agent
