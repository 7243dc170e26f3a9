#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/reads_apart.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {

// Changes contacts: reads those whose multifield rows must be known, sends what
// differs, settles. A contact that turns out to be gone goes to the gone check.
class Updater {
 public:
  Updater(RunContext& context, GoneCheck& gone) : context_(context), gone_(gone) {}

  // `adopt`: the contact was not ours until now; it is stamped, and counts as updated
  // only when a field differs. `row`: the contact as it was just read, when it was.
  void Update(Decision decision, bool adopt = false,
              std::optional<ContactRow> row = std::nullopt);
  // Puts our stamp on a contact and changes nothing else; its content follows with the
  // next export.
  void StampOnly(const ClientKey& client, ContactId contact);
  // Of a client whose contact seems to be gone: finds out, and has it considered again.
  void AskWhetherGone(const Decision& decision);
  // What is ready to be written is read before, once more.
  void LookAgain();
  size_t pending() const { return to_read_.size() + ready_.size() + claims_.size(); }
  bool idle() const { return pending() == 0 && in_flight_ == 0; }
  // How many clients must wait here at once for whole requests: those of one read while
  // what the last one showed is written. 0: no contact had to be read so far.
  size_t Gathers() const { return reads_ ? 2 * MostPerRead() : 0; }
  // `more`: clients are still being read; small batches wait for them. `may_claim`: the
  // lease runs; without it no contact is given to a client.
  std::optional<PortalLane::Job> Next(bool more, bool may_claim);

 private:
  struct Item {
    Decision decision;
    ContactUpdate update;
    Outcome outcome = Outcome::kUpdated;
    bool stamp_only = false;
    bool adopts = false;  // the contact may not bear the client's mark yet
    bool claims = false;
  };

  // Puts the item among those to be sent, or counts it when nothing is to be.
  void Ready(Decision decision, const ContactRow& row, bool compare_fields, bool adopt);
  void Queue(Item item);
  size_t MostPerRead() const;
  std::optional<PortalLane::Job> NextRead(bool more);
  // What it adds to PortalLane::Job::touches; counted only where the guard asks.
  int Touches(const Item& item);
  std::optional<PortalLane::Job> NextWrite(bool more, bool may_claim);
  void Done(const std::shared_ptr<std::vector<Item>>& chunk,
            const PortalAnswer& answer);
  // Nothing was to be sent after all: the ledger learns today's digest.
  void KeepDigest(const Decision& decision, Outcome outcome);

  RunContext& context_;
  GoneCheck& gone_;
  std::deque<Decision> to_read_;
  ReadsApart apart_;
  std::deque<Item> ready_;
  std::deque<Item> claims_;  // leave inside the lease only
  int in_flight_ = 0;
  bool reads_ = false;
};

}  // namespace guestbridge::agent
