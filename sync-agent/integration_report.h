#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/text/catalogue.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/error.pb.h"
#include "guestbridge/v1/run.pb.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/export/write_back_outlook.h"
#include "sync-agent/ledger/ledger.h"

// What the agent knows, in the API's words. Texts stay empty: the server renders them.
namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

v1::Explanation ToExplanation(absl::string_view reason, const Parameters& parameters);
// An error without a reason is INTERNAL_ERROR.
v1::Explanation ToExplanation(const absl::Status& status);

bool IsFinal(v1::Run::State state);

// Tells a run from every other one, also when the server began to count anew.
std::string KeyOf(const v1::Run& run);
// The number under which the ledger counts the run's outcomes: grows, never repeats.
int64_t LedgerNumberOf(const v1::Run& run);

// `portal_before`: what the run used before this process took it up.
void PutProgress(const RunProgress& progress, const v1::PortalUsage& portal_before,
                 v1::Run* run);

// The parts of a run that go on changing after its end. `written_before`: what
// WriteBackCounts::done was when the run began.
void PutLedgerCounts(const WriteBackCounts& write_back, int64_t written_before,
                     int doubts, v1::Run* run);

// How long what `progress` counts will take; takes the place of what it said before.
void PutOutlook(const WriteBackOutlook& outlook, v1::WriteBackProgress* progress);

// Why 1C refuses IDs, among the run's notices; takes the place of what it said before.
void PutWriteBackRefusals(absl::Span<const WriteBackRefusal> refusals, v1::Run* run);

void PutErasures(absl::Span<const ErasureList> lists, v1::ReportLedgerRequest* request);

// Goes on after its end: IDs or doubts are left.
bool IsTrailing(const v1::Run& run);

v1::LedgerSummary MakeLedgerSummary(int missing,
                                    absl::Span<const MissingClients> reasons,
                                    int doubts, const WriteBackCounts& write_back,
                                    absl::Span<const WriteBackRefusal> refusals);

}  // namespace guestbridge::agent
