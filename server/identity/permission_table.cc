#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

using enum Access;

constexpr Scope kOne = Scope::kIntegration;
constexpr Scope kEach = Scope::kEach;
constexpr Scope kOwnSession = Scope::kSession;
constexpr Scope kAgentItself = Scope::kAgent;

constexpr Permission kPermissions[] = {
    {"/grpc.health.v1.Health/Check", kAnyone},
    {"/grpc.health.v1.Health/Watch", kAnyone},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kAuthenticated,
     kEach},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", kAuthenticated,
     kEach},

    {"/guestbridge.v1.IntegrationService/CreateIntegration", kIntegration, kOne,
     "integration_id"},
    {"/guestbridge.v1.IntegrationService/GetIntegration", kViewer, kOne, "name"},
    {"/guestbridge.v1.IntegrationService/ListIntegrations", kViewer, kEach},
    {"/guestbridge.v1.IntegrationService/UpdateIntegration", kIntegration, kOne,
     "integration.name"},
    {"/guestbridge.v1.IntegrationService/DeleteIntegration", kIntegration, kOne,
     "name"},
    {"/guestbridge.v1.IntegrationService/ActivateIntegration", kIntegration, kOne,
     "name"},
    {"/guestbridge.v1.IntegrationService/DeactivateIntegration", kIntegration, kOne,
     "name"},

    {"/guestbridge.v1.ConnectionService/GetConnection", kViewer, kOne, "name"},
    {"/guestbridge.v1.ConnectionService/SaveConnection", kIntegration, kOne,
     "connection.name"},
    {"/guestbridge.v1.ConnectionService/TestConnection", kOperator, kOne, "name"},

    {"/guestbridge.v1.FieldMappingService/LoadFields", kIntegration, kOne, "parent"},
    {"/guestbridge.v1.FieldMappingService/GetFieldMapping", kViewer, kOne, "name"},
    {"/guestbridge.v1.FieldMappingService/MapField", kIntegration, kOne, "parent"},
    {"/guestbridge.v1.FieldMappingService/UnmapField", kIntegration, kOne, "parent"},
    {"/guestbridge.v1.FieldMappingService/SetClientFilter", kIntegration, kOne,
     "parent"},
    {"/guestbridge.v1.FieldMappingService/SaveFieldMapping", kIntegration, kOne,
     "parent"},
    {"/guestbridge.v1.FieldMappingService/ListFieldMappings", kViewer, kOne, "parent"},
    {"/guestbridge.v1.FieldMappingService/DiffFieldMappings", kViewer, kOne, "parent"},
    {"/guestbridge.v1.FieldMappingService/RestoreFieldMapping", kIntegration, kOne,
     "name"},

    {"/guestbridge.v1.EventService/LoadEvents", kIntegration, kOne, "name"},
    {"/guestbridge.v1.EventService/GetEvents", kViewer, kOne, "name"},
    {"/guestbridge.v1.EventService/EnableEvent", kIntegration, kOne, "name"},
    {"/guestbridge.v1.EventService/DisableEvent", kIntegration, kOne, "name"},
    {"/guestbridge.v1.EventService/SaveEvents", kIntegration, kOne, "name"},

    {"/guestbridge.v1.ClientService/MatchClients", kOperator, kOne, "parent"},
    {"/guestbridge.v1.ClientService/ListClients", kViewer, kOne, "parent"},
    {"/guestbridge.v1.ClientService/ListClientHistory", kViewer, kOne, "parent"},
    {"/guestbridge.v1.ClientService/ListClientGroups", kViewer, kOne, "parent"},
    // Passes a guest's personal data through.
    {"/guestbridge.v1.ClientService/ExplainClient", kOperator, kOne, "name"},
    {"/guestbridge.v1.ClientService/RetryClients", kOperator, kOne, "parent"},
    {"/guestbridge.v1.ClientService/DropClients", kOperator, kOne, "parent"},
    {"/guestbridge.v1.ClientService/LinkClient", kOperator, kOne, "name"},
    {"/guestbridge.v1.ClientService/UnlinkClient", kOperator, kOne, "name"},
    {"/guestbridge.v1.ClientService/ForgetClient", kOperator, kOne, "name"},

    {"/guestbridge.v1.RunService/StartExport", kOperator, kOne, "parent"},
    {"/guestbridge.v1.RunService/RebuildLedger", kOperator, kOne, "parent"},
    {"/guestbridge.v1.RunService/StartReconcile", kOperator, kOne, "parent"},
    {"/guestbridge.v1.RunService/GetRun", kViewer, kEach, "name"},
    {"/guestbridge.v1.RunService/ListRuns", kViewer, kEach, "parent"},
    {"/guestbridge.v1.RunService/WatchRun", kViewer, kEach, "name"},
    {"/guestbridge.v1.RunService/CancelRun", kOperator, kEach, "name"},
    // As ExplainClient.
    {"/guestbridge.v1.RunService/ListRunSamples", kOperator, kEach, "parent"},

    {"/guestbridge.v1.ScheduleService/GetSchedule", kViewer, kOne, "name"},
    {"/guestbridge.v1.ScheduleService/SetSchedule", kIntegration, kOne,
     "schedule.name"},
    {"/guestbridge.v1.ScheduleService/PauseSchedule", kIntegration, kOne, "name"},
    {"/guestbridge.v1.ScheduleService/ResumeSchedule", kIntegration, kOne, "name"},

    {"/guestbridge.v1.AgentService/GetAgent", kViewer, kEach},
    {"/guestbridge.v1.AgentService/ListAgents", kViewer, kEach},

    {"/guestbridge.v1.StatusService/GetStatus", kViewer, kEach},

    {"/guestbridge.v1.AgentControlService/Hello", kAgent, kAgentItself, "agent"},
    {"/guestbridge.v1.AgentControlService/Watch", kAgent, kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/AcknowledgeConfiguration", kAgent,
     kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/AcquireLease", kAgent, kOwnSession,
     "session"},
    {"/guestbridge.v1.AgentControlService/ReportRun", kAgent, kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/OpenRun", kAgent, kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/ReportLedger", kAgent, kOwnSession,
     "session"},
    {"/guestbridge.v1.AgentControlService/ReportChecks", kAgent, kOwnSession,
     "session"},
    {"/guestbridge.v1.AgentControlService/ReportAgent", kAgent, kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/FinishTask", kAgent, kOwnSession, "session"},
    {"/guestbridge.v1.AgentControlService/GetAccessToken", kAgent, kOwnSession,
     "session"},
    {"/guestbridge.v1.AgentControlService/Goodbye", kAgent, kOwnSession, "session"},

    // Which tokens a caller administers, token_administration.h says.
    {"/guestbridge.v1.ApiTokenService/CreateApiToken", kAdmin, kEach},
    {"/guestbridge.v1.ApiTokenService/ListApiTokens", kAdmin, kEach},
    {"/guestbridge.v1.ApiTokenService/GetApiToken", kAdmin, kEach},
    {"/guestbridge.v1.ApiTokenService/RotateApiToken", kAdmin, kEach},
    {"/guestbridge.v1.ApiTokenService/RevokeApiToken", kAdmin, kEach},
    {"/guestbridge.v1.AuditService/ListAuditRecords", kAdmin},
    {"/guestbridge.v1.AuditService/VerifyAudit", kAdmin},
    {"/guestbridge.v1.SecretService/GetSecretStatus", kAdmin},
    {"/guestbridge.v1.SecretService/RotateKey", kAdmin},

    // Who may come at all is for admins.
    {"/guestbridge.v1.AgentService/CreateAgent", kAdmin},
    {"/guestbridge.v1.AgentService/EvictAgent", kAdmin},
    {"/guestbridge.v1.AgentService/BanAgent", kAdmin},
    {"/guestbridge.v1.AgentService/UnbanAgent", kAdmin},

    // The join token itself says who calls.
    {"/guestbridge.v1.AgentEnrollmentService/Join", kAnyone},
    {"/guestbridge.v1.AgentEnrollmentService/Renew", kAgent},
};

}  // namespace

absl::Span<const Permission> Permissions() { return kPermissions; }

const Permission* FindPermission(absl::string_view method) {
  for (const Permission& permission : kPermissions) {
    if (permission.method == method) return &permission;
  }
  return nullptr;
}

std::optional<Access> AccessOf(absl::string_view method) {
  const Permission* const permission = FindPermission(method);
  if (permission == nullptr) return std::nullopt;
  return permission->access;
}

bool Allows(Access access, Role role) {
  if (role == Role::kAdmin) return true;
  switch (access) {
    case kAnyone:
    case kAuthenticated:
      return true;
    case kViewer:
      return role != Role::kAgent;
    case kOperator:
      return role == Role::kOperator || role == Role::kIntegration;
    case kIntegration:
      return role == Role::kIntegration;
    case kAdmin:
      return false;
    case kAgent:
      return role == Role::kAgent;
  }
  return false;
}

absl::string_view RoleNeeded(Access access) {
  switch (access) {
    case kAnyone:
    case kAuthenticated:
    case kViewer:
      return RoleName(Role::kViewer);
    case kOperator:
      return RoleName(Role::kOperator);
    case kIntegration:
      return RoleName(Role::kIntegration);
    case kAdmin:
      return RoleName(Role::kAdmin);
    case kAgent:
      return RoleName(Role::kAgent);
  }
  return "";
}

}  // namespace guestbridge::server
