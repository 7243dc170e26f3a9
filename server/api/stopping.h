#pragma once

#include <atomic>

namespace guestbridge::server {

// Set once, when the server drains: streams end and say so.
using Stopping = std::atomic<bool>;

}  // namespace guestbridge::server
