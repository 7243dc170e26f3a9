#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent.pb.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/api/agent_reports.h"
#include "server/api/dispatcher.h"
#include "server/api/leases.h"
#include "server/identity/authorize.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// Agents and their sessions: the rules of AgentService, and those of
// AgentControlService that are not runs or leases. Errors are those of the protos.
// Thread-safe.
class Agents {
 public:
  Agents(Store& store, const Clock& clock, SessionHub& sessions, Dispatcher& dispatcher,
         Leases& leases)
      : store_(store),
        clock_(clock),
        sessions_(sessions),
        dispatcher_(dispatcher),
        leases_(leases),
        reports_(clock) {}

  // `reach`: only agents that serve one of these integrations, and only those of their
  // integrations. Another agent is AGENT_NOT_FOUND.
  absl::StatusOr<v1::Agent> Get(const std::string& name,
                                const Reach& reach = Reach::Everything());
  absl::StatusOr<v1::ListAgentsResponse> List(const v1::ListAgentsRequest& request,
                                              const Reach& reach = Reach::Everything());

  // `caller`: whose session it is.
  absl::StatusOr<v1::HelloResponse> Hello(const v1::HelloRequest& request,
                                          const Caller& caller = Caller());
  absl::Status Acknowledge(const Session& session,
                           const v1::AcknowledgeConfigurationRequest& request);
  // What the agent says of itself.
  absl::Status TakeReport(const Session& session, const v1::AgentReport& report);
  absl::Status Goodbye(const std::shared_ptr<Session>& session);

  // The session of a call by an agent; remembers, at most every kSeenInterval, that the
  // agent was heard of, unless Vouch is about to. Errors: SESSION_UNKNOWN, also when it
  // is another principal's.
  absl::StatusOr<std::shared_ptr<Session>> Enter(const std::string& token,
                                                 const std::string& principal = "");

  // The session's stream is open now, or no longer: other servers are to know.
  void StreamBegan(const std::shared_ptr<Session>& session);
  void StreamEnded(const std::shared_ptr<Session>& session);
  // Writes that streams are open still, all in one transaction, as soon as one of them
  // was not written for kSeenInterval. To be called every few seconds where other
  // servers read it, and now and then where none does.
  void Vouch();
  // Ends sessions that an agent has replaced by one at another server, and those of
  // agents that were evicted or banned.
  void OnChanges(const std::vector<Change>& changes);

 private:
  static constexpr absl::Duration kSeenInterval = absl::Seconds(20);
  // The short ids of the integrations of each agent.
  using Assignments = std::multimap<std::string, std::string>;
  static absl::StatusOr<Assignments> Assigned(Transaction& transaction);
  absl::Status View(Transaction& transaction, const Assignments& assigned,
                    const SentConfigurations& all_sent, const std::string& id,
                    const store::AgentRecord& record, v1::Agent* agent);
  // Nothing was written of the agent for kSeenInterval; from now on it was.
  bool IsDue(const std::string& id);
  // Vouch is called every few seconds.
  bool IsVouching() const;
  // Writes that the sessions live, and ends those that live no longer.
  absl::Status Note(const std::vector<std::shared_ptr<Session>>& sessions);
  struct Over {
    std::shared_ptr<Session> session;
    absl::Status why;
  };
  void End(const std::vector<Over>& sessions);
  // Errors: those of CheckSession and of the store.
  absl::Status StillValid(const Session& session);
  // Takes away what the caller must not see. False: nothing is left to be seen.
  static bool KeepWithin(const Reach& reach, v1::Agent* agent);
  // The agent's row, or one for a new agent. Errors: AGENT_BANNED,
  // AGENT_HAS_CERTIFICATE, AGENT_NAME_IN_USE.
  absl::StatusOr<store::AgentRecord> Admit(Transaction& transaction,
                                           const v1::HelloRequest& request,
                                           const Caller& caller);
  // The agent was told of this commit before. A database that lacks it was restored.
  absl::Status Outrun(const std::string& id, CommitMark told);

  Store& store_;
  const Clock& clock_;
  SessionHub& sessions_;
  Dispatcher& dispatcher_;
  Leases& leases_;
  AgentReports reports_;
  mutable std::mutex mutex_;
  std::map<std::string, absl::Duration> seen_;  // Steady time of the last note.
  std::optional<absl::Duration> vouched_;       // Steady time of the last Vouch.
};

}  // namespace guestbridge::server
