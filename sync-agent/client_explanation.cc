#include "sync-agent/client_explanation.h"

#include <optional>

#include "absl/time/civil_time.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/client_list.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/plan/decide.h"

namespace guestbridge::agent {
namespace {

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

}  // namespace

absl::StatusOr<v1::ClientExplanation> ExplainClient(const std::string& client,
                                                    const TaskParts& parts) {
  const IntegrationSettings& settings = parts.sides.settings;
  if (!settings.mapping.has_value()) {
    return MakeError("MAPPING_NOT_SAVED", {{"integration", parts.integration}});
  }
  GB_ASSIGN_OR_RETURN(
      const std::optional<ClientRow> row,
      parts.sides.source.reader->FindClient(client, settings.mapping->attributes()));
  if (!row.has_value()) return MakeError("CLIENT_NOT_FOUND", {{"client", client}});
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRecord> record,
                      parts.ledger.Get(row->key));
  GB_ASSIGN_OR_RETURN(const std::optional<Attempt> attempt,
                      parts.ledger.AttemptOf(row->key));
  const absl::CivilDay today = absl::ToCivilDay(parts.clock.Now(), absl::UTCTimeZone());
  const Decision decision = Decide(
      *row, settings.mapping->Map(*row, today),
      MakeLinkView(record, attempt.has_value(), settings.mapping->resend_version()),
      settings.events, settings.policies);

  v1::ClientExplanation explanation;
  explanation.set_name(ClientName(parts.integration, row->key.guid()));
  explanation.set_client(row->key.guid());
  explanation.set_decision(agent::NameOf(decision.action));
  *explanation.mutable_summary() = Summary(decision);
  if (!settings.active) {
    *explanation.add_rules() = ToRule({"integration",
                                       RuleTrace::Verdict::kNote,
                                       "INTEGRATION_INACTIVE",
                                       {{"integration", parts.integration}}});
  }
  *explanation.add_rules() = ToRule({"found", RuleTrace::Verdict::kPass, "", {}});
  for (const RuleTrace& trace : decision.rules) {
    *explanation.add_rules() = ToRule(trace);
  }
  for (const FieldDecision& field : decision.fields) {
    *explanation.add_fields() = ToField(field);
  }
  if (record.has_value()) {
    GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair,
                        parts.ledger.Pair(row->key));
    *explanation.mutable_ledger() = ToClient(
        parts.integration, *record, pair.value_or(PairNote{}), attempt.has_value());
  }
  explanation.set_contact_in_source(row->contact.value());
  return explanation;
}

}  // namespace guestbridge::agent
