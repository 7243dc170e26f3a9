#pragma once

#include <memory>

#include "server/api/agents.h"
#include "server/api/dispatcher.h"
#include "server/api/open_streams.h"
#include "server/store/store.h"
#include "server/watch/change_feed.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// Who acts on what changes in the store, and on whose thread. A token that is revoked,
// an agent that is evicted or banned loses its streams on a thread that does not wait
// for the dispatcher: that one may be kept by the store for long. Thread-safe.
class ChangeListeners {
 public:
  // All outlive it.
  ChangeListeners(Store& store, SessionHub& sessions, Agents& agents,
                  OpenStreams& streams, Dispatcher& dispatcher);

  // For those who watch something of their own, and look at the store briefly.
  ChangeFeed& feed() { return feed_; }

  // Nobody is told any more; waits for those who were told.
  void Stop();

 private:
  ChangeFeed feed_;
  const std::unique_ptr<ChangeFeed::Subscription> presence_;
  const std::unique_ptr<ChangeFeed::Subscription> callers_;
  const std::unique_ptr<ChangeFeed::Subscription> enrolled_;
  ChangeFeed dispatch_feed_;
  const std::unique_ptr<ChangeFeed::Subscription> dispatch_;
};

}  // namespace guestbridge::server
