#include "server/api/run_retention.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kAtOnce = 200;
// So far back the newest run of each kind is looked for.
constexpr int kNewestRuns = 200;

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// The keys of the newest run of each kind; a dry run is a kind of its own.
absl::StatusOr<std::set<std::string>> NewestRuns(Transaction& transaction,
                                                 const std::string& id) {
  GB_ASSIGN_OR_RETURN(const auto runs,
                      ListRecords<store::RunRecord>(transaction, keys::Runs(id), "",
                                                    kNewestRuns, true));
  std::set<std::string> newest;
  std::set<std::pair<int, bool>> kinds;
  for (const auto& record : runs) {
    const v1::Run& run = record.value.run();
    if (kinds.insert({run.kind(), run.dry_run()}).second) newest.insert(record.key);
  }
  return newest;
}

// Its counters still say how many there were.
void DropFailures(const std::string& id, v1::Run* run) {
  v1::Explanation& notice = *run->add_notices();
  notice.set_reason("FAILURES_REMOVED");
  (*notice.mutable_parameters())["integration"] = id;
  (*notice.mutable_parameters())["count"] = std::to_string(run->failures_size());
  run->clear_failures();
}

absl::StatusOr<bool> HasDoubts(Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto ledger, GetRecord<store::LedgerSummaryRecord>(
                                       transaction, keys::LedgerSummary(id)));
  return ledger.has_value() && ledger->value.summary().doubts() > 0;
}

}  // namespace

absl::Status CheckRetention(const v1::Retention& retention) {
  const auto check = [](bool given, const google::protobuf::Duration& kept,
                        const char* field) -> absl::Status {
    if (!given ||
        (DurationOf(kept) >= kKeptAtLeast && DurationOf(kept) <= kKeptAtMost)) {
      return absl::OkStatus();
    }
    return MakeFieldError(field, "RETENTION_OUT_OF_RANGE");
  };
  GB_RETURN_IF_ERROR(
      check(retention.has_runs(), retention.runs(), "integration.retention.runs"));
  GB_RETURN_IF_ERROR(check(retention.has_failures(), retention.failures(),
                           "integration.retention.failures"));
  GB_RETURN_IF_ERROR(check(retention.has_quarantine(), retention.quarantine(),
                           "integration.retention.quarantine"));
  return check(retention.has_history(), retention.history(),
               "integration.retention.history");
}

absl::StatusOr<int> RunRetention::PruneOne(const std::string& id, const Kept& kept) {
  const absl::Time oldest = clock_.Now() - kept.runs;
  const absl::Time oldest_failures = clock_.Now() - kept.failures;
  int removed = 0;
  std::string last;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            removed = 0;
            last.clear();
            GB_ASSIGN_OR_RETURN(
                auto runs, ListRecords<store::RunRecord>(transaction, keys::Runs(id),
                                                         looked_at_[id], kAtOnce));
            GB_ASSIGN_OR_RETURN(const std::set<std::string> newest,
                                NewestRuns(transaction, id));
            GB_ASSIGN_OR_RETURN(const bool doubts, HasDoubts(transaction, id));
            for (Record<store::RunRecord>& record : runs) {
              v1::Run& run = *record.value.mutable_run();
              // The runs after it are younger still.
              if (FromTimestamp(run.create_time()) >=
                  std::max(oldest, oldest_failures)) {
                return absl::OkStatus();
              }
              if (!IsFinal(run.state()) || newest.count(record.key) > 0 ||
                  (doubts && run.doubts() > 0)) {
                continue;
              }
              const absl::Time end = FromTimestamp(run.end_time());
              if (end < oldest) {
                GB_RETURN_IF_ERROR(transaction.Delete(record.key));
                ++removed;
              } else if (end < oldest_failures && run.failures_size() > 0) {
                DropFailures(id, &run);
                GB_RETURN_IF_ERROR(PutRecord(transaction, record.key, record.value));
                ++removed;
              }
            }
            if (runs.size() == kAtOnce) last = runs.back().key;
            return absl::OkStatus();
          })
          .status());
  // At the end it begins anew: what had to stay may go by then.
  looked_at_[id] = last;
  return removed;
}

absl::StatusOr<int> RunRetention::Prune() {
  std::map<std::string, Kept> kept;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto records,
                        ListRecords<store::IntegrationRecord>(
                            transaction, keys::kIntegrations, "", 100000));
    for (const auto& record : records) {
      const v1::Retention& retention = record.value.integration().retention();
      Kept& one = kept[record.key.substr(keys::kIntegrations.size())];
      one.runs = retention.has_runs() ? DurationOf(retention.runs()) : kRunsKept;
      one.failures =
          retention.has_failures() ? DurationOf(retention.failures()) : one.runs;
    }
    return absl::OkStatus();
  }));
  int removed = 0;
  for (const auto& [id, one] : kept) {
    GB_ASSIGN_OR_RETURN(const int some, PruneOne(id, one));
    removed += some;
  }
  return removed;
}

}  // namespace guestbridge::server
