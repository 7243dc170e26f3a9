// What becomes of one client in a run.
#include <utility>

#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

// Rows that are kept rather than read again; 15 MiB.
constexpr size_t kMostHeldRows = 10'000;

}  // namespace

LinkView MakeLinkView(const std::optional<ClientRecord>& record, bool in_doubt,
                      int resend_version) {
  LinkView view;
  view.in_doubt = in_doubt;
  if (!record.has_value()) return view;
  switch (record->link) {
    case LinkState::kNew:
      view.link = LinkView::Link::kNone;
      break;
    case LinkState::kLive:
      view.link = LinkView::Link::kLive;
      break;
    case LinkState::kLost:
      view.link = LinkView::Link::kLost;
      break;
    case LinkState::kReview:
      view.link = record->reason == kContactGoneAsk ? LinkView::Link::kAsked
                                                    : LinkView::Link::kReview;
      break;
    case LinkState::kErased:
      view.link = LinkView::Link::kErased;
      break;
  }
  const bool paired = view.link == LinkView::Link::kLive ||
                      view.link == LinkView::Link::kLost ||
                      view.link == LinkView::Link::kAsked;
  view.contact = paired ? record->contact : record->proposed;
  view.exported = record->exported;
  if (record->mapping_version < resend_version) {
    // To be compared with what the contact holds, whatever it was sent.
    view.exported.hash.clear();
    view.exported.fields_known = false;
  }
  view.refused_hash = record->refused_hash;
  if (record->link == LinkState::kReview) {
    view.review_reason = record->reason;
    view.review_parameters = record->parameters;
  }
  view.dropped =
      record->problem == Outcome::kSkipped && record->reason == kClientDropped;
  if (record->problem == Outcome::kFailed || view.dropped) {
    view.refused_reason = record->reason;
    view.refused_parameters = record->parameters;
  }
  view.answered_refusals = record->answered_refusals;
  view.revision = record->revision;
  return view;
}

void ForgetRefusal(bool dropped, ClientRecord* record) {
  const bool is_dropped =
      record->problem == Outcome::kSkipped && record->reason == kClientDropped;
  if (record->problem != Outcome::kFailed && !(is_dropped && dropped)) return;
  if (record->link == LinkState::kReview || record->link == LinkState::kErased) return;
  record->dirty = true;
  record->problem = Outcome::kNone;
  record->reason.clear();
  record->parameters.clear();
  record->refused_hash.clear();
  record->answered_refusals = 0;
}

namespace {

// Most skipped clients are only counted, so that they cost no write. What was switched
// off is taken up again when it is switched on, and is marked so that this run does not
// take it up itself; and one that waits is met twice by a run, by its row and as
// waiting.
bool MarksSkip(const Decision& decision, const std::optional<ClientRecord>& record) {
  return decision.reason == "EVENT_OFF" || (record.has_value() && record->dirty);
}

}  // namespace

void ExportMachine::Consider(const ClientRow& row) {
  if (!context_.failure.ok() || context_.busy.count(row.key) > 0) return;
  auto record = context_.RecordOf(row.key);
  if (!context_.Check(record.status())) return;
  // An intent and its client are written together: a client that is not known has none.
  const auto attempt = record->has_value() ? context_.ledger.AttemptOf(row.key)
                                           : std::optional<Attempt>();
  if (!context_.Check(attempt.status())) return;
  if (retries_refused_ && record->has_value()) {
    ForgetRefusal(retries_dropped_, &**record);
  }
  if (settings_.dry_run && record->has_value() && (*record)->dirty) {
    PlannedNow(row.key);
  }
  const LinkView view =
      MakeLinkView(*record, attempt->has_value(), settings_.mapping->resend_version());
  Decision decision =
      Decide(row,
             settings_.mapping->MapContent(
                 row, absl::ToCivilDay(context_.now.wall, absl::UTCTimeZone())),
             view, settings_.events, settings_.policies, Trace::kNone);
  RecountStranger(row.key, *record, decision);
  if (context_.strangers.count(row.key) > 0 && view.link == LinkView::Link::kLive) {
    LookAtStranger(view.contact, &decision);
  }
  if (decision.reason == kInDoubt && !settings_.dry_run && record->has_value() &&
      (*attempt)->intent.digest.hash != decision.digest.hash &&
      !MutantActive(Mutant::kChangeInDoubtForgotten)) {
    // What the attempt carries is old by now: to be looked at once it is settled.
    (*record)->reason = kInDoubt;
    (*record)->problem = Outcome::kDeferred;
  }
  if (settings_.kind == RunKind::kMatch) {
    matcher_.Consider(row, *record, std::move(decision));
    return;
  }
  if (settings_.kind == RunKind::kReconcile) {
    reconciler_.Consider(row, *record, &decision);
    if (!context_.failure.ok()) return;
  }
  if (Holds(row, view, decision)) return;
  Apply(row, *record, std::move(decision));
}

void ExportMachine::PassedBy(const ClientKey& key, Outcome outcome) {
  tally_.Count(outcome);
  if (!settings_.reads_whole) passed_.insert(absl::HashOf(key.guid()));
}

void ExportMachine::RecountStranger(const ClientKey& key,
                                    const std::optional<ClientRecord>& record,
                                    const Decision& decision) {
  const bool late = context_.late_strangers.erase(key) + recounted_.erase(key) > 0;
  // What comes with the stream is not counted yet.
  if (!late || !stream_done_ || !record.has_value()) return;
  const bool marked = record->run == settings_.run && record->outcome != Outcome::kNone;
  const bool passed =
      settings_.reads_whole || passed_.contains(absl::HashOf(key.guid()));
  if (marked || !passed) return;
  tally_.Uncount(decision.action == PlannedAction::kSkip ? Outcome::kSkipped
                                                         : Outcome::kUnchanged);
}

bool ExportMachine::Holds(const ClientRow& row, const LinkView& view,
                          const Decision& decision) {
  if (!holding_ || decision.action != PlannedAction::kCheckStored ||
      view.link == LinkView::Link::kLive) {
    return false;
  }
  if (held_.insert(row.key).second && held_.size() <= kMostHeldRows) {
    held_rows_.push_back(row);
  }
  const auto may_change = settings_.linked + static_cast<int>(held_.size());
  plan_first_ = may_change > *settings_.most_changed;
  return true;
}

bool ExportMachine::ReleaseHeld() {
  if (held_.empty() || Pending() >= MostPending()) return false;
  if (!held_rows_.empty()) {
    const ClientRow row = std::move(held_rows_.front());
    held_rows_.pop_front();
    held_.erase(row.key);
    Consider(row);
    return true;
  }
  context_.to_fetch.insert(context_.to_fetch.end(), held_.begin(), held_.end());
  held_.clear();
  return true;
}

void ExportMachine::Apply(const ClientRow& row,
                          const std::optional<ClientRecord>& record,
                          Decision decision) {
  const bool counted = record.has_value() && record->run == settings_.run &&
                       record->outcome != Outcome::kNone;
  if (!settings_.dry_run &&
      (decision.action == PlannedAction::kAdd ||
       decision.action == PlannedAction::kRecreate ||
       decision.action == PlannedAction::kRelink ||
       decision.action == PlannedAction::kDelete ||
       (decision.action == PlannedAction::kDefer && decision.contact_gone) ||
       decision.action == PlannedAction::kUpdate ||
       decision.action == PlannedAction::kCheckStored)) {
    context_.busy.insert(row.key);
  }
  CompareStored(row, record);
  if (decision.contact_gone && context_.seen_gone.count(row.key) == 0 &&
      !MutantActive(Mutant::kGoneForEver)) {
    // It was gone when an earlier run looked; a manager may have brought it back.
    updater_.AskWhetherGone(decision);
    return;
  }
  switch (decision.action) {
    case PlannedAction::kAdd:
      adder_.Add(std::move(decision));
      return;
    case PlannedAction::kRecreate:
    case PlannedAction::kRelink:
      survivors_.Look(std::move(decision));
      return;
    case PlannedAction::kDelete:
      deleter_.Delete(std::move(decision));
      return;
    case PlannedAction::kUpdate:
      updater_.Update(std::move(decision));
      return;
    case PlannedAction::kCheckStored:
      adopter_.Check(std::move(decision));
      return;
    case PlannedAction::kUnchanged: {
      if (!counted) PassedBy(row.key, Outcome::kUnchanged);
      if (settings_.dry_run) return;
      ClientRecord known = *record;
      const bool stale =
          known.dirty || decision.refresh_digest || known.problem != Outcome::kNone;
      if (stale) {
        known.dirty = false;
        known.problem = Outcome::kNone;
        known.reason.clear();
        known.refused_hash.clear();
        if (decision.refresh_digest) known.exported = decision.digest;
      }
      if (stale || known.version != decision.version) {
        known.version = decision.version;
        if (!context_.Check(context_.ledger.Put({known}))) return;
      }
      return;
    }
    case PlannedAction::kSkip:
      if (!MarksSkip(decision, record) && !counted) {
        PassedBy(row.key, Outcome::kSkipped);
        if (settings_.dry_run) {
          context_.plan.Leave(row.key, Outcome::kSkipped, decision.reason,
                              decision.parameters);
        }
      }
      Note(row, record, decision, Outcome::kSkipped);
      return;
    case PlannedAction::kFail:
      Note(row, record, decision, Outcome::kFailed);
      // After the note, which forgets what the run said of this client before.
      tally_.AddFailure(row.key, decision.reason, decision.parameters);
      return;
    case PlannedAction::kDefer:
      if (decision.contact_gone) {
        survivors_.Look(std::move(decision));
        return;
      }
      Note(row, record, decision, Outcome::kDeferred);
      return;
  }
}

void ExportMachine::CompareStored(const ClientRow& row,
                                  const std::optional<ClientRecord>& record) {
  if (!record.has_value() || !HasLostId(row, *record)) return;
  // Empty: a base that was restored from a backup. Another ID: the built-in job, which
  // has its own idea of the pairs, or a person.
  if (row.contact.exists() && record->run < settings_.run) {
    tally_.AddNotice("FOREIGN_CONTACT_ID", {{"client", row.key.guid()}});
  }
  if (settings_.dry_run || MutantActive(Mutant::kWriteBackNotRepeated)) return;
  context_.Check(context_.ledger.QueueWriteBack(row.key));
}

void ExportMachine::Note(const ClientRow& row,
                         const std::optional<ClientRecord>& record,
                         const Decision& decision, Outcome outcome) {
  const bool switched_off = decision.reason == "EVENT_OFF";
  const bool mark = outcome != Outcome::kSkipped || MarksSkip(decision, record);
  if (settings_.dry_run) {
    if (!mark) return;
    tally_.Count(outcome);
    context_.plan.Leave(row.key, outcome, decision.reason, decision.parameters);
    return;
  }
  ClientRecord known = record.value_or(ClientRecord{});
  known.key = row.key;
  // What a person is to decide stays said, whatever else keeps the client away now: the
  // reason tells a client that was taken apart from one that is only ambiguous.
  // A drop, too, holds while its content is the same.
  const bool dropped = outcome != Outcome::kFailed && IsDropped(known);
  const bool waits = known.link == LinkState::kReview || dropped;
  if (decision.reason != kInDoubt) {
    const bool said = waits || (known.reason == decision.reason &&
                                known.parameters == decision.parameters);
    const bool noted =
        said && known.problem == outcome && known.version == decision.version;
    if (noted && !mark && !known.dirty) return;
    known.version = decision.version;
    if (!waits) {
      known.reason = decision.reason;
      known.parameters = decision.parameters;
    }
    known.problem = dropped ? Outcome::kSkipped : outcome;
    known.dirty = switched_off;
  }
  if (mark) tally_.Mark(&known, outcome);
  if (!context_.Check(context_.ledger.Put({known}))) return;
  const bool told = record.has_value() && record->problem == outcome &&
                    record->reason == known.reason &&
                    record->parameters == known.parameters;
  if (outcome != Outcome::kFailed || waits || told) return;
  HistoryEntry entry = context_.Tell(HistoryKind::kFailed, known.reason);
  entry.contact = known.contact;
  entry.parameters = known.parameters;
  context_.Check(context_.ledger.NoteHistory(known.key, entry));
}

}  // namespace guestbridge::agent
