#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/store/store.h"

namespace guestbridge::server {

// Tells listeners what changed in the store, in commit order, from one thread of its
// own. Thread-safe.
class ChangeFeed {
 public:
  using Listener = std::function<void(const std::vector<Change>&)>;

  // Ends when it goes: afterwards the listener is not running and is not called again.
  // Must not go inside its own listener.
  class Subscription {
   public:
    ~Subscription();

   private:
    friend class ChangeFeed;
    struct Entry;
    Subscription(ChangeFeed& feed, int id, std::shared_ptr<Entry> entry);
    ChangeFeed& feed_;
    int id_;
    std::shared_ptr<Entry> entry_;
  };

  // `rewound`: called from the feed's thread when the store has lost commits that may
  // have been told; then every listener looks again (an empty list).
  explicit ChangeFeed(Store& store, std::function<void()> rewound = nullptr);
  ~ChangeFeed();

  // Changes of keys that start with `prefix`, from those committed after this call on
  // (a change just before it may be told too). Of one change those who subscribed
  // earlier are told earlier; who takes long keeps the later ones waiting.
  std::unique_ptr<Subscription> Subscribe(std::string prefix, Listener listener);

  // Calls every listener with an empty list: look again.
  void NudgeAll();

  void Stop();

 private:
  void Run();
  void Tell(const std::vector<Change>& changes);

  Store& store_;
  const std::function<void()> rewound_;
  int64_t rewinds_;
  int64_t revision_;
  std::mutex mutex_;
  bool stopping_ = false;
  int next_id_ = 1;
  std::map<int, std::shared_ptr<Subscription::Entry>> entries_;
  std::thread thread_;
};

}  // namespace guestbridge::server
