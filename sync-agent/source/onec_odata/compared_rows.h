#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sync-agent/source/onec_odata/client_pager.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

struct ComparedPage {
  std::vector<ClientRow> rows;  // whole, no folders
  int unchanged = 0;  // clients whose version is the known one, not counted yet
  // The base publishes no versions: nothing of this page was compared, nor can be.
  bool versionless = false;
  bool last = false;
};

// Pages through a selection by keys and versions, many to a request, and reads the
// whole rows of those whose version the caller does not know. One thread at a time.
// Errors: ODataSession's and the caller's; after an UNAVAILABLE one Next may be called
// again.
class ComparedRows {
 public:
  // `table` outlives the object. `known` is not null.
  ComparedRows(ClientSelection selection, KnownRows known, ClientTable& table);
  absl::StatusOr<ComparedPage> Next();

 private:
  const std::vector<std::string> attributes_;
  const KnownRows known_;
  ClientTable& table_;
  ClientPager pager_;
  std::vector<ClientRow> narrow_;  // listed, not yet compared
  bool listed_ = false;            // all of them
  std::vector<ClientKey> wanted_;  // to be read, from wanted_at_ on
  size_t wanted_at_ = 0;
};

// What the caller knows, one for each of `keys`.
absl::StatusOr<std::vector<KnownRow>> AskKnown(const KnownRows& known,
                                               absl::Span<const ClientKey> keys);
// Keys of the rows whose version is not the known one. `counted`, unless null: how many
// of the others the caller has counted is added.
absl::StatusOr<std::vector<ClientKey>> Differing(const KnownRows& known,
                                                 absl::Span<const ClientRow> narrow,
                                                 int* counted = nullptr);

}  // namespace guestbridge::agent
