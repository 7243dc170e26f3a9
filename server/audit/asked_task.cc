#include "server/audit/asked_task.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/resource/resource_name.h"
#include "google/protobuf/descriptor.h"

namespace guestbridge::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMostClients = 100;

void Add(AuditEntry* entry, const std::string& field, std::string value) {
  v1::AuditChange& change = entry->changes.emplace_back();
  change.set_field(field);
  change.set_after(std::move(value));
}

// A scalar of a question: switches, numbers and kinds; texts are hashed.
std::string Text(const Message& work, const FieldDescriptor& field,
                 const AuditKey& key) {
  const auto& reflection = *work.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(work, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(work, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(work, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnum(work, &field)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return key.Hash(reflection.GetString(work, &field));
    default:
      return key.Hash(work.SerializeAsString());
  }
}

std::string IdOf(const v1::Task& task) {
  return std::string(absl::StripPrefix(task.integration(), "integrations/"));
}

std::string ResourceOf(const v1::Task& task, const AuditKey& key) {
  const auto named = [&](const std::string& name) {
    const auto client = ParseClientName(name);
    return client.ok() ? ClientName(IdOf(task), ShownClient(client->client, key))
                       : task.integration();
  };
  switch (task.work_case()) {
    case v1::Task::kTestConnection:
      return ConnectionName(IdOf(task));
    case v1::Task::kLoadFields:
      return DraftMappingName(IdOf(task));
    case v1::Task::kLoadEvents:
      return EventsName(IdOf(task));
    case v1::Task::kExplainClient:
      return ClientName(IdOf(task), ShownClient(task.explain_client().client(), key));
    case v1::Task::kLinkClient:
      return named(task.link_client().name());
    case v1::Task::kUnlinkClient:
      return named(task.unlink_client().name());
    case v1::Task::kForgetClient:
      return named(task.forget_client().name());
    default:
      return task.integration();
  }
}

}  // namespace

std::string ShownClient(absl::string_view client, const AuditKey& key) {
  return IsGuid(client) ? absl::AsciiStrToLower(client) : key.Hash(client);
}

std::optional<AuditEntry> EntryOf(const v1::Task& task, const AuditKey& key) {
  if (task.has_list_clients() || task.has_list_client_groups() ||
      task.has_list_client_history()) {
    return std::nullopt;
  }
  const FieldDescriptor* const kind = task.GetReflection()->GetOneofFieldDescriptor(
      task, v1::Task::descriptor()->FindOneofByName("work"));
  if (kind == nullptr) return std::nullopt;
  AuditEntry entry;
  entry.resource = ResourceOf(task, key);
  Add(&entry, "task", kind->name());
  const Message& work = task.GetReflection()->GetMessage(task, kind);
  const auto& reflection = *work.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(work, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string& name = field->name();
    // They are in the resource.
    if (name == "name" || name == "parent" || name == "client") continue;
    if (!field->is_repeated()) {
      Add(&entry, name, Text(work, *field, key));
      continue;
    }
    const int size = reflection.FieldSize(work, field);
    for (int i = 0; i < size && i < kMostClients; ++i) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) break;
      Add(&entry, absl::StrFormat("%s[%d]", name, i),
          ShownClient(reflection.GetRepeatedString(work, field, i), key));
    }
    if (size > kMostClients) entry.omitted_changes += size - kMostClients;
  }
  return entry;
}

}  // namespace guestbridge::server
