#include "sync-agent/change/read_choice.h"

namespace guestbridge::agent {

ReadChoice ChooseReading(bool full_requested, const MappingInUse& mapping,
                         bool unattended, absl::Time now, const ReadMemory& memory) {
  ReadChoice choice;
  choice.full = true;
  if (full_requested) {
    choice.reason = "FULL_REQUESTED";
  } else if (memory.watermark.value.empty()) {
    choice.reason = "NEVER_READ";
  } else if (memory.mapping_version < mapping.compare_version ||
             memory.mapping_version > mapping.version) {
    choice.reason = "MAPPING_CHANGED";
  } else if (memory.basis_changed) {
    choice.reason = "CONTENT_BASIS_CHANGED";
  } else {
    choice.full = false;
    choice.since = memory.watermark;
    // A clock that went back must not put the comparison off for as long.
    const bool due = !memory.whole.has_value() ||
                     now - *memory.whole >= kCompareEvery ||
                     now < *memory.whole - absl::Hours(24);
    if (unattended && due) {
      choice.compare = true;
      choice.reason = "COMPARISON_DUE";
    }
  }
  return choice;
}

}  // namespace guestbridge::agent
