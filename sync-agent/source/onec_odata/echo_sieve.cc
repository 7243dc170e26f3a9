#include "sync-agent/source/onec_odata/echo_sieve.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/compared_rows.h"

namespace guestbridge::agent {
namespace {

constexpr int64_t kKeysOfLookUp = ClientTable::kMostKeys;
// So few are not worth the question how many clients there are.
constexpr int64_t kFewLookUps = 3;
// What 1C needs for a request that is a session of its own (0.1 to 2 s, facts 5) makes
// it at least so many narrow rows.
constexpr int64_t kRowsOfRequest = 2500;

bool PagesAreCheaper(int64_t look_ups, int64_t clients, int64_t rows_of_page) {
  // The number of clients was a request too; a page that is full asks for another.
  const int64_t pages = 2 + clients / rows_of_page;
  return pages + clients / kRowsOfRequest < look_ups;
}

int64_t LookUpsOf(size_t keys) {
  return (static_cast<int64_t>(keys) + kKeysOfLookUp - 1) / kKeysOfLookUp;
}

}  // namespace

EchoSieve::EchoSieve(std::vector<ClientKey> keys, std::vector<ClientKey> once_more,
                     KnownRows known, ClientTable& table)
    : known_(std::move(known)),
      table_(table),
      once_more_(std::move(once_more)),
      keys_(std::move(keys)) {}
EchoSieve::~EchoSieve() = default;

absl::Status EchoSieve::Split() {
  GB_ASSIGN_OR_RETURN(const std::vector<KnownRow> rows, AskKnown(known_, keys_));
  std::vector<ClientKey> looked_at;
  for (size_t i = 0; i < keys_.size(); ++i) {
    const bool likely = rows[i].echo || std::binary_search(once_more_.begin(),
                                                           once_more_.end(), keys_[i]);
    const bool look = likely && !rows[i].version.empty();
    (look ? looked_at : wanted_).push_back(std::move(keys_[i]));
  }
  keys_ = std::move(looked_at);
  phase_ = Phase::kChoose;
  return absl::OkStatus();
}

absl::Status EchoSieve::Choose() {
  phase_ = Phase::kLookUps;
  const int64_t look_ups = LookUpsOf(keys_.size());
  if (look_ups <= kFewLookUps) return absl::OkStatus();
  const absl::StatusOr<int64_t> clients =
      table_.session().FetchCount(table_.names()->set);
  // A base that can't count is asked by key; one that is away will say so there.
  if (!clients.ok() ||
      !PagesAreCheaper(look_ups, *clients, table_.profile().narrow_page_rows)) {
    return absl::OkStatus();
  }
  ClientSelection all;
  all.narrow = true;
  pager_ = std::make_unique<ClientPager>(std::move(all), table_);
  met_.resize(keys_.size());
  left_ = keys_.size();
  phase_ = Phase::kPages;
  return absl::OkStatus();
}

absl::Status EchoSieve::Compare(const std::vector<ClientRow>& narrow) {
  GB_ASSIGN_OR_RETURN(std::vector<ClientKey> differing, Differing(known_, narrow));
  std::move(differing.begin(), differing.end(), std::back_inserter(wanted_));
  return absl::OkStatus();
}

absl::Status EchoSieve::TakePage() {
  if (!page_.has_value()) {
    GB_ASSIGN_OR_RETURN(page_, pager_->Next());
  }
  std::vector<ClientRow> ours;
  std::set<size_t> met;
  for (const ClientRow& row : page_->rows) {
    const auto at = std::lower_bound(keys_.begin(), keys_.end(), row.key);
    if (at == keys_.end() || *at != row.key) continue;
    const auto index = static_cast<size_t>(at - keys_.begin());
    if (!met_[index] && met.insert(index).second) ours.push_back(row);
  }
  // Nobody is met before the caller has said what it knows.
  GB_RETURN_IF_ERROR(Compare(ours));
  for (const size_t index : met) met_[index] = true;
  left_ -= met.size();
  const bool last = page_->last;
  page_.reset();
  if (left_ > 0 && !last) return absl::OkStatus();
  // Who did not come may have moved under the pages.
  std::vector<ClientKey> missing;
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (!met_[i]) missing.push_back(std::move(keys_[i]));
  }
  keys_ = std::move(missing);
  pager_ = nullptr;
  phase_ = Phase::kLookUps;
  return absl::OkStatus();
}

absl::Status EchoSieve::LookUp() {
  if (at_ < keys_.size()) {
    size_t next = at_;
    GB_ASSIGN_OR_RETURN(const std::vector<ClientRow> narrow,
                        table_.FetchSomeVersions(keys_, &next));
    GB_RETURN_IF_ERROR(Compare(narrow));
    at_ = next;
  }
  if (at_ >= keys_.size()) phase_ = Phase::kDone;
  return absl::OkStatus();
}

absl::StatusOr<bool> EchoSieve::Step() {
  if (phase_ == Phase::kSplit) GB_RETURN_IF_ERROR(Split());
  switch (phase_) {
    case Phase::kChoose:
      GB_RETURN_IF_ERROR(Choose());
      break;
    case Phase::kPages:
      GB_RETURN_IF_ERROR(TakePage());
      break;
    default:
      break;
  }
  if (phase_ == Phase::kLookUps) GB_RETURN_IF_ERROR(LookUp());
  return phase_ == Phase::kDone;
}

std::vector<ClientKey> EchoSieve::TakeWanted() {
  std::sort(wanted_.begin(), wanted_.end());
  return std::move(wanted_);
}

}  // namespace guestbridge::agent
