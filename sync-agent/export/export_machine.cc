#include "sync-agent/export/export_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/export/late_arrivals.h"
#include "sync-agent/model/mutant.h"
#include "sync-agent/plan/guard.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kLeastPending = 400;
constexpr int kDirtyPage = 200;
constexpr size_t kRowsPerFetch = 200;
// A write does not start in the last part of a lease: it must reach the portal inside
// it.
constexpr absl::Duration kLeaseMargin = absl::Seconds(15);
constexpr char kGuardStopped[] = "GUARD_STOPPED";
constexpr char kNotInSource[] = "CLIENT_NOT_IN_SOURCE";

// A dry run writes to no ledger; one that restores or forgets links first does so in a
// copy. Null: it needs none.
absl::StatusOr<std::unique_ptr<Ledger>> CopyToLookInto(const RunSettings& settings,
                                                       Ledger& ledger) {
  const bool restores = settings.cold && settings.kind != RunKind::kReconcile;
  if (!settings.dry_run || !settings.exports() ||
      (!restores && !settings.other_portal)) {
    return std::unique_ptr<Ledger>();
  }
  GB_ASSIGN_OR_RETURN(std::unique_ptr<Ledger> copy, ledger.Copy());
  if (settings.other_portal) {
    GB_RETURN_IF_ERROR(copy->ForgetLinks({{kPortalKindNote, ""},
                                          {kRaisedSettleTimeNote, ""},
                                          {kSweptNote, ""},
                                          {kFieldTypesNote, ""}}));
  }
  return copy;
}

}  // namespace

ExportMachine::ExportMachine(RunSettings settings, Ledger& ledger, Pacer& pacer,
                             Doubts& doubts, Random& random)
    : settings_(std::move(settings)),
      copy_(CopyToLookInto(settings_, ledger)),
      tally_(settings_.run),
      ceilings_(settings_.ceilings, ledger),
      lane_(pacer, tally_, settings_, &ceilings_),
      context_{.settings = settings_,
               .ledger = copy_.ok() && *copy_ != nullptr ? **copy_ : ledger,
               .random = random,
               .doubts = doubts,
               .tally = tally_,
               .lane = lane_},
      gone_(context_),
      adder_(context_),
      updater_(context_, gone_),
      adopter_(context_, adder_, updater_, gone_),
      survivors_(context_, adder_, updater_),
      deleter_(context_, updater_),
      sweep_(context_, gone_),
      events_(context_, sweep_),
      settler_(context_, sweep_),
      matcher_(context_, updater_),
      reconciler_(context_, gone_, sweep_) {}

void ExportMachine::Handle(const Instant& now, absl::FunctionRef<void()> event) {
  context_.now = now;
  const auto before = static_cast<ptrdiff_t>(actions_.size());
  const absl::Status kept = context_.ledger.Together([&] {
    event();
    Step();
  });
  if (kept.ok()) return;
  // Nothing of it is durable: none of its actions may be seen, and its counts are void.
  for (auto action = actions_.begin() + before; action != actions_.end(); ++action) {
    if (const auto* send = std::get_if<SendRequest>(&*action)) lane_.Forget(send->id);
    if (std::holds_alternative<ReadPage>(*action)) reading_ = false;
    if (std::holds_alternative<FetchRows>(*action)) fetching_ = false;
  }
  actions_.erase(actions_.begin() + before, actions_.end());
  if (!settings_.dry_run) {
    const auto counted = context_.ledger.CountOutcomes(settings_.run);
    const auto deletions = context_.ledger.CountDeletions(settings_.run);
    if (counted.ok()) tally_.Resume(*counted, deletions.value_or(0));
  }
  ended_ = false;
  context_.Fail(kept);
  // What left before is still heard of: the pacer counts it, and the ledger may
  // recover.
  Step();
}

void ExportMachine::Start(const Instant& now) {
  Handle(now, [this] { Begin(); });
}

void ExportMachine::Begin() {
  if (!context_.Check(copy_.status())) return;
  holding_ = settings_.holds_stored && settings_.most_changed.has_value();
  cold_at_start_ = settings_.cold;
  const auto kind = context_.ledger.Note(kPortalKindNote);
  if (context_.Check(kind.status())) context_.box = *kind != kCloud;
  const auto raised = RaisedSettleTime(context_.ledger);
  if (context_.Check(raised.status())) context_.raised_settle_time = *raised;
  if (!settings_.dry_run) {
    const auto counted = context_.ledger.CountOutcomes(settings_.run);
    const auto deletions = context_.ledger.CountDeletions(settings_.run);
    const auto failures = context_.ledger.FailuresOf(settings_.run, 100);
    if (context_.Check(counted.status()) && context_.Check(deletions.status()) &&
        context_.Check(failures.status())) {
      tally_.Resume(*counted, *deletions);
      for (const ClientRecord& record : *failures) {
        tally_.AddFailure(record.key, record.reason, record.parameters);
      }
    }
  }
  // What a former process left unsettled counts from its first sight by this one.
  const auto attempts = context_.ledger.Attempts();
  if (context_.Check(attempts.status())) {
    for (const Attempt& attempt : *attempts) {
      context_.doubts.Saw(attempt.intent.key,
                          context_.now.steady + context_.SettleTime());
    }
  }
}

void ExportMachine::OnPage(const ClientPage& page, const Instant& now) {
  Handle(now, [&] {
    reading_ = false;
    if (!page.rows.empty() || page.unchanged > 0) source_empty_ = false;
    if (page.unchanged > 0) passed_rows_by_ = true;
    CheckAttributeKinds();
    for (const ClientRow& row : page.rows) Consider(row);
    for (int i = 0; i < page.unchanged; ++i) tally_.Count(Outcome::kUnchanged);
    if (!page.last) return;
    stream_done_ = true;
    watermark_ = page.watermark;
    if (!page.notice.ok()) {
      tally_.AddNotice(ReasonOf(page.notice), ParametersOf(page.notice));
    }
    if (MutantActive(Mutant::kEarlyWatermark)) {
      context_.Check(context_.ledger.SetNote(kWatermarkNote, watermark_.value));
    }
  });
}

void ExportMachine::OnRows(const std::vector<ClientRow>& rows,
                           const std::vector<ClientKey>& asked, const Instant& now) {
  Handle(now, [&] {
    fetching_ = false;
    CheckAttributeKinds();
    for (const ClientRow& row : rows) Consider(row);
    for (const ClientKey& key : asked) {
      const bool came =
          std::any_of(rows.begin(), rows.end(),
                      [&](const ClientRow& row) { return row.key == key; });
      if (!came) NoteUnreadable(key);
    }
  });
}

// A client that can't be read any more keeps its contact; it is no longer waiting.
void ExportMachine::NoteUnreadable(const ClientKey& key) {
  const auto record = context_.ledger.Get(key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  if (settings_.dry_run) {
    PlannedNow(key);
    tally_.Count(Outcome::kSkipped);
    context_.plan.Leave(key, Outcome::kSkipped, kNotInSource, {});
    return;
  }
  ClientRecord known = **record;
  known.dirty = false;
  // What a person was asked, or said, stays said, for the row may come back.
  if (known.link != LinkState::kReview && !IsDropped(known)) {
    known.reason = kNotInSource;
    known.parameters.clear();
  }
  // Its row was not dealt with, whatever an intent said of its version.
  known.version.clear();
  known.problem = Outcome::kSkipped;
  tally_.Mark(&known, Outcome::kSkipped);
  context_.Check(context_.ledger.Put({known}));
}

void ExportMachine::OnSourceError(const absl::Status& status, const Instant& now) {
  Handle(now, [&] {
    reading_ = false;
    fetching_ = false;
    // A call that a cancellation broke off is no failure of 1C.
    if (!cancelled_) context_.Fail(status);
  });
}

void ExportMachine::OnAnswer(uint64_t id, const PortalAnswer& answer,
                             const Instant& now) {
  Handle(now, [&] {
    lane_.OnAnswer(id, answer, now);
    LearnPortalKind();
    settler_.Conclude();
  });
}

void ExportMachine::OnHeldBack(uint64_t id, const Instant& now) {
  Handle(now, [&] { lane_.OnHeldBack(id); });
}

void ExportMachine::LearnPortalKind() {
  // The first answer tells; nothing that could be in doubt has left before it.
  const std::optional<bool> box = lane_.box();
  if (!box.has_value() || box == known_box_ || !settings_.writes()) return;
  known_box_ = box;
  context_.box = *box;
  context_.Check(context_.ledger.SetNote(kPortalKindNote, *box ? kBox : kCloud));
}

void ExportMachine::OnWake(const Instant& now) {
  Handle(now, [] {});
}

void ExportMachine::OnCancel(const Instant& now) {
  Handle(now, [this] { cancelled_ = true; });
}

void ExportMachine::OnLease(absl::Duration until, const Instant& now) {
  Handle(now, [&] { lease_until_ = until; });
}

std::vector<ActionToDo> ExportMachine::TakeActions() {
  return std::exchange(actions_, {});
}

bool ExportMachine::may_claim() const {
  if (MutantActive(Mutant::kLeaseIgnored)) return true;
  return context_.now.steady + kLeaseMargin < lease_until_;
}

void ExportMachine::End(RunEnd end, absl::Status error) {
  if (ended_) return;
  ended_ = true;
  phase_ = Phase::kDone;
  // A settling ends between the parts of what is counted.
  if (end == RunEnd::kSucceeded && settings_.writes() &&
      settings_.kind != RunKind::kSettle) {
    context_.Check(ceilings_.RunEnded());
  }
  if (end == RunEnd::kSucceeded && settings_.kind == RunKind::kReconcile) {
    reconciler_.Finish();
  } else if (end == RunEnd::kSucceeded && settings_.dry_run) {
    RunPlan plan = context_.plan.Conclude(settings_.mapping_version);
    plan.forecast = lane_.Forecast(plan.work, context_.now);
    tally_.progress().plan = std::move(plan);
  }
  actions_.push_back(EndRun{end, std::move(error)});
}

bool ExportMachine::PartsIdle() const {
  return lane_.idle() && gone_.idle() && adder_.idle() && updater_.idle() &&
         adopter_.idle() && survivors_.idle() && deleter_.idle() &&
         context_.to_fetch.empty() && context_.late_strangers.empty() && !reading_ &&
         !fetching_;
}

size_t ExportMachine::Pending() const {
  return gone_.pending() + adder_.pending() + updater_.pending() + adopter_.pending() +
         survivors_.pending() + deleter_.pending();
}

size_t ExportMachine::MostPending() const {
  return std::max({kLeastPending, 2 * adder_.MostPerRequest(), updater_.Gathers()});
}

void ExportMachine::Step() {
  while (!ended_) {
    if (!lane_.failure().ok()) context_.Fail(lane_.failure());
    AskGuard();
    if (!context_.failure.ok() || cancelled_ || plan_first_) {
      // What has left must be heard of; nothing more leaves.
      lane_.DropWaiting();
      if (!lane_.nothing_in_flight() || reading_ || fetching_) return;
      if (!context_.failure.ok()) {
        End(RunEnd::kFailed, FailureAtEnd());
      } else {
        End(cancelled_ ? RunEnd::kCancelled : RunEnd::kPlanFirst, absl::OkStatus());
      }
      return;
    }
    if (Advance() || AskForRows()) continue;
    FillLane();
    const bool sent = lane_.Pump(context_.now, may_claim(), &actions_);
    // Once more when the ledger failed while something was prepared, or a part found
    // that it has nothing to ask.
    if (context_.failure.ok() && !sent && !Advance()) return;
  }
}

void ExportMachine::CountLinkedAnew() {
  const auto linked = context_.ledger.CountLinked();
  if (!context_.Check(linked.status())) return;
  settings_.linked = *linked;
  plan_first_ = holding_ && *linked > *settings_.most_changed;
}

bool ExportMachine::IsBeyondGuard(int more) const {
  return settings_.most_changed.has_value() &&
         tally_.touched() + more > *settings_.most_changed;
}

void ExportMachine::StopByGuard() {
  context_.Fail(
      MakeError(kGuardStopped, {{"limit", absl::StrCat(*settings_.most_changed)}}));
}

absl::Status ExportMachine::FailureAtEnd() {
  if (ReasonOf(context_.failure) != kGuardStopped) return context_.failure;
  // Deletions that were only decided stayed undone.
  const auto deleted = context_.ledger.CountDeletions(settings_.run);
  if (!deleted.ok()) return context_.failure;
  const int changed = tally_.CountOf(Outcome::kUpdated) +
                      tally_.CountOf(Outcome::kRecreated) + *deleted;
  Parameters parameters = ParametersOf(context_.failure);
  parameters["changed"] = absl::StrCat(changed);
  return MakeError(kGuardStopped, parameters);
}

void ExportMachine::AskGuard() {
  const bool nobody =
      settings_.exports() && stream_done_ && settings_.reads_whole && source_empty_;
  tally_.progress().source_empty = nobody;
  if (!settings_.most_changed.has_value()) return;
  if (IsBeyondGuard(0)) StopByGuard();
  // What nobody sees any more is not deleted, but a base without anybody is the wrong
  // one, or one whose user may see nothing.
  if (nobody && settings_.linked >= kLinkedBeforeEmptyIsOdd) {
    context_.Fail(
        MakeError("SOURCE_EMPTY", {{"linked", absl::StrCat(settings_.linked)}}));
  }
}

bool ExportMachine::AskForRows() {
  if (stream_done_ || phase_ > Phase::kRead) {
    for (const ClientKey& key : context_.late_strangers) {
      recounted_.insert(key);
      auto& asked = context_.to_fetch;
      if (std::find(asked.begin(), asked.end(), key) == asked.end()) {
        asked.push_back(key);
      }
    }
    context_.late_strangers.clear();
  }
  // Rows of clients whose contact is gone come before new ones.
  if (!context_.to_fetch.empty() && !fetching_ && !reading_ &&
      phase_ != Phase::kEvents && phase_ != Phase::kSweep &&
      phase_ != Phase::kCompare && phase_ != Phase::kSettle &&
      Pending() < MostPending()) {
    FetchRows fetch;
    while (!context_.to_fetch.empty() && fetch.keys.size() < kRowsPerFetch) {
      fetch.keys.push_back(context_.to_fetch.front());
      context_.to_fetch.pop_front();
    }
    fetching_ = true;
    actions_.push_back(std::move(fetch));
    return false;
  }
  if (phase_ == Phase::kRead && !reading_ && !fetching_ && !stream_done_ &&
      Pending() < MostPending()) {
    reading_ = true;
    actions_.push_back(ReadPage{});
    return false;
  }
  if (phase_ == Phase::kDirty && !dirty_done_ && !fetching_ &&
      Pending() < MostPending()) {
    const auto keys = DirtyKeys();
    if (!context_.Check(keys.status())) return true;
    if (keys->empty()) {
      dirty_done_ = true;
      return true;
    }
    fetching_ = true;
    actions_.push_back(FetchRows{*keys});
  }
  return false;
}

absl::StatusOr<std::vector<ClientKey>> ExportMachine::DirtyKeys() {
  Ledger& ledger = context_.ledger;
  while (true) {
    GB_ASSIGN_OR_RETURN(std::vector<ClientKey> keys,
                        refused_next_
                            ? ledger.Refused(dirty_after_, retries_dropped_, kDirtyPage)
                            : ledger.Dirty(dirty_after_, settings_.run, kDirtyPage));
    if (!keys.empty()) dirty_after_ = keys.back();
    if (!settings_.dry_run) return keys;
    if (keys.empty() && retries_refused_ && !refused_next_) {
      refused_next_ = true;
      dirty_after_ = ClientKey();
      continue;
    }
    // Nothing of what was decided is marked there: it is passed by from memory, and
    // what would be marked comes last.
    const bool last = keys.empty();
    if (last) {
      for (const auto& [key, record] : context_.overlay) keys.push_back(key);
    }
    std::erase_if(keys, [this](const ClientKey& key) { return Planned(key); });
    if (last || !keys.empty()) return keys;
  }
}

}  // namespace guestbridge::agent
