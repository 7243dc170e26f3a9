#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Finds out what became of contacts that a read did not show: a contact counts as gone
// only when the portal says so for that very ID, to somebody who sees all contacts, and
// no contact carries the client's origin.
class GoneCheck {
 public:
  struct Question {
    ClientKey client;
    ContactId contact;
    // Called once: `survivor` carries the client's origin, or none does.
    std::function<void(std::optional<ContactId> survivor)> gone;
    // It exists, or it cannot be told.
    std::function<void(bool exists)> not_gone;
  };

  explicit GoneCheck(RunContext& context) : context_(context) {}

  void Ask(Question question) { queue_.push_back(std::move(question)); }
  size_t pending() const { return queue_.size(); }
  bool idle() const { return queue_.empty() && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();

 private:
  RunContext& context_;
  std::deque<Question> queue_;
  int in_flight_ = 0;
};

}  // namespace guestbridge::agent
