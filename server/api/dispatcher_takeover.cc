// Which agent serves an integration, where the dispatcher decides it: the only one
// there is, and the standby of one that was lost.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/dispatcher.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/standby.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kStandbyInterval = absl::Seconds(5);
// Between two looks at what standbys stand by for, or what came before does not count.
constexpr absl::Duration kLongestBlink = absl::Seconds(30);

}  // namespace

absl::Status Dispatcher::AssignIfAlone(const std::string& id) {
  contested_.erase(id);
  // A server without agents leaves it to the one that has the only one.
  const std::vector<std::string> own = sessions_.ConnectedAgents();
  const auto staying = std::count_if(
      own.begin(), own.end(),
      [this](const std::string& agent) { return !kept_out_.contains(agent); });
  if (staying != 1) return absl::OkStatus();
  bool free = false;
  bool alone = false;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(free, IsFree(t, id, sessions_));
    if (!free) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const auto agents, ConnectedAgents(t, sessions_));
    alone = agents.size() == 1;
    return absl::OkStatus();
  }));
  if (free && !alone) contested_.insert(id);
  if (!free || !alone) return absl::OkStatus();
  std::string agent;
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& t) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(agent,
                                               AssignWhenAlone(t, id, sessions_));
                           // It may be the standby, of nobody yet.
                           return ChangePlaces(t, id, "", sessions_.clock().Now());
                         })
                         .status());
  if (!agent.empty()) {
    log::Info("agent_assigned", {{"integration", id}, {"agent", agent}});
  }
  return absl::OkStatus();
}

absl::Status Dispatcher::LookForKeptOut() {
  if (changed_agents_.empty()) return absl::OkStatus();
  // Nobody here to get anything.
  if (sessions_.ConnectedAgents().empty()) {
    changed_agents_.clear();
    return absl::OkStatus();
  }
  std::set<std::string> out;
  std::set<std::string> served;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& t) -> absl::Status {
    out.clear();
    served.clear();
    // A chain's agents are assigned by people, and their rows change all the time.
    GB_ASSIGN_OR_RETURN(const bool enrolled, HasEnrolledAgent(t));
    if (enrolled) return absl::OkStatus();
    for (const std::string& agent : changed_agents_) {
      GB_ASSIGN_OR_RETURN(const KeptOut kept, WhetherKeptOut(t, agent));
      if (kept != KeptOut::kNot) out.insert(agent);
    }
    if (out.empty()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const auto documents, t.List(keys::kConnections, "", 100000));
    for (const Document& document : documents) {
      std::string id = document.key.substr(keys::kConnections.size());
      const auto agent = AssignedAgent(t, id);
      // One that is damaged holds up no other.
      if (absl::IsDataLoss(agent.status())) continue;
      GB_RETURN_IF_ERROR(agent.status());
      if (out.contains(*agent)) served.insert(std::move(id));
    }
    return absl::OkStatus();
  }));
  for (const std::string& agent : changed_agents_) kept_out_.erase(agent);
  changed_agents_.clear();
  kept_out_.insert(out.begin(), out.end());
  stale_.insert(served.begin(), served.end());
  return absl::OkStatus();
}

// After an outage, the server's own or the database's, whoever comes back first is not
// to take over from one that comes a moment later.
void Dispatcher::LetStandbysTakeOver() {
  const absl::Duration now = sessions_.clock().Steady();
  const absl::Duration passed =
      pairs_seen_.has_value() ? now - *pairs_seen_ : absl::InfiniteDuration();
  if (passed < kStandbyInterval) return;
  pairs_seen_ = now;
  if (pairs_.empty() || passed > kLongestBlink) watching_since_.reset();
  if (pairs_.empty()) return;
  absl::Status status =
      store_.Read([](Transaction& t) -> absl::Status { return t.Mark().status(); });
  if (status.ok()) {
    if (!watching_since_.has_value()) watching_since_ = now;
    if (now - *watching_since_ >= SessionHub::kLiveness) status = TakeOverWhereDue();
  }
  if (status.ok()) return;
  if (watching_since_.has_value()) {
    log::Warning("standbys_not_looked_at", {{"error", status}});
  }
  watching_since_.reset();
}

// Only where this server has the standby and lacks the other one: a few reads.
absl::Status Dispatcher::TakeOverWhereDue() {
  for (const auto& [id, pair] : pairs_) {
    if (sessions_.Connected(pair.standby) == nullptr ||
        sessions_.Connected(pair.serving) != nullptr) {
      continue;
    }
    bool due = false;
    absl::Status status = store_.Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(due, IsTakeoverDue(t, id, sessions_));
      return absl::OkStatus();
    });
    Takeover takeover;
    if (status.ok() && due) {
      status = store_
                   .Write([&](Transaction& t) -> absl::Status {
                     GB_ASSIGN_OR_RETURN(takeover, TakeOver(t, id, sessions_));
                     return absl::OkStatus();
                   })
                   .status();
    }
    // Each further try may cost a time limit, and all wait for the lock meanwhile.
    if (absl::IsUnavailable(status)) return status;
    if (!status.ok()) {
      // One that is damaged holds up no other.
      log::Warning("standby_not_looked_at", {{"integration", id}, {"error", status}});
    } else if (!takeover.to.empty()) {
      log::Warning(
          "standby_took_over",
          {{"integration", id}, {"agent", takeover.to}, {"from", takeover.from}});
      stale_.insert(id);
    }
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
