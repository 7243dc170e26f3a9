#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/change_feed.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

constexpr size_t kMostClients = 4;

// The feed, cut into pieces of `piece` bytes.
absl::StatusOr<agent::ChangeFeed> Read(absl::string_view feed, size_t piece,
                                       bool* full) {
  agent::ChangeFeedReader reader("Catalog_Клиенты", "Ref_Key", kMostClients);
  for (size_t at = 0; at < feed.size(); at += piece) {
    if (!reader.Take(feed.substr(at, piece))) break;
  }
  *full = reader.full();
  return reader.Finish();
}

}  // namespace

// Keys of clients, or an error with a reason, alike however the network cuts the feed.
void RunChangeFeed(absl::string_view bytes) {
  Dealer dealer(bytes);
  const size_t piece = 1 + dealer.Below(64);
  const absl::string_view feed = dealer.Rest();
  bool full = false;
  bool full_in_pieces = false;
  const auto whole = Read(feed, feed.size() + 1, &full);
  const auto pieces = Read(feed, piece, &full_in_pieces);
  GB_PROMISE(full == full_in_pieces);
  if (full) return;
  GB_PROMISE(whole.ok() == pieces.ok());
  if (!whole.ok()) {
    GB_PROMISE(ReasonOf(whole.status()) == "SOURCE_ANSWER_BROKEN");
    return;
  }
  GB_PROMISE(whole->clients == pieces->clients);
  GB_PROMISE(whole->others == pieces->others && whole->removed == pieces->removed);
  GB_PROMISE(whole->clients.size() <= kMostClients);
  for (const agent::ClientKey& key : whole->clients) {
    GB_PROMISE(agent::IsGuid(key.guid()));
  }
}

}  // namespace guestbridge::fuzz
