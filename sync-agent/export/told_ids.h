#pragma once

#include <map>
#include <string>
#include <vector>

#include "sync-agent/model/contact.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/portal/portal.h"

// What an answer tells of the contacts that its request made, and what speaks against
// it. Pure.
namespace guestbridge::agent {

// What became of each of a request's `count` contacts, in the order in which they were
// put in; what was asked behind them is left out.
std::vector<ItemResult> ResultsOf(const PortalAnswer& answer, size_t count);

// One request makes its contacts one by one: their IDs are new, above `high`, and rise.
// A place where none can be read is like a false one.
bool CanBeTrue(const std::vector<ItemResult>& results, ContactId high);

// The portal's newest contacts, as a look behind additions shows them. What it does not
// show speaks for and against nobody: it is one page, and somebody may have deleted a
// contact or taken off its mark.
class NewestShown {
 public:
  // `originator`: ours; others' contacts are nobody's here.
  NewestShown(const std::vector<ContactRow>& rows, const std::string& originator);

  // The newest that bears the client's mark.
  ContactId Of(const ClientKey& client) const;
  // That was made by the client's attempt with this nonce, since `high` was the
  // highest.
  ContactId MadeBy(const ClientKey& client, const std::string& nonce,
                   ContactId high) const;
  // What the client was told is false: the contact with that ID bears another client's
  // mark, or is not shown, and one under another ID bears the client's.
  bool Contradicts(const ClientKey& client, ContactId told) const;

 private:
  struct Shown {
    ContactId id;
    std::string nonce;  // empty: none can be read
  };
  std::map<ContactId, ClientKey> owners_;
  std::multimap<ClientKey, Shown> contacts_;  // of each the oldest first
};

}  // namespace guestbridge::agent
