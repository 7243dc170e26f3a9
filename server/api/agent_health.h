#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "guestbridge/v1/agent.pb.h"
#include "server/api/enrollments.h"
#include "server/store/record.pb.h"

// What an agent's report says, and what the server knows beside it. Pure; texts are not
// filled in.
namespace guestbridge::server {

// So far that a person should set it right.
bool IsClockOff(const store::AgentReportRecord& report);

// Of a connected agent that reports: its own word, its clock, its silence.
std::vector<v1::AgentProblem> ProblemsOf(const std::string& agent,
                                         const store::AgentReportRecord& report,
                                         absl::Time now);

// Fills in all that comes from the report of an agent whose other fields stand, but
// `healthy`. `report`: nothing when the agent reports nothing.
// `out`: whether one that is not connected may come. The agent's certificate and join
// token stand already.
void ShowReport(const std::optional<store::AgentReportRecord>& report, absl::Time now,
                KeptOut out, v1::Agent* agent);

// Sorts the problems and says whether one of them stops work.
void SumUpHealth(v1::Agent* agent);

}  // namespace guestbridge::server
