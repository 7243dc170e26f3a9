#include "server/watch/session_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

bool SessionHub::IsLive(const Entry& entry) const {
  return !entry.session->closed() &&
         (entry.session->attached() || clock_.Steady() - entry.heard < kLiveness);
}

absl::StatusOr<std::shared_ptr<Session>> SessionHub::Open(Session::Identity identity) {
  identity.token = RandomToken(random_, 40);
  std::shared_ptr<Session> old;
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    const auto it = by_agent_.find(identity.agent);
    if (it != by_agent_.end()) {
      if (it->second.session->identity().installation != identity.installation &&
          IsLive(it->second)) {
        return MakeError("AGENT_NAME_IN_USE", {{"agent", identity.agent}});
      }
      old = it->second.session;
      agent_of_token_.erase(old->identity().token);
      FailTasksOf(old->identity().token,
                  MakeError("AGENT_LOST", {{"agent", identity.agent}}));
    }
    session = std::make_shared<Session>(std::move(identity));
    const Session::Identity& who = session->identity();
    agent_of_token_[who.token] = who.agent;
    last_heard_[who.agent] = clock_.Now();
    by_agent_[who.agent] = {session, clock_.Steady()};
  }
  if (old != nullptr) {
    old->Close(MakeError("SESSION_REPLACED", {{"agent", session->identity().agent}}));
  }
  return session;
}

absl::StatusOr<std::shared_ptr<Session>> SessionHub::Find(
    const std::string& token, const std::string& principal) {
  std::lock_guard lock(mutex_);
  const auto agent = agent_of_token_.find(token);
  if (agent == agent_of_token_.end()) return MakeError("SESSION_UNKNOWN");
  Entry& entry = by_agent_[agent->second];
  if (entry.session->identity().principal != principal) {
    return MakeError("SESSION_UNKNOWN");
  }
  entry.heard = clock_.Steady();
  last_heard_[agent->second] = clock_.Now();
  return entry.session;
}

std::shared_ptr<Session> SessionHub::Connected(const std::string& agent) const {
  std::lock_guard lock(mutex_);
  const auto it = by_agent_.find(agent);
  if (it == by_agent_.end() || !it->second.session->attached()) return nullptr;
  return it->second.session;
}

std::string SessionHub::LiveInstallation(const std::string& agent) const {
  std::lock_guard lock(mutex_);
  const auto it = by_agent_.find(agent);
  if (it == by_agent_.end() || !IsLive(it->second)) return "";
  return it->second.session->identity().installation;
}

std::vector<std::string> SessionHub::ConnectedAgents() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> agents;
  for (const auto& [name, entry] : by_agent_) {
    if (entry.session->attached()) agents.push_back(name);
  }
  return agents;
}

std::vector<std::shared_ptr<Session>> SessionHub::Attached() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto& [name, entry] : by_agent_) {
    if (entry.session->attached()) sessions.push_back(entry.session);
  }
  return sessions;
}

std::vector<std::shared_ptr<Session>> SessionHub::All() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto& [name, entry] : by_agent_) sessions.push_back(entry.session);
  return sessions;
}

bool SessionHub::IsForgotten(const std::string& agent, absl::Time last_seen) const {
  const absl::Time heard = std::max(last_seen, LastHeard(agent));
  return Connected(agent) == nullptr && clock_.Now() - heard > kForgotten;
}

absl::Time SessionHub::LastHeard(const std::string& agent) const {
  std::lock_guard lock(mutex_);
  const auto it = last_heard_.find(agent);
  return it == last_heard_.end() ? absl::InfinitePast() : it->second;
}

void SessionHub::StreamEnded(const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex_);
  const auto it = by_agent_.find(session->identity().agent);
  // An idle agent makes no calls for minutes: until now its stream told that it lives.
  if (it != by_agent_.end() && it->second.session == session) {
    it->second.heard = clock_.Steady();
    last_heard_[it->first] = clock_.Now();
  }
  FailTasksOf(session->identity().token,
              MakeError("AGENT_LOST", {{"agent", session->identity().agent}}));
}

void SessionHub::Close(const std::shared_ptr<Session>& session,
                       const absl::Status& status) {
  {
    std::lock_guard lock(mutex_);
    agent_of_token_.erase(session->identity().token);
    const auto it = by_agent_.find(session->identity().agent);
    if (it != by_agent_.end() && it->second.session == session) by_agent_.erase(it);
    FailTasksOf(session->identity().token,
                MakeError("AGENT_LOST", {{"agent", session->identity().agent}}));
  }
  session->Close(status);
}

void SessionHub::CloseAll(const absl::Status& status) {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    for (auto& [name, entry] : by_agent_) {
      sessions.push_back(entry.session);
      FailTasksOf(entry.session->identity().token, status);
    }
    by_agent_.clear();
    agent_of_token_.clear();
  }
  for (const auto& session : sessions) session->Close(status);
}

void SessionHub::FailTasksOf(const std::string& token, const absl::Status& status) {
  for (auto& [id, waiting] : waiting_) {
    if (waiting.session != token || waiting.done) continue;
    waiting.done = true;
    waiting.answer = status;
  }
  answered_.notify_all();
}

absl::StatusOr<v1::FinishTaskRequest> SessionHub::Ask(const std::string& agent,
                                                      v1::Task task,
                                                      const Patience& patience) {
  const std::shared_ptr<Session> session = Connected(agent);
  if (session == nullptr) {
    return MakeError(
        IsElsewhere(agent) ? "AGENT_AT_OTHER_SERVER" : "AGENT_NOT_CONNECTED",
        {{"agent", agent},
         {"integration",
          std::string(absl::StripPrefix(task.integration(), "integrations/"))}});
  }
  if (before_task_ != nullptr) GB_RETURN_IF_ERROR(before_task_(task));
  const std::string id = RandomUuid(random_);
  task.set_id(id);
  task.set_epoch(session->identity().epoch);
  {
    std::lock_guard lock(mutex_);
    waiting_[id] = {.session = session->identity().token,
                    .answer = absl::UnknownError("unanswered")};
  }
  v1::WatchResponse message;
  *message.mutable_task() = std::move(task);
  session->Push(std::move(message));

  // The wait itself runs on the host's clock: a caller's deadline is real time.
  const auto give_up =
      std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(patience.limit);
  std::unique_lock lock(mutex_);
  Waiting& waiting = waiting_[id];
  bool lost_patience = false;
  while (!waiting.done && !lost_patience) {
    const auto now = std::chrono::steady_clock::now();
    answered_.wait_until(lock, std::min(give_up, now + std::chrono::milliseconds(250)));
    lost_patience = std::chrono::steady_clock::now() >= give_up ||
                    (patience.gave_up && patience.gave_up());
    if (!waiting.done && !session->attached()) {
      waiting.done = true;
      waiting.answer = MakeError("AGENT_LOST", {{"agent", agent}});
    }
  }
  absl::StatusOr<v1::FinishTaskRequest> answer =
      waiting.done ? std::move(waiting.answer)
                   : MakeError("TASK_TIMED_OUT", {{"agent", agent}});
  waiting_.erase(id);
  if (answer.ok() && answer->has_error()) {
    return MakeError(answer->error().reason(),
                     Parameters(answer->error().parameters().begin(),
                                answer->error().parameters().end()));
  }
  return answer;
}

absl::Status SessionHub::Answer(const Session& session,
                                const v1::FinishTaskRequest& answer) {
  std::lock_guard lock(mutex_);
  const auto it = waiting_.find(answer.task());
  if (it == waiting_.end() || it->second.done ||
      it->second.session != session.identity().token) {
    return MakeError("TASK_NOT_FOUND", {{"task", answer.task()}});
  }
  it->second.done = true;
  it->second.answer = answer;
  answered_.notify_all();
  return absl::OkStatus();
}

}  // namespace guestbridge::server
