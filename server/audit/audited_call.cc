#include "server/audit/audited_call.h"

#include "absl/strings/match.h"

namespace guestbridge::server {
namespace {

thread_local const AuditedCall* current = nullptr;

}  // namespace

bool AuditedCall::asked() const {
  return !absl::StartsWith(method, "guestbridge.v1.AgentControlService/");
}

AuditScope::AuditScope(const AuditedCall& call) : outer_(current) { current = &call; }
AuditScope::~AuditScope() { current = outer_; }
const AuditedCall* AuditScope::Current() { return current; }

}  // namespace guestbridge::server
