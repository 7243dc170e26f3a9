// What was asked of the service: counters, and a journal of every call (checklist 43).
//
// Tests hold a client to a budget of requests with it. The Authorization header is kept
// as its scheme only. Thread-safe.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_JOURNAL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace guestbridge::testing::onec {

struct JournalEntry {
  std::int64_t number = 0;
  std::string time;  // 1C server time of arrival
  std::string method;
  std::string target;   // as it came
  std::string decoded;  // the same, percent-decoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int status = 0;  // 0: the connection was reset
  std::string fault;
  std::string kind;
  std::string set;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  std::int64_t latency_us = 0;
  bool stored = false;
};

class Journal {
 public:
  // Keeps the last calls, 200,000 or 64 MiB of them; counters count all.
  void Arrived();
  void Add(JournalEntry entry);
  void Clear();  // journal and counters
  // Entries numbered above `since` whose decoded URL contains `url`.
  nlohmann::json Entries(std::int64_t since, const std::string& url) const;
  nlohmann::json Counters() const;

 private:
  mutable std::mutex mutex_;
  std::deque<JournalEntry> entries_;
  std::size_t kept_bytes_ = 0;
  std::int64_t last_ = 0;
  std::map<std::string, std::int64_t> by_kind_;
  std::map<std::string, std::int64_t> by_set_;
  std::map<std::string, std::int64_t> rows_by_set_;
  std::map<int, std::int64_t> by_status_;
  std::int64_t requests_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t writes_ = 0;
  std::int64_t with_skip_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t under_way_ = 0;
  std::int64_t most_under_way_ = 0;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_JOURNAL_H_
