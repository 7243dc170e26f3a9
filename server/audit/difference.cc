#include "server/audit/difference.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/resource/resource_name.h"
#include "common/secret/digest.h"
#include "common/text/utf8.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/audit/stored_document.h"

namespace guestbridge::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kLongestValue = 200;

using Values = std::vector<std::pair<std::string, std::string>>;  // By path.

// A long value still shows that it changed.
std::string Cut(std::string text) {
  if (text.size() <= kLongestValue) return text;
  const std::string digest = Sha256Hex(text).substr(0, 16);
  text.resize(kLongestValue);
  return absl::StrCat(ToValidUtf8(text), "… sha256:", digest);
}

class Flattener {
 public:
  Flattener(const std::string& key, const AuditKey& hash, Sealer& sealer)
      : key_(key), hash_(hash), sealer_(sealer) {}

  void Add(const Message& message, const std::string& path, Values* values) const {
    const auto& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string name =
          path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
      if (!field->is_repeated()) {
        AddOne(message, *field, -1, name, values);
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        AddOne(message, *field, i, absl::StrFormat("%s[%d]", name, i), values);
      }
    }
  }

 private:
  void AddOne(const Message& message, const FieldDescriptor& field, int index,
              const std::string& path, Values* values) const {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto& reflection = *message.GetReflection();
      const Message& inner =
          index < 0 ? reflection.GetMessage(message, &field)
                    : reflection.GetRepeatedMessage(message, &field, index);
      if (inner.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
        // As it came from the wire it may be of any pool's making.
        google::protobuf::Timestamp time;
        time.ParseFromString(inner.SerializeAsString());
        values->emplace_back(path,
                             absl::FormatTime(absl::RFC3339_full,
                                              absl::FromUnixSeconds(time.seconds()) +
                                                  absl::Nanoseconds(time.nanos()),
                                              absl::UTCTimeZone()));
        return;
      }
      Add(inner, path, values);
      return;
    }
    values->emplace_back(path, Text(message, field, index));
  }

  std::string Text(const Message& message, const FieldDescriptor& field,
                   int index) const {
    const auto& reflection = *message.GetReflection();
    const bool repeated = index >= 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string value =
            repeated ? reflection.GetRepeatedString(message, &field, index)
                     : reflection.GetString(message, &field);
        return IsHidden(field) ? hash_.Hash(Opened(field, value))
                               : Cut(ToValidUtf8(value));
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        return (repeated ? reflection.GetRepeatedBool(message, &field, index)
                         : reflection.GetBool(message, &field))
                   ? "true"
                   : "false";
      case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedInt32(message, &field, index)
                                : reflection.GetInt32(message, &field));
      case FieldDescriptor::CPPTYPE_INT64:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedInt64(message, &field, index)
                                : reflection.GetInt64(message, &field));
      case FieldDescriptor::CPPTYPE_UINT32:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedUInt32(message, &field, index)
                                : reflection.GetUInt32(message, &field));
      case FieldDescriptor::CPPTYPE_UINT64:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedUInt64(message, &field, index)
                                : reflection.GetUInt64(message, &field));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedDouble(message, &field, index)
                                : reflection.GetDouble(message, &field));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return absl::StrCat(repeated
                                ? reflection.GetRepeatedFloat(message, &field, index)
                                : reflection.GetFloat(message, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return (repeated ? reflection.GetRepeatedEnum(message, &field, index)
                         : reflection.GetEnum(message, &field))
            ->name();
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return "";
  }

  // Each sealing of one secret looks different.
  std::string Opened(const FieldDescriptor& field, const std::string& value) const {
    absl::string_view name = field.name();
    if (!absl::ConsumePrefix(&name, "sealed_")) return value;
    const size_t slash = key_.find('/');
    const std::string integration =
        slash == std::string::npos ? "" : key_.substr(slash + 1);
    const auto secret =
        sealer_.Open(value, absl::StrCat(ConnectionName(integration), "#", name));
    return secret.ok() ? secret->Reveal() : value;
  }

  const std::string& key_;
  const AuditKey& hash_;
  Sealer& sealer_;
};

// False: it is not what its key says.
bool Flatten(const std::string& key, const std::optional<std::string>& body,
             const AuditKey& hash, Sealer& sealer, Values* values) {
  if (!body.has_value()) return true;
  const DocumentKind* const kind = KindOf(key);
  if (kind == nullptr || kind->message == nullptr) return body->empty();
  const std::unique_ptr<Message> message(kind->message->New());
  if (!message->ParseFromString(*body)) return false;
  Flattener(key, hash, sealer).Add(*message, "", values);
  std::erase_if(*values, [&](const auto& value) {
    return std::any_of(kind->left_out.begin(), kind->left_out.end(),
                       [&](absl::string_view path) {
                         absl::string_view rest = value.first;
                         return absl::ConsumePrefix(&rest, path) &&
                                (rest.empty() || rest[0] == '.' || rest[0] == '[');
                       });
  });
  return true;
}

}  // namespace

std::vector<v1::AuditChange> DifferenceOf(const DocumentChange& change,
                                          const AuditKey& key, Sealer& sealer) {
  std::vector<v1::AuditChange> changes;
  const auto add = [&](const std::string& field, const std::string& before,
                       const std::string& after) {
    v1::AuditChange& added = changes.emplace_back();
    added.set_resource(ResourceOf(change.key));
    added.set_field(field);
    added.set_before(before);
    added.set_after(after);
  };
  if (change.before == change.after) return changes;
  Values before;
  Values after;
  if (!Flatten(change.key, change.before, key, sealer, &before) ||
      !Flatten(change.key, change.after, key, sealer, &after)) {
    add("", key.Hash(change.before.value_or("")), key.Hash(change.after.value_or("")));
    return changes;
  }
  // Of a switch that is off nothing is stored.
  const auto or_off = [](const std::string& other, bool exists) {
    return other == "true" && exists ? "false" : "";
  };
  const std::map<std::string, std::string> now(after.begin(), after.end());
  std::map<std::string, std::string> old;
  for (const auto& [path, value] : before) {
    old.emplace(path, value);
    const auto it = now.find(path);
    const std::string stands =
        it == now.end() ? or_off(value, change.after.has_value()) : it->second;
    if (value != stands) add(path, value, stands);
  }
  for (const auto& [path, value] : after) {
    if (old.contains(path)) continue;
    add(path, or_off(value, change.before.has_value()), value);
  }
  return changes;
}

}  // namespace guestbridge::server
