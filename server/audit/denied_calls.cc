#include "server/audit/denied_calls.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace guestbridge::server {
namespace {

std::string HostOf(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

void DeniedCalls::Add(const AuditedCall& call, const std::string& reason,
                      const std::string& resource) {
  Kind kind(reason, call.principal, call.method, HostOf(call.peer));
  Count count{
      .call = call, .resource = resource, .unrecorded = 1, .since = clock_.Steady()};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (CountIn(kind)) return;
    const bool fits = counts_.size() < kMostKinds || counts_.contains(kind);
    if (!fits || !MayTellApart(call)) {
      kind = Kind(reason, "", "", "");
      count.call = AuditedCall();
      count.resource.clear();
      count.together = kBeyondTogether;
      if (CountIn(kind)) return;
    }
    Count& kept = counts_[kind];
    count.unrecorded += kept.unrecorded;
    kept = count;
    kept.unrecorded = 0;
  }
  if (!Write(kind, count).ok()) Restore(kind, count);
}

bool DeniedCalls::CountIn(const Kind& kind) {
  const auto it = counts_.find(kind);
  if (it == counts_.end()) return false;
  if (clock_.Steady() - it->second.since >= it->second.together) return false;
  ++it->second.unrecorded;
  return true;
}

bool DeniedCalls::MayTellApart(const AuditedCall& call) {
  if (!call.principal.empty()) return true;
  const absl::Duration now = clock_.Steady();
  strangers_ = std::min<double>(
      kStrangers, strangers_ + absl::FDivDuration(now - strangers_at_, kStrangerEvery));
  strangers_at_ = now;
  if (strangers_ < 1) return false;
  strangers_ -= 1;
  return true;
}

void DeniedCalls::Record(bool all) {
  std::vector<std::pair<Kind, Count>> due;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = counts_.begin(); it != counts_.end();) {
      if (!all && clock_.Steady() - it->second.since < it->second.together) {
        ++it;
        continue;
      }
      if (it->second.unrecorded > 0) due.emplace_back(it->first, it->second);
      // A flood that goes on has told its first: from then on it has its counts alone.
      if (all || it->second.together != kBeyondTogether || it->second.unrecorded == 0) {
        it = counts_.erase(it);
        continue;
      }
      it->second.unrecorded = 0;
      it->second.since = clock_.Steady();
      ++it;
    }
  }
  for (const auto& [kind, count] : due) {
    if (!Write(kind, count).ok()) Restore(kind, count);
  }
}

absl::Status DeniedCalls::Write(const Kind& kind, const Count& count) const {
  AuditEntry entry;
  entry.resource = count.resource;
  entry.outcome = v1::AuditRecord::DENIED;
  entry.reason = std::get<0>(kind);
  entry.count = count.unrecorded > 1 ? static_cast<int>(count.unrecorded) : 0;
  entry.call = count.call;
  return audit_.Record(entry);
}

void DeniedCalls::Restore(const Kind& kind, const Count& count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [it, fresh] = counts_.emplace(kind, count);
  if (!fresh) it->second.unrecorded += count.unrecorded;
}

}  // namespace guestbridge::server
