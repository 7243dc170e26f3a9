#pragma once

#include <functional>
#include <vector>

#include "server/store/store.h"

namespace guestbridge::server {

// Another store that calls a test at certain moments. Set before it is used.
class WatchedStore final : public Store {
 public:
  explicit WatchedStore(Store& store) : store_(store) {}

  std::function<void()> before_read = [] {};
  std::function<void()> inside_read = [] {};  // Before the body.
  std::function<void()> after_write = [] {};

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    const absl::StatusOr<int64_t> written = store_.Write(body);
    after_write();
    return written;
  }
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    before_read();
    return store_.Read([&](Transaction& transaction) {
      inside_read();
      return body(transaction);
    });
  }
  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override {
    return store_.ChangesAfter(revision, limit);
  }
  int64_t Rewinds() const override { return store_.Rewinds(); }
  absl::StatusOr<bool> OutrunRevision(int64_t revision) override {
    return store_.OutrunRevision(revision);
  }
  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override {
    return store_.WaitForRevision(revision, timeout);
  }
  void WakeAll() override { store_.WakeAll(); }

 private:
  Store& store_;
};

}  // namespace guestbridge::server
