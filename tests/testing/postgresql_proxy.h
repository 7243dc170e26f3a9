#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/testing/temp_dir.h"

namespace guestbridge::testing {

// Stands between a program and a PostgreSQL on a Unix socket, and does to the wire what
// networks do.
class PostgresqlProxy {
 public:
  // `folder`: of the server's socket.
  explicit PostgresqlProxy(const std::string& folder);
  ~PostgresqlProxy();
  PostgresqlProxy(const PostgresqlProxy&) = delete;
  PostgresqlProxy& operator=(const PostgresqlProxy&) = delete;

  std::string Url(const std::string& database) const;

  // The next COMMIT gets through, but its answer does not: the connection breaks.
  void LoseNextCommitAnswer() { commit_ = Commit::kLoseAnswer; }
  // The next COMMIT does not get through: the connection breaks.
  void LoseNextCommit() { commit_ = Commit::kLose; }
  // The same, but the server does not hear that the connection broke.
  void LoseNextCommitUnheard() { commit_ = Commit::kLoseUnheard; }
  bool lost_unheard() const { return lost_unheard_; }
  // The connections that are open now carry nothing any more, and nobody is told.
  void Silence() { ++silences_; }
  // From then on no connection comes through.
  void RefuseNew(bool refuse) { refuse_ = refuse; }
  // From then on notifications are left out.
  void SuppressNotifications() { suppress_ = true; }
  int suppressed() const { return suppressed_; }

 private:
  enum class Commit { kPass, kLoseAnswer, kLose, kLoseUnheard };

  void Accept();
  void Serve(int client);

  TempDir dir_;
  const std::string server_;
  int listener_ = -1;
  std::atomic<Commit> commit_{Commit::kPass};
  std::atomic<bool> lost_unheard_{false};
  std::atomic<int> silences_{0};
  std::atomic<bool> refuse_{false};
  std::atomic<bool> suppress_{false};
  std::atomic<int> suppressed_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace guestbridge::testing
