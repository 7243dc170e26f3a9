#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "sync-agent/source/onec_odata/metadata_memory.h"
#include "sync-agent/source/onec_odata/onec_base.h"
#include "sync-agent/source/source.h"

// Findings of a test about how this base can be read.
namespace guestbridge::agent {

// "metadata": its size, and whether its version is one that we know. Pure.
SourceCheck JudgeMetadata(const MetadataReading& reading);

// "code-order": pages by code, tried with two real ones. Nothing when the base has no
// code: that is a finding of its own.
std::optional<SourceCheck> CheckCodeOrder(OneCBase& base);

// "create-date": clients can be selected and ordered by their creation. Nothing as
// above.
std::optional<SourceCheck> CheckCreation(OneCBase& base);

// "session": 1C sessions, after a series of requests. Pure.
SourceCheck JudgeSession(std::optional<IbSession::State> state);

// What tells 1C's clock from ours.
struct ClockReadings {
  absl::Time ours;
  std::optional<absl::Time> server;  // the web server's
  SourceTime newest;                 // the newest time in the data; empty: none
  std::string time_zone;             // of the base, as the profile says
};

// "clock": the server's clock is ours, give or take five minutes, and no row is of a
// later time than the base's own, which tells a wrong zone too. A zone that is too far
// east cannot be seen. Pure.
SourceCheck JudgeClock(const ClockReadings& readings);

SourceCheck CheckClock(OneCBase& base, std::optional<absl::Time> server);

}  // namespace guestbridge::agent
