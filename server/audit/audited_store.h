#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/time/clock.h"
#include "server/audit/audit_log.h"
#include "server/store/store.h"

namespace guestbridge::server {

// A store that writes down what is changed through it, in the transaction of the
// change: no handler can forget it, and no change is kept without its record.
// Thread-safe.
class AuditedStore final : public Store {
 public:
  // `sealer` and `clock` outlive it. Errors: those of OpenAuditKey.
  static absl::StatusOr<std::unique_ptr<AuditedStore>> Open(
      std::unique_ptr<Store> store, Sealer& sealer, Random& random, const Clock& clock);

  const AuditLog& audit() const { return audit_; }

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override;
  absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) override;
  absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                   int limit) override;
  int64_t Rewinds() const override;
  absl::StatusOr<bool> Outrun(CommitMark told) override;
  int64_t WaitForRevision(int64_t revision, absl::Duration timeout) override;
  void WakeAll() override;

 private:
  AuditedStore(std::unique_ptr<Store> store, Sealer& sealer, const Clock& clock,
               AuditKey key)
      : store_(std::move(store)), audit_(*store_, clock, sealer, std::move(key)) {}

  const std::unique_ptr<Store> store_;
  const AuditLog audit_;
};

}  // namespace guestbridge::server
