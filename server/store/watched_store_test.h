#pragma once

#include <functional>

#include "server/store/forwarding_store_test.h"

namespace guestbridge::server {

// Another store that calls a test at certain moments. Set before it is used.
class WatchedStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  std::function<void()> before_read = [] {};
  std::function<void()> inside_read = [] {};  // Before the body.
  std::function<void()> after_write = [] {};

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    const absl::StatusOr<int64_t> written = ForwardingStore::Write(body);
    after_write();
    return written;
  }
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    before_read();
    return ForwardingStore::Read([&](Transaction& transaction) {
      inside_read();
      return body(transaction);
    });
  }
};

}  // namespace guestbridge::server
