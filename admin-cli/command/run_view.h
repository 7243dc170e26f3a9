#pragma once

#include <string>

#include "admin-cli/command/session.h"
#include "admin-cli/output/table.h"
#include "guestbridge/v1/run.pb.h"

namespace guestbridge::cli {

bool HasEnded(const v1::Run& run);
// 0 SUCCEEDED (and a run that has not ended), 1 FAILED and CANCELLED, 7
// PARTIALLY_FAILED.
int ExitCodeOf(const v1::Run& run);

// Of a match: pairs that wait for a person to accept them. 0 with an older agent,
// which does not tell them from those that an export takes over by itself.
int PairsToAccept(const v1::MatchResult& match);

// "integrations/main/runs/12" -> "12", "main".
std::string NumberOf(const v1::Run& run);
std::string IntegrationIdOfRun(const v1::Run& run);

// "export", "dry run": one word or two.
std::string ShortKindText(const Session& session, const v1::Run& run);
Cell StateCell(const Session& session, const v1::Run& run);
// "scanned 20, added 3": what is not zero.
std::string CountersText(const Session& session, const v1::RunCounters& counters);
std::string WriteBackText(const Session& session,
                          const v1::WriteBackProgress& progress);

// At what pace that queue goes, when it should be empty, and what it waits for. Empty
// when nothing waits or nothing is known.
std::string OutlookText(const Session& session, const v1::WriteBackProgress& progress);

// One line: state, counters, what waits. What --wait shows while the run goes.
std::string ProgressText(const Session& session, const v1::Run& run);

struct RunShow {
  bool next = true;     // ends with what to do next
  bool values = false;  // of a dry run: asks for the values of its samples
};

// The whole run for a person.
void PrintRun(Session& session, const v1::Run& run, RunShow show = {});

}  // namespace guestbridge::cli
