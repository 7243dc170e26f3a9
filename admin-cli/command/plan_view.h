#pragma once

#include <string>
#include <vector>

#include "admin-cli/command/session.h"
#include "guestbridge/v1/run.pb.h"

// How people see what a dry run would do, and how near it came.
namespace guestbridge::cli {

// Of a dry run: how long it would take, which fields would change, who would stay away,
// some guests as examples. `values`: asks for what those have and would get.
void PrintPlan(Session& session, const v1::Run& run, bool values);
// Guests of a plan, each with what its contact has now and what it would get.
void PrintSamples(Session& session, const std::vector<v1::RunSample>& samples);
// Of an export: what the dry run before it had said. Empty when there was none.
std::string ForecastText(const Session& session, const v1::Run& run);

}  // namespace guestbridge::cli
