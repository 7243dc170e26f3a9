#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sync-agent/source/onec_odata/change_stream.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/echo_sieve.h"
#include "sync-agent/source/onec_odata/exchange_plan.h"
#include "sync-agent/source/onec_odata/watermark.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Clients that 1C has registered for the exchange plan's node, each once:
// 1. the message that `since` has dealt with is acknowledged, and nothing before it is:
//    a client is given again until its export is settled;
// 2. the next message is selected; of its feed only the keys are used;
// 3. the clients are read by key. One that is gone does not come, and a tombstone says
//    nothing: absent is not deleted.
//
// Where the caller knows versions, echoes of our own write-back are left out
// (EchoSieve).
//
// Reads by the change history instead (without one: by versions) when the plan cannot
// be used (not published, no right, refused, not to be read), and when `since` knows
// nothing of this node: all that was written before the node is in the history, and
// what follows is registered. Reads everything when the node's number is not one that
// `since` left (the base was restored from a backup, or somebody else reads the node),
// and by versions when more clients changed than are worth being read by key. Memory:
// keys, at most 100,000.
class ExchangePlanStream : public ClientStream {
 public:
  // `table` outlives the stream; its profile names a plan. `origin`: see
  // exchange_plan.h.
  ExchangePlanStream(const Marks& since, std::vector<std::string> attributes,
                     KnownRows known, std::string origin, ClientTable& table,
                     const ChangeRules& rules = {});
  absl::StatusOr<ClientPage> Next() override;

 private:
  enum class Phase { kNode, kSelect, kKeys, kOther };

  absl::Status Begin();
  absl::Status Select();
  absl::StatusOr<ClientPage> NextOfKeys();
  absl::StatusOr<ClientPage> NextOfOther();
  // Goes on with another way of reading, whose watermark will say `mark`.
  absl::Status ReadChangesByHistory(std::optional<PlanMark> mark);
  absl::Status ReadOther(std::unique_ptr<ClientStream> other,
                         std::optional<PlanMark> mark);
  const ExchangePlanNames& names() const { return *table_.profile().exchange_plan; }

  const Marks since_;
  const std::vector<std::string> attributes_;
  const KnownRows known_;
  const std::string origin_;
  ClientTable& table_;
  const ChangeRules rules_;  // of a reading by the history
  Phase phase_ = Phase::kNode;
  Marks seen_;
  ExchangeNode node_;
  bool restored_ = false;  // the node is older than `since`
  // A selection was not waited for to its end: it may yet put into the message what
  // was not read.
  bool in_doubt_ = false;
  int broken_ = 0;  // feeds that could not be read
  std::vector<ClientKey> keys_;
  size_t keys_at_ = 0;
  std::unique_ptr<EchoSieve> sieve_;  // while echoes are left out
  std::unique_ptr<ClientStream> other_;
};

}  // namespace guestbridge::agent
