#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/source/onec_odata/change_feed.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

// An exchange plan, in which 1C itself registers what is written for each node. A
// selection puts what is registered into a message; it stays registered until a message
// of that number, or a higher one, is acknowledged. What is written after a selection
// belongs to no message again.
namespace guestbridge::agent {

struct ExchangeNode {
  std::string guid;      // lower case
  int64_t received = 0;  // the last message that was acknowledged
};

// The node with the code of `names`; one request. Errors: EXCHANGE_NODE_MISSING,
// ODataSession's.
absl::StatusOr<ExchangeNode> FetchNode(const ExchangePlanNames& names,
                                       ODataSession& session);

// The two functions of the service for one node. `origin`: https://HOST[:PORT], with
// which 1C knows its own addresses. Errors: ODataSession's.
//
// A selection is one answer, however much is registered, and 1C works on it for
// minutes: up to ten. An answer that was not waited for may still be in the making, and
// a second selection beside it meets its locks.
absl::Status SelectChanges(const ExchangePlanNames& names, const std::string& origin,
                           const ExchangeNode& node, int64_t message,
                           ChangeFeedReader& feed, ODataSession& session);
absl::Status AcknowledgeChanges(const ExchangePlanNames& names,
                                const std::string& origin, const ExchangeNode& node,
                                int64_t message, ODataSession& session);

}  // namespace guestbridge::agent
