#include "server/api/run_retention.h"

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
  return check(retention.has_history(), retention.history(),
               "integration.retention.history");
}

absl::StatusOr<int> RunRetention::PruneOne(const std::string& id, absl::Duration kept) {
  const absl::Time oldest = clock_.Now() - kept;
  int removed = 0;
  std::string last;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            removed = 0;
            last.clear();
            GB_ASSIGN_OR_RETURN(const auto runs, ListRecords<store::RunRecord>(
                                                     transaction, keys::Runs(id),
                                                     looked_at_[id], kAtOnce));
            GB_ASSIGN_OR_RETURN(const std::set<std::string> newest,
                                NewestRuns(transaction, id));
            GB_ASSIGN_OR_RETURN(const bool doubts, HasDoubts(transaction, id));
            for (const auto& record : runs) {
              const v1::Run& run = record.value.run();
              // The runs after it are younger still.
              if (FromTimestamp(run.create_time()) >= oldest) return absl::OkStatus();
              if (!IsFinal(run.state()) || FromTimestamp(run.end_time()) >= oldest ||
                  newest.count(record.key) > 0 || (doubts && run.doubts() > 0)) {
                continue;
              }
              GB_RETURN_IF_ERROR(transaction.Delete(record.key));
              ++removed;
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
  std::map<std::string, absl::Duration> kept;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto records,
                        ListRecords<store::IntegrationRecord>(
                            transaction, keys::kIntegrations, "", 100000));
    for (const auto& record : records) {
      const v1::Retention& retention = record.value.integration().retention();
      kept[record.key.substr(keys::kIntegrations.size())] =
          retention.has_runs() ? DurationOf(retention.runs()) : kRunsKept;
    }
    return absl::OkStatus();
  }));
  int removed = 0;
  for (const auto& [id, duration] : kept) {
    GB_ASSIGN_OR_RETURN(const int some, PruneOne(id, duration));
    removed += some;
  }
  return removed;
}

}  // namespace guestbridge::server
