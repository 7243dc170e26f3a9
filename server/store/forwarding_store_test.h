#pragma once

#include <vector>

#include "server/store/store.h"

namespace guestbridge::server {

// Another store, as it is: the base of those that do something of their own.
class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& store) : store_(store) {}

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    return store_.Write(body);
  }
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    return store_.Read(body);
  }
  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override {
    return store_.ChangesAfter(revision, limit);
  }
  int64_t Rewinds() const override { return store_.Rewinds(); }
  absl::StatusOr<bool> Outrun(CommitMark told) override { return store_.Outrun(told); }
  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override {
    return store_.WaitForRevision(revision, timeout);
  }
  void WakeAll() override { store_.WakeAll(); }

 private:
  Store& store_;
};

}  // namespace guestbridge::server
