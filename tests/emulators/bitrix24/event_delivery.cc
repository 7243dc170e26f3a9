#include "tests/emulators/bitrix24/event_delivery.h"

#include <httplib.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr time_t kPatienceSeconds = 5;

bool IsLoopback(const std::string& origin) {
  const size_t start = origin.find("//");
  if (start == std::string::npos) return false;
  const std::string host = origin.substr(start + 2);
  return host == "localhost" || host.starts_with("localhost:") ||
         host.starts_with("127.0.0.1:") || host == "127.0.0.1";
}

// The answer doesn't matter: the portal never delivers again.
void Post(const std::string& url, const std::string& form) {
  const size_t slash = url.find('/', url.find("//") + 2);
  const std::string origin = url.substr(0, slash);
  if (!IsLoopback(origin)) return;
  httplib::Client client(origin);
  client.enable_server_certificate_verification(false);
  client.set_connection_timeout(kPatienceSeconds);
  client.set_read_timeout(kPatienceSeconds);
  client.Post(slash == std::string::npos ? "/" : url.substr(slash), form,
              "application/x-www-form-urlencoded");
}

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') {
      out += c;
    } else {
      absl::StrAppend(&out, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return out;
}

}  // namespace

std::string EventForm(const Portal& portal, const EventHandler& handler,
                      int64_t object_id) {
  const size_t start = portal.rest_endpoint.find("//");
  const std::string domain =
      start == std::string::npos
          ? ""
          : portal.rest_endpoint.substr(
                start + 2, portal.rest_endpoint.find('/', start + 2) - start - 2);
  return absl::StrCat("event=", handler.event, "&event_handler_id=", handler.id,
                      "&data%5BFIELDS%5D%5BID%5D=", object_id,
                      "&ts=", absl::ToUnixSeconds(portal.clock.Now()),
                      "&auth%5Bdomain%5D=", Escape(domain),
                      "&auth%5Bclient_endpoint%5D=", Escape(portal.rest_endpoint),
                      "&auth%5Bmember_id%5D=", portal.member_id,
                      "&auth%5Bapplication_token%5D=", portal.application_token);
}

void RaiseEvent(Portal& portal, const std::string& event, int64_t object_id,
                const std::string& connector) {
  const absl::Duration delay = absl::Milliseconds(portal.settings.event_delay_ms);
  for (const EventHandler& handler :
       portal.events.Raise(event, object_id, connector, portal.clock.Now())) {
    portal.late.Start([&portal, delay, url = handler.handler,
                       form = EventForm(portal, handler, object_id)] {
      portal.clock.Wait(delay);
      Post(url, form);
    });
  }
}

}  // namespace guestbridge::testing::bitrix24
