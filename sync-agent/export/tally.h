#pragma once

#include <map>

#include "sync-agent/export/run_types.h"

namespace guestbridge::agent {

// Counts what a run makes of each client; a client counts once, under its latest
// outcome. scanned is the sum of the others by construction.
class Tally {
 public:
  explicit Tally(int64_t run) : run_(run) {}

  // Takes over what the ledger says that this run counted before it was interrupted.
  void Resume(const std::map<Outcome, int>& counted, int deletions);

  // An outcome that the ledger does not remember (unchanged, skipped, dry run).
  void Count(Outcome outcome);
  // Counts `outcome` for the client and marks it in the record, in place of what this
  // run counted for it before.
  void Mark(ClientRecord* record, Outcome outcome);
  // Takes the client's mark of this run back: it is decided anew.
  void Unmark(ClientRecord* record);
  // A client that was counted and left no mark comes again, to be counted as what
  // becomes of it.
  void Uncount(Outcome outcome);
  // A contact is about to be deleted; its client counts as skipped.
  void CountDeletion() { ++deletions_; }
  // A settlement marked `after` in the ledger, where this run had counted `before`.
  void Moved(const ClientKey& client, Outcome before, Outcome after);

  // A client stands there once, with the latest reason, until another outcome is
  // counted for it.
  void AddFailure(const ClientKey& client, const std::string& reason,
                  const Parameters& parameters);
  // Said once per reason.
  void AddNotice(const std::string& reason, const Parameters& parameters);
  // Said once per client or contact, of the first hundred: each is somebody's to mend.
  void AddNoticeOf(const ClientKey& client, const std::string& reason);
  void AddNoticeOf(ContactId contact, const std::string& reason);
  // The same, of what `parameters` hold under `subject`.
  void AddNoticeOf(const std::string& subject, const std::string& reason,
                   const Parameters& parameters);
  void DropNotice(const std::string& reason);

  RunProgress& progress() { return progress_; }
  RunProgress Snapshot() const;
  int CountOf(Outcome outcome) const;
  // RunCounts::touched, as of now.
  int touched() const {
    return CountOf(Outcome::kUpdated) + CountOf(Outcome::kRecreated) + deletions_;
  }

 private:
  void DropFailure(const ClientKey& client);

  int64_t run_;
  std::map<Outcome, int> counts_;
  int deletions_ = 0;
  RunProgress progress_;
};

}  // namespace guestbridge::agent
