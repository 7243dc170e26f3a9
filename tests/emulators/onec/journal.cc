#include "tests/emulators/onec/journal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace guestbridge::testing::onec {
namespace {

constexpr std::size_t kKept = 200'000;
constexpr std::size_t kKeptBytes = std::size_t{64} << 20;

std::size_t SizeOf(const JournalEntry& entry) {
  std::size_t size =
      sizeof entry + entry.target.size() + entry.decoded.size() + entry.body.size();
  for (const auto& [name, value] : entry.headers) {
    size += sizeof name + sizeof value + name.size() + value.size();
  }
  return size;
}

}  // namespace

using nlohmann::json;

void Journal::Arrived() {
  const std::lock_guard lock(mutex_);
  ++under_way_;
  most_under_way_ = std::max(most_under_way_, under_way_);
}

void Journal::Add(JournalEntry entry) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  ++requests_;
  ++by_kind_[entry.kind];
  if (!entry.set.empty()) {
    ++by_set_[entry.set];
    rows_by_set_[entry.set] += static_cast<std::int64_t>(entry.rows);
  }
  with_skip_ += entry.decoded.find("$skip=") != std::string::npos;
  ++by_status_[entry.status];
  rows_ += static_cast<std::int64_t>(entry.rows);
  bytes_ += static_cast<std::int64_t>(entry.bytes);
  writes_ += entry.stored;
  entry.number = ++last_;
  kept_bytes_ += SizeOf(entry);
  entries_.push_back(std::move(entry));
  while (entries_.size() > kKept || kept_bytes_ > kKeptBytes) {
    kept_bytes_ -= SizeOf(entries_.front());
    entries_.pop_front();
  }
}

void Journal::Clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  kept_bytes_ = 0;
  by_kind_.clear();
  by_set_.clear();
  rows_by_set_.clear();
  by_status_.clear();
  requests_ = rows_ = writes_ = bytes_ = with_skip_ = 0;
  most_under_way_ = under_way_;
}

json Journal::Entries(std::int64_t since, const std::string& url) const {
  const std::lock_guard lock(mutex_);
  json out = json::array();
  for (const JournalEntry& e : entries_) {
    if (e.number <= since || e.decoded.find(url) == std::string::npos) continue;
    json headers = json::object();
    for (const auto& [name, value] : e.headers) headers[name] = value;
    out.push_back({{"number", e.number},
                   {"time", e.time},
                   {"method", e.method},
                   {"target", e.target},
                   {"url", e.decoded},
                   {"headers", std::move(headers)},
                   {"body", e.body},
                   {"status", e.status},
                   {"fault", e.fault},
                   {"kind", e.kind},
                   {"set", e.set},
                   {"rows", e.rows},
                   {"bytes", e.bytes},
                   {"latency_us", e.latency_us},
                   {"stored", e.stored}});
  }
  return out;
}

json Journal::Counters() const {
  const std::lock_guard lock(mutex_);
  json statuses = json::object();
  for (const auto& [status, count] : by_status_)
    statuses[std::to_string(status)] = count;
  return {{"requests", requests_},
          {"by_kind", by_kind_},
          {"by_set", by_set_},
          {"rows_by_set", rows_by_set_},
          {"by_status", statuses},
          {"with_skip", with_skip_},
          {"rows_served", rows_},
          {"writes", writes_},
          {"bytes", bytes_},
          {"under_way", under_way_},
          {"max_concurrent", most_under_way_}};
}

}  // namespace guestbridge::testing::onec
