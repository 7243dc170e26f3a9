#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"

// A store on a PostgreSQL of the test, and what tests do with it.
namespace guestbridge::server {

inline constexpr absl::Duration kNever = absl::Hours(1);

inline PostgresqlOptions Impatient() {
  PostgresqlOptions options;
  options.call_timeout = absl::Seconds(3);
  options.acquire_timeout = absl::Milliseconds(200);
  options.lock_timeout = absl::Milliseconds(200);
  options.statement_timeout = absl::Milliseconds(500);
  options.commit_inquiry = absl::Milliseconds(300);
  options.poll_interval = absl::Milliseconds(50);
  return options;
}

inline absl::StatusOr<std::unique_ptr<Store>> Open(
    const std::string& url, PostgresqlOptions options = {},
    const std::string& password = testing::PostgresqlCluster::kPassword) {
  GB_ASSIGN_OR_RETURN(PostgresqlTarget target, ParsePostgresqlUrl(url));
  target.password = SecretString(password);
  return OpenPostgresqlStore(std::move(target), options, SystemClock());
}

inline absl::StatusOr<int64_t> Put(Store& store, const std::string& key,
                                   const std::string& body) {
  return store.Write([&](Transaction& t) { return t.Put(key, body); });
}

inline std::string Get(Store& store, const std::string& key) {
  std::string body = "absent";
  const absl::Status read = store.Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto document, t.Get(key));
    if (document.has_value()) body = document->body;
    return absl::OkStatus();
  });
  EXPECT_THAT(read, testing::IsOk());
  return body;
}

// True once `condition` holds; false when it does not within 20 seconds.
inline bool Eventually(const std::function<bool()>& condition) {
  const absl::Duration deadline = SystemClock().Steady() + absl::Seconds(20);
  while (!condition()) {
    if (SystemClock().Steady() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

inline void ExpectUnavailable(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), reason) << status;
}

}  // namespace guestbridge::server
