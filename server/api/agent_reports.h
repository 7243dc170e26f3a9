#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session.h"

namespace guestbridge::server {

// What an agent explains, without texts, as far as its reason and its parameters keep
// within what ours have; INTERNAL_ERROR in place of what is no reason.
v1::Explanation BoundedExplanation(const v1::Explanation& said);

// What agents say of themselves: the newest word in memory, and a row of each for other
// servers and the next process. A row is written at once when something changed that a
// person would act on, else after a minute, in a commit that is made anyway: thousands
// of agents report every 20 s. Thread-safe.
class AgentReports {
 public:
  explicit AgentReports(const Clock& clock) : clock_(clock) {}

  // Takes a report over, within bounds and without texts. True: its row is to be
  // written now.
  bool Take(const Session& session, const v1::AgentReport& report);

  // Writes the rows of those of `agents` that wait for a minute; with `at_once`, of all
  // of them that have changed.
  absl::Status Put(Transaction& transaction, const std::vector<std::string>& agents,
                   bool at_once);
  // The transaction with Put of the same was committed.
  void Written(const std::vector<std::string>& agents);

  // The newest word of an agent's present session, or of its last one. Nothing when it
  // said nothing in that.
  absl::StatusOr<std::optional<store::AgentReportRecord>> Find(
      Transaction& transaction, const std::string& agent, int64_t session_epoch) const;

 private:
  struct Entry {
    store::AgentReportRecord record;
    absl::Duration written = -absl::InfiniteDuration();  // Steady
    bool changed = false;                                // Since then.
    int64_t put = 0;  // report_unix_millis of what Put wrote last.
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // By agent.
};

// The newest row of an agent's session, as any server has written it. Nothing when
// there is none.
absl::StatusOr<std::optional<store::AgentReportRecord>> StoredAgentReport(
    Transaction& transaction, const std::string& agent, int64_t session_epoch);

}  // namespace guestbridge::server
