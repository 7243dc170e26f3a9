#pragma once

#include "absl/time/time.h"
#include "guestbridge/v1/run.pb.h"

// What a run is and how a report changes it: values in, values out.
namespace guestbridge::server {

bool IsFinal(v1::Run::State state);

// Runs exclude each other on one integration; only SETTLE goes beside.
bool IsExclusive(v1::Run::Kind kind);

// scanned = unchanged + added + updated + recreated + skipped + failed + deferred.
bool AddsUp(const v1::RunCounters& counters);

// Whether a report is about `run`, and not about one that had its name in a database
// that was restored since. Agents report the `create_time` that they were given.
bool IsSameRun(const v1::Run& report, const v1::Run& run);

// Whether a watch until `until` has seen enough.
bool IsReached(const v1::Run& run, v1::WatchRunRequest::Until until);

// Takes over what an agent reports. A final state is never left, and of a final run
// only the write-back and the doubts still move. Texts are dropped: they are rendered
// when the run is read. Times are the server's; of others those that can be.
void ApplyReport(const v1::Run& said, const google::protobuf::Timestamp& now,
                 v1::Run* run);

// Forgets when the IDs would be in 1C as soon as nobody can say so any more: the agent
// is away, or that moment has passed without a word of it.
void DropStaleOutlook(bool agent_connected, absl::Time now,
                      v1::WriteBackProgress* progress);

}  // namespace guestbridge::server
