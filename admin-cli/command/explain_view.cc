#include "admin-cli/command/explain_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"

namespace guestbridge::cli {
namespace {

std::string ContactText(int64_t contact) {
  return contact == 0 ? "" : std::to_string(contact);
}

void PrintRules(Session& session, const v1::ClientExplanation& explanation) {
  if (explanation.rules().empty()) return;
  Table table({session.Text("HEAD_RULE"), session.Text("HEAD_OUTCOME"),
               session.Text("HEAD_WHY")});
  for (const v1::RuleOutcome& rule : explanation.rules()) {
    Color color = Color::kNone;
    if (rule.outcome() == "PASS") color = Color::kGood;
    if (rule.outcome() == "STOP") color = Color::kBad;
    if (rule.outcome() == "NOTE") color = Color::kWarning;
    table.Add({rule.rule(),
               {session.Name("OUTCOME", rule.outcome()), color},
               TextOf(rule.explanation())});
  }
  session.out() << session.Text("RULES") << '\n';
  table.Print(session.style(), session.out());
}

void PrintFields(Session& session, const v1::ClientExplanation& explanation) {
  if (explanation.fields().empty()) return;
  Table table({session.Text("HEAD_TARGET_FIELD"), session.Text("HEAD_SOURCE_FIELD"),
               session.Text("HEAD_CHANGED"), session.Text("HEAD_VALUES")});
  for (const v1::FieldOutcome& field : explanation.fields()) {
    std::string values = field.source_value();
    if (field.sent_value() != field.source_value()) {
      absl::StrAppend(&values, " → ", field.sent_value());
    }
    for (const v1::Explanation& note : field.notes()) {
      absl::StrAppend(&values, " (", TextOf(note), ")");
    }
    table.Add({field.target(), field.source(), YesNo(session, field.changed()),
               std::move(values)});
  }
  session.out() << session.Text("FIELDS_TITLE") << '\n';
  table.Print(session.style(), session.out());
}

}  // namespace

void PrintClients(Session& session, const std::vector<v1::Client>& clients) {
  Table table({session.Text("HEAD_CLIENT"), session.Text("HEAD_STATE"),
               session.Text("HEAD_CONTACT"), session.Text("HEAD_WHY")});
  for (const v1::Client& client : clients) {
    std::string why = client.reason();
    if (why.empty()) why = client.found_by_message();
    if (!client.message().empty()) {
      absl::StrAppend(&why, why.empty() ? "" : ": ", client.message());
    }
    const int64_t contact =
        client.contact() != 0 ? client.contact() : client.proposed_contact();
    std::string contacts = ContactText(contact);
    if (client.candidate_contacts_size() > 0) {
      contacts = absl::StrCat(absl::StrJoin(client.candidate_contacts(), ", "), " ?");
    }
    if (!client.reason().empty() && !client.found_by_message().empty()) {
      absl::StrAppend(&why, " ", client.found_by_message());
    }
    table.Add({client.client(),
               session.Name("CLIENT", v1::Client::State_Name(client.state())),
               std::move(contacts), std::move(why)});
  }
  table.Print(session.style(), session.out());
}

void PrintExplanation(Session& session, const v1::ClientExplanation& explanation) {
  PrintWrapped(
      absl::StrCat(session.Text("CLIENT_DECISION", {{"client", explanation.client()}}),
                   ": ", session.Name("DECISION", explanation.decision())),
      0, session.style(), session.out());
  const std::string summary = TextOf(explanation.summary());
  if (!summary.empty()) PrintWrapped(summary, 2, session.style(), session.out());
  Facts facts;
  if (explanation.has_ledger()) {
    const v1::Client& ledger = explanation.ledger();
    facts.Add(session.Text("LEDGER_STATE"),
              session.Name("CLIENT", v1::Client::State_Name(ledger.state())));
    facts.Add(session.Text("CONTACT"), ContactText(ledger.contact()));
    if (!ledger.found_by_message().empty()) {
      facts.Add(session.Text("FOUND_BY"), ledger.found_by_message());
    }
    facts.Add(session.Text("EXPORTED"),
              TimeText(session, ledger.has_export_time(), ledger.export_time()));
  } else {
    facts.Add(session.Text("LEDGER_STATE"), session.Text("NEVER_SEEN"));
  }
  facts.Add(session.Text("CONTACT_IN_1C"),
            ContactText(explanation.contact_in_source()));
  facts.Print(session.style(), session.out());
  PrintRules(session, explanation);
  PrintFields(session, explanation);
}

}  // namespace guestbridge::cli
