#include "tests/emulators/bitrix24/limits.h"

#include <algorithm>
#include <cmath>

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr double kWindow = 600;
constexpr double kFree = 0.1;

}  // namespace

bool RequestBuckets::Take(const std::string& address, double now, double drain,
                          double threshold, bool count_rejected) {
  Bucket& bucket = buckets_[address];
  const double second = std::floor(now);
  const double passed = std::max(0.0, second - bucket.last_second);
  bucket.level = std::max(0.0, bucket.level - passed * drain);
  bucket.last_second = second;
  const bool refused = bucket.level + 1 > threshold;
  if (!refused || count_rejected) bucket.level += 1;
  return !refused;
}

std::map<std::string, double> RequestBuckets::Levels(double now, double drain) const {
  std::map<std::string, double> levels;
  for (const auto& [address, bucket] : buckets_) {
    const double passed = std::max(0.0, std::floor(now) - bucket.last_second);
    levels[address] = std::max(0.0, bucket.level - passed * drain);
  }
  return levels;
}

OperatingAccounts::State OperatingAccounts::Get(const std::string& key,
                                                const std::string& method, double now) {
  std::deque<Minute>& minutes = accounts_[{key, method}];
  while (!minutes.empty() && minutes.front().first_call + kWindow <= now) {
    minutes.pop_front();
  }
  State state;
  for (const Minute& minute : minutes) state.total += minute.sum;
  if (!minutes.empty()) state.reset_at = minutes.front().first_call + kWindow;
  return state;
}

std::vector<OperatingAccounts::Account> OperatingAccounts::List(double now) {
  std::vector<Account> list;
  for (const auto& [account, minutes] : accounts_) {
    const State state = Get(account.first, account.second, now);
    if (state.total > 0) list.push_back({account.first, account.second, state});
  }
  return list;
}

void OperatingAccounts::Charge(const std::string& key, const std::string& method,
                               double seconds, double now) {
  if (seconds <= kFree) return;
  std::deque<Minute>& minutes = accounts_[{key, method}];
  const int64_t number = static_cast<int64_t>(std::floor(now / 60));
  if (minutes.empty() || minutes.back().number != number) {
    minutes.push_back({.number = number, .first_call = now});
  }
  minutes.back().sum += seconds;
}

}  // namespace guestbridge::testing::bitrix24
