#pragma once

#include <string>

#include "admin-cli/command/session.h"
#include "guestbridge/v1/run.pb.h"

namespace guestbridge::cli {

// What a reconciliation that has ended well says first: whether anything differs.
std::string ReconcileText(const Session& session, const v1::Run& run);

// How much was compared.
std::string ComparedText(const Session& session, const v1::Run& run);

// What differs: how often and what to do about it, then each client.
void PrintFindings(Session& session, const v1::Run& run);

// Label of what to do next.
absl::string_view NextOfReconcile(const v1::Run& run);

}  // namespace guestbridge::cli
