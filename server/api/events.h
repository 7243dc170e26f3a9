#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/event.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// Which events trigger which actions: the rules of EventService. Errors are those of
// event.proto. Texts are not filled in: see render.h. Thread-safe.
class Events {
 public:
  Events(Store& store, SessionHub& sessions) : store_(store), sessions_(sessions) {}

  // Asks the agent what the base can tell when one is connected; otherwise what was
  // found earlier stays.
  absl::StatusOr<v1::EventSet> Load(const std::string& name, const Patience& patience);
  absl::StatusOr<v1::EventSet> Get(const std::string& name);
  absl::StatusOr<v1::EventSet> Switch(const std::string& name, const std::string& event,
                                      bool on);
  absl::StatusOr<v1::EventSet> Save(const std::string& name, const std::string& etag);

 private:
  absl::StatusOr<v1::EventSet> View(const std::string& id);

  Store& store_;
  SessionHub& sessions_;
};

}  // namespace guestbridge::server
