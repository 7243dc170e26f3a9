#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_QUEUE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_QUEUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace guestbridge::testing::bitrix24 {

// A subscription of the application.
struct EventHandler {
  int64_t id = 0;
  std::string event = "";
  std::string handler = "";    // URL; "" for offline
  std::string connector = "";  // auth_connector: own writes under it are not queued
  bool offline = false;
  int64_t auth_type = 0;
};

// A row of the offline queue.
struct OfflineEvent {
  int64_t id = 0;
  std::string event = "";
  std::string message_id = "";
  std::string process_id = "";  // "" while nobody has reserved it
  std::string connector = "";   // of the handler it was queued for
  int64_t object_id = 0;
  absl::Time time = absl::UnixEpoch();
  bool failed = false;
};

// Subscriptions and the offline queue: one row per event, object and connector, the
// last change winning. One thread at a time.
class EventQueue {
 public:
  // False when the same handler is there already.
  bool Bind(EventHandler handler);
  // How many went.
  int64_t Unbind(const EventHandler& like);
  const std::vector<EventHandler>& handlers() const { return handlers_; }

  // Something happened to `object_id`; `connector` is that of the call that did it.
  // Returns the online handlers to be called. Rows older than 34 days are purged.
  std::vector<EventHandler> Raise(const std::string& event, int64_t object_id,
                                  const std::string& connector, absl::Time now);

  // Oldest rows that are not reserved. With `clear` they are gone; else they are
  // reserved under the returned rows' process_id.
  std::vector<OfflineEvent> Take(size_t limit, bool clear,
                                 const std::string& connector);

  // Rows without reservation.
  std::vector<OfflineEvent> List() const { return queue_; }

  // Drops (or marks failed) reserved rows; an empty `message_ids` and `ids` means all.
  void Settle(const std::string& process_id,
              const std::vector<std::string>& message_ids,
              const std::vector<int64_t>& ids, bool failed);

 private:
  std::vector<EventHandler> handlers_;
  std::vector<OfflineEvent> queue_;
  int64_t next_handler_ = 1;
  int64_t next_row_ = 1;
  int64_t next_process_ = 1;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_QUEUE_H_
