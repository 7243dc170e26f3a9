#include "tests/simulation/base.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/random/random.h"
#include "common/status/error.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::simulation {
namespace {

using agent::ClientKey;
using agent::ClientPage;
using agent::ClientRow;
using agent::ContactId;

constexpr size_t kPage = 40;
constexpr int64_t kOverlapSeconds = 120;

}  // namespace

ClientKey Base::Add(SimClient client, Chance& chance, absl::Duration now) {
  testing::SeededRandom random(chance.Next64());
  const ClientKey key(RandomUuid(random));
  client.created = Seconds(now);
  client.touched = now;
  client.version = 1;
  client.writes = 1;
  state.clients[key] = std::move(client);
  state.history.emplace(Seconds(now), key);
  return key;
}

void Base::Change(const ClientKey& key, absl::Duration now, absl::Duration late) {
  SimClient& client = state.clients.at(key);
  client.touched = now;
  ++client.version;
  ++client.writes;
  state.history.emplace(Seconds(now - late), key);
}

std::optional<ClientKey> Base::Pick(uint64_t number) const {
  if (state.clients.empty()) return std::nullopt;
  auto it = state.clients.begin();
  std::advance(it, static_cast<ptrdiff_t>(number % state.clients.size()));
  return it->first;
}

void Base::Restore(const State& backup, absl::Duration now) {
  state = backup;
  untraced = now;
  for (auto& [key, client] : state.clients) {
    client.touched = now;
    ++client.version;
  }
}

ClientRow Base::RowOf(const ClientKey& key) const {
  const SimClient& client = state.clients.at(key);
  ClientRow row;
  row.key = key;
  row.marked_for_deletion = client.marked;
  row.contact = client.contact;
  row.data_version = absl::StrCat("v", client.writes);
  row.attributes = client.attributes;
  return row;
}

std::vector<ClientRow> Base::Fetch(const std::vector<ClientKey>& keys) const {
  std::vector<ClientRow> rows;
  for (const ClientKey& key : keys) {
    if (state.clients.count(key) > 0) rows.push_back(RowOf(key));
  }
  return rows;
}

absl::StatusOr<agent::ContactWritten> Base::WriteContact(const ClientKey& key,
                                                         ContactId contact, bool echo,
                                                         absl::Duration now) {
  const auto client = state.clients.find(key);
  if (client == state.clients.end()) return MakeError("CLIENT_GONE", {{"entity", "c"}});
  if (client->second.contact == contact) return agent::ContactWritten();
  client->second.contact = contact;
  agent::ContactWritten written;
  written.version_before = absl::StrCat("v", client->second.writes);
  written.version_after = absl::StrCat("v", ++client->second.writes);
  ++writes;
  if (echo) state.history.emplace(Seconds(now), key);
  return written;
}

BaseStream::Marks BaseStream::Newest(const Base& base) {
  Marks marks{0, 0};
  if (!base.state.history.empty()) marks.period = base.state.history.rbegin()->first;
  for (const auto& [key, client] : base.state.clients) {
    marks.created = std::max(marks.created, client.created);
  }
  return marks;
}

agent::Watermark BaseStream::Encode(const Marks& marks) {
  return {absl::StrCat(marks.period, "|", marks.created)};
}

std::optional<BaseStream::Marks> BaseStream::Decode(const agent::Watermark& watermark) {
  const std::vector<std::string> parts = absl::StrSplit(watermark.value, '|');
  Marks marks;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &marks.period) ||
      !absl::SimpleAtoi(parts[1], &marks.created)) {
    return std::nullopt;
  }
  return marks;
}

void BaseStream::Plan(const Base& base) {
  planned_ = true;
  const std::optional<Marks> since = Decode(request_.since);
  const auto written = base.state.clients.find(request_.last_written);
  const bool restored = request_.last_written_contact.exists() &&
                        written != base.state.clients.end() &&
                        written->second.contact != request_.last_written_contact;
  full_ = request_.kind == agent::ReadRequest::Kind::kFull || !since.has_value() ||
          (since->period > 0 && base.state.history.count(since->period) == 0) ||
          restored;
  if (full_) {
    marks_ = Newest(base);
    return;
  }
  if (request_.kind == agent::ReadRequest::Kind::kCompare) {
    marks_ = Newest(base);
    for (const auto& [key, client] : base.state.clients) {
      const auto known = Known(base, key);
      if (!known.has_value()) {
        keys_.push_back(key);
      } else if (!known->counted) {
        ++unchanged_;
      }
    }
    return;
  }
  marks_ = *since;
  std::set<ClientKey> seen;
  const auto take = [&](const ClientKey& key) {
    if (seen.insert(key).second) keys_.push_back(key);
  };
  for (const auto& [key, client] : base.state.clients) {
    if (client.created >= since->created - kOverlapSeconds) {
      marks_.created = std::max(marks_.created, client.created);
      take(key);
    }
  }
  for (const auto& [key, client] : base.state.clients) {
    if (!client.contact.exists() && !Known(base, key).has_value()) take(key);
  }
  for (auto row = base.state.history.lower_bound(since->period - kOverlapSeconds);
       row != base.state.history.end(); ++row) {
    marks_.period = std::max(marks_.period, row->first);
    const auto known = Known(base, row->second);
    if (!known.has_value() || !known->echo) take(row->second);
  }
}

std::optional<agent::KnownRow> BaseStream::Known(const Base& base,
                                                 const ClientKey& key) const {
  const auto client = base.state.clients.find(key);
  if (request_.known == nullptr || client == base.state.clients.end()) {
    return std::nullopt;
  }
  const auto known = request_.known({key});
  if (!known.ok() || known->size() != 1) return std::nullopt;
  const agent::KnownRow& row = known->front();
  if (row.version.empty() || row.version != base.RowOf(key).data_version) {
    return std::nullopt;
  }
  return row;
}

ClientPage BaseStream::Next(const Base& base) {
  if (!planned_) Plan(base);
  ClientPage page;
  if (full_) {
    auto client = base.state.clients.upper_bound(after_);
    for (; client != base.state.clients.end() && page.rows.size() < kPage; ++client) {
      page.rows.push_back(base.RowOf(client->first));
      after_ = client->first;
    }
    page.last = client == base.state.clients.end();
  } else {
    while (next_ < keys_.size() && page.rows.size() < kPage) {
      const ClientKey& key = keys_[next_++];
      if (base.state.clients.count(key) > 0) page.rows.push_back(base.RowOf(key));
    }
    page.last = next_ >= keys_.size();
    page.unchanged = std::exchange(unchanged_, 0);
  }
  if (page.last) page.watermark = Encode(marks_);
  return page;
}

}  // namespace guestbridge::simulation
