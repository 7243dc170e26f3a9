#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// What came late has taught of this ledger's portal; zero: nothing.
absl::StatusOr<absl::Duration> RaisedSettleTime(Ledger& ledger);

// Looks for additions that came after all: which a complete look-up did not find, a
// settle time after their last byte, and which the portal carried out later still
// (assumption A1 of docs/design/exactly-once.md is broken there). For a day and a half
// each export looks, and a settling ten minutes after the miss.
//
// A client that has no contact by then is linked to what came. One that has another is
// told of as a client with two contacts, by each export of that time. Of one that was
// erased meanwhile what came is told by its ID, for as long as it stands there and is
// nobody else's; not what was the client's contact by then, which the receipt names. In
// all cases the settle time of this portal grows.
class LateArrivals {
 public:
  explicit LateArrivals(RunContext& context) : context_(context) {}

  // What is watched now. False: nothing.
  bool Begin();
  // IDs above this one are to be looked through.
  ContactId low() const;
  void Take(const ContactRow& row);
  // `complete`: the look-up was whole.
  void Conclude(bool complete);

 private:
  struct Suspect {
    std::vector<WatchedAdd> missed;
    std::vector<ContactRow> hits;
  };
  // An addition for a client of which only a hash is left: known by its nonce.
  struct ErasedSuspect {
    WatchedAdd missed;
    std::vector<ContactId> came;
  };
  void Judge(const ClientKey& key, Suspect& suspect);
  void Judge(ErasedSuspect& suspect);
  void NoteLate(WatchedAdd& missed);
  void RaiseSettleTime(const WatchedAdd& late);
  // `hits`: the oldest first. `missed`: the nonces of missed attempts that came.
  void LinkOrTell(const ClientKey& key, std::vector<ContactRow> hits,
                  const std::set<std::string>& missed);

  RunContext& context_;
  std::map<ClientKey, Suspect> suspects_;
  std::vector<ErasedSuspect> erased_;
  absl::Duration settle_time_;  // when the look began
};

}  // namespace guestbridge::agent
