#include "server/api/change_listeners.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "server/api/keys.h"
#include "server/identity/api_tokens.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {

ChangeListeners::ChangeListeners(Store& store, SessionHub& sessions, Agents& agents,
                                 OpenStreams& streams, Dispatcher& dispatcher)
    :  // Agents say Hello again and get everything anew.
      feed_(store, [&sessions] { sessions.CloseAll(MakeError("SESSION_UNKNOWN")); }),
      presence_(feed_.Subscribe(std::string(keys::kAgents),
                                [&agents](const std::vector<Change>& changes) {
                                  agents.OnChanges(changes);
                                })),
      callers_(feed_.Subscribe(
          std::string(kApiTokenKeys),
          [&streams](const std::vector<Change>&) { streams.CheckAll(); })),
      // A certificate that was replaced by joining anew is void.
      enrolled_(feed_.Subscribe(
          std::string(kEnrollmentKeys),
          [&streams](const std::vector<Change>&) { streams.CheckAll(); })),
      dispatch_feed_(store),
      dispatch_(dispatch_feed_.Subscribe(
          "", [&dispatcher](const std::vector<Change>& changes) {
            dispatcher.OnChanges(changes);
          })) {}

void ChangeListeners::Stop() {
  feed_.Stop();
  dispatch_feed_.Stop();
}

}  // namespace guestbridge::server
