#include "server/watch/change_feed.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/log/log.h"

namespace guestbridge::server {

struct ChangeFeed::Subscription::Entry {
  std::string prefix;
  std::mutex mutex;  // Held while the listener runs.
  Listener listener;
};

ChangeFeed::Subscription::Subscription(ChangeFeed& feed, int id,
                                       std::shared_ptr<Entry> entry)
    : feed_(feed), id_(id), entry_(std::move(entry)) {}

ChangeFeed::Subscription::~Subscription() {
  {
    std::lock_guard lock(feed_.mutex_);
    feed_.entries_.erase(id_);
  }
  std::lock_guard lock(entry_->mutex);
  entry_->listener = nullptr;
}

ChangeFeed::ChangeFeed(Store& store, std::function<void()> rewound)
    : store_(store),
      rewound_(std::move(rewound)),
      rewinds_(store.Rewinds()),
      revision_(store.WaitForRevision(0, absl::ZeroDuration())) {
  thread_ = std::thread([this] { Run(); });
}

ChangeFeed::~ChangeFeed() { Stop(); }

void ChangeFeed::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  store_.WakeAll();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<ChangeFeed::Subscription> ChangeFeed::Subscribe(std::string prefix,
                                                                Listener listener) {
  auto entry = std::make_shared<Subscription::Entry>();
  entry->prefix = std::move(prefix);
  entry->listener = std::move(listener);
  std::lock_guard lock(mutex_);
  const int id = next_id_++;
  entries_.emplace(id, entry);
  return std::unique_ptr<Subscription>(new Subscription(*this, id, std::move(entry)));
}

void ChangeFeed::NudgeAll() { Tell({}); }

void ChangeFeed::Run() {
  constexpr int kBatch = 500;
  while (true) {
    // The timeout bounds how long a wake-up that was missed goes unnoticed.
    const int64_t current = store_.WaitForRevision(revision_, absl::Seconds(1));
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (const int64_t rewinds = store_.Rewinds(); rewinds != rewinds_) {
      // What was told may be undone, so what comes after it says too little.
      rewinds_ = rewinds;
      revision_ = current;
      // Said once, by the feed whose owner acts on it.
      if (rewound_) {
        log::Warning("database_set_back", {{"revision", current}});
        rewound_();
      }
      Tell({});
      continue;
    }
    if (current <= revision_) continue;
    auto changes = store_.ChangesAfter(revision_, kBatch);
    if (!changes.ok()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      continue;
    }
    revision_ = changes->empty() ? current : changes->back().revision;
    if (!changes->empty()) Tell(*changes);
  }
}

void ChangeFeed::Tell(const std::vector<Change>& changes) {
  std::vector<std::shared_ptr<Subscription::Entry>> entries;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : entries_) entries.push_back(entry);
  }
  for (const auto& entry : entries) {
    std::vector<Change> mine;
    for (const Change& change : changes) {
      if (absl::StartsWith(change.key, entry->prefix)) mine.push_back(change);
    }
    if (mine.empty() && !changes.empty()) continue;
    std::lock_guard lock(entry->mutex);
    if (entry->listener) entry->listener(mine);
  }
}

}  // namespace guestbridge::server
