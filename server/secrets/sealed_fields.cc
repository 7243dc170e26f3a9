#include "server/secrets/sealed_fields.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "server/store/record.pb.h"

namespace guestbridge::server {
namespace {

using google::protobuf::FieldDescriptor;

constexpr absl::string_view kPrefix = "sealed_";

}  // namespace

absl::Status VisitSealedFields(
    google::protobuf::Message* record,
    absl::FunctionRef<absl::Status(absl::string_view name, std::string* value)> visit) {
  const google::protobuf::Reflection& reflection = *record->GetReflection();
  const google::protobuf::Descriptor& type = *record->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      // What the API shows has no sealed fields.
      if (field->message_type()->file() != type.file() ||
          !reflection.HasField(*record, field)) {
        continue;
      }
      GB_RETURN_IF_ERROR(
          VisitSealedFields(reflection.MutableMessage(record, field), visit));
      continue;
    }
    absl::string_view name = field->name();
    if (field->type() != FieldDescriptor::TYPE_BYTES ||
        !absl::ConsumePrefix(&name, kPrefix)) {
      continue;
    }
    std::string value = reflection.GetString(*record, field);
    if (value.empty()) continue;
    const std::string before = value;
    GB_RETURN_IF_ERROR(visit(name, &value));
    if (value != before) reflection.SetString(record, field, std::move(value));
  }
  return absl::OkStatus();
}

std::unique_ptr<google::protobuf::Message> NewSealedRecord(absl::string_view key) {
  const absl::string_view kind = KindOfKey(key);
  if (kind == "connections") return std::make_unique<store::ConnectionRecord>();
  if (kind == "tokens") return std::make_unique<store::TokenRecord>();
  if (kind == "pending-tokens") return std::make_unique<store::PendingTokenRecord>();
  if (kind == "erasures") return std::make_unique<store::ErasuresRecord>();
  return nullptr;
}

absl::string_view IntegrationOfKey(absl::string_view key) {
  const size_t slash = key.find('/');
  return slash == absl::string_view::npos ? "" : key.substr(slash + 1);
}

absl::string_view KindOfKey(absl::string_view key) {
  return key.substr(0, key.find('/'));
}

std::string PlaceOf(absl::string_view integration, absl::string_view field) {
  return absl::StrCat("integrations/", integration, "/connection#", field);
}

}  // namespace guestbridge::server
