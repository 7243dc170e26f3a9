// Breaks a TCP connection of this process so that the peer sees RST, as a recycled 1C
// worker does. cpp-httplib hides its sockets, so the one is found by its peer.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONNECTION_RESET_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONNECTION_RESET_H_

#include <string>

namespace guestbridge::testing::onec {

void ResetConnection(const std::string& peer_address, int peer_port);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_CONNECTION_RESET_H_
