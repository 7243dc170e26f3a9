#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_JOURNAL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_JOURNAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/emulators/bitrix24/answer.h"

namespace guestbridge::testing::bitrix24 {

// One received call: a request, or a command of a batch.
struct JournalEntry {
  int64_t sequence = 0;
  int64_t request = 0;  // number of the HTTP request
  double time = 0;      // of arrival, portal clock
  double finish = 0;    // of the commit
  std::string remote = "";
  std::string caller = "";  // "webhook:1", "app:…", "" when refused before
  std::string method = "";
  std::string batch_key = "";  // the command's key; "" for a request
  Json params = nullptr;
  bool executed = false;   // the method ran
  bool late = false;       // after the answer
  Effects effects = {};    // what it changed; empty: nothing
  int status = 0;          // of a request
  std::string error = "";  // code, as answered
  std::string description = "";
  std::string delivery =
      "";  // of a request: "sent" | "reset" | "cut" | "drip" | "silence" | ""
  std::string fault = "";  // kind of the rule that fired
};

// What tests count.
struct Counters {
  int64_t http_requests = 0;
  int64_t throttled = 0;
  int64_t away = 0;  // requests in a period of "away"
  std::map<int, int64_t>
      statuses;  // answers by HTTP status, also those torn on the way
  int64_t operating_blocked = 0;
  int64_t in_flight = 0;
  int64_t max_in_flight = 0;
  int64_t contacts_created = 0;
  int64_t contacts_updated = 0;
  int64_t contacts_deleted = 0;
  int64_t token_requests = 0;
  int64_t token_refreshes = 0;
  int64_t duplicate_origins = 0;  // adds whose ORIGINATOR_ID+ORIGIN_ID was live already
  std::map<std::string, int64_t>
      commands;  // executed, by method; batch itself included
};

// Everything received since the start or the last Clear. One thread at a time.
class Journal {
 public:
  int64_t Record(JournalEntry entry);  // gives and returns the sequence
  JournalEntry* Find(int64_t sequence);
  Json ToJson(int64_t after, size_t limit) const;
  void Clear() { entries_.clear(); }

  Counters counters;
  Json CountersJson() const;

 private:
  std::vector<JournalEntry> entries_;
  int64_t next_ = 1;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_JOURNAL_H_
