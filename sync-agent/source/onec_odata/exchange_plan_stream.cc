#include "sync-agent/source/onec_odata/exchange_plan_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/compare_stream.h"
#include "sync-agent/source/onec_odata/full_stream.h"

namespace guestbridge::agent {
namespace {

// By key one request gives 20 clients, by pages it gives hundreds.
constexpr size_t kMostKeys = 100'000;
// A feed that stays unreadable (a character that XML does not have, say) must not stop
// exports.
constexpr int kMostBroken = 3;

}  // namespace

ExchangePlanStream::ExchangePlanStream(const Marks& since,
                                       std::vector<std::string> attributes,
                                       KnownRows known, std::string origin,
                                       ClientTable& table, const ChangeRules& rules)
    : since_(since),
      attributes_(std::move(attributes)),
      known_(table.names()->version.empty() ? nullptr : std::move(known)),
      origin_(std::move(origin)),
      table_(table),
      rules_(rules),
      seen_(since) {}

absl::Status ExchangePlanStream::ReadOther(std::unique_ptr<ClientStream> other,
                                           std::optional<PlanMark> mark) {
  seen_.plan = std::move(mark);
  other_ = std::move(other);
  phase_ = Phase::kOther;
  return absl::OkStatus();
}

absl::Status ExchangePlanStream::ReadChangesByHistory(std::optional<PlanMark> mark) {
  if (table_.profile().history.has_value()) {
    return ReadOther(
        std::make_unique<ChangeStream>(since_, attributes_, known_, table_, rules_),
        std::move(mark));
  }
  return ReadOther(std::make_unique<CompareStream>(attributes_, known_, table_),
                   std::move(mark));
}

absl::Status ExchangePlanStream::Begin() {
  const absl::StatusOr<ExchangeNode> node = FetchNode(names(), table_.session());
  if (absl::IsUnavailable(node.status())) return node.status();
  if (!node.ok()) return ReadChangesByHistory(std::nullopt);
  node_ = *node;
  const PlanMark now = {node_.guid, node_.received, false};
  const std::optional<PlanMark>& mark = since_.plan;
  if (!mark.has_value() || mark->node != node_.guid) return ReadChangesByHistory(now);
  const bool acknowledged = mark->selected && node_.received == mark->received + 1;
  if (!acknowledged && node_.received != mark->received) {
    restored_ = node_.received < mark->received;
    return ReadOther(std::make_unique<FullStream>(attributes_, table_), now);
  }
  if (mark->selected && !acknowledged) {
    const absl::Status status = AcknowledgeChanges(
        names(), origin_, node_, mark->received + 1, table_.session());
    if (absl::IsUnavailable(status)) return status;
    if (!status.ok()) return ReadChangesByHistory(mark);
    node_.received = mark->received + 1;
  }
  // For a reading by the history later on. Older than the selection, so nothing is
  // between the two.
  GB_RETURN_IF_ERROR(FetchHistoryMark(table_.profile(), table_.LatestTime(),
                                      table_.session(), &seen_));
  phase_ = Phase::kSelect;
  return absl::OkStatus();
}

absl::Status ExchangePlanStream::Select() {
  const ClientNames& clients = table_.profile().client;
  ChangeFeedReader reader(clients.set, clients.key, kMostKeys);
  PlanMark mark = {node_.guid, node_.received, false};
  const absl::Status status = SelectChanges(names(), origin_, node_, node_.received + 1,
                                            reader, table_.session());
  if (ReasonOf(status) == "SOURCE_UNREACHABLE") in_doubt_ = true;
  if (status.ok() && reader.full()) {
    // Everybody is looked at after the message was selected, so all of it is.
    mark.selected = !in_doubt_;
    return ReadOther(std::make_unique<CompareStream>(attributes_, known_, table_),
                     mark);
  }
  absl::StatusOr<ChangeFeed> feed =
      status.ok() ? reader.Finish() : absl::StatusOr<ChangeFeed>(status);
  if (!feed.ok()) {
    const bool broken = ReasonOf(feed.status()) == "SOURCE_ANSWER_BROKEN";
    const bool again =
        absl::IsUnavailable(feed.status()) && !(broken && ++broken_ == kMostBroken);
    return again ? feed.status() : ReadChangesByHistory(mark);
  }
  const bool empty = feed->clients.empty() && feed->others == 0 && feed->removed == 0;
  mark.selected = !empty && !in_doubt_;
  seen_.plan = mark;
  keys_ = std::move(feed->clients);
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  if (known_ != nullptr) {
    sieve_ = std::make_unique<EchoSieve>(std::move(keys_), std::vector<ClientKey>(),
                                         known_, table_);
  }
  phase_ = Phase::kKeys;
  return absl::OkStatus();
}

absl::StatusOr<ClientPage> ExchangePlanStream::NextOfKeys() {
  if (sieve_ != nullptr) {
    GB_ASSIGN_OR_RETURN(const bool done, sieve_->Step());
    if (!done) return ClientPage();
    keys_ = sieve_->TakeWanted();
    sieve_ = nullptr;
  }
  ClientPage page;
  if (keys_at_ < keys_.size()) {
    GB_ASSIGN_OR_RETURN(std::vector<ClientRow> rows,
                        table_.FetchSome(keys_, &keys_at_, attributes_));
    for (ClientRow& row : rows) {
      if (row.is_folder) continue;
      if (IsAhead(row.created, table_.LatestTime())) {
        seen_.ahead = row.created;
      } else if (seen_.created.has_value() && row.created > *seen_.created) {
        seen_.created = row.created;
      }
      page.rows.push_back(std::move(row));
    }
  }
  page.last = keys_at_ >= keys_.size();
  if (page.last) table_.PutMarks(seen_, &page);
  return page;
}

absl::StatusOr<ClientPage> ExchangePlanStream::NextOfOther() {
  GB_ASSIGN_OR_RETURN(ClientPage page, other_->Next());
  if (!page.last) return page;
  if (restored_) page.notice = MakeError("SOURCE_RESTORED");
  std::optional<Marks> marks = DecodeMarks(page.watermark);
  if (marks.has_value()) {
    marks->plan = seen_.plan;
    page.watermark = EncodeMarks(*marks);
  }
  return page;
}

absl::StatusOr<ClientPage> ExchangePlanStream::Next() {
  if (phase_ == Phase::kNode) GB_RETURN_IF_ERROR(Begin());
  if (phase_ == Phase::kSelect) GB_RETURN_IF_ERROR(Select());
  return phase_ == Phase::kOther ? NextOfOther() : NextOfKeys();
}

}  // namespace guestbridge::agent
