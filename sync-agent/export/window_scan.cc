#include "sync-agent/export/window_scan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

constexpr int64_t kPage = 50;
constexpr int64_t kWidest = 5000;
// Of a range that cannot be read.
constexpr int64_t kParts = 8;
// More contacts that cannot be read, or more new ones at the end: the portal's answers
// are at fault, not a contact.
constexpr int kMostUnreadable = 50;
constexpr int kMostBrokenTails = 5;
constexpr int kWitnesses = 10;

bool IsBroken(const CommandResult& result) {
  return result.fate != Fate::kDone || !result.complete_page;
}

}  // namespace

WindowScan::WindowScan(RunContext& context, ContactId after, Witness witness,
                       ContactId ours, std::vector<std::string> select, OnRow on_row)
    : context_(context),
      start_(after),
      kind_(witness),
      witness_(ours),
      select_(std::move(select)),
      on_row_(std::move(on_row)) {}

bool WindowScan::finished() const {
  return started_ && in_flight_ == 0 &&
         (!complete_ || (top_.has_value() && ranges_.empty() && tail_done_));
}

std::optional<PortalLane::Job> WindowScan::Next() {
  if (!complete_) return std::nullopt;
  // The first request finds the end; the others are cut by it.
  if (started_ && !top_.has_value()) return std::nullopt;
  PortalLane::Job job;
  auto asked = std::make_shared<std::vector<Range>>();
  if (!started_) {
    if (kind_ == Witness::kOurs && witness_.exists()) {
      auto witnesses = context_.ledger.Witnesses(kWitnesses);
      if (!context_.Check(witnesses.status())) return std::nullopt;
      witnesses_ = *std::move(witnesses);
    }
    started_ = true;
    begun_ = context_.now.steady;
    job.commands.push_back(ListNewest{});
    job.done = [this](const PortalAnswer& answer) {
      --in_flight_;
      const CommandResult& newest = answer.results[0];
      if (newest.fate != Fate::kDone || !newest.complete_page) {
        complete_ = false;
        return;
      }
      // What stands above is met by the tail, which has no end.
      const ContactId top = context_.SawNewest(newest.rows);
      // Nothing stands where we were to begin: so high an ID was never given out, or
      // many were deleted since.
      if (top < start_) start_ = ContactId(0);
      top_ = std::max(top, start_);
      if (kind_ == Witness::kAny && !newest.rows.empty()) witness_ = top;
      if (top > start_) ranges_.push_back({start_, top});
    };
    ++in_flight_;
    return job;
  }
  if (ranges_.empty() && (tail_done_ || in_flight_ > 0)) return std::nullopt;
  const auto most =
      static_cast<size_t>(context_.lane.CommandsPerRequest("crm.contact.list"));
  while (!ranges_.empty() && asked->size() + 2 < std::max<size_t>(most, 3)) {
    Range range = ranges_.front();
    if (range.alone && !asked->empty()) break;
    ranges_.pop_front();
    if (!range.apart && range.upto->value() - range.after.value() > width_) {
      const ContactId cut(range.after.value() + width_);
      ranges_.push_front({cut, range.upto});
      range.upto = cut;
    }
    asked->push_back(range);
    if (range.alone) break;
  }
  // The end comes last, with the last ranges where they leave a place: it must be a
  // short page.
  const bool place =
      asked->empty() || (!asked->back().alone && asked->size() + 2 <= most);
  if (ranges_.empty() && place && !tail_done_ && !tail_asked_) {
    tail_asked_ = true;
    asked->push_back({*top_, std::nullopt});
  }
  for (const Range& range : *asked) {
    ListContacts list;
    list.after = range.after;
    list.upto = range.upto;
    if (!range.bare) list.select = select_;
    job.commands.push_back(std::move(list));
  }
  if (witness_.exists()) {
    ListContacts witness;
    witness.ids = witnesses_;
    if (witnesses_.empty()) witness.ids = {witness_};
    job.commands.push_back(std::move(witness));
  } else {
    job.commands.push_back(GetProfile{});
  }
  job.done = [this, asked](const PortalAnswer& answer) { Take(*asked, answer); };
  job.take_back = [this, asked] {
    --in_flight_;
    TakeBack(*asked, /*alone=*/false);
  };
  ++in_flight_;
  return job;
}

bool WindowScan::HidesItsMark(const ContactRow& row) {
  if (!row.stamp.originator.empty() || !row.stamp.origin.empty()) return false;
  const auto owner = context_.ledger.ClientOf(row.id);
  if (!context_.Check(owner.status()) || !owner->has_value()) return false;
  const auto record = context_.ledger.Get(**owner);
  return context_.Check(record.status()) && record->has_value() &&
         (*record)->revision > 0;
}

void WindowScan::TakeBack(const std::vector<Range>& ranges, bool alone) {
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    // The end is asked for when all else is.
    if (!range->upto.has_value()) {
      tail_asked_ = false;
      continue;
    }
    ranges_.push_front(*range);
    ranges_.front().alone = range->alone || alone;
  }
}

bool WindowScan::AskApart(const std::vector<Range>& ranges) {
  if (ranges.size() == 1) return Split(ranges.front());
  TakeBack(ranges, /*alone=*/true);
  return true;
}

bool WindowScan::Split(const Range& range) {
  if (range.bare) {
    on_unreadable_(*range.upto, nullptr);
    return true;
  }
  if (!range.upto.has_value()) {
    tail_asked_ = false;
    // New ones, above what was the end.
    const ContactId cut(top_->value() + kPage);
    ranges_.push_front({.after = *top_, .upto = cut, .apart = true});
    top_ = cut;
    return ++broken_tails_ <= kMostBrokenTails;
  }
  Range part = range;
  part.apart = true;
  const int64_t after = range.after.value();
  const int64_t ids = range.upto->value() - after;
  if (ids == 1) {
    part.bare = true;
    ranges_.push_front(part);
    return ++unreadable_ <= kMostUnreadable;
  }
  const int64_t parts = std::min(ids, kParts);
  for (int64_t i = parts - 1; i >= 0; --i) {
    part.after = ContactId(after + ids * i / parts);
    part.upto = ContactId(after + ids * (i + 1) / parts);
    ranges_.push_front(part);
  }
  return true;
}

void WindowScan::Take(const std::vector<Range>& ranges, const PortalAnswer& answer) {
  --in_flight_;
  if (on_unreadable_ && std::all_of(answer.results.begin(), answer.results.end(),
                                    [](const CommandResult& result) {
                                      return result.fate == Fate::kUnknown;
                                    })) {
    complete_ = AskApart(ranges);
    return;
  }
  const CommandResult& witness = answer.results.back();
  const bool shows_marks =
      std::any_of(witness.rows.begin(), witness.rows.end(), [&](const ContactRow& row) {
        return row.stamp.originator == context_.settings.originator;
      });
  const bool seen =
      witness_.exists()
          ? witness.fate == Fate::kDone &&
                std::any_of(witness.rows.begin(), witness.rows.end(),
                            [&](const ContactRow& row) {
                              return row.id == witness_ &&
                                     (kind_ == Witness::kAny || shows_marks ||
                                      !HidesItsMark(row));
                            })
          : witness.fate == Fate::kDone &&
                (witness.admin || (kind_ == Witness::kAny && witness.admin_unsaid));
  if (!seen && !MutantActive(Mutant::kNoWitness)) {
    complete_ = false;
    if (witness_.exists() && witness.fate == Fate::kDone && witness.complete_page &&
        std::none_of(witness.rows.begin(), witness.rows.end(),
                     [&](const ContactRow& row) { return row.id == witness_; })) {
      missing_witness_ = witness_;
    }
    return;
  }
  if (kind_ == Witness::kOurs) context_.sight_proven = true;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const CommandResult& result = answer.results[i];
    const Range& range = ranges[i];
    if (IsBroken(result) && !MutantActive(Mutant::kIncompleteLookUp)) {
      if (on_unreadable_ && Split(range)) continue;
      complete_ = false;
      return;
    }
    if (range.bare) {
      for (const ContactRow& row : result.rows) on_unreadable_(row.id, &row);
      continue;
    }
    for (const ContactRow& row : result.rows) {
      context_.SawId(row.id);
      on_row_(row);
    }
    const auto rows = static_cast<int64_t>(result.rows.size());
    if (!range.upto.has_value()) {
      if (rows < kPage) {
        tail_done_ = true;
      } else {
        tail_asked_ = false;
        top_ = result.rows.back().id;
      }
    } else if (rows >= kPage && result.rows.back().id < *range.upto) {
      Range rest = range;
      rest.after = result.rows.back().id;
      ranges_.push_front(rest);
      width_ = std::max(kPage, width_ / 2);
    } else if (rows <= kPage / 3 && !range.apart) {
      width_ = std::min(kWidest, width_ * 2);
    }
  }
}

}  // namespace guestbridge::agent
