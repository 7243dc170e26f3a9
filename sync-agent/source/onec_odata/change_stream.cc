#include "sync-agent/source/onec_odata/change_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/compare_stream.h"
#include "sync-agent/source/onec_odata/full_stream.h"

namespace guestbridge::agent {
namespace {

// Keys of history rows are collected with repeats and thinned out at this many.
constexpr size_t kThinOutAt = 65'536;
// Clients without an ID are listed so seldom when nobody waits; an hourly schedule is
// not on the second.
constexpr int kListEverySeconds = 55 * 60;
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
                           KnownRows known, ClientTable& table,
                           const ChangeRules& rules)
    : since_(since),
      latest_(table.LatestTime()),
      attributes_(std::move(attributes)),
      known_(table.names()->version.empty() ? nullptr : std::move(known)),
      table_(table),
      rules_(rules),
      seen_(since),
      history_(HistoryQuery(table.profile(), since), table.session(), table.clock()) {
  // Read with an absurd time for the newest, everybody since was left out.
  if (IsAhead(since_.period, latest_) || IsAhead(since_.created, latest_)) {
    whole_ = std::make_unique<FullStream>(attributes_, table_);
  } else if (!since_.period.has_value()) {
    CompareAll();
  }
}

void ChangeStream::CompareAll() {
  whole_ = std::make_unique<CompareStream>(attributes_, known_, table_);
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
    if (!IsGuid(guid)) continue;
    changed_.emplace_back(guid);
    // A row of the overlap was met by the reading before, unless it came in late.
    if (period > *since_.period) fresh_.emplace_back(guid);
  }
  if (changed_.size() >= kThinOutAt) SortUnique(&changed_);
  if (fresh_.size() >= kThinOutAt) SortUnique(&fresh_);
}

absl::Status ChangeStream::ReadHistory() {
  while (true) {
    const absl::StatusOr<KeysetPage> page = history_.Next();
    if (IsUnusable(page.status())) {
      CompareAll();
      return absl::OkStatus();
    }
    GB_RETURN_IF_ERROR(page.status());
    TakeHistory(page->rows);
    if (page->last) break;
    // Not before it is known that this is the history of the watermark.
    if (changed_.size() <= rules_.most_keys || !(FromTheStart() || met_since_))
      continue;
    SortUnique(&changed_);
    if (changed_.size() > rules_.most_keys) break;
  }
  SortUnique(&changed_);
  // The watermark's moment came from a row. A history without it is not the history
  // that the watermark was taken from.
  if (!FromTheStart() && !met_since_) {
    restored_ = true;
    whole_ = std::make_unique<FullStream>(attributes_, table_);
  } else if (changed_.size() > rules_.most_keys) {
    changed_ = {};
    CompareAll();
  } else if (ClockWasSetBack() || since_.behind) {
    // Also once more when the clock has caught up.
    set_back_ = ClockWasSetBack();
    CompareAll();
  }
  phase_ = Phase::kCreated;
  return absl::OkStatus();
}

bool ChangeStream::FromTheStart() const { return since_.period->text.empty(); }

bool ChangeStream::ClockWasSetBack() const {
  if (FromTheStart() || seen_.period->text != since_.period->text) {
    return false;
  }
  const std::string window =
      Before(*since_.period, table_.profile().history->overlap_seconds);
  return window > table_.PresentTime().text;
}

bool ChangeStream::ListIsDue() const {
  const SourceTime& listed = since_.listed;
  if (!rules_.unattended || listed.text.empty()) return true;
  const SourceTime now = table_.PresentTime();
  // A list of the future: the clock was set back.
  return listed > now || listed.text <= Before(now, kListEverySeconds);
}

bool ChangeStream::PhaseApplies() {
  if (phase_ == Phase::kCreated) {
    // A time of creation that was not published before: phase 3 has its clients.
    const bool published = !table_.names()->created.empty();
    if (!published || !since_.created.has_value()) lists_ = true;
    return published && since_.created.has_value();
  }
  if (!lists_.has_value()) lists_ = ListIsDue();
  if (*lists_ && pager_ == nullptr && compared_ == nullptr) {
    seen_.listed = table_.PresentTime();
  }
  return *lists_;
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
    SortUnique(&fresh_);
    std::vector<ClientKey> once_more;
    std::set_difference(changed_.begin(), changed_.end(), fresh_.begin(), fresh_.end(),
                        std::back_inserter(once_more));
    fresh_ = {};
    sieve_ = std::make_unique<EchoSieve>(std::move(changed_), std::move(once_more),
                                         known_, table_);
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

absl::StatusOr<ClientPage> ChangeStream::NextOfWhole() {
  GB_ASSIGN_OR_RETURN(ClientPage page, whole_->Next());
  if (!page.last) return page;
  std::optional<Marks> marks = DecodeMarks(page.watermark);
  if (restored_) {
    page.notice = MakeError("SOURCE_RESTORED");
  } else if (marks.has_value() && !marks->period.has_value()) {
    page.notice = MakeError("CHANGE_HISTORY_UNAVAILABLE",
                            {{"entity", table_.profile().history->set}});
  } else if (set_back_ && page.notice.ok()) {
    page.notice = table_.TimeAhead(*since_.period);
  }
  if (marks.has_value() && set_back_) {
    marks->behind = true;
    page.watermark = EncodeMarks(*marks);
  }
  return page;
}

absl::StatusOr<ClientPage> ChangeStream::Next() {
  if (whole_ == nullptr && phase_ == Phase::kHistory) GB_RETURN_IF_ERROR(ReadHistory());
  if (whole_ != nullptr) return NextOfWhole();
  // Phases that have nothing to say don't cost a page.
  while (phase_ != Phase::kKeys) {
    GB_ASSIGN_OR_RETURN(ClientPage page, NextSelected());
    if (!page.rows.empty()) return page;
  }
  return NextOfKeys();
}

}  // namespace guestbridge::agent
