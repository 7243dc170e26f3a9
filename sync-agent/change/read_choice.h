#pragma once

#include <string>

#include "sync-agent/model/client.h"

// Which clients a run has to look at. Pure.
//
// The change history only names candidates; whether one is exported is decided by its
// content (plan/). What must be looked at whatever the history says - a contact that is
// gone, a doubt that was settled, a guest that was refused - is marked in the ledger
// and comes on top.
namespace guestbridge::agent {

// What the ledger remembers of the last complete reading.
struct ReadMemory {
  Watermark watermark;      // empty: never read to the end
  int mapping_version = 0;  // of that reading
};

struct ReadChoice {
  bool full = false;
  Watermark since;  // of a reading of changes
  // Why the whole base is read: FULL_REQUESTED, NEVER_READ, MAPPING_CHANGED. Empty:
  // only changes are.
  std::string reason;
};

// A new mapping version changes what a client's content is, so everybody is compared
// once.
ReadChoice ChooseReading(bool full_requested, int mapping_version,
                         const ReadMemory& memory);

// The two notes under which the ledger keeps a ReadMemory.
inline constexpr char kWatermarkNote[] = "watermark";
inline constexpr char kReadWithMappingNote[] = "read-with-mapping";

}  // namespace guestbridge::agent
