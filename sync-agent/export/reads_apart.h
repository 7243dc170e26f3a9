#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// Contacts that an answer did not show since somebody's row, or the whole of it, cannot
// be read: each is read once more without the others, so that one broken contact holds
// up nobody else.
class ReadsApart {
 public:
  enum class How { kTogether, kOwnCommand, kOwnRequest };

  // Of a contact that is to be read next.
  How Of(ContactId contact) const {
    const auto known = how_.find(contact);
    return known == how_.end() ? How::kTogether : known->second;
  }
  // What an answer to reads means for the contacts that it did not show.
  static How After(const std::vector<CommandResult>& results) {
    const auto unread = [](const CommandResult& result) {
      return result.fate == Fate::kUnknown;
    };
    const auto broken = [&](const CommandResult& result) {
      return unread(result) || (result.fate == Fate::kDone && !result.complete_page);
    };
    if (std::all_of(results.begin(), results.end(), unread)) return How::kOwnRequest;
    return std::any_of(results.begin(), results.end(), broken) ? How::kOwnCommand
                                                               : How::kTogether;
  }
  // True: it is to be read again, as Of says. False: it was, and nothing else is to be
  // tried.
  bool Again(ContactId contact, How how) {
    if (how <= Of(contact)) return false;
    how_[contact] = how;
    return true;
  }

 private:
  std::map<ContactId, How> how_;
};

}  // namespace guestbridge::agent
