#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "common/random/random.h"
#include "sync-agent/export/doubts.h"
#include "sync-agent/export/plan_tally.h"
#include "sync-agent/export/portal_lane.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/export/tally.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

// IDs grow one by one; a few are left out by what was rolled back.
inline constexpr int64_t kMostIdGap = 1'000'000;

// What the parts of one run share. Owned by the machine; one thread.
struct RunContext {
  const RunSettings& settings;
  Ledger& ledger;
  Random& random;
  Doubts& doubts;
  Tally& tally;
  PortalLane& lane;

  Instant now = {};
  // Highest contact ID known to exist.
  ContactId high = {};
  // One of our own contacts, or full rights, was seen in an answer of this run: an
  // absence in such answers means something.
  bool sight_proven = false;
  // The end of the portal was looked at, and nothing that stands there was hidden: no
  // contact that is above `high` was made before.
  bool end_seen = false;
  bool box = true;  // the portal, unless this run or the ledger knows better
  absl::Duration raised_settle_time = {};  // by what came late
  // Clients whose rows are to be read again and considered.
  std::deque<ClientKey> to_fetch = {};
  // Clients whose export is queued or under way; their rows are not considered again.
  absl::flat_hash_set<ClientKey> busy = {};
  // Clients under whose contact ID the portal shows a contact that is not stamped as
  // theirs: looked at like an ID that 1C holds.
  std::set<ClientKey> strangers = {};
  // Those of them that may have been read and counted before they were found out; they
  // are considered once all clients were read, at the latest.
  std::set<ClientKey> late_strangers = {};
  // Clients of whom this run has seen that no contact of theirs is left.
  std::set<ClientKey> seen_gone = {};
  // Of a dry run: what it would do …
  PlanTally plan = {};
  // … clients as the ledger would hold them by now, dirty …
  std::map<ClientKey, ClientRecord> overlay = {};
  // … and whose contact is whose by what it has decided so far.
  std::map<ContactId, ClientKey> claimed = {};
  absl::Status failure = {};

  void Fail(absl::Status status) {
    if (failure.ok()) failure = std::move(status);
  }
  // Settles in the ledger and counts what it took. False when the ledger failed.
  bool Settle(absl::Span<const Settlement> settlements);
  // False, and the run fails, when the ledger could not do it.
  bool Check(absl::Status status) {
    const bool ok = status.ok();
    if (!ok) Fail(std::move(status));
    return ok;
  }
  // What the ledger holds of the client, or would hold if this were no dry run.
  absl::StatusOr<std::optional<ClientRecord>> RecordOf(const ClientKey& key);
  // For the guard: the run has changed or made again the client's contact. A client
  // counts once, however often that is.
  bool HasChanged(const ClientKey& key);
  // A contact that carries the client's mark and is linked to another one all the same:
  // somebody copied the mark. It stays where it is, and a notice says so. Also true
  // when the ledger failed. `of_strangers`: the link of a client that is a stranger to
  // its contact does not count, as when two contacts have changed places.
  bool IsAnothers(ContactId contact, const ClientKey& client,
                  bool of_strangers = false);
  // Whether the client, to which the contact is linked, has no right to it: it is a
  // stranger to it, and no person linked the two. False when the ledger failed.
  bool IsStrangerTo(const ClientKey& owner, ContactId contact);
  // The contact is not the client's to whom it is linked: that one is a stranger to it,
  // and looks for its own. False when the ledger failed.
  bool TakeFrom(const ClientKey& owner, ContactId contact);
  // The contact was made for the client, by its own attempt. Whoever is linked to it by
  // a wrong answer of the portal is no more, and looks for its own. False: it is left
  // to them, for a person linked the two, or the ledger failed.
  bool Reclaim(const ClientKey& client, ContactId contact);
  // Keeps what was seen of the client's contact; a survivor is linked. False when the
  // ledger failed.
  bool Keep(const ClientRecord& record);
  // What the history tells of something that this run does now.
  HistoryEntry Tell(HistoryKind kind, std::string reason) const;
  // Nothing can be decided about the client now: it stays dirty, with the reason, and
  // the next run takes it up. One that waits for a person keeps the reason for that.
  void Defer(const ClientKey& key, const std::string& reason, Parameters parameters);
  // The attempt may or may not have been carried out. `answered`: its own slot held an
  // error; the second one to the same content is reported as a refusal at once, though
  // the attempt itself is still settled by evidence.
  void Doubt(const Decision& decision, bool answered);
  // The client's row is read again and decided anew by this run, when it is one that
  // exports. (A client that this run marked is passed by when it looks at dirty ones.)
  void Reconsider(const ClientKey& key) {
    if (settings.exports()) to_fetch.push_back(key);
  }
  absl::Duration SettleTime() const {
    return std::max(box ? settings.box_settle_time : settings.settle_time,
                    raised_settle_time);
  }
  // One ID far above all others raises nothing: a `high` that is too low only makes
  // look-ups longer, one that is too high would let them begin behind what they seek.
  void SawId(ContactId id) {
    if (id > high && (!high.exists() || id.value() - high.value() <= kMostIdGap)) {
      high = id;
    }
  }
  // Of the newest contacts of the portal: the highest ID that has another one near.
  ContactId SawNewest(const std::vector<ContactRow>& rows);
};

// The stamp of a contact that is about to be written.
Stamp MakeStamp(const RunContext& context, const Decision& decision,
                const std::string& nonce);
std::string MakeNonce(Random& random);

}  // namespace guestbridge::agent
