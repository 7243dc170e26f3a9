#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/agents.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

// Which agents live: what is written of their sessions for this and other servers to
// read, and whose session is over.
namespace guestbridge::server {

bool Agents::IsDue(const std::string& id) {
  std::lock_guard lock(mutex_);
  const absl::Duration now = clock_.Steady();
  const auto [it, first] = seen_.emplace(id, now);
  if (!first && now - it->second < kSeenInterval) return false;
  it->second = now;
  return true;
}

absl::Status Agents::Note(const std::vector<std::shared_ptr<Session>>& sessions) {
  if (sessions.empty()) return absl::OkStatus();
  std::vector<Over> over;
  std::vector<std::string> live;
  const absl::Time now = clock_.Now();
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            over.clear();
            live.clear();
            for (const std::shared_ptr<Session>& session : sessions) {
              const Session::Identity& who = session->identity();
              const auto found =
                  GetRecord<store::AgentRecord>(transaction, keys::Agent(who.agent));
              // One that is damaged holds up no other.
              if (absl::IsDataLoss(found.status())) continue;
              GB_ASSIGN_OR_RETURN(auto record, found);
              if (!record.has_value()) continue;
              const absl::Status valid =
                  CheckSession(record->value, who.agent, who.epoch);
              if (!valid.ok()) {
                over.push_back({session, valid});
                continue;
              }
              store::AgentRecord& agent = record->value;
              agent.set_session_epoch(who.epoch);
              agent.set_server(session->attached() ? sessions_.server() : "");
              agent.set_vouched_unix_millis(absl::ToUnixMillis(now));
              *agent.mutable_agent()->mutable_last_seen_time() = ToTimestamp(now);
              GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Agent(who.agent), agent));
              live.push_back(who.agent);
            }
            // This commit is made anyway.
            return reports_.Put(transaction, live, /*at_once=*/false);
          })
          .status());
  reports_.Written(live);
  End(over);
  return absl::OkStatus();
}

absl::Status Agents::StillValid(const Session& session) {
  const Session::Identity& who = session.identity();
  return store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::AgentRecord>(
                                         transaction, keys::Agent(who.agent)));
    if (!record.has_value()) return absl::OkStatus();
    return CheckSession(record->value, who.agent, who.epoch);
  });
}

void Agents::End(const std::vector<Over>& sessions) {
  for (const Over& over : sessions) {
    log::Info("agent_session_ended", {{"agent", over.session->identity().agent},
                                      {"reason", ReasonOf(over.why)}});
    sessions_.Close(over.session, over.why);
  }
}

absl::StatusOr<std::shared_ptr<Session>> Agents::Enter(const std::string& token,
                                                       const std::string& principal) {
  GB_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                      sessions_.Find(token, principal));
  if (session->attached() && IsVouching()) return session;
  if (!IsDue(session->identity().agent)) return session;
  const absl::Status noted = Note({session});
  // Only a restart within the next minute would miss the note.
  if (!noted.ok()) log::Warning("agent_not_noted", {{"error", noted}});
  if (session->closed()) return MakeError("SESSION_UNKNOWN");
  return session;
}

void Agents::StreamBegan(const std::shared_ptr<Session>& session) {
  IsDue(session->identity().agent);  // The next one comes an interval from now.
  const absl::Status noted = Note({session});
  if (!noted.ok()) log::Warning("agent_not_noted", {{"error", noted}});
}

void Agents::StreamEnded(const std::shared_ptr<Session>& session) {
  // Another session has taken its place, or this server stops: there the agent is found
  // soon elsewhere.
  if (session->closed()) return;
  const Session::Identity& who = session->identity();
  const auto noted = store_.Write([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::AgentRecord>(
                                         transaction, keys::Agent(who.agent)));
    if (!record.has_value() || record->value.session_epoch() != who.epoch ||
        session->attached()) {
      return absl::OkStatus();
    }
    record->value.clear_server();
    *record->value.mutable_agent()->mutable_last_seen_time() =
        ToTimestamp(clock_.Now());
    return PutRecord(transaction, keys::Agent(who.agent), record->value);
  });
  // Its row says so by its age soon.
  if (!noted.ok()) log::Warning("agent_not_noted", {{"error", noted.status()}});
}

bool Agents::IsVouching() const {
  std::lock_guard lock(mutex_);
  return vouched_.has_value() && clock_.Steady() - *vouched_ < kSeenInterval;
}

void Agents::Vouch() {
  const std::vector<std::shared_ptr<Session>> attached = sessions_.Attached();
  {
    std::lock_guard lock(mutex_);
    const absl::Duration now = clock_.Steady();
    vouched_ = now;
    const bool due =
        std::any_of(attached.begin(), attached.end(), [&](const auto& session) {
          const auto it = seen_.find(session->identity().agent);
          return it == seen_.end() || now - it->second >= kSeenInterval;
        });
    if (!due) return;
    // The others too: from now on one commit does for all of them.
    for (const auto& session : attached) seen_[session->identity().agent] = now;
  }
  const absl::Status noted = Note(attached);
  if (noted.ok()) return;
  log::Warning("agent_not_noted", {{"error", noted}});
  std::lock_guard lock(mutex_);
  for (const auto& session : attached) seen_.erase(session->identity().agent);
}

void Agents::OnChanges(const std::vector<Change>& changes) {
  std::vector<std::shared_ptr<Session>> changed;
  for (const std::shared_ptr<Session>& session : sessions_.All()) {
    const std::string key = keys::Agent(session->identity().agent);
    if (std::any_of(changes.begin(), changes.end(),
                    [&](const Change& change) { return change.key == key; })) {
      changed.push_back(session);
    }
  }
  if (changed.empty()) return;
  std::vector<Over> over;
  const absl::Status read = store_.Read([&](Transaction& transaction) -> absl::Status {
    over.clear();
    for (const std::shared_ptr<Session>& session : changed) {
      const Session::Identity& who = session->identity();
      GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::AgentRecord>(
                                           transaction, keys::Agent(who.agent)));
      if (!record.has_value()) continue;
      const absl::Status valid = CheckSession(record->value, who.agent, who.epoch);
      if (!valid.ok()) over.push_back({session, valid});
    }
    return absl::OkStatus();
  });
  if (read.ok()) return End(over);
  // The next Vouch finds out, or the agent's next call.
  std::lock_guard lock(mutex_);
  for (const auto& session : changed) seen_.erase(session->identity().agent);
}

}  // namespace guestbridge::server
