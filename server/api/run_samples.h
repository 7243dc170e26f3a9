#pragma once

#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/run.pb.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// Whether the plan would write something of the client.
bool IsWritten(const v1::PlannedClient& planned);

// What the plan said of the client, with the values that the agent finds now, or with
// SAMPLE_MOVED where it would do something else now. `mapping_version`: the run's.
// Holds personal data: for the caller alone, never kept or logged.
v1::RunSample MakeRunSample(const v1::PlannedClient& planned, int mapping_version,
                            const v1::ExplainedClient& found);

}  // namespace guestbridge::server
