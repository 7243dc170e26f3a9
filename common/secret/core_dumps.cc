#include "common/secret/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace guestbridge {

void ForbidCoreDumps() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // Also where dumps go to a program (core_pattern with a pipe): it heeds no limit.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace guestbridge
