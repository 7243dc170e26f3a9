#pragma once

#include <algorithm>
#include <cstdint>

// Pure.
namespace guestbridge::agent {

// How many contacts that exist one run may change, make again or delete before a person
// is asked: `contacts`, or `percent` of the clients that are linked, whichever is more.
struct GuardSettings {
  bool on = true;
  int contacts = 25'000;
  int percent = 10;
};

inline int MostChanged(const GuardSettings& guard, int linked) {
  const auto share = static_cast<int>(int64_t{linked} * guard.percent / 100);
  return std::max(guard.contacts, share);
}

// From so many linked clients on a base that shows none at all is not believed.
inline constexpr int kLinkedBeforeEmptyIsOdd = 100;

}  // namespace guestbridge::agent
