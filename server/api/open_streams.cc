#include "server/api/open_streams.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace guestbridge::server {

struct OpenStreams::Entry::State {
  std::mutex mutex;  // Held while `end` runs.
  absl::Time expire_time;
  std::function<absl::StatusOr<Caller>()> check_again;
  std::function<void(const absl::Status&)> end;
};

OpenStreams::Entry::Entry(OpenStreams& streams, int id, std::shared_ptr<State> state)
    : streams_(streams), id_(id), state_(std::move(state)) {}

OpenStreams::Entry::~Entry() {
  {
    std::lock_guard lock(streams_.mutex_);
    streams_.entries_.erase(id_);
  }
  std::lock_guard lock(state_->mutex);
  state_->end = nullptr;
}

std::unique_ptr<OpenStreams::Entry> OpenStreams::Add(
    const Caller& caller, std::function<absl::StatusOr<Caller>()> check_again,
    std::function<void(const absl::Status&)> end) {
  auto state = std::make_shared<Entry::State>();
  state->expire_time = caller.expire_time;
  state->check_again = std::move(check_again);
  state->end = std::move(end);
  int id = 0;
  {
    std::lock_guard lock(mutex_);
    id = next_id_++;
    entries_.emplace(id, state);
  }
  // What became of the caller since it was asked about was told to earlier streams
  // only.
  Check(*state);
  return std::unique_ptr<Entry>(new Entry(*this, id, std::move(state)));
}

void OpenStreams::Check(Entry::State& state) {
  std::lock_guard lock(state.mutex);
  if (!state.end) return;
  const absl::StatusOr<Caller> caller = state.check_again();
  if (caller.ok()) {
    state.expire_time = caller->expire_time;
  } else if (absl::IsUnauthenticated(caller.status()) ||
             absl::IsPermissionDenied(caller.status())) {
    state.end(caller.status());
  }
  // A store that does not answer takes nobody's stream away.
}

std::vector<std::shared_ptr<OpenStreams::Entry::State>> OpenStreams::Entries() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Entry::State>> entries;
  for (const auto& [id, entry] : entries_) entries.push_back(entry);
  return entries;
}

void OpenStreams::CheckAll() {
  for (const auto& entry : Entries()) Check(*entry);
}

void OpenStreams::CheckDue() {
  for (const auto& entry : Entries()) {
    bool due = false;
    {
      std::lock_guard lock(entry->mutex);
      due = clock_.Now() >= entry->expire_time;
    }
    if (due) Check(*entry);
  }
}

}  // namespace guestbridge::server
