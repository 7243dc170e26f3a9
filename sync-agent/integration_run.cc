#include "sync-agent/integration_run.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/export/event_poll.h"
#include "sync-agent/export/source_patience.h"
#include "sync-agent/export/write_back_turns.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kRenewalPatience = absl::Seconds(2);
constexpr absl::Duration kSlice = absl::Milliseconds(200);

// Notes of the ledger; those of the last reading are the machine's.
constexpr char kStampNote[] = "ledger-stamp";  // tells it from its copies
constexpr char kRunStartNote[] = "run-start";  // KeyOf, written before

// What the portal's queue told since, others may have heard.
absl::Status NoteCold(Ledger& ledger) {
  GB_RETURN_IF_ERROR(ledger.SetNote(kSweptNote, ""));
  return ledger.SetNote(kColdNote, "1");
}

RunKind KindOf(v1::Run::Kind kind) {
  switch (kind) {
    case v1::Run::MATCH:
      return RunKind::kMatch;
    case v1::Run::REBUILD:
      return RunKind::kRebuild;
    case v1::Run::SETTLE:
      return RunKind::kSettle;
    case v1::Run::RECONCILE:
      return RunKind::kReconcile;
    default:
      return RunKind::kExport;
  }
}

absl::StatusOr<std::vector<KnownRow>> KnownRowsOf(Ledger& ledger, int64_t run,
                                                  absl::Span<const ClientKey> keys) {
  GB_ASSIGN_OR_RETURN(const std::vector<KnownVersion> versions,
                      ledger.KnownVersions(keys));
  std::vector<KnownRow> rows;
  rows.reserve(versions.size());
  for (const KnownVersion& one : versions) {
    rows.push_back({one.version, one.echo, one.run == run});
  }
  return rows;
}

}  // namespace

IntegrationRun::IntegrationRun(Parts parts, v1::RunTask task)
    : parts_(std::move(parts)),
      task_(std::move(task)),
      run_(task_.run()),
      portal_before_(task_.run().portal()),
      source_before_(task_.run().source()),
      source_at_start_(parts_.sides->source.reader->usage()),
      executor_({parts_.ledger, *parts_.sides->source.reader, *parts_.sides->portal,
                 parts_.pacer, parts_.doubts, parts_.random, parts_.clock}) {}

void IntegrationRun::Cancel() {
  cancelled_ = true;
  executor_.Cancel();
}

void IntegrationRun::Stop() {
  stopped_ = true;
  executor_.Stop();
}

bool IntegrationRun::MayCreate() const {
  if (task_.run().dry_run()) return false;
  return task_.run().kind() != v1::Run::MATCH || task_.apply();
}

bool IntegrationRun::Pause(absl::Duration duration) {
  const absl::Duration until = parts_.clock.Steady() + duration;
  while (!interrupted() && parts_.clock.Steady() < until) absl::SleepFor(kSlice);
  return !interrupted();
}

void IntegrationRun::Report(const RunProgress* progress,
                            const v1::Explanation* notice) {
  if (progress != nullptr) {
    PutProgress(*progress, portal_before_, &run_);
    if (progress->plan.has_value()) PutPlannedWriteBack(progress->counts);
    const SourceUsage usage = parts_.sides->source.reader->usage();
    run_.mutable_source()->set_requests(source_before_.requests() + usage.requests -
                                        source_at_start_.requests);
    run_.mutable_source()->set_rows(source_before_.rows() + usage.rows -
                                    source_at_start_.rows);
  } else {
    run_.clear_notices();
  }
  if (!parts_.rejection.ok()) {
    *run_.add_notices() = ToExplanation(MakeError("LAST_GOOD_SETTINGS"));
    *run_.add_notices() = ToExplanation(parts_.rejection);
  }
  if (notice != nullptr) *run_.add_notices() = *notice;
  const auto write_back = parts_.ledger.CountWriteBacks();
  const auto attempts = parts_.ledger.CountAttempts();
  if (write_back.ok() && attempts.ok()) {
    // While the executor works, attempts are in flight that nobody doubts yet.
    const int doubts =
        progress == nullptr ? *attempts : static_cast<int>(parts_.doubts.size());
    PutLedgerCounts(*write_back, written_before_, doubts, &run_);
    PutOutlook(parts_.outlook(write_back->pending), run_.mutable_write_back());
    const auto refusals = parts_.ledger.WriteBackRefusals();
    if (refusals.ok()) PutWriteBackRefusals(*refusals, &run_);
  }
  parts_.report(run_);
}

absl::Status IntegrationRun::Begin() {
  run_.set_state(v1::Run::RUNNING);
  const IntegrationSettings& settings = parts_.sides->settings;
  if (task_.has_draft()) {
    GB_ASSIGN_OR_RETURN(draft_, ReadMapping(task_.draft(), settings.default_region));
    GB_RETURN_IF_ERROR(CheckMapping(*draft_, parts_.sides->local_policy));
  }
  if (mapping().has_value()) run_.set_mapping_version(mapping()->version());
  GB_ASSIGN_OR_RETURN(const std::string begun, parts_.ledger.Note(kRunStartNote));
  const std::vector<std::string> start = absl::StrSplit(begun, ' ');
  if (start.size() != 2 || start[0] != KeyOf(task_.run()) ||
      !absl::SimpleAtoi(start[1], &written_before_)) {
    GB_ASSIGN_OR_RETURN(const WriteBackCounts counts, parts_.ledger.CountWriteBacks());
    written_before_ = counts.done;
    // A background settling does not forget when the export before it began.
    if (task_.run().kind() != v1::Run::SETTLE) {
      GB_RETURN_IF_ERROR(parts_.ledger.SetNote(
          kRunStartNote, absl::StrCat(KeyOf(task_.run()), " ", written_before_)));
    }
  }
  CrashPoint("agent.run.begun");
  if ((task_.run().kind() == v1::Run::EXPORT ||
       task_.run().kind() == v1::Run::RECONCILE) &&
      !task_.run().dry_run()) {
    // Whoever starts an export may have mended what 1C had refused.
    GB_RETURN_IF_ERROR(WriteBackTurns::Unpark(parts_.ledger));
  }
  Report(nullptr, nullptr);
  if (!settings.active) {
    return MakeError("INTEGRATION_INACTIVE", {{"integration", parts_.integration}});
  }
  if (!mapping().has_value() && task_.run().kind() != v1::Run::REBUILD) {
    return MakeError("MAPPING_NOT_SAVED", {{"integration", parts_.integration}});
  }
  return absl::OkStatus();
}

absl::StatusOr<SourceIdentity> IntegrationRun::AskBase() {
  SourcePatience patience(SourceWaits{}, unattended(), parts_.random);
  while (true) {
    auto identity = parts_.sides->source.probe->FetchIdentity();
    if (identity.ok()) return identity;
    const std::optional<absl::Duration> pause =
        patience.AfterFailure(identity.status(), parts_.clock.Steady());
    if (!pause.has_value()) return identity;
    const v1::Explanation notice = ToExplanation(identity.status());
    Report(nullptr, &notice);
    if (!Pause(*pause)) return identity;
  }
}

absl::StatusOr<IntegrationRun::Identity> IntegrationRun::FindIdentity() {
  const IntegrationSettings& settings = parts_.sides->settings;
  const std::string& bound = settings.bound_base_identity;
  // Settling needs the portal alone: 1C may be away.
  if (task_.run().kind() == v1::Run::SETTLE && !bound.empty()) {
    return Identity{bound, false};
  }
  GB_ASSIGN_OR_RETURN(const SourceIdentity said, AskBase());
  // Without a word of its own the base is known by its address; and one that was bound
  // by its address stays so when it begins to publish an identity.
  if (said.value.empty() ||
      (!bound.empty() && bound == settings.fallback_base_identity)) {
    return Identity{settings.fallback_base_identity, false};
  }
  // A run that creates asks the server, which knows best.
  if (!MayCreate() && !bound.empty() && bound != said.value) {
    return MakeError(
        "BASE_CHANGED",
        {{"integration", parts_.integration}, {"bound", bound}, {"found", said.value}});
  }
  return Identity{said.value, true};
}

absl::Status IntegrationRun::ProbeSource() {
  const v1::Run::Kind kind = task_.run().kind();
  if (kind != v1::Run::EXPORT && kind != v1::Run::MATCH && kind != v1::Run::RECONCILE) {
    return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const std::string read_with,
                      parts_.ledger.Note(kReadWithMappingNote));
  if (!read_with.empty() || interrupted()) return absl::OkStatus();
  v1::ReportChecksRequest request;
  request.set_revision(parts_.sides->settings.revision);
  for (v1::Check& check :
       TestSource(*parts_.sides, [this] { return !interrupted(); })) {
    *request.add_checks() = std::move(check);
  }
  // Half a look is no finding; the run that takes this one up looks again.
  if (interrupted()) return absl::OkStatus();
  parts_.tell_checks(std::move(request));
  return absl::OkStatus();
}

absl::Status IntegrationRun::TakeLease(const Identity& identity) {
  v1::AcquireLeaseRequest request;
  request.set_integration(IntegrationName(parts_.integration));
  request.set_base_identity(identity.value);
  request.set_published(identity.published);
  request.mutable_ledger()->set_integration(request.integration());
  request.mutable_ledger()->set_ledger(parts_.ledger.id());
  Ledger& ledger = parts_.ledger;
  parts_.lease.Want(
      [request, &ledger, on_cloud = parts_.sides->settings.settle_time,
       on_box = parts_.sides->settings.box_settle_time] {
        v1::AcquireLeaseRequest now = request;
        now.mutable_ledger()->set_sequence(ledger.sequence());
        // A ledger that can't be read shows no stamp, and is cold.
        now.set_ledger_stamp(ledger.Note(kStampNote).value_or(""));
        *now.mutable_settle_time() =
            google::protobuf::util::TimeUtil::SecondsToDuration(absl::ToInt64Seconds(
                absl::Ceil(SettleTimeOf(ledger, on_cloud, on_box), absl::Seconds(1))));
        return now;
      },
      [&ledger](const std::string& stamp, bool cold) {
        if (cold) GB_RETURN_IF_ERROR(NoteCold(ledger));
        return ledger.SetNote(kStampNote, stamp);
      });
  told_settle_time_ = SettleTime();
  std::string said;
  while (!interrupted()) {
    const LeaseKeeper::Word word = parts_.lease.Await(absl::Milliseconds(250));
    if (word.refused) return word.error;
    if (word.held) {
      cold_ = word.cold;
      return absl::OkStatus();
    }
    if (word.error.ok() || ReasonOf(word.error) == said) continue;
    said = ReasonOf(word.error);
    log::Info(
        "lease_awaited",
        {{"integration", parts_.integration}, {"run", name()}, {"error", word.error}});
    const v1::Explanation notice = ToExplanation(word.error);
    Report(nullptr, &notice);
  }
  return absl::OkStatus();
}

absl::Duration IntegrationRun::SettleTime() const {
  const IntegrationSettings& configured = parts_.sides->settings;
  return SettleTimeOf(parts_.ledger, configured.settle_time,
                      configured.box_settle_time);
}

void IntegrationRun::TellSettleTime() {
  if (!MayCreate() || interrupted()) return;
  const absl::Duration time = SettleTime();
  if (time == told_settle_time_) return;
  if (parts_.lease.Renew(kRenewalPatience)) told_settle_time_ = time;
}

absl::StatusOr<RunSettings> IntegrationRun::MakeSettings(const Identity& identity) {
  const IntegrationSettings& configured = parts_.sides->settings;
  RunSettings settings;
  settings.run = LedgerNumberOf(task_.run());
  if (!task_.run().dry_run()) {
    GB_RETURN_IF_ERROR(parts_.ledger.NameRun(settings.run, task_.run().name()));
  }
  settings.kind = KindOf(task_.run().kind());
  settings.full = task_.run().full();
  settings.dry_run = task_.run().dry_run();
  settings.settle = task_.settle();
  settings.apply = task_.apply();
  settings.portal_events = configured.portal.oauth;
  settings.unattended = unattended();
  settings.has_standby = configured.has_standby;
  GB_ASSIGN_OR_RETURN(const std::string known, parts_.ledger.Note(kIdentityNote));
  std::string base = identity.value;
  if (!identity.published && !known.empty()) base = known;
  if (!configured.bound_base_identity.empty()) base = configured.bound_base_identity;
  settings.originator = absl::StrCat(kOriginatorPrefix, base);
  if (mapping().has_value()) {
    settings.mapping = &*mapping();
    settings.mapping_version = mapping()->version();
  }
  settings.events = configured.events;
  settings.policies = configured.policies;
  settings.ceilings = parts_.sides->local_policy.ceilings;
  settings.settle_time = configured.settle_time;
  settings.box_settle_time = configured.box_settle_time;
  settings.spread_imports = configured.spread_imports;
  GB_ASSIGN_OR_RETURN(const std::string read_with,
                      parts_.ledger.Note(kReadWithMappingNote));
  settings.first_export = read_with.empty() || other_portal_;
  if (MayCreate()) {
    GB_RETURN_IF_ERROR(parts_.ledger.SetNote(kIdentityNote, base));
    CrashPoint("agent.identity.noted");
    // Remembered here: an execution that is cut short must not make the next one trust
    // a ledger that has just begun to grow.
    if (cold_) GB_RETURN_IF_ERROR(NoteCold(parts_.ledger));
  }
  GB_ASSIGN_OR_RETURN(const std::string cold, parts_.ledger.Note(kColdNote));
  settings.cold = !cold.empty() || other_portal_;
  settings.other_portal = other_portal_;
  return settings;
}

absl::Status IntegrationRun::Recall(ReadMemory* memory, ReadRequest* read,
                                    int* linked) {
  if (other_portal_) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(memory->watermark.value, parts_.ledger.Note(kWatermarkNote));
  GB_ASSIGN_OR_RETURN(const std::string read_with,
                      parts_.ledger.Note(kReadWithMappingNote));
  if (!absl::SimpleAtoi(read_with, &memory->mapping_version)) {
    memory->mapping_version = 0;
  }
  GB_ASSIGN_OR_RETURN(const std::string whole, parts_.ledger.Note(kReadWholeNote));
  if (int64_t unix = 0; absl::SimpleAtoi(whole, &unix)) {
    memory->whole = absl::FromUnixSeconds(unix);
  }
  GB_ASSIGN_OR_RETURN(const WriteBackItem written, parts_.ledger.LastWritten());
  read->last_written = written.key;
  read->last_written_contact = written.contact;
  GB_ASSIGN_OR_RETURN(*linked, parts_.ledger.CountLinked());
  return absl::OkStatus();
}

absl::StatusOr<ExecutionResult> IntegrationRun::Work(const Identity& identity) {
  GB_ASSIGN_OR_RETURN(RunSettings settings, MakeSettings(identity));
  ReadMemory memory;
  ReadRequest read;
  GB_RETURN_IF_ERROR(Recall(&memory, &read, &settings.linked));
  if (settings.kind == RunKind::kExport || settings.kind == RunKind::kReconcile) {
    GB_ASSIGN_OR_RETURN(memory.basis_changed, LearnBasis(&settings));
    settings.attribute_kinds = [&reader = *parts_.sides->source.reader] {
      return reader.KindsOfRowsRead();
    };
  }
  const ReadChoice choice =
      ChooseReading(settings.full || settings.kind != RunKind::kExport,
                    {settings.mapping_version,
                     mapping().has_value() ? mapping()->compare_version() : 0},
                    settings.unattended, parts_.clock.Now(), memory);
  settings.full = choice.full;
  settings.reads_whole = choice.full || choice.compare;
  if (!choice.reason.empty()) {
    log::Info("run_reads_whole_base", {{"run", name()}, {"reason", choice.reason}});
  }
  read.kind = choice.full      ? ReadRequest::Kind::kFull
              : choice.compare ? ReadRequest::Kind::kCompare
                               : ReadRequest::Kind::kChanges;
  read.since = choice.since;
  read.unattended = settings.unattended;
  read.known = [&ledger = parts_.ledger,
                run = settings.run](absl::Span<const ClientKey> keys) {
    return KnownRowsOf(ledger, run, keys);
  };
  if (settings.mapping != nullptr) read.attributes = settings.mapping->attributes();
  GB_ASSIGN_OR_RETURN(ExecutionResult result, ExecutePlanned(settings, read));
  GB_RETURN_IF_ERROR(NoteGuard(settings, result));
  WarnOfGuard(settings, result);
  if (result.end == ExecutionEnd::kSucceeded && settings.cold && MayCreate() &&
      settings.kind != RunKind::kMatch) {
    CrashPoint("agent.cold.clear");
    GB_RETURN_IF_ERROR(parts_.ledger.SetNote(kColdNote, ""));
    CrashPoint("agent.cold.cleared");
  }
  return result;
}

ExecutionResult IntegrationRun::Perform(const RunSettings& settings,
                                        const ReadRequest& read) {
  ExecutionResult result = executor_.Execute(
      settings, read,
      [this, creates = MayCreate()] {
        return creates ? parts_.lease.end() : -absl::InfiniteDuration();
      },
      [this](const RunProgress& progress) {
        // An order that came before the executor began is given again.
        if (cancelled_) executor_.Cancel();
        RememberMove(progress);
        TellSettleTime();
        const LeaseKeeper::Word word = parts_.lease.word();
        if (word.error.ok()) return Report(&progress, nullptr);
        const v1::Explanation notice = ToExplanation(word.error);
        Report(&progress, &notice);
      });
  RememberMove(result.progress);
  return result;
}

v1::Run IntegrationRun::Ended(v1::Run::State state) {
  run_.set_state(state);
  return run_;
}

std::optional<v1::Run> IntegrationRun::Execute() {
  log::Info("run_begins",
            {{"run", name()}, {"kind", v1::Run::Kind_Name(task_.run().kind())}});
  absl::StatusOr<ExecutionResult> result = [&]() -> absl::StatusOr<ExecutionResult> {
    GB_RETURN_IF_ERROR(Begin());
    const absl::StatusOr<Identity> found = FindIdentity();
    // Also when it can't be reached: then it says why.
    GB_RETURN_IF_ERROR(ProbeSource());
    GB_ASSIGN_OR_RETURN(const Identity identity, found);
    // Before the lease, which says what kind of portal it is for.
    GB_RETURN_IF_ERROR(MindPortal());
    if (MayCreate()) GB_RETURN_IF_ERROR(TakeLease(identity));
    ExecutionResult cut;
    cut.end = ExecutionEnd::kStopped;
    if (interrupted()) return cut;
    return Work(identity);
  }();
  parts_.lease.Leave();
  if (!result.ok()) {
    if (interrupted()) {
      result = ExecutionResult();
      result->end = ExecutionEnd::kStopped;
    } else {
      *run_.mutable_error() = ToExplanation(result.status());
      return Ended(v1::Run::FAILED);
    }
  }
  switch (result->end) {
    case ExecutionEnd::kSucceeded:
      return Ended(result->progress.counts.failed > 0 ? v1::Run::PARTIALLY_FAILED
                                                      : v1::Run::SUCCEEDED);
    case ExecutionEnd::kFailed:
      *run_.mutable_error() = ToExplanation(result->error);
      return Ended(v1::Run::FAILED);
    case ExecutionEnd::kCancelled:
      return Ended(v1::Run::CANCELLED);
    case ExecutionEnd::kPlanFirst:  // ExecutePlanned deals with it.
    case ExecutionEnd::kStopped:
      if (cancelled_ && !stopped_) return Ended(v1::Run::CANCELLED);
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace guestbridge::agent
