#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "server/store/postgresql/connection.h"

namespace guestbridge::server {

inline constexpr char kRevisionChannel[] = "guestbridge_revision";

// Hears of other processes' commits on a connection of its own. A notification only
// wakes it: what counts is the revision that it reads then, and it reads it without one
// as well, so that a lost one costs a poll and never a change.
class RevisionListener {
 public:
  // `seen` is called from its thread until it goes. The first three outlive it.
  RevisionListener(const PostgresqlTarget& target, const PostgresqlOptions& options,
                   const Clock& clock, std::function<void(int64_t)> seen);
  ~RevisionListener();

 private:
  void Listen();
  // Until the connection fails or it is stopped.
  absl::Status ListenOn(PostgresqlConnection& connection);
  // True: stopped.
  bool Pause();
  bool Stopped() const;

  const PostgresqlTarget& target_;
  const PostgresqlOptions& options_;
  const Clock& clock_;
  const std::function<void(int64_t)> seen_;
  const int stop_;  // An eventfd.
  bool away_ = false;
  std::thread thread_;
};

}  // namespace guestbridge::server
