#pragma once

namespace guestbridge::agent {

// Bugs that can be switched on, to prove that the simulation finds them
// (tests/simulation/README.md has the table). Only `simulate_mutants` is compiled with
// the switch; everywhere else the question is a constant and costs nothing.
enum class Mutant {
  kNone,
  kBlindRetry,              // no answer: the addition is sent again at once
  kErrorMeansNo,            // an unclear error is taken for "not carried out"
  kSlotOffByOne,            // after a failed command each result is its neighbour's
  kIntentAfterSend,         // the intent is written when the answer has come
  kShortSettleTime,         // a doubt is settled before the request may have ended
  kNoWitness,               // a look-up counts although it showed nothing of ours
  kIncompleteLookUp,        // a look-up counts although a page was broken
  kIgnoredFilterBelieved,   // a list that was not filtered has no survivor
  kLostIsAbsent,            // nobody looks for the survivor of a merge
  kGoneForEver,             // a contact that was once seen gone is not looked for again
  kRestoredLedgerTrusted,   // a cold ledger adds without looking
  kRestoredDigestsTrusted,  // … and believes what it says of contents
  kLeaseIgnored,            // contacts are created without a lease
  kEarlyWatermark,          // the watermark is kept before its rows are dealt with
  kDoubtfulUpdateTrusted,   // an update in doubt is not read before the next
  kChangeInDoubtForgotten,  // what changed while a doubt stood is not exported after it
  kMultifieldWithoutId,     // a changed phone is sent without its row's ID
  kAllFieldsSent,           // an update sends fields that did not change
  kClearedFieldStays,       // a value of ours that 1C cleared is left standing
  kEchoExported,            // a row of the history is exported though it is the same
  kWriteBackDoneFirst,      // a write-back counts as done before 1C was asked
  kWriteBackNotRepeated,    // a base that was put back never gets its IDs again
  kLostEventsTrusted,       // events whose answer was lost count as heard
  kErasuresIgnored,         // a ledger does not take up whom another has erased
  kOperatingTimeUncounted,  // requests are paced as if nothing cost operating time
};

#ifdef GUESTBRIDGE_MUTANTS
inline Mutant active_mutant = Mutant::kNone;
inline bool MutantActive(Mutant mutant) { return active_mutant == mutant; }
#else
constexpr bool MutantActive(Mutant) { return false; }
#endif

}  // namespace guestbridge::agent
