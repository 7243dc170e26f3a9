#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/sql/database.h"
#include "sync-agent/ledger/ledger.h"

// The columns of `clients`, in the one order in which they are read and written.
namespace guestbridge::agent {

inline constexpr char kClientColumns[] =
    "key, link, contact, dirty, exported, mapping_version, revision, attempts, "
    "exported_unix, reason, parameters, problem, refused_hash, answered_refusals, run, "
    "outcome, proposed, write_back, written, write_back_reason, version, "
    "history";

// Of `new_clients`: a client that has nothing yet but its first attempt.
inline constexpr char kNewClientColumns[] =
    "key, 0, 0, 1, '', 0, 0, 1, 0, '', '', 0, '', 0, 0, 0, 0, 0, 0, '', version, 0";
// The same.
ClientRecord NewClient(const ClientKey& key, absl::string_view version);

ClientRecord ReadClient(const Statement& row);
std::string EncodeParameters(const Parameters& parameters);
Parameters DecodeParameters(const std::string& text);

}  // namespace guestbridge::agent
