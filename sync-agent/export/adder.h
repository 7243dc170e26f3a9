#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Creates contacts, chunk by chunk: intent durable, send, settle or leave in doubt.
//
// The first contact of a base is sent alone: until it stands, nothing of ours can bear
// witness that a look-up sees what is there.
class Adder {
 public:
  explicit Adder(RunContext& context) : context_(context) {}

  void Add(Decision decision);
  size_t pending() const { return queue_.size(); }
  bool idle() const { return queue_.empty() && in_flight_ == 0; }
  // The next request, when one may be made now.
  // `more`: clients are still being read; small batches wait for them.
  std::optional<PortalLane::Job> Next(bool more);

 private:
  using Chunk = std::vector<Decision>;

  bool Prepare(const Chunk& chunk, const std::vector<std::string>& nonces);
  void Done(const std::shared_ptr<Chunk>& chunk, const PortalAnswer& answer);
  void Doubt(const Decision& decision, bool answered);

  RunContext& context_;
  std::deque<Decision> queue_;
  int in_flight_ = 0;
  bool witnessed_ = false;
};

}  // namespace guestbridge::agent
