#include "tests/emulators/bitrix24/event_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr absl::Duration kKept = absl::Hours(34 * 24);

}  // namespace

bool EventQueue::Bind(EventHandler handler) {
  for (const EventHandler& known : handlers_) {
    if (known.event == handler.event && known.handler == handler.handler &&
        known.offline == handler.offline && known.connector == handler.connector) {
      return false;
    }
  }
  handler.id = next_handler_++;
  handlers_.push_back(std::move(handler));
  return true;
}

int64_t EventQueue::Unbind(const EventHandler& like) {
  const size_t before = handlers_.size();
  std::erase_if(handlers_, [&](const EventHandler& known) {
    return known.event == like.event && known.offline == like.offline &&
           (like.handler.empty() || known.handler == like.handler);
  });
  return static_cast<int64_t>(before - handlers_.size());
}

std::vector<EventHandler> EventQueue::Raise(const std::string& event, int64_t object_id,
                                            const std::string& connector,
                                            absl::Time now) {
  std::vector<EventHandler> online;
  std::erase_if(queue_,
                [&](const OfflineEvent& row) { return row.time + kKept < now; });
  for (const EventHandler& handler : handlers_) {
    if (handler.event != event) continue;
    if (!connector.empty() && handler.connector == connector) continue;
    if (!handler.offline) {
      online.push_back(handler);
      continue;
    }
    std::erase_if(queue_, [&](const OfflineEvent& row) {
      return row.event == event && row.object_id == object_id &&
             row.connector == handler.connector && row.process_id.empty();
    });
    const int64_t id = next_row_++;
    queue_.push_back({.id = id,
                      .event = event,
                      .message_id = absl::StrFormat("%032x", id),
                      .process_id = "",
                      .connector = handler.connector,
                      .object_id = object_id,
                      .time = now});
  }
  return online;
}

std::vector<OfflineEvent> EventQueue::Take(size_t limit, bool clear,
                                           const std::string& connector) {
  std::vector<OfflineEvent> taken;
  const std::string process = absl::StrFormat("%032x", 0xA0000 + next_process_++);
  for (OfflineEvent& row : queue_) {
    if (taken.size() == limit) break;
    if (!row.process_id.empty() || row.connector != connector) continue;
    row.process_id = process;
    taken.push_back(row);
  }
  if (clear) {
    std::erase_if(queue_,
                  [&](const OfflineEvent& row) { return row.process_id == process; });
  }
  return taken;
}

void EventQueue::Settle(const std::string& process_id,
                        const std::vector<std::string>& message_ids,
                        const std::vector<int64_t>& ids, bool failed) {
  const auto meant = [&](const OfflineEvent& row) {
    if (process_id.empty() || row.process_id != process_id) return false;
    if (message_ids.empty() && ids.empty()) return true;
    return std::count(message_ids.begin(), message_ids.end(), row.message_id) > 0 ||
           std::count(ids.begin(), ids.end(), row.id) > 0;
  };
  if (!failed) {
    std::erase_if(queue_, meant);
    return;
  }
  for (OfflineEvent& row : queue_) {
    if (meant(row)) row.failed = true;
  }
}

}  // namespace guestbridge::testing::bitrix24
