// The reception desk: what hotel staff do to guests while an integration runs
// (checklist 34). Normal writes with handlers and history, by another user.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_DESK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_DESK_H_

#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {

// Thread-safe. Each act is one transaction.
class Desk {
 public:
  explicit Desk(InfoBase& base) : base_(base) {}

  // A new guest; Description and FullName are made of the names when not given.
  Result<std::string> Add(const nlohmann::json& attributes);
  // Each of `changes` in turn, all at one second of the clock.
  Result<Done> Edit(const std::string& guid,
                    const std::vector<nlohmann::json>& changes);
  // Takes its Period now and becomes visible when Commit(transaction) is called.
  Result<Done> EditLate(const std::string& transaction, const std::string& guid,
                        const nlohmann::json& change);
  Result<Done> Commit(const std::string& transaction);
  // A write in load mode: no handlers, no history, only a new version.
  Result<Done> Load(const std::string& guid, const nlohmann::json& change);
  // A new item of any catalogue; answers its guid.
  Result<std::string> AddItem(const std::string& set, const std::string& description);
  // Another Description of one.
  Result<Done> Rename(const std::string& set, const std::string& guid,
                      const std::string& description);
  Result<Done> Mark(const std::string& guid, bool deleted);
  // Physical removal, as "delete marked objects" does at night: no history.
  Result<Done> Remove(const std::string& guid);
  // References to `loser` become references to `winner`; the loser is marked for
  // deletion. History rows keep what they point to.
  Result<Done> Merge(const std::string& winner, const std::string& loser, bool history);

 private:
  struct Late {
    DateTime period;
    std::string guid;
    std::string change;  // JSON
  };
  // A save in the form, by the desk's user, now; handlers and history as usual.
  WriteContext ByHand(const Settings& settings) const;
  Result<Done> EditLocked(DateTime now, const std::string& guid,
                          const nlohmann::json& change, bool history);

  InfoBase& base_;
  std::mutex late_mutex_;
  std::map<std::string, std::vector<Late>> late_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_DESK_H_
