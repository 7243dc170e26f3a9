#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// Contacts that an answer did not show since somebody's row, or the whole of it, cannot
// be read: they are read once more with fewer others, down to each by itself, so that
// one broken contact holds up nobody else.
class ReadsApart {
 public:
  // What an answer could not tell: nothing; what some commands asked for; anything.
  enum class Unread { kNothing, kSome, kAll };
  static constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

  // Of a contact that is to be read next: with how many it may share a request. It goes
  // only with those of which the same is true.
  size_t Most(ContactId contact) const {
    const auto known = apart_.find(contact);
    return known == apart_.end() ? kAnyNumber : known->second.most;
  }
  // Whether nobody else may be in its command.
  bool OwnCommand(ContactId contact) const {
    const auto known = apart_.find(contact);
    return known != apart_.end() && known->second.own_command;
  }
  static Unread In(const std::vector<CommandResult>& results) {
    const auto unread = [](const CommandResult& result) {
      return result.fate == Fate::kUnknown;
    };
    const auto broken = [&](const CommandResult& result) {
      return unread(result) || (result.fate == Fate::kDone && !result.complete_page);
    };
    if (std::all_of(results.begin(), results.end(), unread)) return Unread::kAll;
    return std::any_of(results.begin(), results.end(), broken) ? Unread::kSome
                                                               : Unread::kNothing;
  }
  // After an answer to a request for `asked` contacts that did not show this one. True:
  // it is to be read again. False: nothing else is to be tried.
  bool Again(ContactId contact, Unread unread, size_t asked) {
    if (unread == Unread::kNothing) return false;
    How& how = apart_[contact];
    if (unread == Unread::kSome && asked > 1) {
      return !std::exchange(how.own_command, true);
    }
    if (how.most == 1) return false;
    how.most = (asked + kParts - 1) / kParts;
    return true;
  }

 private:
  // One that is broken among thousands is found in a few requests.
  static constexpr size_t kParts = 8;

  struct How {
    size_t most = kAnyNumber;
    bool own_command = false;
  };
  std::map<ContactId, How> apart_;
};

}  // namespace guestbridge::agent
