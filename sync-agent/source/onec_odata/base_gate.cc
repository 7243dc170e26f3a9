#include "sync-agent/source/onec_odata/base_gate.h"

#include <iterator>
#include <map>
#include <string>

#include "absl/strings/ascii.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostAtOnce = 2;

struct Gates {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<BaseGate>> by_address;  // guarded by mutex
};

}  // namespace

std::shared_ptr<BaseGate> BaseGate::At(absl::string_view address) {
  // What is shared is the base, which the connections know nothing else of each other
  // by. Never destroyed: a connection may outlive everything.
  static Gates* const gates = new Gates;
  const std::lock_guard<std::mutex> lock(gates->mutex);
  for (auto it = gates->by_address.begin(); it != gates->by_address.end();) {
    it = it->second.expired() ? gates->by_address.erase(it) : std::next(it);
  }
  std::weak_ptr<BaseGate>& known = gates->by_address[absl::AsciiStrToLower(address)];
  std::shared_ptr<BaseGate> gate = known.lock();
  if (gate == nullptr) {
    gate = std::make_shared<BaseGate>();
    known = gate;
  }
  return gate;
}

BaseGate::Pass::Pass(BaseGate& gate) : gate_(gate) {
  std::unique_lock<std::mutex> lock(gate_.mutex_);
  gate_.left_.wait(lock, [this] { return gate_.inside_ < kMostAtOnce; });
  ++gate_.inside_;
}

BaseGate::Pass::~Pass() {
  {
    const std::lock_guard<std::mutex> lock(gate_.mutex_);
    --gate_.inside_;
  }
  gate_.left_.notify_one();
}

}  // namespace guestbridge::agent
