#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Reads every contact with an ID above a given one, in ranges of IDs: a primary-key
// range, whole whatever the portal's filter does with other fields. Complete only when
// every range was answered whole, the end was seen, and each answer also showed one of
// our own contacts, and that it shows marks (or full rights, before there is one):
// otherwise an absence means nothing.
class WindowScan {
 public:
  using OnRow = std::function<void(const ContactRow&)>;
  // A contact that cannot be read; `row`: its ID and its mark, null when not even those
  // can be.
  using OnUnreadable = std::function<void(ContactId id, const ContactRow* row)>;

  // What must show in each answer. kOurs: `ours`, one of our contacts; before there is
  // one the asker must be an administrator. kAny, for look-ups that settle nothing: the
  // newest contact that the asker sees.
  enum class Witness { kOurs, kAny };
  WindowScan(RunContext& context, ContactId after, Witness witness, ContactId ours,
             std::vector<std::string> select, OnRow on_row);

  // For look-ups that settle nothing: a range whose answer cannot be read is asked
  // again in smaller ones, down to the contact that is at fault. A few such contacts
  // leave the scan complete.
  void PassBy(OnUnreadable on_unreadable) { on_unreadable_ = std::move(on_unreadable); }

  std::optional<PortalLane::Job> Next();
  // Everything was asked and answered.
  bool finished() const;
  // Of a finished scan: nothing above the start was missed. It begins at 0 when the
  // portal has no contact above the given start.
  bool complete() const { return complete_; }
  // The contact that was to bear witness, when a whole answer did not show it: gone, or
  // hidden.
  ContactId missing_witness() const { return missing_witness_; }
  // When its first request was made, on the steady clock.
  absl::Duration begun() const { return begun_; }

 private:
  struct Range {
    ContactId after;
    std::optional<ContactId> upto;  // absent: no end
    bool apart = false;             // of a larger one that could not be read
    bool alone = false;             // in a request of its own: nor could the answer
    bool bare = false;              // one contact, of which only the mark is asked for
  };

  void Take(const std::vector<Range>& ranges, const PortalAnswer& answer);
  // They are to be asked for again.
  void TakeBack(const std::vector<Range>& ranges, bool alone);
  // Asks for them in smaller requests or ranges. False: nothing is to be had.
  bool AskApart(const std::vector<Range>& ranges);
  bool Split(const Range& range);
  // A contact of ours that we stamped is shown without any mark: so may those be that
  // are looked for.
  bool HidesItsMark(const ContactRow& row);

  RunContext& context_;
  ContactId start_;
  Witness kind_;
  ContactId witness_;  // 0: the asker's rights bear witness
  // Of kOurs: those that are asked for with it. One that has taken another contact's
  // place, and is not marked yet, does not prove that marks are hidden.
  std::vector<ContactId> witnesses_;
  ContactId missing_witness_;
  std::vector<std::string> select_;
  OnRow on_row_;
  OnUnreadable on_unreadable_;
  int unreadable_ = 0;  // contacts
  int broken_tails_ = 0;
  std::deque<Range> ranges_;
  std::optional<ContactId> top_;  // highest ID at the beginning; known after the first
  int64_t width_ = 50;  // IDs per range: at most 50 rows, never more than a page
  absl::Duration begun_ = absl::InfiniteDuration();
  int in_flight_ = 0;
  bool tail_asked_ = false;
  bool tail_done_ = false;
  bool complete_ = true;
  bool started_ = false;
};

}  // namespace guestbridge::agent
