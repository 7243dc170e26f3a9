#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/status/grpc_status.h"
#include "grpcpp/grpcpp.h"
#include "server/api/api_fixture_test.h"
#include "server/api/audits.h"
#include "server/api/call_desk.h"
#include "server/api/connection_checks.h"
#include "server/api/services.h"
#include "server/audit/audited_store.h"
#include "server/audit/denied_calls.h"
#include "server/identity/call_guard.h"

// One service in front of the plain classes, as callers reach it, and what the audit
// has of its calls.
namespace guestbridge::server {

class ServiceFixture : public ApiFixture {
 protected:
  void Serve(grpc::Service& service) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  std::shared_ptr<grpc::Channel> Channel() {
    return server_->InProcessChannel(grpc::ChannelArguments());
  }
  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }

  std::vector<v1::AuditRecord> Recorded(const std::string& method,
                                        v1::AuditRecord::Outcome outcome) {
    v1::ListAuditRecordsRequest request;
    request.set_method("guestbridge.v1." + method);
    request.set_outcome(outcome);
    const auto page = audits_.List(request);
    EXPECT_THAT(page, testing::IsOk());
    if (!page.ok()) return {};
    return {page->records().begin(), page->records().end()};
  }

  std::unique_ptr<AuditedStore> audited_ = *AuditedStore::Open(
      *OpenSqliteStore(dir_.File("server.db"), clock_), *sealer_, random_, clock_);
  Audits audits_{*audited_, audited_->audit()};
  ConnectionChecks checks_{*store_, clock_};
  CallGuard guard_{nullptr, clock_};
  DeniedCalls denied_{audited_->audit(), clock_};
  CallDesk desk_{guard_, CallObserver(), denied_, random_};
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace guestbridge::server
