#include "admin-cli/command/explain_view.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "admin-cli/command/history_view.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"

namespace guestbridge::cli {
namespace {

std::string ContactText(int64_t contact) {
  return contact == 0 ? "" : std::to_string(contact);
}

// The linked contact, or those of which a person may choose.
std::string ContactsText(const v1::Client& client) {
  if (client.contact() != 0) return ContactText(client.contact());
  if (client.candidate_contacts_size() > 0) {
    return absl::StrCat(absl::StrJoin(client.candidate_contacts(), ", "), " ?");
  }
  const std::string proposed = ContactText(client.proposed_contact());
  return proposed.empty() ? "" : absl::StrCat(proposed, " ?");
}

std::string WithRemedy(const std::string& message, const std::string& remedy) {
  return remedy.empty() ? message : absl::StrCat(message, " ", remedy);
}

// "deletion-mark" -> "DELETION_MARK".
std::string LabelKey(absl::string_view rule) {
  return absl::StrReplaceAll(absl::AsciiStrToUpper(rule), {{"-", "_"}});
}

// "Phone and name are the same. (likely)"
std::string FoundByText(const Session& session, const v1::Client& client) {
  const std::string& message = client.found_by_message();
  if (message.empty() || client.certainty() == v1::Client::CERTAINTY_UNSPECIFIED) {
    return message;
  }
  return absl::StrCat(
      message, " (",
      session.Name("CERTAINTY", v1::Client::Certainty_Name(client.certainty())), ")");
}

// The version that decided now, and the one of the last export if that differs.
std::string MappingText(const Session& session,
                        const v1::ClientExplanation& explanation) {
  const int exported = explanation.ledger().mapping_version();
  const bool before = exported != 0 && exported != explanation.mapping_version();
  return session.Text(before ? "MAPPING_BEFORE" : "MAPPING_NOW",
                      {{"version", absl::StrCat(explanation.mapping_version())},
                       {"exported", absl::StrCat(exported)}});
}

// No change makes a run export it.
bool IsNeverExported(const v1::ClientExplanation& explanation) {
  const std::string& reason = explanation.summary().reason();
  return reason == "CLIENT_IS_FOLDER" || reason == "CLIENT_ERASED";
}

absl::string_view NextOf(const v1::ClientExplanation& explanation) {
  const std::string& decision = explanation.decision();
  if (decision == "UNCHANGED" || IsNeverExported(explanation)) return "NEXT_STATUS";
  if (decision == "FAIL") return "NEXT_CLIENT_RETRY";
  if (decision == "SKIP") return "NEXT_AFTER_CHANGE";
  if (decision == "DEFER") return "NEXT_WHEN_DONE";
  return "NEXT_EXPORT_RUN";
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
    // What stopped it stands above, with what to do.
    bool said = rule.explanation().reason() == explanation.summary().reason();
    // What the ledger says helps where no event that is off stands in the way.
    if (rule.rule() == "ledger" && explanation.summary().reason() == "EVENT_OFF") {
      said = true;
    }
    table.Add({session.Name("RULE", LabelKey(rule.rule())),
               {session.Name("OUTCOME", rule.outcome()), color},
               said ? rule.explanation().message() : TextOf(rule.explanation())});
  }
  session.Say("RULES");
  table.Print(session.style(), session.out());
}

// What the contact has now, behind what is sent.
std::string PortalText(const Session& session, const v1::FieldOutcome& field) {
  const std::string held = ValuesText(session, field.portal_value(), ", ");
  if (field.differs()) {
    return session.Text(held.empty() ? "VALUE_EMPTY" : "VALUE_DIFFERS",
                        {{"value", held}});
  }
  if (held.empty()) return "";
  // Of several values the one has each on a line of its own.
  const std::string in_line = absl::StrReplaceAll(field.portal_value(), {{"\n", ", "}});
  if (field.portal_value() == field.sent_value() || in_line == field.sent_value()) {
    return session.Text("VALUE_SAME");
  }
  return session.Text("VALUE_HELD", {{"value", held}});
}

std::string PortalText(const Session& session, const v1::PortalContact& portal) {
  Parameters parameters = {{"contact", absl::StrCat(portal.contact())},
                           {"fields", absl::StrJoin(portal.differing_fields(), ", ")},
                           {"message", portal.explanation().message()}};
  switch (portal.state()) {
    case v1::PortalContact::READ:
      return session.Text(
          portal.differing_fields_size() > 0 ? "CONTACT_DIFFERS" : "CONTACT_AS_SENT",
          parameters);
    case v1::PortalContact::GONE:
      return session.Text("CONTACT_IS_GONE", parameters);
    case v1::PortalContact::UNREAD:
      return session.Text("CONTACT_NOT_READ", parameters);
    default:
      return "";
  }
}

void PrintNext(Session& session, const v1::ClientExplanation& explanation) {
  if (explanation.next().reason().empty()) return;
  session.Say("WHAT_IS_NEXT");
  const auto say = [&](const std::string& text) {
    PrintWrapped(text, 2, session.style(), session.out());
  };
  std::string first = explanation.next().message();
  const std::string& decision = explanation.decision();
  const bool by_run = decision == "ADD" || decision == "RECREATE" ||
                      decision == "RELINK" || decision == "UPDATE" ||
                      decision == "DELETE" || decision == "ADOPT";
  if (explanation.has_next_run_time()) {
    absl::StrAppend(
        &first, " ",
        session.Text("NEXT_RUN_AT",
                     {{"time", TimeTextIn(session, explanation.time_zone(), true,
                                          explanation.next_run_time())}}));
  } else if (by_run && explanation.next().reason() != "NEXT_IS_INACTIVE") {
    absl::StrAppend(&first, " ", session.Text("NO_RUN_PLANNED"));
  }
  say(first);
  for (const v1::Explanation& limit : explanation.limits()) {
    const bool waits =
        limit.reason().empty() || absl::StartsWith(limit.reason(), "LIMIT_");
    say(waits ? limit.message()
              : absl::StrCat(session.Text("LAST_EXPORT_FAILED"), " ", TextOf(limit)));
  }
}

void PrintFields(Session& session, const v1::ClientExplanation& explanation) {
  if (explanation.fields().empty()) return;
  Table table({session.Text("HEAD_TARGET_FIELD"), session.Text("HEAD_SOURCE_FIELD"),
               session.Text("HEAD_CHANGED"), session.Text("HEAD_VALUES")});
  const bool was_read = explanation.portal().state() == v1::PortalContact::READ;
  std::string last;
  std::string shown;
  for (const v1::FieldOutcome& field : explanation.fields()) {
    std::string values = ValueText(session, field.source_value());
    if (field.sent_value() != field.source_value()) {
      absl::StrAppend(&values, " → ", ValueText(session, field.sent_value()));
    }
    // Of several that feed one field the first tells what it holds.
    if (was_read && field.target() != last) {
      absl::StrAppend(&values, PortalText(session, field));
    }
    last = field.target();
    absl::StrAppend(&shown, values);
    for (const v1::Explanation& note : field.notes()) {
      absl::StrAppend(&values, " (", TextOf(note), ")");
    }
    table.Add({field.target(), field.source(), YesNo(session, field.changed()),
               std::move(values)});
  }
  session.Say("FIELDS_TITLE");
  table.Print(session.style(), session.out());
  ExplainBlanks(session, shown);
}

void PrintChanges(Session& session, const v1::ClientExplanation& explanation) {
  if (explanation.changes().empty()) return;
  Table table({session.Text("HEAD_TIME_IN_1C"), session.Text("HEAD_SEEN")});
  for (const v1::ChangeRecord& change : explanation.changes()) {
    const Cell seen = change.seen()
                          ? Cell{session.Text("CHANGE_SEEN"), Color::kGood}
                          : Cell{session.Text("CHANGE_NOT_SEEN"), Color::kWarning};
    table.Add({absl::StrReplaceAll(change.time(), {{"T", " "}}), seen});
  }
  session.Say("CHANGES_IN_1C");
  table.Print(session.style(), session.out());
}

// Fields that were not sent as they stand in 1C, or for a reason.
std::string NotedFields(const v1::ClientExplanation& explanation) {
  std::vector<std::string> names;
  for (const v1::FieldOutcome& field : explanation.fields()) {
    if (field.notes().empty()) continue;
    if (names.empty() || names.back() != field.target())
      names.push_back(field.target());
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace

void PrintClients(Session& session, const std::vector<v1::Client>& clients) {
  Table table({session.Text("HEAD_CLIENT"), session.Text("HEAD_STATE"),
               session.Text("HEAD_CONTACT"), session.Text("HEAD_WHY")});
  table.TextBelow();
  for (const v1::Client& client : clients) {
    std::string why = client.reason();
    if (why.empty()) why = FoundByText(session, client);
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
      absl::StrAppend(&why, " ", FoundByText(session, client));
    }
    table.Add({client.client(),
               session.Name("CLIENT", v1::Client::State_Name(client.state())),
               std::move(contacts), std::move(why)});
  }
  table.Print(session.style(), session.out());
}

void PrintGroups(Session& session, const std::vector<v1::ClientGroup>& groups) {
  Table table({session.Text("HEAD_COUNT"), session.Text("HEAD_STATE"),
               session.Text("HEAD_FIRST_CLIENTS"), session.Text("HEAD_WHY")});
  table.TextBelow();
  for (const v1::ClientGroup& group : groups) {
    std::string why = group.reason();
    const std::string text = WithRemedy(group.message(), group.remedy());
    if (!text.empty()) absl::StrAppend(&why, ": ", text);
    std::string first = group.clients_size() > 0 ? group.clients(0) : "";
    if (group.count() > 1) absl::StrAppend(&first, " …");
    table.Add({absl::StrCat(group.count()),
               session.Name("CLIENT", v1::Client::State_Name(group.state())),
               std::move(first), std::move(why)});
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
  if (const std::string noted = NotedFields(explanation); !noted.empty()) {
    PrintWrapped(session.Text("FIELDS_NOTED", {{"fields", noted}}), 2, session.style(),
                 session.out());
  }
  Facts facts;
  if (!explanation.code().empty()) {
    facts.Add(session.Text("CODE_IN_1C"), explanation.code());
  }
  if (explanation.found_by() > v1::ClientExplanation::CODE) {
    facts.Add(session.Text("FOUND_CLIENT_BY"),
              session.Name(
                  "BY", v1::ClientExplanation::FoundBy_Name(explanation.found_by())));
  }
  if (explanation.has_ledger()) {
    const v1::Client& ledger = explanation.ledger();
    if (!ledger.message().empty() &&
        ledger.reason() != explanation.summary().reason()) {
      facts.Add(session.Text("PROBLEM"), WithRemedy(ledger.message(), ledger.remedy()));
    }
    facts.Add(session.Text("LEDGER_STATE"),
              session.Name("CLIENT", v1::Client::State_Name(ledger.state())));
    facts.Add(session.Text("CONTACT"), ContactsText(ledger));
    if (!ledger.found_by_message().empty()) {
      facts.Add(session.Text("FOUND_BY"), FoundByText(session, ledger));
    }
    facts.Add(session.Text("EXPORTED"),
              TimeText(session, ledger.has_export_time(), ledger.export_time()));
  } else {
    facts.Add(session.Text("LEDGER_STATE"), session.Text("NEVER_SEEN"));
  }
  if (explanation.mapping_version() > 0) {
    facts.Add(session.Text("MAPPING"), MappingText(session, explanation));
  }
  facts.Add(session.Text("CONTACT_IN_1C"),
            ContactText(explanation.contact_in_source()));
  if (const std::string now = PortalText(session, explanation.portal()); !now.empty()) {
    facts.Add(session.Text("ON_PORTAL_NOW"), now);
  }
  facts.Print(session.style(), session.out());
  PrintRules(session, explanation);
  PrintFields(session, explanation);
  if (explanation.history_size() > 0) {
    session.Say("LAST_DONE");
    PrintHistory(session, {explanation.history().begin(), explanation.history().end()});
  }
  PrintChanges(session, explanation);
  PrintNext(session, explanation);
  // What is next says best what to do, where that is a command.
  const std::string& remedy = explanation.next().remedy();
  if (absl::StrContains(remedy, "guestbridge ")) {
    PrintWrapped(remedy, 0, session.style(), session.out());
    return;
  }
  const std::vector<std::string> name = absl::StrSplit(explanation.name(), '/');
  session.Say(NextOf(explanation), {{"id", name.size() > 1 ? name[1] : "ID"},
                                    {"client", explanation.client()}});
}

}  // namespace guestbridge::cli
