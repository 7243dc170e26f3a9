#include "tests/emulators/bitrix24/journal.h"

#include <algorithm>
#include <utility>

namespace guestbridge::testing::bitrix24 {

int64_t Journal::Record(JournalEntry entry) {
  entry.sequence = next_++;
  entries_.push_back(std::move(entry));
  return entries_.back().sequence;
}

JournalEntry* Journal::Find(int64_t sequence) {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), sequence,
                                   [](const JournalEntry& entry, int64_t wanted) {
                                     return entry.sequence < wanted;
                                   });
  return it == entries_.end() || it->sequence != sequence ? nullptr : &*it;
}

Json Journal::ToJson(int64_t after, size_t limit) const {
  Json list = Json::array();
  for (const JournalEntry& e : entries_) {
    if (e.sequence <= after) continue;
    if (list.size() == limit) break;
    Json effects = Json::array();
    for (const Effect& effect : e.effects) {
      effects.push_back({{"kind", effect.kind}, {"id", effect.id}});
    }
    list.push_back({{"sequence", e.sequence},
                    {"request", e.request},
                    {"time", e.time},
                    {"finish", e.finish},
                    {"remote", e.remote},
                    {"caller", e.caller},
                    {"method", e.method},
                    {"batch_key", e.batch_key},
                    {"params", e.params},
                    {"executed", e.executed},
                    {"late", e.late},
                    {"committed", !e.effects.empty()},
                    {"effects", effects},
                    {"status", e.status},
                    {"error", e.error},
                    {"error_description", e.description},
                    {"delivery", e.delivery},
                    {"fault", e.fault}});
  }
  return list;
}

Json Journal::CountersJson() const {
  Json statuses = Json::object();
  for (const auto& [status, count] : counters.statuses) {
    statuses[std::to_string(status)] = count;
  }
  return {{"http_requests", counters.http_requests},
          {"statuses", statuses},
          {"away", counters.away},
          {"throttled", counters.throttled},
          {"operating_blocked", counters.operating_blocked},
          {"in_flight", counters.in_flight},
          {"max_in_flight", counters.max_in_flight},
          {"contacts_created", counters.contacts_created},
          {"contacts_updated", counters.contacts_updated},
          {"contacts_deleted", counters.contacts_deleted},
          {"duplicate_origins", counters.duplicate_origins},
          {"token_requests", counters.token_requests},
          {"token_refreshes", counters.token_refreshes},
          {"commands", counters.commands}};
}

}  // namespace guestbridge::testing::bitrix24
