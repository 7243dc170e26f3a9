#include "sync-agent/client_explanation.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/client_history.h"
#include "sync-agent/client_list.h"
#include "sync-agent/client_search.h"
#include "sync-agent/contact_judgement.h"
#include "sync-agent/contact_view.h"
#include "sync-agent/contact_writes.h"
#include "sync-agent/control/configuration.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/last_run.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/plan/policies.h"
#include "sync-agent/plan/update.h"
#include "sync-agent/portal_limits.h"

namespace guestbridge::agent {
namespace {

constexpr int kHistoryShown = 3;
constexpr int kChangesShown = 5;
constexpr int kMostExplained = 50;  // ExplainClientsTask.clients

const char* NameOf(RuleTrace::Verdict verdict) {
  switch (verdict) {
    case RuleTrace::Verdict::kPass:
      return "PASS";
    case RuleTrace::Verdict::kStop:
      return "STOP";
    case RuleTrace::Verdict::kNote:
      return "NOTE";
  }
  return "";
}

v1::RuleOutcome ToRule(const RuleTrace& trace) {
  v1::RuleOutcome rule;
  rule.set_rule(trace.rule);
  rule.set_outcome(NameOf(trace.verdict));
  if (!trace.reason.empty()) {
    *rule.mutable_explanation() = ToExplanation(trace.reason, trace.parameters);
  }
  return rule;
}

v1::FieldOutcome ToField(const FieldDecision& decision) {
  v1::FieldOutcome field;
  field.set_source(decision.field.source);
  field.set_target(decision.field.target);
  field.set_source_value(decision.field.source_value);
  field.set_sent_value(decision.field.sent_value);
  for (const Note& note : decision.field.notes) {
    *field.add_notes() = ToExplanation(note.reason, note.parameters);
  }
  field.set_changed(decision.changed);
  return field;
}

// What stopped it, else the last thing that was found out.
v1::Explanation Summary(const Decision& decision) {
  if (!decision.reason.empty()) {
    return ToExplanation(decision.reason, decision.parameters);
  }
  for (auto trace = decision.rules.rbegin(); trace != decision.rules.rend(); ++trace) {
    if (!trace->reason.empty()) return ToExplanation(trace->reason, trace->parameters);
  }
  return ToExplanation("NEVER_EXPORTED", {});
}

// What the run's own rules say of it.
Decision DecideNow(const FoundClient& found, const std::optional<ClientRecord>& record,
                   bool in_doubt, const TaskParts& parts) {
  const LinkView view =
      MakeLinkView(record, in_doubt, parts.mapping()->resend_version());
  if (found.row.has_value()) {
    const absl::CivilDay today =
        absl::ToCivilDay(parts.clock.Now(), absl::UTCTimeZone());
    const IntegrationSettings& settings = parts.sides.settings;
    return Decide(*found.row, parts.mapping()->Map(*found.row, today), view,
                  settings.events, settings.policies);
  }
  // A run meets no row of it.
  Decision decision;
  decision.key = found.key;
  decision.action = PlannedAction::kSkip;
  decision.reason =
      view.link == LinkView::Link::kErased ? "CLIENT_ERASED" : "CLIENT_NOT_IN_SOURCE";
  return decision;
}

// What is to be done can't be done without the linked contact.
bool NeedsContact(const Decision& decision) {
  return decision.action == PlannedAction::kUpdate ||
         decision.action == PlannedAction::kDelete;
}

// Some contacts are read before they are written: a run that finds everything there
// writes nothing.
void DropEmptyUpdate(const std::optional<ContactUpdate>& update, Decision* decision) {
  if (decision->action != PlannedAction::kUpdate || !decision->read_first ||
      !update.has_value() || !update->empty()) {
    return;
  }
  decision->action = PlannedAction::kUnchanged;
  decision->rules.push_back(
      {"content", RuleTrace::Verdict::kNote, "CONTENT_UNCHANGED", {}});
}

// Whether the next run tries those again that were refused with an older mapping.
absl::StatusOr<bool> IsRetriedWithMapping(const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const std::string with, parts.ledger.Note(kRefusedWithNote));
  const std::vector<std::string> noted = absl::StrSplit(with, ' ');
  return noted[0] != absl::StrCat(parts.mapping()->version());
}

// Of a version that asks for nobody to be compared, the next run hears of those only
// who change in 1C; another row means that it does.
absl::StatusOr<bool> IsMetByNextRun(const FoundClient& found,
                                    const std::optional<ClientRecord>& record,
                                    const TaskParts& parts) {
  const CompiledMapping& mapping = *parts.mapping();
  if (mapping.compare_version() >= mapping.version()) return true;
  if (!found.row.has_value() || !record.has_value() || record->dirty) return true;
  if (record->version.empty() || record->version != found.row->data_version) {
    return true;
  }
  GB_ASSIGN_OR_RETURN(const std::string watermark, parts.ledger.Note(kWatermarkNote));
  GB_ASSIGN_OR_RETURN(const std::string with, parts.ledger.Note(kReadWithMappingNote));
  int read_with = 0;
  if (watermark.empty() || !absl::SimpleAtoi(with, &read_with) ||
      read_with < mapping.compare_version() || read_with > mapping.version()) {
    return true;
  }
  GB_ASSIGN_OR_RETURN(const std::string basis, parts.ledger.Note(kReadWithBasisNote));
  ContentBasis now =
      WithPolicies(parts.sides.source.reader->BasisOfRowsRead(mapping.attributes()),
                   mapping.default_region(), parts.sides.settings.policies);
  // Whether a look-up's texts changed the run itself finds out.
  now.texts.clear();
  return BasisChanged(basis, now);
}

void LeaveAsItIs(const TaskParts& parts, Decision* decision) {
  decision->action = PlannedAction::kSkip;
  decision->reason = "MAPPING_NOT_RESENT";
  decision->parameters = {{"integration", parts.integration},
                          {"version", absl::StrCat(parts.mapping()->version())}};
  std::vector<RuleTrace>& rules = decision->rules;
  // It said that the next export updates the contact.
  if (!rules.empty() && rules.back().rule == "content") rules.pop_back();
  rules.push_back(
      {"content", RuleTrace::Verdict::kStop, decision->reason, decision->parameters});
}

// The contact that it is about: its own, the proposed one, or the one that 1C names.
ContactId ContactOf(const std::optional<ClientRecord>& record,
                    const Decision& decision) {
  if (record.has_value()) {
    if (record->link == LinkState::kLive || record->link == LinkState::kLost) {
      return record->contact;
    }
    if (record->link == LinkState::kErased) return ContactId();
    if (record->proposed.exists()) return record->proposed;
  }
  return decision.stored;
}

v1::Explanation Next(const Decision& decision,
                     const std::optional<ClientRecord>& record, ContactId contact,
                     const TaskParts& parts) {
  const Parameters about = {{"integration", parts.integration},
                            {"client", decision.key.guid()},
                            {"contact", absl::StrCat(contact.value())}};
  const auto next = [&](const char* reason) { return ToExplanation(reason, about); };
  const bool writes = decision.action == PlannedAction::kAdd ||
                      decision.action == PlannedAction::kRecreate ||
                      decision.action == PlannedAction::kRelink ||
                      decision.action == PlannedAction::kUpdate ||
                      decision.action == PlannedAction::kDelete ||
                      decision.action == PlannedAction::kCheckStored;
  if (writes && !parts.sides.settings.active) return next("NEXT_IS_INACTIVE");
  switch (decision.action) {
    case PlannedAction::kAdd:
      return next("NEXT_IS_ADD");
    case PlannedAction::kRecreate:
      return next("NEXT_IS_RECREATE");
    case PlannedAction::kRelink:
      return next("NEXT_IS_RELINK");
    case PlannedAction::kUpdate:
      return next("NEXT_IS_UPDATE");
    case PlannedAction::kDelete:
      return next("NEXT_IS_DELETE");
    case PlannedAction::kCheckStored:
      return next("NEXT_IS_ADOPT");
    case PlannedAction::kUnchanged:
      if (record.has_value() && record->write_back == WriteBackState::kPending) {
        return next("NEXT_IS_WRITE_BACK");
      }
      if (record.has_value() && record->write_back == WriteBackState::kParked) {
        return next("NEXT_IS_PARKED");
      }
      return next("NEXT_IS_NOTHING");
    case PlannedAction::kSkip:
      return next(decision.reason == "CLIENT_ERASED" ? "NEXT_IS_NEVER"
                                                     : "NEXT_IS_SKIP");
    case PlannedAction::kFail:
      return next("NEXT_IS_RETRY");
    case PlannedAction::kDefer:
      if (decision.reason == kInDoubt) return next("NEXT_IS_SETTLE");
      if (decision.reason == "CONTACT_UNREADABLE" ||
          (decision.contact_gone && decision.reason == "CONTACT_READ_INCOMPLETE")) {
        return next("NEXT_IS_LOOK");
      }
      // Looked at once more, by that run or the one after it.
      if (decision.reason == "CONTACT_READ_INCOMPLETE") return next("NEXT_IS_ADOPT");
      return next(record.has_value() && record->proposed.exists() ? "NEXT_IS_REVIEW"
                                                                  : "NEXT_IS_CHOICE");
  }
  return next("NEXT_IS_NOTHING");
}

// What 1C recorded of the client. The explanation is worth more than this part of it,
// so a history that can't be read is left out.
absl::Status PutChanges(const ClientKey& client, const TaskParts& parts,
                        v1::ClientExplanation* explanation) {
  GB_ASSIGN_OR_RETURN(std::string watermark, parts.ledger.Note(kWatermarkNote));
  const auto changes = parts.sides.source.reader->RecentChanges(
      client, {std::move(watermark)}, kChangesShown);
  if (!changes.ok()) return absl::OkStatus();
  for (const ChangeRecord& change : *changes) {
    v1::ChangeRecord& told = *explanation->add_changes();
    told.set_time(change.time.text);
    told.set_seen(change.seen);
  }
  return absl::OkStatus();
}

// `met`: a run has read it already.
absl::StatusOr<v1::ClientExplanation> ExplainDecision(const std::string& client,
                                                      const TaskParts& parts,
                                                      bool met) {
  const IntegrationSettings& settings = parts.sides.settings;
  if (parts.mapping() == nullptr) {
    return MakeError("MAPPING_NOT_SAVED", {{"integration", parts.integration}});
  }
  GB_ASSIGN_OR_RETURN(const FoundClient found,
                      SearchClient(client, *parts.mapping(), parts));
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record,
                      parts.ledger.Get(found.key));
  GB_ASSIGN_OR_RETURN(const std::optional<Attempt> attempt,
                      parts.ledger.AttemptOf(found.key));
  GB_ASSIGN_OR_RETURN(const bool retried, IsRetriedWithMapping(parts));
  GB_ASSIGN_OR_RETURN(KnownClient known, FindKnown(found.key, parts));
  std::optional<ClientRecord>& as_decided = known.record;
  if (retried && as_decided.has_value()) ForgetRefusal(/*dropped=*/true, &*as_decided);
  if (!attempt.has_value()) {
    GB_RETURN_IF_ERROR(RestoreLink(found.key, parts, &known));
  }
  Decision decision = DecideNow(found, as_decided, attempt.has_value(), parts);
  const bool lost = decision.contact_gone;
  SeenContact seen =
      LookAtContact(lost ? decision.contact : ContactOf(as_decided, decision), parts);
  const bool linked = as_decided.has_value() && as_decided->link == LinkState::kLive;
  if (lost || (linked && seen.state == v1::PortalContact::GONE)) {
    // The next run finds out what became of it before it decides.
    GB_ASSIGN_OR_RETURN(const bool told, FollowOrLose(found.key, parts, &known, &seen));
    if (told) {
      decision = DecideNow(found, as_decided, attempt.has_value(), parts);
      GB_RETURN_IF_ERROR(ForeseeSurvivor(known, parts, &seen, &decision));
    } else if (lost || NeedsContact(decision)) {
      PutOff(seen, &decision);
    }
  }
  GB_RETURN_IF_ERROR(ForeseeContact(known, parts, &seen, &decision));
  const std::optional<ContactUpdate> update =
      UpdateOf(decision, seen,
               as_decided.has_value() ? as_decided->exported.values : ValueDigests());
  // What was last exported is not known by fields, or was by somebody else.
  if (update.has_value() && decision.changed.empty()) MarkChanged(*update, &decision);
  DropEmptyUpdate(update, &decision);
  if (!known.elsewhere && (decision.action == PlannedAction::kUpdate ||
                           decision.action == PlannedAction::kAdd)) {
    if (!met) {
      GB_ASSIGN_OR_RETURN(met, IsMetByNextRun(found, as_decided, parts));
    }
    if (!met && !attempt.has_value()) LeaveAsItIs(parts, &decision);
  }

  v1::ClientExplanation explanation;
  explanation.set_name(ClientName(parts.integration, found.key.guid()));
  explanation.set_client(found.key.guid());
  explanation.set_found_by(found.found_by);
  explanation.set_mapping_version(parts.mapping()->version());
  explanation.set_decision(agent::NameOf(decision.action));
  *explanation.mutable_summary() = Summary(decision);
  if (!settings.active) {
    *explanation.add_rules() = ToRule({"integration",
                                       RuleTrace::Verdict::kNote,
                                       "INTEGRATION_INACTIVE",
                                       {{"integration", parts.integration}}});
  }
  if (known.elsewhere) {
    *explanation.add_rules() = ToRule({"portal",
                                       RuleTrace::Verdict::kNote,
                                       "LINKS_OF_EARLIER_PORTAL",
                                       {{"integration", parts.integration}}});
  }
  if (found.row.has_value()) {
    explanation.set_code(std::string(absl::StripAsciiWhitespace(found.row->code)));
    explanation.set_contact_in_source(found.row->contact.value());
    *explanation.add_rules() = ToRule({"found", RuleTrace::Verdict::kPass, "", {}});
  } else {
    *explanation.add_rules() =
        ToRule({"found", RuleTrace::Verdict::kStop, decision.reason, {}});
  }
  for (const RuleTrace& trace : decision.rules) {
    *explanation.add_rules() = ToRule(trace);
  }
  for (const FieldDecision& field : decision.fields) {
    *explanation.add_fields() = ToField(field);
  }
  if (record.has_value()) {
    GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair,
                        parts.ledger.Pair(found.key));
    *explanation.mutable_ledger() = ToClient(
        parts.integration, *record, pair.value_or(PairNote{}), attempt.has_value());
  }
  PutPortalContact(seen, decision, &explanation);
  PutWrites(decision, update, seen, &explanation);
  *explanation.mutable_next() = Next(decision, as_decided, seen.id, parts);
  return explanation;
}

// What stopped the last export stops the next one, too, until somebody mends it; a plan
// that was overtaken does not, nor what another version of the mapping was at fault
// for.
void PutLastFailure(const TaskParts& parts, v1::ClientExplanation* explanation) {
  const std::optional<LastRun> last = RecallLastRun(parts.ledger);
  if (!last.has_value() || last->run.kind() != v1::Run::EXPORT ||
      last->run.state() != v1::Run::FAILED || !last->run.has_error() ||
      last->run.error().reason() == "PLAN_CHANGED") {
    return;
  }
  const auto version = last->run.error().parameters().find("version");
  if (absl::StartsWith(last->run.error().reason(), "MAPPED_") &&
      version != last->run.error().parameters().end() &&
      version->second != absl::StrCat(explanation->mapping_version())) {
    return;
  }
  v1::Explanation& why = *explanation->add_limits();
  why.set_reason(last->run.error().reason());
  *why.mutable_parameters() = last->run.error().parameters();
}

}  // namespace

absl::StatusOr<v1::ClientExplanation> ExplainClient(const std::string& client,
                                                    const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(v1::ClientExplanation explanation,
                      ExplainDecision(client, parts, /*met=*/false));
  const ClientKey key(explanation.client());
  GB_ASSIGN_OR_RETURN(const HistoryPage history,
                      parts.ledger.History(key, 0, kHistoryShown));
  for (const HistoryEntry& entry : history.entries) {
    *explanation.add_history() = ToEntry(entry, parts.integration);
  }
  GB_RETURN_IF_ERROR(PutChanges(key, parts, &explanation));
  GB_RETURN_IF_ERROR(PutLimits(parts, &explanation));
  PutLastFailure(parts, &explanation);
  return explanation;
}

absl::StatusOr<v1::ExplainedClients> ExplainClients(const v1::ExplainClientsTask& task,
                                                    const TaskParts& parts) {
  if (task.clients_size() > kMostExplained) return MakeError("TASK_UNKNOWN");
  TaskParts with = parts;
  std::optional<CompiledMapping> draft;
  if (task.has_draft()) {
    GB_ASSIGN_OR_RETURN(draft,
                        ReadMapping(task.draft(), parts.sides.settings.default_region));
    GB_RETURN_IF_ERROR(CheckMapping(*draft, parts.sides.local_policy));
    with.draft = &*draft;
  }
  v1::ExplainedClients answer;
  for (const std::string& client : task.clients()) {
    auto explained = ExplainDecision(client, with, /*met=*/true);
    if (explained.ok()) {
      *answer.add_clients()->mutable_explanation() = *std::move(explained);
    } else if (absl::IsNotFound(explained.status())) {
      *answer.add_clients()->mutable_error() = ToTaskError(explained.status());
    } else {
      return explained.status();
    }
  }
  return answer;
}

}  // namespace guestbridge::agent
