#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

using enum Access;

constexpr Permission kPermissions[] = {
    {"/grpc.health.v1.Health/Check", kAnyone},
    {"/grpc.health.v1.Health/Watch", kAnyone},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kAuthenticated},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", kAuthenticated},

    {"/guestbridge.v1.IntegrationService/CreateIntegration", kIntegration},
    {"/guestbridge.v1.IntegrationService/GetIntegration", kViewer},
    {"/guestbridge.v1.IntegrationService/ListIntegrations", kViewer},
    {"/guestbridge.v1.IntegrationService/UpdateIntegration", kIntegration},
    {"/guestbridge.v1.IntegrationService/DeleteIntegration", kIntegration},
    {"/guestbridge.v1.IntegrationService/ActivateIntegration", kIntegration},
    {"/guestbridge.v1.IntegrationService/DeactivateIntegration", kIntegration},

    {"/guestbridge.v1.ConnectionService/GetConnection", kViewer},
    {"/guestbridge.v1.ConnectionService/SaveConnection", kIntegration},
    {"/guestbridge.v1.ConnectionService/TestConnection", kOperator},

    {"/guestbridge.v1.FieldMappingService/LoadFields", kIntegration},
    {"/guestbridge.v1.FieldMappingService/GetFieldMapping", kViewer},
    {"/guestbridge.v1.FieldMappingService/MapField", kIntegration},
    {"/guestbridge.v1.FieldMappingService/UnmapField", kIntegration},
    {"/guestbridge.v1.FieldMappingService/SetClientFilter", kIntegration},
    {"/guestbridge.v1.FieldMappingService/SaveFieldMapping", kIntegration},
    {"/guestbridge.v1.FieldMappingService/ListFieldMappings", kViewer},
    {"/guestbridge.v1.FieldMappingService/DiffFieldMappings", kViewer},
    {"/guestbridge.v1.FieldMappingService/RestoreFieldMapping", kIntegration},

    {"/guestbridge.v1.EventService/LoadEvents", kIntegration},
    {"/guestbridge.v1.EventService/GetEvents", kViewer},
    {"/guestbridge.v1.EventService/EnableEvent", kIntegration},
    {"/guestbridge.v1.EventService/DisableEvent", kIntegration},
    {"/guestbridge.v1.EventService/SaveEvents", kIntegration},

    {"/guestbridge.v1.ClientService/MatchClients", kOperator},
    {"/guestbridge.v1.ClientService/ListClients", kViewer},
    {"/guestbridge.v1.ClientService/ListClientHistory", kViewer},
    {"/guestbridge.v1.ClientService/ListClientGroups", kViewer},
    // Passes a guest's personal data through.
    {"/guestbridge.v1.ClientService/ExplainClient", kOperator},
    {"/guestbridge.v1.ClientService/RetryClients", kOperator},
    {"/guestbridge.v1.ClientService/DropClients", kOperator},
    {"/guestbridge.v1.ClientService/LinkClient", kOperator},
    {"/guestbridge.v1.ClientService/UnlinkClient", kOperator},
    {"/guestbridge.v1.ClientService/ForgetClient", kOperator},

    {"/guestbridge.v1.RunService/StartExport", kOperator},
    {"/guestbridge.v1.RunService/RebuildLedger", kOperator},
    {"/guestbridge.v1.RunService/StartReconcile", kOperator},
    {"/guestbridge.v1.RunService/GetRun", kViewer},
    {"/guestbridge.v1.RunService/ListRuns", kViewer},
    {"/guestbridge.v1.RunService/WatchRun", kViewer},
    {"/guestbridge.v1.RunService/CancelRun", kOperator},

    {"/guestbridge.v1.ScheduleService/GetSchedule", kViewer},
    {"/guestbridge.v1.ScheduleService/SetSchedule", kIntegration},
    {"/guestbridge.v1.ScheduleService/PauseSchedule", kIntegration},
    {"/guestbridge.v1.ScheduleService/ResumeSchedule", kIntegration},

    {"/guestbridge.v1.AgentService/GetAgent", kViewer},
    {"/guestbridge.v1.AgentService/ListAgents", kViewer},

    {"/guestbridge.v1.StatusService/GetStatus", kViewer},

    {"/guestbridge.v1.AgentControlService/Hello", kAgent},
    {"/guestbridge.v1.AgentControlService/Watch", kAgent},
    {"/guestbridge.v1.AgentControlService/AcknowledgeConfiguration", kAgent},
    {"/guestbridge.v1.AgentControlService/AcquireLease", kAgent},
    {"/guestbridge.v1.AgentControlService/ReportRun", kAgent},
    {"/guestbridge.v1.AgentControlService/OpenRun", kAgent},
    {"/guestbridge.v1.AgentControlService/ReportLedger", kAgent},
    {"/guestbridge.v1.AgentControlService/ReportChecks", kAgent},
    {"/guestbridge.v1.AgentControlService/FinishTask", kAgent},
    {"/guestbridge.v1.AgentControlService/GetAccessToken", kAgent},
    {"/guestbridge.v1.AgentControlService/Goodbye", kAgent},

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

std::optional<Access> AccessOf(absl::string_view method) {
  for (const Permission& permission : kPermissions) {
    if (permission.method == method) return permission.access;
  }
  return std::nullopt;
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
