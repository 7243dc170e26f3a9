#include "server/api/ask_agent.h"

#include <utility>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/enrollments.h"

namespace guestbridge::server {

absl::StatusOr<v1::FinishTaskRequest> AskAgent(Store& store, SessionHub& sessions,
                                               const std::string& agent, v1::Task task,
                                               const Patience& patience) {
  auto answer = sessions.Ask(agent, std::move(task), patience);
  if (ReasonOf(answer.status()) != "AGENT_NOT_CONNECTED") return answer;
  KeptOut out = KeptOut::kNot;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(out, WhetherKeptOut(transaction, agent));
    return absl::OkStatus();
  }));
  return MakeError(WhyAway(out), ParametersOf(answer.status()));
}

}  // namespace guestbridge::server
