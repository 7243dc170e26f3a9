#include "sync-agent/model/shared_reason.h"

namespace guestbridge::agent {

Parameters KindOf(const Parameters& parameters) {
  Parameters kind;
  // The filter's condition that is not met, the portal's error, what is switched off,
  // the policy that decided.
  for (const char* name : {"condition", "code", "event", "policy"}) {
    const auto it = parameters.find(name);
    if (it != parameters.end()) kind.insert(*it);
  }
  return kind;
}

void KeepShared(const Parameters& other, Parameters* shared) {
  for (auto it = shared->begin(); it != shared->end();) {
    const auto same = other.find(it->first);
    if (same == other.end() || same->second != it->second) {
      it = shared->erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace guestbridge::agent
