// The tests' side door: plain HTTP with JSON, outside the OData root. Every endpoint
// stands in README.md with an example.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONTROL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONTROL_H_

#include <httplib.h>

#include <mutex>
#include <nlohmann/json_fwd.hpp>

#include "tests/emulators/onec/desk.h"
#include "tests/emulators/onec/faults.h"
#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/journal.h"
#include "tests/emulators/onec/sessions.h"

namespace guestbridge::testing::onec {

// Thread-safe.
class Control {
 public:
  Control(InfoBase& base, Sessions& sessions, Faults& faults, Journal& journal)
      : base_(base),
        desk_(base),
        sessions_(sessions),
        faults_(faults),
        journal_(journal) {}

  void Install(httplib::Server& server);

 private:
  void InstallReading(httplib::Server& server);
  void InstallDesk(httplib::Server& server);
  void InstallSettings(httplib::Server& server);
  nlohmann::json Dump(const char* set) const;
  Result<nlohmann::json> ImportRows(const nlohmann::json& rows);
  Result<nlohmann::json> SetClock(const nlohmann::json& body);

  InfoBase& base_;
  Desk desk_;
  Sessions& sessions_;
  Faults& faults_;
  Journal& journal_;
  std::mutex backup_mutex_;
  Store::Backup backup_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONTROL_H_
