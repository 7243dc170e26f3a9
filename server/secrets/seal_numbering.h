#pragma once

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/secrets/secret_keys.h"

namespace guestbridge::server {

// Gives seals their numbers once nobody is left who could not open them: so the servers
// of a database may be brought up to date one after the other. Tick from one thread.
class SealNumbering {
 public:
  // `older_run`: whether a server from before there were numbers has the database open
  // now. For `quiet` it must not have been seen: one whose connection broke comes back.
  SealNumbering(SecretKeys& keys, const Clock& clock,
                std::function<absl::StatusOr<bool>()> older_run, absl::Duration quiet)
      : keys_(keys), clock_(clock), older_run_(std::move(older_run)), quiet_(quiet) {}

  // Nothing, once seals have numbers.
  void Tick();

 private:
  SecretKeys& keys_;
  const Clock& clock_;
  const std::function<absl::StatusOr<bool>()> older_run_;
  const absl::Duration quiet_;
  absl::Duration gone_since_ = absl::InfiniteDuration();  // Steady clock.
  bool told_ = false;
};

}  // namespace guestbridge::server
