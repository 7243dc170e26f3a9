// Clients that were refused. One that no run meets any more may be forgotten: 1C's next
// row of it makes it anew, so that this can cost a refusal, never a contact.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {
namespace {

// What was linked once, waits for a person or for 1C, or may be on its way is kept.
// The test of `problem` is written twice for its index.
constexpr char kForgettable[] =
    "problem = 6 AND problem > 0 AND problem <> 5 AND link = 0 AND contact = 0 AND "
    "proposed = 0 AND dirty = 0 AND revision = 0 AND exported_unix = 0 AND "
    "write_back = 0 AND written = 0 AND former = '' AND run > 0 AND run < ?1 AND "
    "NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.key = clients.key) AND "
    "NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.client = clients.key)";
static_assert(static_cast<int>(Outcome::kFailed) == 6);
static_assert(static_cast<int>(Outcome::kSkipped) == 5);
static_assert(static_cast<int>(LinkState::kNew) == 0);

}  // namespace

absl::StatusOr<std::vector<ClientKey>> Ledger::Refused(const ClientKey& after,
                                                       bool dropped, int limit) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT key FROM clients WHERE key > ?1 AND dirty = 0 AND "
                         "link NOT IN (3, 4) AND (problem = 6 OR (?2 = 1 AND problem = "
                         "5 AND reason = ?3)) ORDER BY key LIMIT ?4"));
  query->Bind(1, after.guid())
      .Bind(2, int64_t{dropped ? 1 : 0})
      .Bind(3, kClientDropped)
      .Bind(4, int64_t{limit});
  std::vector<ClientKey> keys;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { keys.push_back(ClientKey(row.Text(0))); }));
  return keys;
}

absl::StatusOr<int> Ledger::ForgetRefused(int64_t before_run, int most) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  static const std::string& any = *new std::string(
      absl::StrCat("SELECT 1 FROM clients WHERE ", kForgettable, " LIMIT 1"));
  GB_ASSIGN_OR_RETURN(Statement * query, database_->Prepare(any));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, before_run).Step());
  query->Reset();
  if (!found) return 0;
  int forgotten = 0;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    static const std::string& sql = *new std::string(
        absl::StrCat("DELETE FROM clients WHERE key IN (SELECT key FROM clients WHERE ",
                     kForgettable, " LIMIT ?2)"));
    GB_ASSIGN_OR_RETURN(Statement * forget, database_->Prepare(sql));
    GB_RETURN_IF_ERROR(forget->Bind(1, before_run).Bind(2, int64_t{most}).Run());
    forgotten = static_cast<int>(database_->Changes());
    return absl::OkStatus();
  }));
  return forgotten;
}

}  // namespace guestbridge::agent
