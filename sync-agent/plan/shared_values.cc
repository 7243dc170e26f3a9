#include "sync-agent/plan/shared_values.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"

namespace guestbridge::agent {
namespace {

// Before the @.
constexpr absl::string_view kRoles[] = {
    "accounting", "admin",      "administrator", "agency",       "agent",
    "bookings",   "booking",    "bron",          "bronirovanie", "buh",
    "commercial", "concierge",  "contact",       "contacts",     "corp",
    "corporate",  "director",   "email",         "feedback",     "frontdesk",
    "front-desk", "front.desk", "gost",          "guest",        "guests",
    "hello",      "help",       "hostel",        "hotel",        "inbox",
    "info",       "kadry",      "mail",          "manager",      "marketing",
    "net",        "no",         "no-email",      "no-reply",     "no.email",
    "no.reply",   "noemail",    "nomail",        "none",         "noreply",
    "office",     "order",      "orders",        "post",         "postmaster",
    "priem",      "reception",  "res",           "reservation",  "reservations",
    "reserve",    "resepshen",  "sales",         "secretary",    "service",
    "support",    "team",       "test",          "ticket",       "tickets",
    "tour",       "tours",      "travel",        "unknown",      "webmaster",
    "welcome",    "zakaz",
};

// Relays of booking channels: an address is made for each booking or conversation.
// Subdomains count.
constexpr absl::string_view kRelays[] = {
    "101hotels.com",      "agoda-messaging.com",
    "airbnb.com",         "booking.com",
    "bronevik.com",       "ctrip.com",
    "emergingtravel.com", "expediapartnercentral.com",
    "guest.agoda.com",    "guest.trip.com",
    "hotels.com",         "hotelbeds.com",
    "onetwotrip.com",     "ostrovok.ru",
    "ratehawk.com",       "sutochno.ru",
    "trip.com",           "tvil.ru",
    "vrbo.com",           "zenhotels.com",
};

// Domains that exist for examples or are made up at a desk.
constexpr absl::string_view kMadeUp[] = {"mail.invalid", "no.mail",    "nomail.ru",
                                         "noemail.com",  "noemail.ru", "test.ru"};

bool IsWithin(absl::string_view domain, absl::string_view of) {
  return domain == of ||
         (absl::EndsWith(domain, of) && domain[domain.size() - of.size() - 1] == '.');
}

}  // namespace

bool IsSharedEmail(absl::string_view address) {
  const size_t at = address.find('@');
  if (at == absl::string_view::npos) return true;
  const absl::string_view local = address.substr(0, at);
  const absl::string_view domain = address.substr(at + 1);
  const auto within = [&](absl::string_view of) { return IsWithin(domain, of); };
  return std::find(std::begin(kRoles), std::end(kRoles), local) != std::end(kRoles) ||
         std::any_of(std::begin(kRelays), std::end(kRelays), within) ||
         std::any_of(std::begin(kMadeUp), std::end(kMadeUp), within);
}

}  // namespace guestbridge::agent
