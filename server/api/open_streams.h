#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/identity/caller.h"

namespace guestbridge::server {

// The streams that are open, so that they end when their callers may no longer have
// them: a token was revoked, a certificate or token replaced or expired. Thread-safe.
class OpenStreams {
 public:
  explicit OpenStreams(const Clock& clock) : clock_(clock) {}

  // Afterwards `end` is not running and is not called again. Must not go inside `end`.
  class Entry {
   public:
    ~Entry();

   private:
    friend class OpenStreams;
    struct State;
    Entry(OpenStreams& streams, int id, std::shared_ptr<State> state);
    OpenStreams& streams_;
    const int id_;
    const std::shared_ptr<State> state_;
  };

  // `check_again`: whether the caller still may (Call::check_again). `end` is called
  // with its error, perhaps more than once.
  std::unique_ptr<Entry> Add(const Caller& caller,
                             std::function<absl::StatusOr<Caller>()> check_again,
                             std::function<void(const absl::Status&)> end);

  // What the store knows of callers has changed: all are asked about again.
  void CheckAll();
  // Time has passed: those whose time has come. Asks the store about no others.
  void CheckDue();

 private:
  std::vector<std::shared_ptr<Entry::State>> Entries();
  static void Check(Entry::State& state);

  const Clock& clock_;
  std::mutex mutex_;
  int next_id_ = 1;
  std::map<int, std::shared_ptr<Entry::State>> entries_;
};

}  // namespace guestbridge::server
