#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sync-agent/export/reads_apart.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/updater.h"

namespace guestbridge::agent {

// Deletes contacts of clients that are marked for deletion in 1C: to the portal's
// recycle bin, and only one that carries the client's mark in a look right before.
// The client is then without a contact, and skipped.
//
// A deletion is an attempt like any other (docs/design/exactly-once.md): durable before
// its first byte, and in doubt without a clear answer. When the doubt is settled the
// contact is looked at again.
class Deleter {
 public:
  Deleter(RunContext& context, Updater& updater)
      : context_(context), updater_(updater) {}

  // Of a kDelete decision.
  void Delete(Decision decision) { to_read_.push_back(std::move(decision)); }
  // What was looked at is looked at once more.
  void LookAgain();
  size_t pending() const { return to_read_.size() + ready_.size(); }
  bool idle() const { return pending() == 0 && in_flight_ == 0; }
  // `more`: clients are still being read; small batches wait for them.
  std::optional<PortalLane::Job> Next(bool more);

 private:
  using Chunk = std::vector<Decision>;

  std::optional<PortalLane::Job> NextRead(bool more);
  std::optional<PortalLane::Job> NextWrite();
  void Look(Decision decision, const ContactRow& row);
  // It is somebody else's by now, or nobody's.
  void LeaveAlone(const Decision& decision);
  void Done(const Chunk& chunk, const PortalAnswer& answer);

  RunContext& context_;
  Updater& updater_;
  std::deque<Decision> to_read_;
  ReadsApart apart_;
  std::deque<Decision> ready_;
  std::set<ClientKey> counted_;  // one whose deletion is tried again counts once
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
