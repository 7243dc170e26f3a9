#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/text/catalogue.h"
#include "sync-agent/model/ids.h"

// What was done about a client, as the ledger keeps it: no values, names of fields
// only.
namespace guestbridge::agent {

enum class HistoryKind {
  kNone = 0,
  kAdded = 1,
  kUpdated = 2,
  kRecreated = 3,
  kAdopted = 4,   // linked by a run to a contact that was there; `reason`: how found
  kFailed = 5,    // `reason`: why
  kLinked = 6,    // by a person
  kUnlinked = 7,  // by a person
  kReleased = 8,  // a person said that none of the contacts is this guest
  kDeleted = 9,   // the contact, for the client is marked for deletion in 1C
  kDropped = 10,  // by a person, after it was refused
};

struct HistoryEntry {
  HistoryKind kind = HistoryKind::kNone;
  int64_t unix_time = 0;
  int64_t run = 0;            // 0: outside of a run
  std::string run_name = {};  // of an entry that was read, when the ledger knows it
  int mapping_version = 0;
  ContactId contact = {};
  // Contact fields that an update wrote, by name. Of a new contact: none, all of the
  // mapping.
  std::vector<std::string> fields = {};
  std::string reason = {};
  Parameters parameters = {};
  // On a portal that the integration was connected to before.
  bool earlier_portal = false;
};

struct HistoryPage {
  std::vector<HistoryEntry> entries;  // newest first
  int64_t next = 0;                   // where to go on; 0: that was all
};

// Of entries, an older or a deeper one is forgotten.
struct HistoryLimits {
  int64_t not_before_unix = 0;
  int most_per_client = 100;
};

}  // namespace guestbridge::agent
