#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync-agent/model/client.h"

namespace guestbridge::agent {

// What an exchange plan's node has not yet received, as SelectChanges answers: an Atom
// feed of whole objects, of which only the keys of clients are kept.
struct ChangeFeed {
  std::vector<ClientKey> clients;  // in the feed's order; may repeat
  size_t others = 0;               // objects of other sets
  size_t removed = 0;              // tombstones of any set: nothing is read from them
};

// Reads the feed piece by piece; memory: the keys, at most `most_clients` of them, and
// what one tag takes (a tag above a megabyte is refused, and so are a DTD and elements
// nested deeper than 64). One thread.
class ChangeFeedReader {
 public:
  // `client_set`, `key`: names of 1C, such as Catalog_Clients and Ref_Key.
  ChangeFeedReader(std::string client_set, std::string key, size_t most_clients);
  ~ChangeFeedReader();
  ChangeFeedReader(const ChangeFeedReader&) = delete;
  ChangeFeedReader& operator=(const ChangeFeedReader&) = delete;

  // False: nothing that follows is of use; the feed is broken, or full.
  bool Take(absl::string_view piece);
  // There are more clients than were wanted.
  bool full() const;
  // After the last piece of a feed that is not full. Errors: SOURCE_ANSWER_BROKEN (cut,
  // no feed, an entry that does not say what it is).
  absl::StatusOr<ChangeFeed> Finish();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace guestbridge::agent
