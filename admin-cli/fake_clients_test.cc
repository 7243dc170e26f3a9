#include "admin-cli/fake_services_test.h"

// Clients of FakeServer.
namespace guestbridge::cli {

grpc::Status FakeServer::Services::ListClients(ServerContext* context,
                                               const v1::ListClientsRequest* request,
                                               v1::ListClientsResponse* answer) {
  const auto lock = Enter(context);
  if (owner.no_clients) return Status::OK;
  v1::Client* client = answer->add_clients();
  client->set_client(kClient);
  if (request->last_match() != v1::ListClientsRequest::LAST_MATCH_UNSPECIFIED) {
    client->set_state(request->state() == 0 ? v1::Client::QUEUED : request->state());
    if (request->last_match() == v1::ListClientsRequest::NEW) return Status::OK;
    client->set_found_by_message("The ID that 1C holds is that contact's.");
    if (request->last_match() == v1::ListClientsRequest::AMBIGUOUS) {
      client->set_state(v1::Client::AMBIGUOUS);
      client->add_candidate_contacts(8);
      client->add_candidate_contacts(9);
      client->set_certainty(v1::Client::DOUBTFUL);
      return Status::OK;
    }
    client->set_proposed_contact(60);
    client->set_certainty(v1::Client::CERTAIN);
    return Status::OK;
  }
  client->set_state(request->state() == 0 ? v1::Client::EXPORTED : request->state());
  client->set_contact(17);
  client->set_message(kNastyText);
  client->set_found_by_message("Phone and name are the same.");
  client->set_certainty(v1::Client::LIKELY);
  return Status::OK;
}

grpc::Status FakeServer::Services::ListClientGroups(
    ServerContext* context, const v1::ListClientGroupsRequest* request,
    v1::ListClientGroupsResponse* answer) {
  const auto lock = Enter(context);
  if (owner.no_clients) return Status::OK;
  v1::ClientGroup* group = answer->add_groups();
  group->set_state(request->state() == 0 ? v1::Client::FAILED : request->state());
  group->set_reason("PORTAL_REFUSED");
  group->set_message("The portal refused the contact.");
  group->set_remedy("Look at the guest in 1C.");
  group->set_count(3);
  group->add_clients(kClient);
  return Status::OK;
}

grpc::Status FakeServer::Services::DropClients(ServerContext* context,
                                               const v1::DropClientsRequest* request,
                                               v1::DropClientsResponse* answer) {
  const auto lock = Enter(context);
  answer->set_dropped(request->clients_size());
  return Status::OK;
}

grpc::Status FakeServer::Services::ExplainClient(
    ServerContext* context, const v1::ExplainClientRequest* request,
    v1::ClientExplanation* answer) {
  const auto lock = Enter(context);
  answer->set_name(request->name());
  answer->set_client(kClient);
  answer->set_decision("ADD");
  v1::RuleOutcome* rule = answer->add_rules();
  rule->set_rule("deletion-mark");
  rule->set_outcome("PASS");
  v1::FieldOutcome* field = answer->add_fields();
  field->set_source("LastName");
  field->set_target("LAST_NAME");
  field->set_source_value(kNastyText);
  field->set_sent_value(
      "日本語のとても長い名前日本語のとても長い名前日本語のとても長い名前");
  field->add_notes()->set_reason("VALUE_CUT");
  field->set_portal_value("Orlova");
  field->set_differs(true);
  answer->set_found_by(v1::ClientExplanation::PHONE);
  answer->set_code("000000017");
  answer->mutable_portal()->set_state(v1::PortalContact::READ);
  answer->mutable_portal()->set_contact(17);
  answer->mutable_portal()->add_differing_fields("LAST_NAME");
  answer->add_history()->set_kind(v1::HistoryEntry::ADDED);
  for (const bool seen : {false, true}) {
    v1::ChangeRecord* change = answer->add_changes();
    change->set_time(seen ? "2026-01-02T03:04:05" : "2026-01-03T03:04:05");
    change->set_seen(seen);
  }
  answer->mutable_next()->set_reason("NEXT_IS_ADD");
  answer->mutable_next()->set_message("The next run adds the contact.");
  answer->mutable_next()->set_remedy(
      "Not to wait: guestbridge export run main --wait.");
  if (owner.explains_next_run) {
    answer->mutable_next_run_time()->set_seconds(1'700'000'000);
    answer->set_time_zone("Europe/Moscow");
  }
  answer->add_limits()->set_message("The portal counts 47 of 50 requests.");
  answer->set_mapping_version(3);
  // An agent that does not say what is next leaves that to the decision.
  if (!owner.explanation.decision().empty()) answer->clear_next();
  answer->MergeFrom(owner.explanation);
  return Status::OK;
}

grpc::Status FakeServer::Services::RetryClients(ServerContext* context,
                                                const v1::RetryClientsRequest* request,
                                                v1::RetryClientsResponse* answer) {
  const auto lock = Enter(context);
  retry.assign(request->clients().begin(), request->clients().end());
  if (!owner.retries_nobody) answer->set_queued(request->clients_size());
  return Status::OK;
}

grpc::Status FakeServer::Services::ForgetClient(ServerContext* context,
                                                const v1::ForgetClientRequest* request,
                                                v1::ErasureReceipt* answer) {
  const auto lock = Enter(context);
  answer->set_client_hash("0a1b2c");
  answer->mutable_erase_time()->set_seconds(1'700'000'000);
  answer->set_history_entries(3);
  if (request->delete_contact()) answer->add_deleted_contacts(4711);
  v1::Explanation* left = answer->add_left();
  left->set_reason("LEFT_IN_RECYCLE_BIN");
  left->set_message("The recycle bin has it.");
  return Status::OK;
}

grpc::Status FakeServer::Services::ListClientHistory(
    ServerContext* context, const v1::ListClientHistoryRequest* request,
    v1::ListClientHistoryResponse* answer) {
  const auto lock = Enter(context);
  answer->set_client(request->parent());
  v1::HistoryEntry* entry = answer->add_entries();
  entry->mutable_time()->set_seconds(1'700'000'000);
  entry->set_run("integrations/main/runs/7");
  entry->set_mapping_version(3);
  entry->set_contact(4711);
  if (request->page_token().empty()) {
    entry->set_kind(v1::HistoryEntry::FAILED);
    entry->set_reason("PORTAL_REFUSED");
    entry->set_message("The portal refused it.");
    answer->set_next_page_token("older");
  } else {
    entry->set_kind(v1::HistoryEntry::UPDATED);
    entry->add_fields("EMAIL");
    entry->add_fields("PHONE");
  }
  return Status::OK;
}

grpc::Status FakeServer::Services::LinkClient(ServerContext* context,
                                              const v1::LinkClientRequest* request,
                                              v1::Client* answer) {
  const auto lock = Enter(context);
  answer->set_name(request->name());
  answer->set_client(request->name().substr(request->name().rfind('/') + 1));
  answer->set_contact(request->contact());
  return Status::OK;
}

grpc::Status FakeServer::Services::UnlinkClient(ServerContext* context,
                                                const v1::UnlinkClientRequest* request,
                                                v1::Client* answer) {
  const auto lock = Enter(context);
  answer->set_name(request->name());
  answer->set_client(request->name().substr(request->name().rfind('/') + 1));
  return Status::OK;
}

}  // namespace guestbridge::cli
