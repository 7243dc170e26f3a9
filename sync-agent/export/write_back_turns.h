#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// What is written to 1C next, and when: the write-back's rules without its thread.
// Guests of today go before the mass of a first export; one that 1C can't take now (its
// card is open at the reception) does not hold up the mass. One thread at a time.
class WriteBackTurns {
 public:
  struct Settings {
    double most_per_second = 0;                     // 0: no ceiling
    absl::Duration first_pause = absl::Seconds(1);  // while 1C is away; doubles
  };
  // A turn that the ledger failed is tried again after this long.
  static constexpr absl::Duration kLongestPause = absl::Seconds(60);

  WriteBackTurns(Ledger& ledger, Settings settings)
      : ledger_(ledger), settings_(settings) {}

  // Nothing when the queue is empty.
  absl::StatusOr<std::optional<WriteBackItem>> Next();
  // Notes what 1C said, `took` after it was asked. How long to leave it alone.
  absl::StatusOr<absl::Duration> Finish(const WriteBackItem& item,
                                        const absl::StatusOr<ContactWritten>& written,
                                        absl::Duration took);
  // 1C's word is final for this client; trying again changes nothing.
  static bool IsFinal(const absl::Status& status);
  // Queues again what the whole base had refused: a person may have mended it.
  absl::Status Unpark();
  static absl::Status Unpark(Ledger& ledger);
  // The queue was parked since 1C last took a write.
  bool base_refused() const { return base_refused_; }
  // Writes that 1C did not answer for good or ill, since it last did.
  int failures_in_row() const { return failures_in_row_; }

 private:
  Ledger& ledger_;
  Settings settings_;
  int failures_in_row_ = 0;
  int base_refusals_ = 0;  // in a row
  bool base_refused_ = false;
  bool of_mass_ = false;  // this turn
  int mass_turns_ = 0;    // turns that the mass has before a fresh one is tried again
};

}  // namespace guestbridge::agent
