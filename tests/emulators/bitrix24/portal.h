#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/contact_store.h"
#include "tests/emulators/bitrix24/credentials.h"
#include "tests/emulators/bitrix24/event_queue.h"
#include "tests/emulators/bitrix24/faults.h"
#include "tests/emulators/bitrix24/journal.h"
#include "tests/emulators/bitrix24/late_work.h"
#include "tests/emulators/bitrix24/latency_model.h"
#include "tests/emulators/bitrix24/limits.h"
#include "tests/emulators/bitrix24/portal_clock.h"
#include "tests/emulators/bitrix24/record_store.h"
#include "tests/emulators/bitrix24/settings.h"
#include "tests/emulators/bitrix24/userfields.h"

namespace guestbridge::testing::bitrix24 {

// The whole state of one portal. `mutex` guards everything but the clock and
// the late work, which are thread-safe; the functions that take a Portal& expect it to
// be held.
struct Portal {
  explicit Portal(uint64_t start_seed)
      : seed(start_seed), credentials(start_seed), latency(start_seed) {}

  const uint64_t seed;
  std::mutex mutex;
  PortalClock clock;
  Settings settings;
  Settings initial_settings;  // as the command line left them
  ContactStore contacts;
  UserfieldStore userfields;
  EventQueue events;
  RecordStore records;
  Credentials credentials;
  RequestBuckets buckets;
  OperatingAccounts operating;
  FaultPlan faults;
  Journal journal;
  LatencyModel latency;
  std::string member_id = "0123456789abcdef0123456789abcdef";
  std::string application_token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  // Addresses as a client should use them, set once the listeners are up.
  std::string rest_endpoint;   // https://host:port/rest/
  std::string oauth_endpoint;  // https://host:port
  std::string app_redirect = "https://application.example/install";
  LateWork late;  // last: its threads use the others until they end
};

// The kind of a legacy field name, standard or user field. Nothing when unknown.
std::optional<FieldKind> KindOfField(const Portal& portal, const std::string& name);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_H_
