#include "server/api/stored_runs.h"

#include <algorithm>
#include <utility>

#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kOlderRuns = 1000;

bool IsExport(const v1::Run& run) {
  return run.kind() == v1::Run::EXPORT && !run.dry_run();
}

// When an export last ended well, by the runs themselves; the epoch: none did.
absl::StatusOr<absl::Time> LastGoodOf(Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(
      auto runs,
      ListRecords<store::RunRecord>(transaction, keys::Runs(id), "", kOlderRuns, true));
  absl::Time last = absl::UnixEpoch();
  for (const auto& record : runs) {
    const v1::Run& run = record.value.run();
    const bool good =
        run.state() == v1::Run::SUCCEEDED || run.state() == v1::Run::PARTIALLY_FAILED;
    if (IsExport(run) && good) last = std::max(last, FromTimestamp(run.end_time()));
  }
  return last;
}

// What is known of an integration's exports even when many other runs followed.
absl::Status NoteEndedExport(Transaction& transaction, const RunId& id,
                             const v1::Run& run) {
  if (!IsExport(run) || run.state() == v1::Run::CANCELLED) return absl::OkStatus();
  const std::string key = keys::EndedExports(id.integration);
  GB_ASSIGN_OR_RETURN(auto noted,
                      GetRecord<store::EndedExportsRecord>(transaction, key));
  store::EndedExportsRecord record;
  if (noted.has_value()) {
    record = std::move(noted->value);
  } else {
    // Older runs may be of a server that did not note it.
    GB_ASSIGN_OR_RETURN(const absl::Time good, LastGoodOf(transaction, id.integration));
    if (good > absl::UnixEpoch()) *record.mutable_good_end_time() = ToTimestamp(good);
  }
  // An agent goes on reporting what became of older runs.
  if (id.number < record.last()) return absl::OkStatus();
  record.set_last(id.number);
  if (run.state() != v1::Run::FAILED) {
    *record.mutable_good_end_time() = run.end_time();
  }
  return PutRecord(transaction, key, record);
}

}  // namespace

absl::Status SaveRun(Transaction& transaction, const store::RunRecord& record) {
  GB_ASSIGN_OR_RETURN(const RunId id, ParseRunName(record.run().name()));
  const std::string open = keys::OpenRun(id.integration, id.number);
  if (IsFinal(record.run().state())) {
    GB_RETURN_IF_ERROR(transaction.Delete(open));
    GB_RETURN_IF_ERROR(NoteEndedExport(transaction, id, record.run()));
  } else {
    GB_RETURN_IF_ERROR(transaction.Put(open, ""));
  }
  return PutRecord(transaction, keys::Run(id.integration, id.number), record);
}

absl::StatusOr<std::vector<store::RunRecord>> UnfinishedRuns(Transaction& transaction,
                                                             const std::string& id) {
  const std::string prefix = keys::OpenRuns(id);
  GB_ASSIGN_OR_RETURN(const auto open, transaction.List(prefix, "", 1000));
  std::vector<store::RunRecord> records;
  for (const Document& document : open) {
    GB_ASSIGN_OR_RETURN(
        auto record,
        GetRecord<store::RunRecord>(
            transaction,
            absl::StrCat(keys::Runs(id), document.key.substr(prefix.size()))));
    if (record.has_value()) records.push_back(std::move(record->value));
  }
  return records;
}

}  // namespace guestbridge::server
