#include <algorithm>
#include <utility>

#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"

// Whose turn it is to ask the portal.
namespace guestbridge::agent {
namespace {

constexpr char kListMethod[] = "crm.contact.list";
constexpr char kGetMethod[] = "crm.contact.get";
constexpr char kFindMethod[] = "crm.duplicate.findbycomm";
constexpr char kProfileMethod[] = "profile";

// What the portal tells of its contact fields, the values of those with a dictionary
// with it where it tells them.
CommandResult ToldFields(const PortalAnswer& answer) {
  CommandResult told = answer.results[1];
  for (size_t i = 2; i < answer.results.size(); ++i) {
    if (answer.results[i].fate != Fate::kDone) continue;
    for (const auto& [name, statuses] : answer.results[i].fields) {
      const auto field = told.fields.find(name);
      if (field != told.fields.end()) field->second.items = statuses.items;
    }
  }
  return told;
}

}  // namespace

void ExportMachine::FillLane() {
  while (lane_.HasRoom()) {
    std::optional<PortalLane::Job> job = NextJob();
    if (!context_.failure.ok() || !job.has_value()) return;
    if (job->touches > 0 && IsBeyondGuard(lane_.Touches() + job->touches)) {
      StopByGuard();
      return;
    }
    lane_.Submit(*std::move(job));
  }
}

bool ExportMachine::IsFree(std::initializer_list<const char*> methods) const {
  return std::none_of(methods.begin(), methods.end(),
                      [this](const char* method) { return lane_.Waits(method); });
}

std::optional<PortalLane::Job> ExportMachine::NextJob() {
  if (phase_ == Phase::kNewest) {
    if (newest_asked_) return std::nullopt;
    newest_asked_ = true;
    PortalLane::Job job;
    job.commands.push_back(ListNewest{});
    if ((settings_.kind == RunKind::kExport || settings_.kind == RunKind::kReconcile) &&
        settings_.mapping != nullptr) {
      job.commands.push_back(GetContactFields{});
      for (const StatusField& field : kStatusFields) {
        AddDictionary(field.name, field.dictionary);
      }
      for (const auto& [field, dictionary] : dictionaries_) {
        job.commands.push_back(
            GetContactFields{.statuses_of = field, .dictionary = dictionary});
      }
    }
    job.done = [this](const PortalAnswer& answer) {
      const CommandResult& result = answer.results[0];
      if (result.fate != Fate::kDone || !result.complete_page) {
        context_.Fail(
            MakeError(result.reason.empty() ? "PORTAL_ANSWER_BROKEN" : result.reason,
                      {{"code", result.portal_code}}));
        return;
      }
      // A list that ends below what is ours hides it: such a look counts as nothing.
      const ContactId end = context_.SawNewest(result.rows);
      const auto ours = context_.ledger.Witness();
      if (!context_.Check(ours.status())) return;
      context_.end_seen = end.exists() && end >= *ours;
      if (answer.results.size() > 1) {
        const CommandResult told = ToldFields(answer);
        if (LearnDictionaries(told.fields) || !LearnFields(told)) {
          newest_asked_ = false;
          return;
        }
      }
      newest_known_ = true;
    };
    return job;
  }
  // A look at many contacts shows the rights of whoever looks, too.
  if (IsFree({kListMethod, kProfileMethod})) {
    if (auto job = NextLook(); job.has_value()) return job;
  }
  if (phase_ == Phase::kEvents) return events_.Next();
  if (phase_ < Phase::kRead) return std::nullopt;
  const bool more = phase_ == Phase::kRead && !stream_done_;
  if (auto job = NextWhole(more); job.has_value() || !more) return job;
  // No row comes before something has left: then what there is leaves.
  const bool stuck = !reading_ && !fetching_ && Pending() >= MostPending();
  return stuck ? NextWhole(/*more=*/false) : std::nullopt;
}

std::optional<PortalLane::Job> ExportMachine::NextLook() {
  if (phase_ == Phase::kColdLook) return rebuilder_->Next();
  if (auto job = settler_.Next(); job.has_value()) return job;
  if (phase_ == Phase::kIndex) return matcher_.Next();
  if (IsFree({kGetMethod})) {
    if (auto job = gone_.Next(); job.has_value()) return job;
  }
  if (phase_ == Phase::kEvents) return std::nullopt;
  if (phase_ == Phase::kSweep) return sweep_.Next();
  if (phase_ == Phase::kCompare) return reconciler_.Next();
  if (auto job = adopter_.Next(); job.has_value()) return job;
  return IsFree({kFindMethod}) ? survivors_.Next() : std::nullopt;
}

std::optional<PortalLane::Job> ExportMachine::NextWhole(bool more) {
  if (settings_.has_standby && settings_.writes() && !may_claim()) {
    // Until the lease is there again others may write.
    updater_.LookAgain();
    deleter_.LookAgain();
    return std::nullopt;
  }
  if (auto job = updater_.Next(more, may_claim()); job.has_value()) return job;
  if (auto job = deleter_.Next(more); job.has_value()) return job;
  // What may not leave must not hold the places of what may.
  return may_claim() ? adder_.Next(more) : std::nullopt;
}

}  // namespace guestbridge::agent
