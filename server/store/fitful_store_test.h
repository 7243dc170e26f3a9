#pragma once

#include <functional>

#include "common/status/error.h"
#include "server/store/forwarding_store_test.h"

namespace guestbridge::server {

// The database behind it comes and goes.
class FitfulStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  // So many reads are answered, then none; -1: all.
  int reads_left = -1;
  bool writable = true;
  int refused = 0;  // Reads and writes that were not answered.
  std::function<void()> before_write = [] {};

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    before_write();
    if (!writable) return Away();
    return ForwardingStore::Write(body);
  }
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override {
    if (reads_left == 0) return Away();
    if (reads_left > 0) --reads_left;
    return ForwardingStore::Read(body);
  }

 private:
  absl::Status Away() {
    ++refused;
    return MakeError("DATABASE_UNREACHABLE", {{"database", "test"}});
  }
};

}  // namespace guestbridge::server
