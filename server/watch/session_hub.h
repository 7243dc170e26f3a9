#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/watch/session.h"

namespace guestbridge::server {

// How long a caller of the API waits for an agent's answer.
struct Patience {
  // At most; a caller without deadline waits as long.
  absl::Duration limit = absl::Seconds(170);
  // Asked a few times a second; null: never.
  std::function<bool()> gave_up;
};

// The sessions of this server's agents, in memory: after a restart agents say Hello
// again. What agents other servers have, the store knows. Thread-safe.
class SessionHub {
 public:
  // An agent without stream counts as live for as long after it was last heard of.
  static constexpr absl::Duration kLiveness = absl::Seconds(60);
  // An agent that did not say goodbye and is silent for as long will not come back
  // soon.
  static constexpr absl::Duration kForgotten = absl::Hours(1);

  // `server`: tells this process from others on the same store. `predecessor`: one of
  // them that has ended, with its sessions; empty: none is known.
  SessionHub(const Clock& clock, Random& random, std::string server = "server",
             std::string predecessor = "")
      : clock_(clock),
        random_(random),
        server_(std::move(server)),
        predecessor_(std::move(predecessor)) {}

  const std::string& server() const { return server_; }
  const Clock& clock() const { return clock_; }
  // `server` is another one, and may run.
  bool IsOther(const std::string& server) const {
    return !server.empty() && server != server_ && server != predecessor_;
  }
  // What another server said then still holds.
  bool IsFresh(absl::Time said) const { return clock_.Now() - said < kLiveness; }

  // Opens a session and replaces one of the same installation, whose stream ends with
  // SESSION_REPLACED. `identity.token` is filled in.
  // Errors: AGENT_NAME_IN_USE (another installation is live under that name).
  absl::StatusOr<std::shared_ptr<Session>> Open(Session::Identity identity);

  // The session with this token, heard of just now. Errors: SESSION_UNKNOWN, also when
  // another principal opened it.
  absl::StatusOr<std::shared_ptr<Session>> Find(const std::string& token,
                                                const std::string& principal = "");

  // The open session of an agent whose stream is attached; null when there is none.
  std::shared_ptr<Session> Connected(const std::string& agent) const;
  // The installation that is live under this name; empty when none is.
  std::string LiveInstallation(const std::string& agent) const;
  std::vector<std::string> ConnectedAgents() const;
  std::vector<std::shared_ptr<Session>> Attached() const;
  // Also those whose stream is not open.
  std::vector<std::shared_ptr<Session>> All() const;
  // Nothing was heard of the agent for kForgotten. `last_seen`: what the store says of
  // the time before this process.
  bool IsForgotten(const std::string& agent, absl::Time last_seen) const;
  // When the agent was last heard of by this process; InfinitePast when never.
  absl::Time LastHeard(const std::string& agent) const;

  // The stream of a session ended: what was asked of it fails with AGENT_LOST. The
  // agent was heard of until now.
  void StreamEnded(const std::shared_ptr<Session>& session);

  // Goodbye, or `status`.
  void Close(const std::shared_ptr<Session>& session,
             const absl::Status& status = absl::OkStatus());
  void CloseAll(const absl::Status& status);

  // `prepare` is called before a task is sent, so that the agent has what the task is
  // about and it is on record; its error is the task's. Set before the first Ask.
  void SetBeforeTask(
      std::function<absl::Status(const guestbridge::v1::Task& task)> prepare) {
    before_task_ = std::move(prepare);
  }
  // Tells whether an agent that is not connected here is so at another server. Set
  // before the first Ask.
  void SetElsewhere(std::function<bool(const std::string& agent)> elsewhere) {
    elsewhere_ = std::move(elsewhere);
  }
  bool IsElsewhere(const std::string& agent) const {
    return elsewhere_ != nullptr && elsewhere_(agent);
  }
  // Sends the task (its id and epoch are filled in) and waits for the answer. An answer
  // that carries an error is returned as that error. Errors: AGENT_NOT_CONNECTED,
  // AGENT_AT_OTHER_SERVER, AGENT_LOST, TASK_TIMED_OUT, those of `prepare`.
  absl::StatusOr<guestbridge::v1::FinishTaskRequest> Ask(const std::string& agent,
                                                         guestbridge::v1::Task task,
                                                         const Patience& patience);
  // Errors: TASK_NOT_FOUND (nobody waits for it).
  absl::Status Answer(const Session& session,
                      const guestbridge::v1::FinishTaskRequest& answer);

 private:
  struct Waiting {
    std::string session;
    bool done = false;
    absl::StatusOr<guestbridge::v1::FinishTaskRequest> answer;
  };
  struct Entry {
    std::shared_ptr<Session> session;
    absl::Duration heard;  // By Clock::Steady.
  };

  bool IsLive(const Entry& entry) const;
  void FailTasksOf(const std::string& token, const absl::Status& status);

  const Clock& clock_;
  Random& random_;
  const std::string server_;
  const std::string predecessor_;
  std::function<absl::Status(const guestbridge::v1::Task&)> before_task_;
  std::function<bool(const std::string&)> elsewhere_;
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::map<std::string, Entry> by_agent_;
  std::map<std::string, std::string> agent_of_token_;
  std::map<std::string, absl::Time> last_heard_;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace guestbridge::server
