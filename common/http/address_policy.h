#pragma once

#include <sys/socket.h>

#include "common/http/http_client.h"

namespace guestbridge {

// Whether a connection may go to this address, which is an IPv4 or IPv6 one. Judged on
// the numbers that the name resolved to, so that neither spelling (127.1, decimal,
// [::1]) nor a changed DNS answer gets around it. IPv6 forms that carry an IPv4 address
// are judged by what they carry; IPv4-mapped ones are never public.
bool IsAddressAllowed(const sockaddr& address, HttpClientOptions::AddressPolicy policy);

}  // namespace guestbridge
