#pragma once

#include <string>

#include "common/sql/database.h"
#include "sync-agent/ledger/ledger.h"

// The columns of `clients`, in the one order in which they are read and written.
namespace guestbridge::agent {

inline constexpr char kClientColumns[] =
    "key, link, contact, dirty, exported, mapping_version, revision, attempts, "
    "exported_unix, reason, parameters, problem, refused_hash, answered_refusals, run, "
    "outcome, proposed, write_back, written, write_back_reason, version, "
    "history";

ClientRecord ReadClient(const Statement& row);
std::string EncodeParameters(const Parameters& parameters);
Parameters DecodeParameters(const std::string& text);

}  // namespace guestbridge::agent
