#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LIMITS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LIMITS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace guestbridge::testing::bitrix24 {

// The request counter of one source address: each request adds one, each whole second
// takes `drain` off. Source: facts 3.1. One thread at a time.
class RequestBuckets {
 public:
  // False when the counter stands above `threshold` and the request is to be refused.
  // `now` is in seconds. A refused request counts too when `count_rejected`.
  bool Take(const std::string& address, double now, double drain, double threshold,
            bool count_rejected);

  // The counters as they stand at `now`.
  std::map<std::string, double> Levels(double now, double drain) const;

 private:
  struct Bucket {
    double level = 0;
    double last_second = 0;
  };
  std::map<std::string, Bucket> buckets_;
};

// Run time per credential and method in a sliding window of ten one-minute buckets.
// Source: facts 3.2. One thread at a time; all times in seconds.
class OperatingAccounts {
 public:
  struct State {
    double total = 0;
    std::optional<double> reset_at;  // absent while total is 0
  };

  struct Account {
    std::string key;
    std::string method;
    State state;
  };

  State Get(const std::string& key, const std::string& method, double now);

  // All that are not empty.
  std::vector<Account> List(double now);

  // Runs of 0.1 s and below are free.
  void Charge(const std::string& key, const std::string& method, double seconds,
              double now);

  void Clear() { accounts_.clear(); }

 private:
  struct Minute {
    int64_t number = 0;
    double first_call = 0;
    double sum = 0;
  };
  std::map<std::pair<std::string, std::string>, std::deque<Minute>> accounts_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LIMITS_H_
