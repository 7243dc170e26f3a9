#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/keyset_reader.h"

namespace guestbridge::agent {

// What of the clients to page through.
struct ClientSelection {
  std::string filter;  // beside NoFolders()
  // Ordered by creation from this time on; nothing: by code.
  std::optional<std::string> created_from;
  std::vector<std::string> attributes;
  // Key, version and what the order needs, many to a page; `attributes` are not read.
  bool narrow = false;
};

struct ClientRows {
  std::vector<ClientRow> rows;  // no folders
  bool last = false;
};

// Pages through clients: by code; by time of creation where asked for, or where the
// profile names no code; where it names neither, by a list of all keys. One thread at
// a time. Errors: ODataSession's; after an UNAVAILABLE one Next may be called again.
class ClientPager {
 public:
  // `table` outlives the pager.
  ClientPager(ClientSelection selection, ClientTable& table);
  absl::StatusOr<ClientRows> Next();

 private:
  absl::StatusOr<ClientRows> NextByKeys();
  absl::Status ListKeys();
  absl::StatusOr<ClientRows> ListNarrow();
  void TakeKeys(const std::vector<ODataRow>& rows);

  const ClientSelection selection_;
  ClientTable& table_;
  std::optional<KeysetReader> reader_;
  std::vector<ClientKey> keys_;  // listed, not yet read from keys_at_ on
  size_t keys_at_ = 0;
  bool listed_ = false;
  bool done_ = false;  // nothing comes after keys_
};

}  // namespace guestbridge::agent
