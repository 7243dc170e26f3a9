#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/empty.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::IntegrationService::Stub;

// One policy: a field of Integration, and what people call its values, the default
// first. A value without a word is a newer server's.
struct PolicyFlag {
  absl::string_view flag;
  absl::string_view help;
  absl::string_view label;
  absl::string_view field;
  std::vector<std::pair<absl::string_view, int>> words;

  std::string WordOf(int value) const {
    if (value == 0) return std::string(words.front().first);  // an older server's
    for (const auto& [word, known] : words) {
      if (known == value) return std::string(word);
    }
    return std::to_string(value);
  }
};

const std::vector<PolicyFlag>& PolicyFlags() {
  using I = v1::Integration;
  static const auto* const flags = new std::vector<PolicyFlag>{
      {"--on-deletion-mark",
       "FLAG_ON_DELETION_MARK",
       "ON_DELETION_MARK",
       "deletion_mark_policy",
       {{"ignore", I::IGNORE}, {"mark", I::MARK}, {"delete", I::DELETE}}},
      {"--on-gone-contact",
       "FLAG_ON_GONE_CONTACT",
       "ON_GONE_CONTACT",
       "gone_contact_policy",
       {{"recreate", I::RECREATE},
        {"relink", I::RELINK},
        {"ask", I::ASK},
        {"never", I::NEVER}}},
      {"--robots",
       "FLAG_ROBOTS",
       "ROBOTS",
       "robots_policy",
       {{"new-guests", I::ROBOTS_FOR_NEW_GUESTS},
        {"never", I::ROBOTS_NEVER},
        {"always", I::ROBOTS_ALWAYS}}},
      {"--nameless",
       "FLAG_NAMELESS",
       "NAMELESS",
       "nameless_policy",
       {{"skip", I::SKIP}, {"export", I::EXPORT}}},
  };
  return *flags;
}

std::vector<Argument> GuardArguments() {
  Argument guard = {"--guard", "WORD", "FLAG_GUARD"};
  guard.choices = {"on", "off"};
  return {guard,
          {"--guard-contacts", "N", "FLAG_GUARD_CONTACTS"},
          {"--guard-percent", "N", "FLAG_GUARD_PERCENT"}};
}

// 0, which the API takes for the default, for "default".
absl::StatusOr<int32_t> ParseLimit(const Arguments& arguments, absl::string_view flag,
                                   int32_t most) {
  const std::string given = arguments.Get(flag);
  if (given == "default") return 0;
  const absl::StatusOr<int64_t> number = ParseNumber(flag, given, 1, most);
  if (number.ok()) return static_cast<int32_t>(*number);
  return WithParameter(number.status(), "expected",
                       absl::StrCat("1…", most, ", default"));
}

// Sets what was given; its paths.
absl::StatusOr<std::vector<std::string>> PutGuard(const Arguments& arguments,
                                                  v1::Integration::Guard* guard) {
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  std::vector<std::string> paths;
  if (arguments.Has("--guard")) {
    guard->set_off(arguments.Get("--guard") == "off");
    paths.push_back("guard.off");
  }
  if (arguments.Has("--guard-contacts")) {
    GB_ASSIGN_OR_RETURN(const int32_t contacts,
                        ParseLimit(arguments, "--guard-contacts", kMost));
    guard->set_contacts(contacts);
    paths.push_back("guard.contacts");
  }
  if (arguments.Has("--guard-percent")) {
    GB_ASSIGN_OR_RETURN(const int32_t percent,
                        ParseLimit(arguments, "--guard-percent", 100));
    guard->set_percent(percent);
    paths.push_back("guard.percent");
  }
  return paths;
}

std::string GuardText(const Session& session, const v1::Integration::Guard& guard) {
  return session.Text(guard.off() ? "GUARD_OFF" : "GUARD_IS",
                      {{"contacts", std::to_string(guard.contacts())},
                       {"percent", std::to_string(guard.percent())}});
}

std::vector<Argument> PolicyArguments() {
  std::vector<Argument> arguments;
  for (const PolicyFlag& policy : PolicyFlags()) {
    Argument& argument = arguments.emplace_back();
    argument.name = policy.flag;
    argument.value = "POLICY";
    argument.help = policy.help;
    for (const auto& [word, value] : policy.words) argument.choices.push_back(word);
  }
  return arguments;
}

// Sets what was given; the fields by name.
std::vector<std::string> PutPolicies(const Arguments& arguments,
                                     v1::Integration* integration) {
  std::vector<std::string> fields;
  for (const PolicyFlag& policy : PolicyFlags()) {
    if (!arguments.Has(policy.flag)) continue;
    const std::string given = arguments.Get(policy.flag);
    for (const auto& [word, value] : policy.words) {
      if (word != given) continue;
      const auto* field =
          v1::Integration::descriptor()->FindFieldByName(std::string(policy.field));
      integration->GetReflection()->SetEnumValue(integration, field, value);
      fields.emplace_back(policy.field);
    }
  }
  return fields;
}

void AddPolicies(Session& session, const v1::Integration& it, Facts* facts) {
  for (const PolicyFlag& policy : PolicyFlags()) {
    const auto* field =
        v1::Integration::descriptor()->FindFieldByName(std::string(policy.field));
    facts->Add(session.Text(policy.label),
               policy.WordOf(it.GetReflection()->GetEnumValue(it, field)));
  }
}

Cell ActiveCell(const Session& session, bool active) {
  return {YesNo(session, active), active ? Color::kGood : Color::kWarning};
}

std::string DaysText(const google::protobuf::Duration& kept) {
  return absl::StrCat(static_cast<double>(kept.seconds()) / (24 * 3600));
}

int Print(Session& session, absl::string_view headline, const v1::Integration& it,
          absl::string_view next) {
  if (session.PrintDocument(it)) return 0;
  const std::string id = IntegrationIdOf(it.name());
  session.Say(headline, {{"id", id}});
  Facts facts;
  facts.Add(session.Text("NAME"), it.display_name());
  facts.Add(session.Text("TYPE"), v1::Integration::Type_Name(it.type()));
  const Cell active = ActiveCell(session, it.active());
  facts.Add(session.Text("ACTIVE"), active.text, active.color);
  AddPolicies(session, it, &facts);
  if (it.retention().has_runs()) {
    facts.Add(session.Text("KEEP_RUNS"),
              session.Text("DAYS", {{"count", DaysText(it.retention().runs())}}));
  }
  if (it.retention().has_failures()) {
    facts.Add(session.Text("KEEP_FAILURES"),
              session.Text("DAYS", {{"count", DaysText(it.retention().failures())}}));
  }
  if (it.retention().has_history()) {
    facts.Add(session.Text("KEEP_HISTORY"),
              session.Text("DAYS", {{"count", DaysText(it.retention().history())}}));
  }
  if (it.retention().has_quarantine()) {
    facts.Add(session.Text("KEEP_QUARANTINE"),
              session.Text("DAYS", {{"count", DaysText(it.retention().quarantine())}}));
  }
  facts.Add(session.Text("GUARD"), GuardText(session, it.guard()));
  if (!it.standby_agent().empty()) {
    facts.Add(session.Text("STANDBY"), it.standby_agent());
  }
  if (it.has_takeover_time()) {
    facts.Add(session.Text("TAKEN_OVER"), TimeText(session, true, it.takeover_time()));
  }
  facts.Add(session.Text("CREATED"),
            TimeText(session, it.has_create_time(), it.create_time()));
  facts.Add(session.Text("CHANGED"),
            TimeText(session, it.has_update_time(), it.update_time()));
  facts.Print(session.style(), session.out());
  session.Say(next, {{"id", id}});
  return 0;
}

absl::StatusOr<int> Create(Session& session, const Arguments& arguments) {
  v1::CreateIntegrationRequest request;
  request.set_integration_id(IntegrationIdOf(arguments.Get("ID")));
  request.mutable_integration()->set_type(v1::Integration::BITRIX24);
  request.mutable_integration()->set_display_name(arguments.Get("--display-name"));
  PutPolicies(arguments, request.mutable_integration());
  GB_RETURN_IF_ERROR(
      PutGuard(arguments, request.mutable_integration()->mutable_guard()).status());
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
  session.Say("INTEGRATIONS_FOUND", {{"count", std::to_string(all.size())}});
  if (all.empty()) {
    session.Say("NEXT_INTEGRATION_CREATE");
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
  session.Say("NEXT_STATUS");
  return 0;
}

absl::Status FillKept(const Arguments& arguments, absl::string_view flag,
                      google::protobuf::Duration* kept) {
  GB_ASSIGN_OR_RETURN(const absl::Duration duration,
                      ParseDuration(flag, arguments.Get(flag), "1d…3650d, default"));
  kept->set_seconds(absl::ToInt64Seconds(duration));
  return absl::OkStatus();
}

absl::Status PutRetention(const Arguments& arguments,
                          v1::UpdateIntegrationRequest* request) {
  struct {
    absl::string_view flag;
    absl::string_view field;
    google::protobuf::Duration* (v1::Retention::*mutable_field)();
  } constexpr kFlags[] = {
      {"--keep-runs", "runs", &v1::Retention::mutable_runs},
      {"--keep-failures", "failures", &v1::Retention::mutable_failures},
      {"--keep-history", "history", &v1::Retention::mutable_history},
      {"--keep-quarantine", "quarantine", &v1::Retention::mutable_quarantine},
  };
  for (const auto& one : kFlags) {
    if (!arguments.Has(one.flag)) continue;
    // An absent part is the default.
    if (arguments.Get(one.flag) != "default") {
      v1::Retention& kept = *request->mutable_integration()->mutable_retention();
      GB_RETURN_IF_ERROR(FillKept(arguments, one.flag, (kept.*one.mutable_field)()));
    }
    request->mutable_update_mask()->add_paths(absl::StrCat("retention.", one.field));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Update(Session& session, const Arguments& arguments) {
  v1::UpdateIntegrationRequest request;
  request.mutable_integration()->set_name(IntegrationNameOf(arguments));
  if (arguments.Has("--display-name")) {
    request.mutable_integration()->set_display_name(arguments.Get("--display-name"));
    request.mutable_update_mask()->add_paths("display_name");
  }
  if (arguments.Has("--standby") && arguments.Has("--no-standby")) {
    return MakeError("USAGE_FLAGS_EXCLUDE",
                     {{"flag", "--standby"}, {"other", "--no-standby"}});
  }
  if (arguments.Has("--standby") || arguments.Has("--no-standby")) {
    request.mutable_integration()->set_standby_agent(arguments.Get("--standby"));
    request.mutable_update_mask()->add_paths("standby_agent");
  }
  for (std::string& field : PutPolicies(arguments, request.mutable_integration())) {
    request.mutable_update_mask()->add_paths(std::move(field));
  }
  GB_RETURN_IF_ERROR(PutRetention(arguments, &request));
  GB_ASSIGN_OR_RETURN(
      const std::vector<std::string> guard,
      PutGuard(arguments, request.mutable_integration()->mutable_guard()));
  for (const std::string& path : guard) request.mutable_update_mask()->add_paths(path);
  // Without a path the server would take all that is set.
  if (request.update_mask().paths().empty()) {
    return MakeError("USAGE_NOTHING_TO_CHANGE", {{"command", "integration update"}});
  }
  GB_ASSIGN_OR_RETURN(const auto made, session.Call(&Stub::UpdateIntegration, request));
  const bool marks = arguments.Get("--on-deletion-mark") == "mark";
  return Print(session, "INTEGRATION_UPDATED", made,
               marks ? "NEXT_MAP_DELETION_MARK" : "NEXT_STATUS");
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
  session.Say("INTEGRATION_DELETED", {{"id", IntegrationIdOf(arguments.Get("ID"))}});
  session.Say("NEXT_STATUS");
  return 0;
}

}  // namespace

std::vector<Command> IntegrationCommands() {
  const Argument display_name = {"--display-name", "S", "FLAG_DISPLAY_NAME"};
  std::vector<Argument> create = {{"--type",
                                   "TYPE",
                                   "FLAG_TYPE",
                                   /*required=*/true,
                                   /*repeated=*/false,
                                   {"bitrix24"}},
                                  display_name,
                                  {"--inactive", "", "FLAG_INACTIVE"}};
  std::vector<Argument> update = {display_name};
  for (const Argument& policy : PolicyArguments()) {
    create.push_back(policy);
    update.push_back(policy);
  }
  update.push_back({"--keep-runs", "D", "FLAG_KEEP_RUNS"});
  update.push_back({"--keep-failures", "D", "FLAG_KEEP_FAILURES"});
  update.push_back({"--keep-history", "D", "FLAG_KEEP_HISTORY"});
  update.push_back({"--keep-quarantine", "D", "FLAG_KEEP_QUARANTINE"});
  update.push_back({"--standby", "NAME", "FLAG_STANDBY"});
  update.push_back({"--no-standby", "", "FLAG_NO_STANDBY"});
  for (const Argument& guard : GuardArguments()) {
    create.push_back(guard);
    update.push_back(guard);
  }
  return {
      {"integration",
       "create",
       "HELP_INTEGRATION_CREATE",
       {IdArgument()},
       create,
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
       update,
       {"guestbridge integration update main --display-name \"Hotel Riviera\"",
        "guestbridge integration update main --on-gone-contact ask",
        "guestbridge integration update main --standby hotel-2",
        "guestbridge integration update main --keep-runs 400d --keep-history 365d"},
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
