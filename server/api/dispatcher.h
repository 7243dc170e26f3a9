#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/secret/sealer.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// The newest configuration of an integration that was sent in an agent's present
// session, or was not sent again because the agent had rejected it.
struct SentConfiguration {
  int64_t revision = 0;
  std::string fingerprint;  // Empty: see SetFingerprintKeys.
};
// By agent and integration id.
using SentConfigurations =
    std::map<std::pair<std::string, std::string>, SentConfiguration>;

// Keeps each connected agent's stream in line with the store: configurations by
// revision, unfinished runs as tasks, cancellations, removals. It looks at the store
// whenever something changed and sends what the session lacks, so nothing depends on
// the order of events. What the store could not tell now is asked again by CatchUp, and
// no stream is told Caught before all was read. Thread-safe; never to be called in a
// transaction, as it reads the store under its own lock.
class Dispatcher {
 public:
  Dispatcher(Store& store, Sealer& sealer, SessionHub& sessions,
             bool allow_private_portals)
      : store_(store),
        sealer_(sealer),
        sessions_(sessions),
        allow_private_portals_(allow_private_portals) {}

  // `record` is called before a configuration, with its secrets, is first sent in the
  // session `to`; on an error it is not sent, and asked again by CatchUp. Set before
  // the first Begin.
  void SetBeforeSecrets(
      std::function<absl::Status(const Session& to,
                                 const v1::AgentConfiguration& configuration)>
          record) {
    before_secrets_ = std::move(record);
  }

  // `key` gives the key under which an agent reports what it runs of an integration; it
  // stays the same. Without, agents are asked for no fingerprint. Set before the first
  // Begin.
  void SetFingerprintKeys(std::function<std::string(const std::string& id)> key) {
    fingerprint_key_ = std::move(key);
  }

  // A stream of this session has begun: everything is sent anew, then Caught. What
  // can't be read now follows, and Caught with it.
  void Begin(const std::shared_ptr<Session>& session);
  // A stream ended. Nothing, while the session has another one.
  void Forget(const std::shared_ptr<Session>& session);
  void OnChanges(const std::vector<Change>& changes);
  // Does again what failed for want of the store, and lets standbys take over, once it
  // has seen the store for a minute. To be called every second or so.
  void CatchUp();
  // One integration, by name, at once: what was saved before is on its way when this
  // returns OK. Errors: those of the store.
  absl::Status BringUpToDate(const std::string& integration);

  SentConfigurations Sent() const;
  // Of one; nothing was sent: revision 0.
  SentConfiguration SentTo(const std::string& agent,
                           const std::string& integration) const;

 private:
  struct Stream {
    std::shared_ptr<Session> session;
    std::map<std::string, SentConfiguration> configurations;  // By integration id.
    std::set<std::string> runs;  // Names of runs handed out.
    std::set<std::string> cancelled;
    // Ids of integrations that it does not serve, and was told so.
    std::set<std::string> taken_back;
    bool listed = false;           // It is known which integrations there are.
    std::set<std::string> unread;  // Of these, the ids not looked at since.
    bool caught_up = false;
  };
  struct View;

  absl::Status Look(Transaction& transaction, const std::string& id, View* view);
  absl::Status LookForRejection(Transaction& transaction, const std::string& id,
                                View* view);
  absl::Status List();
  absl::Status Refresh(const std::string& id);
  absl::Status Work();
  absl::Status RecordSecrets(const std::string& id, const View& view);
  void Send(const std::string& id, const View& view, Stream* sent);
  static void SendConfiguration(const std::string& id, const View& view, Stream* sent);
  static void TakeBack(const std::string& id, Stream* sent);
  // The agent of this session has rejected it, and would again.
  static bool IsRejectedBy(const Session::Identity& who, const View& view);
  absl::Status AssignIfAlone(const std::string& id);
  // Finds among the agents whose rows changed those that may not come any more: what
  // they served is stale.
  absl::Status LookForKeptOut();
  void LetStandbysTakeOver();
  // Stops at the first UNAVAILABLE, and returns it.
  absl::Status TakeOverWhereDue();

  Store& store_;
  Sealer& sealer_;
  SessionHub& sessions_;
  const bool allow_private_portals_;
  std::function<absl::Status(const Session&, const v1::AgentConfiguration&)>
      before_secrets_;
  std::function<std::string(const std::string&)> fingerprint_key_;
  mutable std::mutex mutex_;
  std::map<std::string, Stream> sent_;  // By session token.
  std::set<std::string> stale_;         // Ids of integrations to be looked at.
  std::set<std::string> keyless_;       // Those whose key this server lacks.
  // Of integrations that are free while other servers have agents, too.
  std::set<std::string> contested_;
  std::set<std::string> changed_agents_;  // Ids; their rows are to be looked at.
  std::set<std::string> kept_out_;  // Ids; if one is connected, its stream is to end.
  struct Pair {
    std::string serving;
    std::string standby;
  };
  std::map<std::string, Pair> pairs_;         // By id, of integrations with a standby.
  std::optional<absl::Duration> pairs_seen_;  // Steady time of the last look at them.
  // Since then each of these looks could read the store. Standbys take over from whom
  // this server has missed for SessionHub::kLiveness.
  std::optional<absl::Duration> watching_since_;
  bool away_ = false;  // The store did not answer when last asked.
};

}  // namespace guestbridge::server
