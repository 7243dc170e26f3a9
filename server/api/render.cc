#include "server/api/render.h"

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace guestbridge::server {
namespace {

template <typename Map>
Parameters ToParameters(const Map& map) {
  return Parameters(map.begin(), map.end());
}

// With the integration that a remedy's command is for, as it is called there.
template <typename Map>
Parameters ToParameters(const Map& map, absl::string_view integration) {
  Parameters parameters = ToParameters(map);
  if (absl::ConsumePrefix(&integration, "integrations/")) {
    parameters.emplace("integration", integration.substr(0, integration.find('/')));
  }
  return parameters;
}

// A newer agent may know reasons that this server does not: then its own words stay.
template <typename Message>
void RenderTexts(Language language, const Parameters& parameters, Message* message) {
  if (message->reason().empty() || FindReason(message->reason()) == nullptr) {
    if (message->message().empty()) message->set_message(message->reason());
    return;
  }
  message->set_message(RenderMessage(message->reason(), parameters, language));
  message->set_remedy(RenderRemedy(message->reason(), parameters, language));
}

void RenderOf(Language language, absl::string_view integration,
              v1::Explanation* explanation) {
  RenderTexts(language, ToParameters(explanation->parameters(), integration),
              explanation);
}

// `of`: the client's resource name.
void RenderEntry(Language language, const std::string& of, v1::HistoryEntry* entry) {
  if (entry->reason().empty()) return;
  Parameters parameters = ToParameters(entry->parameters(), of);
  parameters.emplace("client", of.substr(of.rfind('/') + 1));
  RenderTexts(language, parameters, entry);
}

}  // namespace

void Render(Language language, v1::Explanation* explanation) {
  RenderTexts(language, ToParameters(explanation->parameters()), explanation);
}

void Render(Language language, v1::Run* run) {
  const std::string& of = run->name();
  for (v1::ClientFailure& failure : *run->mutable_failures()) {
    Parameters parameters = ToParameters(failure.parameters(), of);
    parameters.emplace("client", failure.client());
    RenderTexts(language, parameters, &failure);
  }
  for (v1::Explanation& notice : *run->mutable_notices()) {
    RenderOf(language, of, &notice);
  }
  if (run->has_error()) RenderOf(language, of, run->mutable_error());
  if (run->has_forecast()) {
    for (v1::PlannedReason& reason : *run->mutable_forecast()->mutable_reasons()) {
      RenderOf(language, of, reason.mutable_explanation());
    }
  }
  if (run->write_back().has_waiting()) {
    RenderOf(language, of, run->mutable_write_back()->mutable_waiting());
  }
}

void Render(Language language, v1::Agent* agent) {
  for (v1::AgentIntegration& integration : *agent->mutable_integrations()) {
    if (integration.has_rejection()) {
      RenderOf(language, integration.integration(), integration.mutable_rejection());
    }
  }
  for (v1::AgentProblem& problem : *agent->mutable_problems()) {
    RenderOf(language, problem.integration(), problem.mutable_explanation());
  }
}

void Render(Language language, v1::EventSet* events) {
  for (v1::Event& event : *events->mutable_events()) {
    event.set_detection(RenderMessage(event.reason(), {}, language));
  }
}

void Render(Language language, v1::FieldMapping* mapping) {
  for (v1::Explanation& notice : *mapping->mutable_notices()) {
    Render(language, &notice);
  }
}

void Render(Language language, v1::Check* check) {
  RenderTexts(language, ToParameters(check->parameters()), check);
  if (check->state() == v1::Check::OK) check->clear_remedy();
}

void Render(Language language, v1::TestConnectionResponse* test) {
  for (v1::Check& check : *test->mutable_checks()) Render(language, &check);
}

void Render(Language language, v1::Connection* connection) {
  for (v1::Check& check : *connection->mutable_last_checks()) Render(language, &check);
}

void Render(Language language, v1::Client* client) {
  if (!client->found_by().empty()) {
    client->set_found_by_message(RenderMessage(client->found_by(), {}, language));
  }
  if (client->reason().empty()) return;
  Parameters parameters = ToParameters(client->parameters(), client->name());
  parameters.emplace("client", client->client());
  RenderTexts(language, parameters, client);
}

void Render(Language language, v1::ClientExplanation* explanation) {
  const std::string& of = explanation->name();
  if (explanation->has_summary()) {
    RenderOf(language, of, explanation->mutable_summary());
  }
  for (v1::RuleOutcome& rule : *explanation->mutable_rules()) {
    if (rule.has_explanation()) RenderOf(language, of, rule.mutable_explanation());
  }
  for (v1::FieldOutcome& field : *explanation->mutable_fields()) {
    for (v1::Explanation& note : *field.mutable_notes()) RenderOf(language, of, &note);
  }
  if (explanation->has_ledger()) Render(language, explanation->mutable_ledger());
  if (explanation->portal().has_explanation()) {
    RenderOf(language, of, explanation->mutable_portal()->mutable_explanation());
  }
  for (v1::HistoryEntry& entry : *explanation->mutable_history()) {
    RenderEntry(language, of, &entry);
  }
  for (v1::Explanation& limit : *explanation->mutable_limits()) {
    RenderOf(language, of, &limit);
  }
  if (explanation->has_next()) RenderOf(language, of, explanation->mutable_next());
}

void Render(Language language, v1::ListClientHistoryResponse* history) {
  for (v1::HistoryEntry& entry : *history->mutable_entries()) {
    RenderEntry(language, history->client(), &entry);
  }
}

void Render(Language language, const std::string& integration,
            v1::ListClientGroupsResponse* groups) {
  for (v1::ClientGroup& group : *groups->mutable_groups()) {
    if (group.reason().empty()) continue;
    Parameters parameters = ToParameters(group.parameters(), integration);
    if (group.clients_size() > 0) parameters.emplace("client", group.clients(0));
    RenderTexts(language, parameters, &group);
  }
}

void Render(Language language, const std::string& integration,
            v1::ListRunSamplesResponse* samples) {
  for (v1::RunSample& sample : *samples->mutable_samples()) {
    if (!sample.has_explanation()) continue;
    Parameters parameters =
        ToParameters(sample.explanation().parameters(), integration);
    parameters.emplace("client", sample.client());
    RenderTexts(language, parameters, sample.mutable_explanation());
  }
}

void Render(Language language, v1::ErasureReceipt* receipt) {
  for (v1::Explanation& left : *receipt->mutable_left()) {
    RenderOf(language, receipt->integration(), &left);
  }
}

void Render(Language language, v1::Status* status) {
  for (v1::IntegrationStatus& integration : *status->mutable_integrations()) {
    if (integration.has_last_run()) Render(language, integration.mutable_last_run());
    const std::string& of = integration.integration();
    if (integration.write_back().has_waiting()) {
      RenderOf(language, of, integration.mutable_write_back()->mutable_waiting());
    }
    for (v1::MissingClients& group : *integration.mutable_missing_reasons()) {
      RenderTexts(language, ToParameters(group.parameters(), of), &group);
    }
    for (v1::Explanation& item : *integration.mutable_attention()) {
      RenderOf(language, of, &item);
    }
    for (v1::Check& check : *integration.mutable_findings()) Render(language, &check);
  }
}

}  // namespace guestbridge::server
