#include "sync-agent/integration.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/integration_report.h"

// How an integration is, for the centre: what it really runs, its queues, and what
// keeps it from its work.
namespace guestbridge::agent {
namespace {

// Note of the ledger: the oldest doubt's nonce and since when it is known.
constexpr char kOldestDoubtNote[] = "oldest-doubt";
// A lease changes hands, a side comes back: sooner than that it is no news.
constexpr absl::Duration kPatience = absl::Minutes(1);

bool IsObstacle(const std::string& reason) {
  // The run's own words for a portal that does not answer.
  if (reason == "PORTAL_AWAY") return true;
  const ReasonText* const text = FindReason(reason);
  if (text == nullptr) return false;
  switch (text->code) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
      absl::ToUnixMicros(time));
}

}  // namespace

void Integration::NoteObstacles(const v1::Run& run) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NoteObstaclesLocked(run);
}

void Integration::NoteObstaclesLocked(const v1::Run& run) {
  // What failed without consequences alarms nobody.
  if (run.dry_run() || run.kind() == v1::Run::SETTLE) return;
  std::vector<Obstacle> found;
  const auto note = [&](const v1::Explanation& what) {
    if (!IsObstacle(what.reason())) return;
    for (const Obstacle& other : found) {
      if (other.what.reason() == what.reason()) return;
    }
    Obstacle& entry = found.emplace_back(Obstacle{what, clock_.Now()});
    for (const Obstacle& known : obstacles_) {
      if (known.what.reason() == what.reason()) entry.since = known.since;
    }
  };
  if (IsFinal(run.state())) {
    if (run.has_error()) note(run.error());
  } else {
    for (const v1::Explanation& notice : run.notices()) note(notice);
    // What ended the run before is met again, or not, before this one has got anywhere.
    if (run.counters().scanned() == 0) {
      for (const Obstacle& known : obstacles_) note(known.what);
    }
  }
  obstacles_ = std::move(found);
}

void Integration::RefreshOldestDoubt(Ledger& ledger, int doubts) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // What a run has in flight is in no doubt yet.
    if (current_ != nullptr) return;
  }
  std::optional<absl::Time> oldest;
  if (doubts > 0) {
    const auto attempts = ledger.Attempts();
    if (!attempts.ok() || attempts->empty()) return;
    const absl::Time now = clock_.Now();
    if (doubted_.empty()) {
      // From before this process.
      const auto noted = ledger.Note(kOldestDoubtNote);
      const std::vector<std::string> parts =
          absl::StrSplit(noted.ok() ? *noted : "", ' ');
      int64_t unix_seconds = 0;
      if (parts.size() == 2 && absl::SimpleAtoi(parts[1], &unix_seconds)) {
        doubted_[parts[0]] = absl::FromUnixSeconds(unix_seconds);
      }
    }
    std::map<std::string, absl::Time> still;
    std::string nonce;
    for (const Attempt& attempt : *attempts) {
      const auto known = doubted_.find(attempt.intent.nonce);
      const absl::Time since = known == doubted_.end() ? now : known->second;
      still[attempt.intent.nonce] = since;
      if (oldest.has_value() && since >= *oldest) continue;
      oldest = since;
      nonce = attempt.intent.nonce;
    }
    doubted_ = std::move(still);
    const std::string note = absl::StrCat(nonce, " ", absl::ToUnixSeconds(*oldest));
    const auto noted = ledger.Note(kOldestDoubtNote);
    if (noted.ok() && *noted != note) {
      const absl::Status kept = ledger.SetNote(kOldestDoubtNote, note);
      if (!kept.ok()) log::Debug("oldest_doubt_not_noted", {{"error", kept}});
    }
  } else {
    doubted_.clear();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  oldest_doubt_ = oldest;
}

void Integration::Describe(v1::AgentReport* report) {
  const LeaseKeeper::Word lease = lease_.word();
  const std::lock_guard<std::mutex> lock(mutex_);
  // Neither configured nor told why not: no longer ours.
  if (sides_ == nullptr && rejection_.ok()) return;
  v1::IntegrationReport& entry = *report->add_integrations();
  entry.set_integration(IntegrationName(settings_.id));
  if (sides_ != nullptr) {
    entry.set_effective_revision(sides_->settings.revision);
    entry.set_effective_fingerprint(sides_->settings.fingerprint);
  }
  v1::AgentQueues& queues = *entry.mutable_queues();
  queues.set_clients(figures_.missing);
  queues.set_write_backs(figures_.write_back_pending);
  queues.set_write_backs_parked(figures_.write_back_parked);
  queues.set_doubts(figures_.doubts);
  if (oldest_doubt_.has_value()) {
    *queues.mutable_oldest_doubt_time() = ToTimestamp(*oldest_doubt_);
  }
  const auto add = [&](v1::Explanation what, bool stops_work,
                       std::optional<absl::Time> since = std::nullopt) {
    v1::AgentProblem& problem = *report->add_problems();
    *problem.mutable_explanation() = std::move(what);
    problem.set_integration(entry.integration());
    problem.set_stops_work(stops_work);
    if (since.has_value()) *problem.mutable_since_time() = ToTimestamp(*since);
  };
  if (!rejection_.ok()) add(ToExplanation(rejection_), sides_ == nullptr);
  if (!ledger_problem_.ok()) add(ToExplanation(ledger_problem_), true);
  // Of one that is switched off nobody expects anything.
  if (sides_ == nullptr || !sides_->settings.active) return;
  for (const Obstacle& obstacle : obstacles_) {
    // A run that waits may go on yet; one that has ended on it has not.
    if (current_ != nullptr && clock_.Now() - obstacle.since < kPatience) continue;
    add(obstacle.what, true, obstacle.since);
  }
  const bool lease_said =
      std::any_of(obstacles_.begin(), obstacles_.end(), [&](const Obstacle& obstacle) {
        return obstacle.what.reason() == ReasonOf(lease.error);
      });
  if (current_ != nullptr && lease.refused && !lease_said) {
    add(ToExplanation(lease.error), true);
  }
  const absl::Status& waiting = figures_.write_back.waiting;
  if (!waiting.ok() && !figures_.write_back.quiet_until.has_value() &&
      IsObstacle(ReasonOf(waiting))) {
    add(ToExplanation(waiting), false);
  }
}

}  // namespace guestbridge::agent
