#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_DELIVERY_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_DELIVERY_H_

#include <cstdint>
#include <string>

#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// Queues the event for offline handlers and posts it to online ones,
// settings.event_delay_ms later, once, whatever they answer. Only handlers on this
// machine's loopback are called. The portal's mutex is held. Source: facts 6.1.
void RaiseEvent(Portal& portal, const std::string& event, int64_t object_id,
                const std::string& connector);

// The form that is posted.
std::string EventForm(const Portal& portal, const EventHandler& handler,
                      int64_t object_id);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_EVENT_DELIVERY_H_
