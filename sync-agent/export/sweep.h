#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Looks whether the contacts that we know still exist: by ID, 50 a command, whole
// batches. Runs before the clients are read, so that a client whose contact is gone is
// considered once, with that knowledge.
class Sweep {
 public:
  Sweep(RunContext& context, GoneCheck& gone) : context_(context), gone_(gone) {}

  // What it could not tell before, it looks at again.
  void Begin() { certain_ = true; }
  bool idle() const { return finished_ && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();
  // Of every contact it could be told whether it is there.
  bool certain() const { return certain_; }
  // Asks what became of the contact, and marks the client when it is gone. `gone` hears
  // of that.
  using OnGone = std::function<void(const std::optional<Survivor>&)>;
  void Missing(const WriteBackItem& item, OnGone gone = nullptr);
  // The contact is there: is it the one that we stamped? False: another's, or nobody's,
  // and the client is to be looked at as if 1C held its ID.
  bool Compare(const WriteBackItem& item, const ContactRow& row);

 private:
  RunContext& context_;
  GoneCheck& gone_;
  ContactId after_;
  std::deque<WriteBackItem> again_;  // of requests that were cut off
  bool finished_ = false;
  bool certain_ = true;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
