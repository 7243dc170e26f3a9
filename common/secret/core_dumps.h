#pragma once

namespace guestbridge {

// From now on nothing of this process's memory, which holds secrets and guests, gets
// into a core dump, and no other process of the same user may read it. Programs that it
// starts are not bound by the latter. Call it first of all.
void ForbidCoreDumps();

}  // namespace guestbridge
