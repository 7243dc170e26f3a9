#include "sync-agent/source/onec_odata/change_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/compare_stream.h"
#include "sync-agent/source/onec_odata/full_stream.h"

namespace guestbridge::agent {
namespace {

// Keys of history rows are collected with repeats and thinned out at this many.
constexpr size_t kThinOutAt = 65'536;
// A history row of the narrow select is 150 bytes.
constexpr int kHistoryPageRows = 1000;

KeysetQuery HistoryQuery(const SourceProfile& profile, const Marks& since) {
  const HistoryNames& names = *profile.history;
  KeysetQuery query;
  query.entity = names.set;
  query.order_by = names.period;
  query.kind = LiteralKind::kDateTime;
  if (since.period.has_value() && !since.period->text.empty()) {
    query.from = Before(*since.period, names.overlap_seconds);
  }
  query.select = {names.period, names.client};
  query.identity = {names.period, names.client};
  query.page_rows = kHistoryPageRows;
  query.page_bytes = profile.page_bytes;
  return query;
}

void SortUnique(std::vector<ClientKey>* keys) {
  std::sort(keys->begin(), keys->end());
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
}

bool IsNumber(const std::string& text) {
  double number = 0;
  return absl::SimpleAtod(text, &number);
}

}  // namespace

ChangeStream::ChangeStream(const Marks& since, std::vector<std::string> attributes,
                           KnownRows known, ClientTable& table)
    : since_(since),
      latest_(table.LatestTime()),
      attributes_(std::move(attributes)),
      known_(table.names()->version.empty() ? nullptr : std::move(known)),
      table_(table),
      seen_(since),
      history_(HistoryQuery(table.profile(), since), table.session(), table.clock()) {
  // Read with an absurd time for the newest, everybody since was left out.
  if (!since_.period.has_value() || IsAhead(since_.period, latest_) ||
      IsAhead(since_.created, latest_)) {
    whole_ = std::make_unique<FullStream>(attributes_, table_);
  }
}

void ChangeStream::TakeHistory(const std::vector<ODataRow>& rows) {
  const HistoryNames& names = *table_.profile().history;
  for (const ODataRow& row : rows) {
    const SourceTime period = ReadSourceTime(row.Get(names.period));
    if (period == *since_.period) met_since_ = true;
    if (IsAhead(period, latest_)) {
      seen_.ahead = period;
    } else if (period > *seen_.period) {
      seen_.period = period;
    }
    const std::string guid = row.Get(names.client);
    if (IsGuid(guid)) changed_.emplace_back(guid);
  }
  if (changed_.size() >= kThinOutAt) SortUnique(&changed_);
}

absl::Status ChangeStream::ReadHistory() {
  while (true) {
    const absl::StatusOr<KeysetPage> page = history_.Next();
    if (IsUnusable(page.status())) {
      whole_ = std::make_unique<FullStream>(attributes_, table_);
      return absl::OkStatus();
    }
    GB_RETURN_IF_ERROR(page.status());
    TakeHistory(page->rows);
    if (page->last) break;
  }
  SortUnique(&changed_);
  // The watermark's moment came from a row. A history without it is not the history
  // that the watermark was taken from.
  if (!since_.period->text.empty() && !met_since_) {
    whole_ = std::make_unique<FullStream>(attributes_, table_);
  } else if (ClockWasSetBack() || since_.behind) {
    // Also once more when the clock has caught up.
    set_back_ = ClockWasSetBack();
    whole_ = std::make_unique<CompareStream>(attributes_, known_, table_);
  }
  phase_ = Phase::kCreated;
  return absl::OkStatus();
}

bool ChangeStream::ClockWasSetBack() const {
  if (since_.period->text.empty() || seen_.period->text != since_.period->text) {
    return false;
  }
  const std::string window =
      Before(*since_.period, table_.profile().history->overlap_seconds);
  return window > table_.PresentTime().text;
}

bool ChangeStream::PhaseApplies() const {
  // A time of creation that was not published before: phase 3 has its clients.
  return phase_ != Phase::kCreated ||
         (!table_.names()->created.empty() && since_.created.has_value());
}

ClientSelection ChangeStream::Selection() const {
  const SourceProfile& profile = table_.profile();
  ClientSelection selection;
  selection.attributes = attributes_;
  if (phase_ == Phase::kCreated) {
    selection.created_from =
        since_.created->text.empty()
            ? ""
            : Before(*since_.created, profile.history->overlap_seconds);
  } else {
    const std::string& empty = profile.client.contact_empty;
    const std::string deleted = table_.names()->deleted;
    selection.filter = AndFilter(
        absl::StrCat(
            profile.client.contact, " eq ",
            Literal(IsNumber(empty) ? LiteralKind::kNumber : LiteralKind::kText,
                    empty)),
        deleted.empty() ? "" : absl::StrCat(deleted, " eq false"));
  }
  return selection;
}

void ChangeStream::Deliver(std::vector<ClientRow> rows, ClientPage* page) {
  std::vector<ClientKey> fresh;
  for (ClientRow& row : rows) {
    if (row.is_folder) continue;
    if (IsAhead(row.created, latest_)) {
      seen_.ahead = row.created;
    } else if (seen_.created.has_value() && row.created > *seen_.created) {
      seen_.created = row.created;
    }
    if (std::binary_search(delivered_.begin(), delivered_.end(), row.key)) continue;
    fresh.push_back(row.key);
    page->rows.push_back(std::move(row));
  }
  SortUnique(&fresh);
  const auto middle = static_cast<ptrdiff_t>(delivered_.size());
  delivered_.insert(delivered_.end(), fresh.begin(), fresh.end());
  std::inplace_merge(delivered_.begin(), delivered_.begin() + middle, delivered_.end());
}

absl::StatusOr<ClientPage> ChangeStream::NextSelected() {
  ClientPage page;
  bool last = true;
  if (!PhaseApplies()) {
    // On to the next one.
  } else if (known_ != nullptr && !versionless_) {
    if (compared_ == nullptr) {
      compared_ = std::make_unique<ComparedRows>(Selection(), known_, table_);
    }
    GB_ASSIGN_OR_RETURN(ComparedPage compared, compared_->Next());
    versionless_ = compared.versionless;
    last = compared.last && !versionless_;
    if (!versionless_) Deliver(std::move(compared.rows), &page);
  } else {
    if (pager_ == nullptr) pager_ = std::make_unique<ClientPager>(Selection(), table_);
    GB_ASSIGN_OR_RETURN(ClientRows rows, pager_->Next());
    last = rows.last;
    Deliver(std::move(rows.rows), &page);
  }
  if (last) {
    pager_ = nullptr;
    compared_ = nullptr;
    phase_ = phase_ == Phase::kCreated ? Phase::kWithoutContact : Phase::kKeys;
  }
  return page;
}

absl::StatusOr<bool> ChangeStream::PlanKeys() {
  if (sieve_ == nullptr) {
    std::vector<ClientKey> left;
    std::set_difference(changed_.begin(), changed_.end(), delivered_.begin(),
                        delivered_.end(), std::back_inserter(left));
    changed_ = std::move(left);
    if (known_ == nullptr) return true;
    sieve_ = std::make_unique<EchoSieve>(std::move(changed_), known_, table_);
  }
  GB_ASSIGN_OR_RETURN(const bool done, sieve_->Step());
  if (done) changed_ = sieve_->TakeWanted();
  return done;
}

absl::StatusOr<ClientPage> ChangeStream::NextOfKeys() {
  if (!keys_planned_) {
    GB_ASSIGN_OR_RETURN(keys_planned_, PlanKeys());
    if (!keys_planned_) return ClientPage();
  }
  ClientPage page;
  if (changed_at_ < changed_.size()) {
    GB_ASSIGN_OR_RETURN(std::vector<ClientRow> rows,
                        table_.FetchSome(changed_, &changed_at_, attributes_));
    for (ClientRow& row : rows) {
      if (!row.is_folder) page.rows.push_back(std::move(row));
    }
  }
  page.last = changed_at_ >= changed_.size();
  if (page.last) table_.PutMarks(seen_, &page);
  return page;
}

absl::StatusOr<ClientPage> ChangeStream::Next() {
  if (whole_ == nullptr && phase_ == Phase::kHistory) GB_RETURN_IF_ERROR(ReadHistory());
  if (whole_ != nullptr) {
    GB_ASSIGN_OR_RETURN(ClientPage page, whole_->Next());
    if (page.last && set_back_) {
      if (page.notice.ok()) page.notice = table_.TimeAhead(*since_.period);
      std::optional<Marks> marks = DecodeMarks(page.watermark);
      if (marks.has_value()) {
        marks->behind = true;
        page.watermark = EncodeMarks(*marks);
      }
    }
    return page;
  }
  // Phases that have nothing to say don't cost a page.
  while (phase_ != Phase::kKeys) {
    GB_ASSIGN_OR_RETURN(ClientPage page, NextSelected());
    if (!page.rows.empty()) return page;
  }
  return NextOfKeys();
}

}  // namespace guestbridge::agent
