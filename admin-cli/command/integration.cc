#include <vector>

#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/status_macros.h"
#include "google/protobuf/empty.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::IntegrationService::Stub;

Cell ActiveCell(const Session& session, bool active) {
  return {YesNo(session, active), active ? Color::kGood : Color::kWarning};
}

int Print(Session& session, absl::string_view headline, const v1::Integration& it,
          absl::string_view next) {
  if (session.PrintDocument(it)) return 0;
  const std::string id = IntegrationIdOf(it.name());
  session.out() << session.Text(headline, {{"id", id}}) << '\n';
  Facts facts;
  facts.Add(session.Text("NAME"), it.display_name());
  facts.Add(session.Text("TYPE"), v1::Integration::Type_Name(it.type()));
  const Cell active = ActiveCell(session, it.active());
  facts.Add(session.Text("ACTIVE"), active.text, active.color);
  facts.Add(session.Text("CREATED"),
            TimeText(session, it.has_create_time(), it.create_time()));
  facts.Add(session.Text("CHANGED"),
            TimeText(session, it.has_update_time(), it.update_time()));
  facts.Print(session.style(), session.out());
  session.out() << session.Text(next, {{"id", id}}) << '\n';
  return 0;
}

absl::StatusOr<int> Create(Session& session, const Arguments& arguments) {
  v1::CreateIntegrationRequest request;
  request.set_integration_id(IntegrationIdOf(arguments.Get("ID")));
  request.mutable_integration()->set_type(v1::Integration::BITRIX24);
  request.mutable_integration()->set_display_name(arguments.Get("--display-name"));
  request.set_inactive(arguments.Has("--inactive"));
  GB_ASSIGN_OR_RETURN(const auto made, session.Call(&Stub::CreateIntegration, request));
  return Print(session, "INTEGRATION_CREATED", made, "NEXT_CONNECTION_SET");
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetIntegrationRequest request;
  request.set_name(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto found, session.Call(&Stub::GetIntegration, request));
  return Print(session, "INTEGRATION_IS", found, "NEXT_STATUS");
}

absl::StatusOr<int> List(Session& session, const Arguments&) {
  v1::ListIntegrationsRequest request;
  request.set_page_size(1000);
  std::vector<v1::Integration> all;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListIntegrations, request, [&](const auto& page) {
        all.insert(all.end(), page.integrations().begin(), page.integrations().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  session.out() << session.Text("INTEGRATIONS_FOUND",
                                {{"count", std::to_string(all.size())}})
                << '\n';
  if (all.empty()) {
    session.out() << session.Text("NEXT_INTEGRATION_CREATE") << '\n';
    return 0;
  }
  Table table({session.Text("HEAD_ID"), session.Text("HEAD_TYPE"),
               session.Text("HEAD_ACTIVE"), session.Text("HEAD_CREATED"),
               session.Text("HEAD_NAME")});
  for (const v1::Integration& it : all) {
    table.Add({IntegrationIdOf(it.name()), v1::Integration::Type_Name(it.type()),
               ActiveCell(session, it.active()),
               TimeText(session, it.has_create_time(), it.create_time()),
               it.display_name()});
  }
  table.Print(session.style(), session.out());
  session.out() << session.Text("NEXT_STATUS") << '\n';
  return 0;
}

absl::StatusOr<int> Update(Session& session, const Arguments& arguments) {
  v1::UpdateIntegrationRequest request;
  request.mutable_integration()->set_name(IntegrationNameOf(arguments));
  request.mutable_integration()->set_display_name(arguments.Get("--display-name"));
  request.mutable_update_mask()->add_paths("display_name");
  GB_ASSIGN_OR_RETURN(const auto made, session.Call(&Stub::UpdateIntegration, request));
  return Print(session, "INTEGRATION_UPDATED", made, "NEXT_STATUS");
}

absl::StatusOr<int> Activate(Session& session, const Arguments& arguments) {
  v1::ActivateIntegrationRequest request;
  request.set_name(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto made,
                      session.Call(&Stub::ActivateIntegration, request));
  return Print(session, "INTEGRATION_ACTIVATED", made, "NEXT_EXPORT_RUN");
}

absl::StatusOr<int> Deactivate(Session& session, const Arguments& arguments) {
  v1::DeactivateIntegrationRequest request;
  request.set_name(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto made,
                      session.Call(&Stub::DeactivateIntegration, request));
  return Print(session, "INTEGRATION_DEACTIVATED", made, "NEXT_ACTIVATE");
}

absl::StatusOr<int> Delete(Session& session, const Arguments& arguments) {
  v1::DeleteIntegrationRequest request;
  request.set_name(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto nothing,
                      session.Call(&Stub::DeleteIntegration, request));
  if (session.PrintDocument(nothing)) return 0;
  session.out() << session.Text("INTEGRATION_DELETED",
                                {{"id", IntegrationIdOf(arguments.Get("ID"))}})
                << '\n';
  return 0;
}

}  // namespace

std::vector<Command> IntegrationCommands() {
  const Argument display_name = {"--display-name", "S", "FLAG_DISPLAY_NAME"};
  return {
      {"integration",
       "create",
       "HELP_INTEGRATION_CREATE",
       {IdArgument()},
       {{"--type",
         "TYPE",
         "FLAG_TYPE",
         /*required=*/true,
         /*repeated=*/false,
         {"bitrix24"}},
        display_name,
        {"--inactive", "", "FLAG_INACTIVE"}},
       {"guestbridge integration create main --type bitrix24"},
       Create},
      {"integration",
       "list",
       "HELP_INTEGRATION_LIST",
       {},
       {},
       {"guestbridge integration list"},
       List},
      {"integration",
       "get",
       "HELP_INTEGRATION_GET",
       {IdArgument()},
       {},
       {"guestbridge integration get main"},
       Get},
      {"integration",
       "update",
       "HELP_INTEGRATION_UPDATE",
       {IdArgument()},
       {{"--display-name", "S", "FLAG_DISPLAY_NAME", /*required=*/true}},
       {"guestbridge integration update main --display-name \"Hotel Riviera\""},
       Update},
      {"integration",
       "activate",
       "HELP_INTEGRATION_ACTIVATE",
       {IdArgument()},
       {},
       {"guestbridge integration activate main"},
       Activate},
      {"integration",
       "deactivate",
       "HELP_INTEGRATION_DEACTIVATE",
       {IdArgument()},
       {},
       {"guestbridge integration deactivate main"},
       Deactivate},
      {"integration",
       "delete",
       "HELP_INTEGRATION_DELETE",
       {IdArgument()},
       {},
       {"guestbridge integration delete main"},
       Delete},
  };
}

}  // namespace guestbridge::cli
