// The web server in front of the base: publication path, Basic authentication, faults,
// latencies, journal.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_HTTP_FRONT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_HTTP_FRONT_H_

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "tests/emulators/onec/faults.h"
#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/journal.h"
#include "tests/emulators/onec/service.h"
#include "tests/emulators/onec/sessions.h"

namespace guestbridge::testing::onec {

struct Publication {
  std::string base;  // alias in the URL, UTF-8
  std::string user;  // UTF-8
  std::string password;
  bool tls = false;
};

// Thread-safe.
class HttpFront {
 public:
  HttpFront(Publication publication, InfoBase& base, Faults& faults, Journal& journal)
      : publication_(std::move(publication)),
        base_(base),
        service_(base),
        faults_(faults),
        journal_(journal) {}

  // Registers itself for every method and path.
  void Install(httplib::Server& server);
  Sessions& sessions() { return sessions_; }

 private:
  void Handle(const httplib::Request& request, httplib::Response& response);
  OdataAnswer Serve(const httplib::Request& request, const std::string& path,
                    const std::string& query, bool lose_write);
  // True when the fault is the whole answer.
  bool AnswerFault(const FaultRule& rule, const httplib::Request& request,
                   httplib::Response& response);
  // False when there is no session for the request; the response says so.
  bool BeginSession(const Settings& settings, const httplib::Request& request,
                    Sessions::Ticket& ticket, httplib::Response& response);
  void ServeInSession(const Settings& settings, const httplib::Request& request,
                      const std::string& below, const std::string& query,
                      const std::optional<FaultRule>& fault, JournalEntry& entry,
                      httplib::Response& response);
  void Send(const OdataAnswer& answer, const std::optional<FaultRule>& fault,
            httplib::Response& response);
  void Pay(const Settings& settings, const OdataAnswer& answer);
  bool IsAuthorized(const httplib::Request& request) const;
  void Enter(const Settings& settings);
  void Leave();

  const Publication publication_;
  InfoBase& base_;
  Service service_;
  Sessions sessions_;
  Faults& faults_;
  Journal& journal_;

  std::mutex gate_mutex_;
  std::condition_variable gate_;
  int inside_ = 0;
  std::optional<std::chrono::steady_clock::time_point> last_request_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_HTTP_FRONT_H_
