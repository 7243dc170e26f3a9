#include "sync-agent/change/read_choice.h"

namespace guestbridge::agent {

ReadChoice ChooseReading(bool full_requested, int mapping_version,
                         const ReadMemory& memory) {
  if (full_requested) return {true, {}, "FULL_REQUESTED"};
  if (memory.watermark.value.empty()) return {true, {}, "NEVER_READ"};
  if (memory.mapping_version != mapping_version) return {true, {}, "MAPPING_CHANGED"};
  return {false, memory.watermark, ""};
}

}  // namespace guestbridge::agent
