#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent.pb.h"
#include "guestbridge/v1/agent_enrollment.pb.h"
#include "server/identity/agent_authority.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// Which agents may come, and with what: the rules of AgentEnrollmentService, and those
// of AgentService that let agents in and keep them out. Errors are those of the protos.
// Thread-safe.
class Enrollments {
 public:
  // A join token lives as long.
  static constexpr absl::Duration kJoinTokenLife = absl::Hours(1);

  // `authority`: or why this server gives no certificates.
  Enrollments(Store& store, const Clock& clock, Random& random,
              absl::StatusOr<AgentAuthority> authority)
      : store_(store),
        clock_(clock),
        random_(random),
        authority_(std::move(authority)) {}

  // The agent in the answer has its name only.
  absl::StatusOr<v1::CreateAgentResponse> Create(const v1::CreateAgentRequest& request);
  absl::Status Evict(const std::string& name);
  absl::Status Ban(const std::string& name);
  absl::Status Unban(const std::string& name);

  absl::StatusOr<v1::JoinResponse> Join(const v1::JoinRequest& request);
  // `certificate`: PEM, what the peer showed; empty: nothing.
  absl::StatusOr<v1::RenewResponse> Renew(absl::string_view certificate,
                                          const v1::RenewRequest& request);

 private:
  Store& store_;
  const Clock& clock_;
  Random& random_;
  const absl::StatusOr<AgentAuthority> authority_;
};

// Fills in what is known of an agent's certificate and join token.
absl::Status ViewEnrollment(Transaction& transaction, const std::string& id,
                            absl::Time now, v1::Agent* agent);

// It was evicted or banned, and has had no session since.
bool IsEvicted(const store::AgentRecord& record);

enum class KeptOut { kNot, kEvicted, kBanned };
// Whether an agent that is away may come. Of one whose row is damaged nothing is known:
// kNot.
absl::StatusOr<KeptOut> WhetherKeptOut(Transaction& transaction,
                                       const std::string& agent);
KeptOut WhetherKeptOut(const store::AgentRecord& record);

// Why the agent of an integration is not connected: AGENT_NOT_CONNECTED (it is to be
// started), AGENT_AWAY_EVICTED, AGENT_AWAY_BANNED; parameters agent, integration.
std::string WhyAway(KeptOut out);

// Whether an agent was banned, or evicted since it opened a session with this epoch.
// Errors: AGENT_BANNED, AGENT_EVICTED.
absl::Status CheckNotKeptOut(const store::AgentRecord& record, const std::string& agent,
                             int64_t epoch);

// Why a session that an agent opened with this epoch is over; OK when it is not.
// Errors: AGENT_BANNED, AGENT_EVICTED, SESSION_REPLACED.
absl::Status CheckSession(const store::AgentRecord& record, const std::string& agent,
                          int64_t epoch);

}  // namespace guestbridge::server
