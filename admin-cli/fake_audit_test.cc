#include "admin-cli/fake_services_test.h"

namespace guestbridge::cli {

// Two pages: a change, and refusals that were counted together.
grpc::Status FakeServer::Services::ListAuditRecords(
    ServerContext* context, const v1::ListAuditRecordsRequest* request,
    v1::ListAuditRecordsResponse* answer) {
  const auto lock = Enter(context);
  owner.audit_request = *request;
  v1::AuditRecord& record = *answer->add_records();
  record.mutable_time()->set_seconds(1769828400);
  record.set_principal(kNastyText);
  if (request->page_token().empty()) {
    answer->set_next_page_token("2");
    record.set_number(1);
    record.set_method("guestbridge.v1.ConnectionService/SaveConnection");
    record.set_resource("integrations/main/connection");
    record.set_outcome(v1::AuditRecord::ALLOWED);
    v1::AuditChange& change = *record.add_changes();
    change.set_field("connection.hotel");
    change.set_before("Riviera");
    change.set_after("Ривьера");
    record.set_omitted_changes(3);
  } else {
    record.set_number(2);
    record.set_principal("apiTokens/q7");
    record.set_principal_name("Иванова");
    record.set_method("guestbridge.v1.RunService/StartExport");
    record.set_outcome(v1::AuditRecord::DENIED);
    record.set_reason("ROLE_MISSING");
    record.set_count(12);
  }
  return Status::OK;
}

grpc::Status FakeServer::Services::VerifyAudit(ServerContext* context,
                                               const v1::VerifyAuditRequest*,
                                               v1::VerifyAuditResponse* answer) {
  const auto lock = Enter(context);
  *answer = owner.verified;
  return Status::OK;
}

}  // namespace guestbridge::cli
