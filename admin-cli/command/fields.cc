#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/fields_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/command/wait.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/event.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::FieldMappingService::Stub;
using v1::FieldMapping;

std::string DraftNameOf(const Arguments& arguments) {
  return absl::StrCat(IntegrationNameOf(arguments), "/fieldMapping");
}

// What the version means for the guests who are exported already.
const char* MeaningOf(const FieldMapping& mapping) {
  switch (mapping.resend()) {
    case FieldMapping::ALL:
      return "RESEND_ALL";
    case FieldMapping::NONE:
      return "RESEND_NONE";
    default:
      return "RESEND_CHANGED";
  }
}

int Print(Session& session, const Arguments& arguments, const FieldMapping& mapping,
          absl::string_view headline, absl::string_view next,
          bool with_both_sides = false, std::optional<int> added = std::nullopt) {
  if (session.PrintDocument(mapping)) return 0;
  const Parameters parameters = {
      {"id", IntegrationIdOf(arguments.Get("ID"))},
      {"count", std::to_string(mapping.entries_size())},
      {"source_fields", std::to_string(mapping.source_fields_size())},
      {"contact_fields", std::to_string(mapping.contact_fields_size())},
      {"version", std::to_string(mapping.version())},
      {"from", std::to_string(mapping.restored_from())}};
  session.Say(headline, parameters);
  if (added.has_value()) {
    session.Say("FIELDS_ADDED", {{"added", std::to_string(*added)}});
  }
  PrintFieldMapping(session, mapping);
  if (with_both_sides) PrintBothSides(session, mapping);
  if (mapping.version() > 1) {
    PrintWrapped(session.Text(MeaningOf(mapping)), 0, session.style(), session.out());
  }
  session.Say(next, parameters);
  return 0;
}

// How many entries of `after` are not in `before`.
int CountAdded(const FieldMapping& before, const FieldMapping& after) {
  return static_cast<int>(std::count_if(
      after.entries().begin(), after.entries().end(), [&](const auto& entry) {
        return std::none_of(before.entries().begin(), before.entries().end(),
                            [&](const auto& other) {
                              return other.source() == entry.source() &&
                                     other.target() == entry.target();
                            });
      }));
}

absl::StatusOr<int> Load(Session& session, const Arguments& arguments) {
  v1::GetFieldMappingRequest get;
  get.set_name(DraftNameOf(arguments));
  const auto before = session.Call(&Stub::GetFieldMapping, get);
  if (!before.ok() && ReasonOf(before.status()) != "FIELDS_NOT_LOADED") {
    return before.status();
  }
  v1::LoadFieldsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto draft, session.Call(&Stub::LoadFields, request));
  std::optional<int> added;
  if (before.ok()) added = CountAdded(*before, draft);
  return Print(session, arguments, draft, "FIELDS_LOADED", "NEXT_FIELDS_SAVE",
               /*with_both_sides=*/true, added);
}

absl::StatusOr<int> List(Session& session, const Arguments& arguments) {
  v1::GetFieldMappingRequest request;
  request.set_name(DraftNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto draft, session.Call(&Stub::GetFieldMapping, request));
  if (session.PrintDocuments(draft.entries())) return 0;
  return Print(session, arguments, draft, "FIELDS_DRAFT", "NEXT_FIELDS_SAVE");
}

absl::StatusOr<int> Map(Session& session, const Arguments& arguments) {
  v1::MapFieldRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.mutable_entry()->set_source(arguments.Get("SOURCE"));
  request.mutable_entry()->set_target(arguments.Get("TARGET"));
  for (const std::string& transform : arguments.GetAll("--transform")) {
    request.mutable_entry()->add_transforms(transform);
  }
  const std::string policy = arguments.Get("--policy");
  if (policy == "overwrite") {
    request.mutable_entry()->set_policy(v1::FieldMappingEntry::OVERWRITE);
  } else if (policy == "fill-empty") {
    request.mutable_entry()->set_policy(v1::FieldMappingEntry::FILL_EMPTY);
  } else if (policy == "create-only") {
    request.mutable_entry()->set_policy(v1::FieldMappingEntry::CREATE_ONLY);
  }
  const std::string when_empty = arguments.Get("--when-empty");
  if (when_empty == "keep") {
    request.mutable_entry()->set_when_empty(v1::FieldMappingEntry::KEEP);
  } else if (when_empty == "clear") {
    request.mutable_entry()->set_when_empty(v1::FieldMappingEntry::CLEAR);
  }
  GB_ASSIGN_OR_RETURN(const auto draft, session.Call(&Stub::MapField, request));
  return Print(session, arguments, draft, "FIELDS_DRAFT", "NEXT_FIELDS_SAVE");
}

absl::StatusOr<int> Unmap(Session& session, const Arguments& arguments) {
  v1::UnmapFieldRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_target(arguments.Get("TARGET"));
  GB_ASSIGN_OR_RETURN(const auto draft, session.Call(&Stub::UnmapField, request));
  return Print(session, arguments, draft, "FIELDS_DRAFT", "NEXT_FIELDS_SAVE");
}

absl::StatusOr<int> Filter(Session& session, const Arguments& arguments) {
  // To the server nothing is the same as --clear.
  if (arguments.Has("FILTER") &&
      absl::StripAsciiWhitespace(arguments.Get("FILTER")).empty()) {
    return MakeError("FILTER_INCOMPLETE",
                     {{"integration", IntegrationIdOf(arguments.Get("ID"))}});
  }
  FieldMapping draft;
  const bool shows = !arguments.Has("FILTER") && !arguments.Has("--clear");
  if (shows) {
    v1::GetFieldMappingRequest request;
    request.set_name(DraftNameOf(arguments));
    GB_ASSIGN_OR_RETURN(draft, session.Call(&Stub::GetFieldMapping, request));
  } else {
    v1::SetClientFilterRequest request;
    request.set_parent(IntegrationNameOf(arguments));
    if (!arguments.Has("--clear")) request.set_filter(arguments.Get("FILTER"));
    GB_ASSIGN_OR_RETURN(draft, session.Call(&Stub::SetClientFilter, request));
  }
  if (session.PrintDocument(draft)) return 0;
  if (draft.filter().empty()) {
    session.Say("FILTER_NONE");
  } else {
    session.Say("FILTER_IS", {{"filter", draft.filter()}});
  }
  session.Say("NEXT_FIELDS_SAVE_DRY", {{"id", IntegrationIdOf(arguments.Get("ID"))}});
  return 0;
}

FieldMapping::Resend ResendOf(const Arguments& arguments) {
  const std::string resend = arguments.Get("--resend");
  if (resend == "all") return FieldMapping::ALL;
  if (resend == "none") return FieldMapping::NONE;
  return FieldMapping::CHANGED;
}

// A dry run with the draft: the answer to what saving it would do.
absl::StatusOr<int> SaveDry(Session& session, const Arguments& arguments,
                            const FieldMapping& draft) {
  v1::StartExportRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_dry_run(true);
  request.set_draft_mapping(true);
  request.set_draft_resend(ResendOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto run,
                      session.Call(&v1::RunService::Stub::StartExport, request));
  PrintWrapped(
      session.Text("FIELDS_NOT_SAVED", {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                        {"version", std::to_string(draft.version())}}),
      0, session.style(), session.err());
  return FinishRun(session, run, /*wait=*/true, v1::WatchRunRequest::ENDED);
}

// What a saved version lacks before it is exported.
const char* NextOfSaved(Session& session, const Arguments& arguments) {
  v1::GetEventsRequest request;
  request.set_name(absl::StrCat(IntegrationNameOf(arguments), "/events"));
  const auto events = session.Call(&v1::EventService::Stub::GetEvents, request);
  const bool lacks_events = events.ok()
                                ? events->unsaved()
                                : ReasonOf(events.status()) == "EVENTS_NOT_LOADED";
  return lacks_events ? "NEXT_EVENTS_LOAD" : "NEXT_EXPORT_DRY";
}

absl::StatusOr<int> Save(Session& session, const Arguments& arguments) {
  v1::SaveFieldMappingRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_resend(ResendOf(arguments));
  request.set_validate_only(arguments.Has("--dry-run"));
  GB_ASSIGN_OR_RETURN(const auto saved, session.Call(&Stub::SaveFieldMapping, request));
  if (request.validate_only()) return SaveDry(session, arguments, saved);
  if (session.PrintDocument(saved)) return 0;
  return Print(session, arguments, saved, "FIELDS_SAVED",
               NextOfSaved(session, arguments));
}

absl::StatusOr<int> Versions(Session& session, const Arguments& arguments) {
  v1::ListFieldMappingsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_page_size(100);
  std::vector<FieldMapping> all;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListFieldMappings, request, [&](const auto& page) {
        all.insert(all.end(), page.field_mappings().begin(),
                   page.field_mappings().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"count", std::to_string(all.size())}};
  session.Say("VERSIONS_FOUND", parameters);
  if (all.empty()) {
    session.Say("NEXT_FIELDS_SAVE", parameters);
    return 0;
  }
  Table table({session.Text("HEAD_VERSION"), session.Text("HEAD_CURRENT"),
               session.Text("HEAD_FIELDS"), session.Text("HEAD_SAVED"),
               session.Text("HEAD_RESTORED_FROM")});
  for (const FieldMapping& version : all) {
    table.Add({std::to_string(version.version()), YesNo(session, version.current()),
               std::to_string(version.entries_size()),
               TimeText(session, version.has_update_time(), version.update_time()),
               version.restored_from() == 0 ? std::string()
                                            : std::to_string(version.restored_from())});
  }
  table.Print(session.style(), session.out());
  session.Say("NEXT_FIELDS_RESTORE", parameters);
  return 0;
}

// "trim, name; keep": what an entry does beside joining its two fields.
std::string DoingsOf(const Session& session, bool present,
                     const v1::FieldMappingEntry& entry) {
  if (!present) return "";
  const std::string transforms = absl::StrJoin(entry.transforms(), ", ");
  const std::string policy = PolicyOf(session, entry);
  return absl::StrCat(transforms, transforms.empty() || policy.empty() ? "" : "; ",
                      policy);
}

// The entry is the same: what differs is the portal's field.
bool IsRetyped(const v1::FieldMappingChange& change) {
  const v1::FieldMappingEntry& before = change.before();
  const v1::FieldMappingEntry& after = change.after();
  return change.kind() == v1::FieldMappingChange::CHANGED &&
         before.policy() == after.policy() &&
         before.when_empty() == after.when_empty() &&
         absl::c_equal(before.transforms(), after.transforms());
}

const char* LabelOf(const v1::FieldMappingChange& change) {
  if (IsRetyped(change)) return "CHANGE_RETYPED";
  switch (change.kind()) {
    case v1::FieldMappingChange::ADDED:
      return "CHANGE_ADDED";
    case v1::FieldMappingChange::REMOVED:
      return "CHANGE_REMOVED";
    default:
      return "CHANGE_CHANGED";
  }
}

absl::StatusOr<int> Diff(Session& session, const Arguments& arguments) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  v1::DiffFieldMappingsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const int64_t from,
                      ParseNumber("FROM", arguments.Get("FROM"), 1, kMost));
  request.set_from_version(static_cast<int32_t>(from));
  std::string to = session.Text("VERSION_DRAFT");
  if (arguments.Has("TO")) {
    GB_ASSIGN_OR_RETURN(const int64_t number,
                        ParseNumber("TO", arguments.Get("TO"), 1, kMost));
    request.set_to_version(static_cast<int32_t>(number));
    to = std::to_string(number);
  }
  GB_ASSIGN_OR_RETURN(const auto diff, session.Call(&Stub::DiffFieldMappings, request));
  if (session.PrintDocument(diff)) return 0;
  const Parameters parameters = {
      {"id", IntegrationIdOf(arguments.Get("ID"))},
      {"from", session.Text("VERSION_NUMBER", {{"version", std::to_string(from)}})},
      {"to", to},
      {"count", std::to_string(diff.changes_size())}};
  const bool filter_differs = diff.filter_before() != diff.filter_after();
  const bool same = diff.changes().empty() && !filter_differs;
  session.Say(same ? "FIELDS_SAME" : "FIELDS_DIFFER", parameters);
  Table table({session.Text("HEAD_CHANGE"), session.Text("HEAD_SOURCE_FIELD"),
               session.Text("HEAD_TARGET_FIELD"), session.Text("HEAD_BEFORE"),
               session.Text("HEAD_AFTER")});
  table.Keep(2);
  for (const v1::FieldMappingChange& change : diff.changes()) {
    const v1::FieldMappingEntry& entry =
        change.has_after() ? change.after() : change.before();
    table.Add({session.Text(LabelOf(change)), entry.source(), entry.target(),
               DoingsOf(session, change.has_before(), change.before()),
               DoingsOf(session, change.has_after(), change.after())});
  }
  if (!table.empty()) table.Print(session.style(), session.out());
  if (filter_differs) {
    const auto text = [&](const std::string& filter) {
      return filter.empty() ? session.Text("FILTER_ALL") : filter;
    };
    session.Say("FILTER_BEFORE", {{"filter", text(diff.filter_before())}});
    session.Say("FILTER_AFTER", {{"filter", text(diff.filter_after())}});
  }
  session.Say(arguments.Has("TO") ? "NEXT_FIELDS_RESTORE" : "NEXT_FIELDS_SAVE",
              parameters);
  return 0;
}

absl::StatusOr<int> Restore(Session& session, const Arguments& arguments) {
  v1::RestoreFieldMappingRequest request;
  GB_ASSIGN_OR_RETURN(const int64_t version,
                      ParseNumber("VERSION", arguments.Get("VERSION"), 1,
                                  std::numeric_limits<int32_t>::max()));
  request.set_name(
      absl::StrCat(IntegrationNameOf(arguments), "/fieldMappings/", version));
  GB_ASSIGN_OR_RETURN(const auto restored,
                      session.Call(&Stub::RestoreFieldMapping, request));
  // What is in use already gets no new number.
  return Print(
      session, arguments, restored,
      restored.version() == version ? "FIELDS_RESTORED_SAME" : "FIELDS_RESTORED",
      "NEXT_EXPORT_RUN");
}

}  // namespace

std::vector<Command> FieldsCommands() {
  const Argument target = {"TARGET", "TARGET", "ARGUMENT_TARGET", /*required=*/true};
  return {
      {"fields",
       "load",
       "HELP_FIELDS_LOAD",
       {IdArgument()},
       {},
       {"guestbridge fields load main"},
       Load,
       kFarTimeout},
      {"fields",
       "list",
       "HELP_FIELDS_LIST",
       {IdArgument()},
       {},
       {"guestbridge fields list main"},
       List},
      {"fields",
       "map",
       "HELP_FIELDS_MAP",
       {IdArgument(),
        {"SOURCE", "SOURCE", "ARGUMENT_SOURCE", /*required=*/true},
        target},
       {{"--transform", "T", "FLAG_TRANSFORM", /*required=*/false, /*repeated=*/true},
        {"--policy",
         "P",
         "FLAG_POLICY",
         /*required=*/false,
         /*repeated=*/false,
         {"overwrite", "fill-empty", "create-only"}},
        {"--when-empty",
         "W",
         "FLAG_WHEN_EMPTY",
         /*required=*/false,
         /*repeated=*/false,
         {"clear", "keep"}}},
       {"guestbridge fields map main LastName LAST_NAME",
        "guestbridge fields map main Position POST --policy fill-empty",
        "guestbridge fields map main Remarks COMMENTS --transform trim"},
       Map},
      {"fields",
       "unmap",
       "HELP_FIELDS_UNMAP",
       {IdArgument(), target},
       {},
       {"guestbridge fields unmap main COMMENTS"},
       Unmap},
      {"fields",
       "filter",
       "HELP_FIELDS_FILTER",
       {IdArgument(), {"FILTER", "CONDITIONS", "ARGUMENT_FILTER"}},
       {{"--clear", "", "FLAG_CLEAR_FILTER"}},
       {"guestbridge fields filter main",
        "guestbridge fields filter main \"Sex = Female and EMail is not empty\"",
        "guestbridge fields filter main --clear"},
       Filter},
      {"fields",
       "save",
       "HELP_FIELDS_SAVE",
       {IdArgument()},
       {{"--resend",
         "WHOM",
         "FLAG_RESEND",
         /*required=*/false,
         /*repeated=*/false,
         {"changed", "all", "none"}},
        {"--dry-run", "", "FLAG_SAVE_DRY_RUN"}},
       {"guestbridge fields save main", "guestbridge fields save main --dry-run",
        "guestbridge fields save main --resend none"},
       Save},
      {"fields",
       "versions",
       "HELP_FIELDS_VERSIONS",
       {IdArgument()},
       {},
       {"guestbridge fields versions main"},
       Versions},
      {"fields",
       "diff",
       "HELP_FIELDS_DIFF",
       {IdArgument(),
        {"FROM", "VERSION", "ARGUMENT_VERSION", /*required=*/true},
        {"TO", "VERSION", "ARGUMENT_VERSION_TO"}},
       {},
       {"guestbridge fields diff main 1 2", "guestbridge fields diff main 2"},
       Diff},
      {"fields",
       "restore",
       "HELP_FIELDS_RESTORE",
       {IdArgument(), {"VERSION", "VERSION", "ARGUMENT_VERSION", /*required=*/true}},
       {},
       {"guestbridge fields restore main 2"},
       Restore},
  };
}

}  // namespace guestbridge::cli
