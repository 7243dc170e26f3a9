#include "server/api/render.h"

namespace guestbridge::server {
namespace {

template <typename Map>
Parameters ToParameters(const Map& map) {
  return Parameters(map.begin(), map.end());
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

}  // namespace

void Render(Language language, v1::Explanation* explanation) {
  RenderTexts(language, ToParameters(explanation->parameters()), explanation);
}

void Render(Language language, v1::Run* run) {
  for (v1::ClientFailure& failure : *run->mutable_failures()) {
    Parameters parameters = ToParameters(failure.parameters());
    parameters.emplace("client", failure.client());
    RenderTexts(language, parameters, &failure);
  }
  for (v1::Explanation& notice : *run->mutable_notices()) Render(language, &notice);
  if (run->has_error()) Render(language, run->mutable_error());
}

void Render(Language language, v1::Agent* agent) {
  for (v1::AgentIntegration& integration : *agent->mutable_integrations()) {
    if (integration.has_rejection()) {
      Render(language, integration.mutable_rejection());
    }
  }
}

void Render(Language language, v1::EventSet* events) {
  for (v1::Event& event : *events->mutable_events()) {
    event.set_detection(RenderMessage(event.reason(), {}, language));
  }
}

void Render(Language language, v1::TestConnectionResponse* test) {
  for (v1::Check& check : *test->mutable_checks()) {
    RenderTexts(language, ToParameters(check.parameters()), &check);
    if (check.state() == v1::Check::OK) check.clear_remedy();
  }
}

void Render(Language language, v1::Client* client) {
  if (client->reason().empty()) return;
  Parameters parameters(client->parameters().begin(), client->parameters().end());
  parameters.emplace("client", client->client());
  RenderTexts(language, parameters, client);
}

void Render(Language language, v1::ClientExplanation* explanation) {
  if (explanation->has_summary()) Render(language, explanation->mutable_summary());
  for (v1::RuleOutcome& rule : *explanation->mutable_rules()) {
    if (rule.has_explanation()) Render(language, rule.mutable_explanation());
  }
  for (v1::FieldOutcome& field : *explanation->mutable_fields()) {
    for (v1::Explanation& note : *field.mutable_notes()) Render(language, &note);
  }
  if (explanation->has_ledger()) Render(language, explanation->mutable_ledger());
}

void Render(Language language, v1::Status* status) {
  for (v1::IntegrationStatus& integration : *status->mutable_integrations()) {
    if (integration.has_last_run()) Render(language, integration.mutable_last_run());
    for (v1::MissingClients& group : *integration.mutable_missing_reasons()) {
      RenderTexts(language, ToParameters(group.parameters()), &group);
    }
    for (v1::Explanation& item : *integration.mutable_attention()) {
      Render(language, &item);
    }
  }
}

}  // namespace guestbridge::server
