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

// The portal's newest contacts, one page, as a look behind additions shows them. Whom
// it does not show it speaks neither for nor against: somebody may have deleted the
// contact, or taken off its mark.
class NewestShown {
 public:
  // What was added for one client. The nonce is the attempt's own.
  struct Addition {
    ClientKey client;
    std::string nonce;
  };

  // `look`: the answer to ListNewest. `originator`: ours; whose mark is another's, or
  // none, is nobody's here. `high`: the highest ID that was known before the additions.
  NewestShown(const CommandResult& look, const std::string& originator, ContactId high);

  bool Shows(ContactId id) const { return contacts_.contains(id); }
  // The newest that bears the client's mark.
  ContactId Of(const ClientKey& client) const;
  // What the addition made. Only where the page shows all that was made since: of a
  // contact and its copy the one that came first is meant.
  ContactId MadeBy(const Addition& addition) const;
  // It was told `told`, and that is false: what it made has a lower ID; or the contact
  // with that ID bears another client's mark; or none, or is not there, where the page
  // would show it, and a new one under another ID bears this client's. Not where it
  // bears the addition's nonce.
  bool Contradicts(const Addition& addition, ContactId told) const;

 private:
  struct Shown {
    ContactId id;
    ClientKey client;   // empty: nobody's mark
    std::string nonce;  // empty: none can be read
  };

  // Of the contacts on the page that bear the addition's nonce.
  ContactId OldestOf(const Addition& addition) const;

  std::map<ContactId, Shown> contacts_;
  std::multimap<ClientKey, const Shown*> by_client_;  // of each the oldest first
  const ContactId high_;
  ContactId lowest_;            // of the page; nothing where it shows all there are
  bool is_whole_ = false;       // what the page would show, it shows
  bool shows_all_new_ = false;  // and that is all that was made since
};

}  // namespace guestbridge::agent
