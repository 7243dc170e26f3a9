#include "tests/protocol/shape.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::protocol {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using Lines = std::set<std::string>;

void AddEnum(const std::string& scope, const EnumDescriptorProto& type, Lines* lines) {
  for (const auto& value : type.value()) {
    lines->insert(absl::StrCat("value ", scope, ".", type.name(), ".", value.name(),
                               " = ", value.number()));
  }
}

void AddMessage(const std::string& scope, const DescriptorProto& type, Lines* lines) {
  const std::string name = absl::StrCat(scope, ".", type.name());
  lines->insert(absl::StrCat("message ", name));
  for (const FieldDescriptorProto& field : type.field()) {
    std::string line =
        absl::StrCat("field ", name, ".", field.name(), " = ", field.number(), " ",
                     FieldDescriptorProto::Label_Name(field.label()), " ",
                     FieldDescriptorProto::Type_Name(field.type()),
                     field.type_name().empty() ? "" : " ", field.type_name(), " ",
                     field.json_name());
    if (field.has_oneof_index()) {
      absl::StrAppend(&line, " oneof ", type.oneof_decl(field.oneof_index()).name());
    }
    lines->insert(std::move(line));
  }
  for (const auto& nested : type.nested_type()) AddMessage(name, nested, lines);
  for (const auto& nested : type.enum_type()) AddEnum(name, nested, lines);
}

}  // namespace

std::set<std::string> ShapeOf(const google::protobuf::FileDescriptorSet& files) {
  Lines lines;
  for (const auto& file : files.file()) {
    if (!absl::StartsWith(file.package(), "guestbridge")) continue;
    for (const auto& type : file.message_type()) {
      AddMessage(file.package(), type, &lines);
    }
    for (const auto& type : file.enum_type()) AddEnum(file.package(), type, &lines);
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        lines.insert(absl::StrCat(
            "call ", file.package(), ".", service.name(), ".", method.name(), " ",
            method.client_streaming() ? "stream " : "", method.input_type(), " -> ",
            method.server_streaming() ? "stream " : "", method.output_type()));
      }
    }
  }
  return lines;
}

}  // namespace guestbridge::protocol
