#include "common/resource/field_mask.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/status/error.h"

// FieldMaskUtil is not used: it refuses `*`, and merges and appends by default.
namespace guestbridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;

using Path = std::vector<const FieldDescriptor*>;

// The fields along `text`; empty when it names none.
Path Follow(const Descriptor* type, const std::string& text) {
  Path path;
  for (const absl::string_view name : absl::StrSplit(text, '.')) {
    const FieldDescriptor* field =
        type == nullptr ? nullptr : type->FindFieldByName(std::string(name));
    if (field == nullptr) return {};
    path.push_back(field);
    // Only the last step may be a list, a map or a plain value.
    type = field->is_repeated() ? nullptr : field->message_type();
  }
  return path;
}

void CopyField(const Message& source, const FieldDescriptor* field, Message* target) {
  const bool absent = !field->is_repeated() && field->has_presence() &&
                      !source.GetReflection()->HasField(source, field);
  if (absent) {
    target->GetReflection()->ClearField(target, field);
    return;
  }
  const std::unique_ptr<Message> copy(source.New());
  copy->CopyFrom(source);
  target->GetReflection()->SwapFields(target, copy.get(), {field});
}

void CopyPath(const Message& source, const Path& path, size_t step, Message* target) {
  const FieldDescriptor* field = path[step];
  if (step + 1 == path.size()) {
    CopyField(source, field, target);
    return;
  }
  const Reflection* from = source.GetReflection();
  const Reflection* to = target->GetReflection();
  if (!from->HasField(source, field) && !to->HasField(*target, field)) return;
  CopyPath(from->GetMessage(source, field), path, step + 1,
           to->MutableMessage(target, field));
}

}  // namespace

absl::Status ApplyFieldMask(const Message& source, const FieldMask& mask,
                            const FieldMask& output_only, Message* target) {
  // All paths are judged before anything changes.
  bool whole = false;
  std::vector<Path> paths;
  for (const std::string& text : mask.paths()) {
    if (text == "*") {
      whole = true;
      continue;
    }
    Path path = Follow(source.GetDescriptor(), text);
    if (path.empty()) {
      return MakeFieldError("update_mask", "UNKNOWN_FIELD_PATH", {{"path", text}});
    }
    paths.push_back(std::move(path));
  }
  if (mask.paths().empty()) {
    std::vector<const FieldDescriptor*> populated;
    source.GetReflection()->ListFields(source, &populated);
    for (const FieldDescriptor* field : populated) paths.push_back({field});
  }

  const std::unique_ptr<Message> before(target->New());
  before->CopyFrom(*target);
  if (whole) {
    target->CopyFrom(source);
  } else {
    for (const Path& path : paths) CopyPath(source, path, 0, target);
  }
  for (const std::string& text : output_only.paths()) {
    const Path path = Follow(target->GetDescriptor(), text);
    if (!path.empty()) CopyPath(*before, path, 0, target);
  }
  return absl::OkStatus();
}

}  // namespace guestbridge
