#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
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
  // When the whole base was last read or compared; empty: before this was noted.
  std::optional<absl::Time> whole;
  // What decides content beside rows is not what it was then (ContentBasis).
  bool basis_changed = false;
};

struct ReadChoice {
  // Every row is read and its content compared …
  bool full = false;
  // … or every row's version, and the rows whose version is new.
  bool compare = false;
  Watermark since;  // of a reading of changes
  // Why the whole base is looked at: FULL_REQUESTED, NEVER_READ, MAPPING_CHANGED,
  // CONTENT_BASIS_CHANGED, COMPARISON_DUE. Empty: only changes are.
  std::string reason;
};

// So long may the change history be trusted alone: a mass import writes none, and rows
// are committed out of order. A comparison is narrow rows, 120 bytes each.
inline constexpr absl::Duration kCompareEvery = absl::Hours(7 * 24);

// The field mapping of a run.
struct MappingInUse {
  int version = 0;
  // Whoever has read everybody with this version, or one between, has no need to again.
  int compare_version = 0;
};

// A new mapping version changes what a client's content is, and so do other rules and a
// renamed country: everybody is compared once, unless the version says that it need not
// be. `unattended`: nobody waits for the run.
ReadChoice ChooseReading(bool full_requested, const MappingInUse& mapping,
                         bool unattended, absl::Time now, const ReadMemory& memory);

// The notes under which the ledger keeps a ReadMemory; the last in Unix seconds.
inline constexpr char kWatermarkNote[] = "watermark";
inline constexpr char kReadWithMappingNote[] = "read-with-mapping";
inline constexpr char kReadWholeNote[] = "read-whole";
// … and the ledger's number of the run that read it.
inline constexpr char kReadWholeRunNote[] = "read-whole-run";
// … and the basis of that reading's content (EncodeBasis).
inline constexpr char kReadWithBasisNote[] = "read-with-basis";

}  // namespace guestbridge::agent
