#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::simulation {

// A mutant, and a world that finds it.
struct KnownMutant {
  agent::Mutant mutant;
  const char* name;
  uint64_t seed;
  int nights;
};

// Every mutant but kNone, with the seed that catches it (README.md says how).
inline constexpr KnownMutant kKnownMutants[] = {
    {agent::Mutant::kBlindRetry, "blind-retry", 1, 10},
    {agent::Mutant::kErrorMeansNo, "error-means-no", 1, 10},
    {agent::Mutant::kSlotOffByOne, "slot-off-by-one", 52, 10},
    {agent::Mutant::kIntentAfterSend, "intent-after-send", 2, 10},
    {agent::Mutant::kShortSettleTime, "short-settle-time", 28, 10},
    {agent::Mutant::kNoWitness, "no-witness", 84, 10},
    {agent::Mutant::kIncompleteLookUp, "incomplete-look-up", 332, 10},
    {agent::Mutant::kIgnoredFilterBelieved, "ignored-filter-believed", 501, 20},
    {agent::Mutant::kLostIsAbsent, "lost-is-absent", 3, 10},
    {agent::Mutant::kGoneForEver, "gone-for-ever", 202, 30},
    {agent::Mutant::kRestoredLedgerTrusted, "restored-ledger-trusted", 14, 10},
    {agent::Mutant::kRestoredDigestsTrusted, "restored-digests-trusted", 14, 10},
    {agent::Mutant::kLeaseIgnored, "lease-ignored", 6, 10},
    {agent::Mutant::kEarlyWatermark, "early-watermark", 87, 10},
    {agent::Mutant::kDoubtfulUpdateTrusted, "doubtful-update-trusted", 432, 10},
    {agent::Mutant::kChangeInDoubtForgotten, "change-in-doubt-forgotten", 210, 20},
    {agent::Mutant::kMultifieldWithoutId, "multifield-without-id", 1, 10},
    {agent::Mutant::kAllFieldsSent, "all-fields-sent", 71, 10},
    {agent::Mutant::kClearedFieldStays, "cleared-field-stays", 9, 10},
    {agent::Mutant::kEchoExported, "echo-exported", 1, 10},
    {agent::Mutant::kWriteBackDoneFirst, "write-back-done-first", 2, 10},
    {agent::Mutant::kWriteBackNotRepeated, "write-back-not-repeated", 527, 10},
    {agent::Mutant::kLostEventsTrusted, "lost-events-trusted", 175, 10},
    {agent::Mutant::kErasuresIgnored, "erasures-ignored", 11, 20},
    {agent::Mutant::kOperatingTimeUncounted, "operating-time-uncounted", 82, 10},
};

// False when this program was built without mutants, or knows none of that name.
inline bool SwitchOn(absl::string_view name) {
#ifdef GUESTBRIDGE_MUTANTS
  for (const KnownMutant& known : kKnownMutants) {
    if (name == known.name) {
      agent::active_mutant = known.mutant;
      return true;
    }
  }
#else
  (void)name;
#endif
  return false;
}
inline void SwitchOff() {
#ifdef GUESTBRIDGE_MUTANTS
  agent::active_mutant = agent::Mutant::kNone;
#endif
}

}  // namespace guestbridge::simulation
