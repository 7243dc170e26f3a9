#include "sync-agent/source/jsonl/client_line.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"

namespace guestbridge::agent {
namespace {

using Json = nlohmann::json;

constexpr char kKey[] = "Ref_Key";
constexpr char kVersion[] = "DataVersion";
constexpr char kCode[] = "Code";
constexpr char kIsFolder[] = "IsFolder";
constexpr char kDeleted[] = "DeletionMark";
constexpr char kCreated[] = "CreateDate";
constexpr char kContact[] = "B24ContactID";

constexpr absl::string_view kNoReference = "00000000-0000-0000-0000-000000000000";
constexpr absl::string_view kEmptyDate = "0001-01-01T00:00:00";

// The same as `never_export` of the source profile 1c-hotel.
constexpr std::array<absl::string_view, 14> kProtected = {
    "IdentityDocumentType_Key",
    "IdentityDocumentSeries",
    "IdentityDocumentNumber",
    "IdentityDocumentIssueDate",
    "IdentityDocumentValidToDate",
    "IdentityDocumentUnitCode",
    "IdentityDocumentIssuedBy",
    "IdentityDocumentPresentation",
    "SocialSecurityNumber",
    "PolicyOfMedicalInsurance",
    "AmbulatoryCard",
    "Disablement",
    "Photo",
    "Signature"};

constexpr std::array<absl::string_view, 8> kTechnical = {
    kKey,        kVersion,     "Parent_Key",         kIsFolder,
    "Owner_Key", "Predefined", "PredefinedDataName", kContact};

// Ends that 1C's names of one attribute may have.
absl::string_view StemOf(absl::string_view name) {
  for (const absl::string_view end : {"_Base64Data", "_Type", "_Key"}) {
    if (absl::ConsumeSuffix(&name, end)) break;
  }
  return name;
}

bool IsGuid(absl::string_view text) {
  if (text.size() != kNoReference.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool good = kNoReference[i] == '-'
                          ? text[i] == '-'
                          : absl::ascii_isxdigit(static_cast<unsigned char>(text[i]));
    if (!good) return false;
  }
  return true;
}

bool IsDateTime(absl::string_view text) {
  if (text.size() != kEmptyDate.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(kEmptyDate[i]));
    if (digit ? !absl::ascii_isdigit(static_cast<unsigned char>(text[i]))
              : text[i] != kEmptyDate[i]) {
      return false;
    }
  }
  return true;
}

absl::Status InvalidValue(absl::string_view name) {
  return MakeError("LINE_VALUE_INVALID", {{"attribute", std::string(name)}});
}

// A mark that is read as "no" though it meant "yes" would export a guest that must not
// be.
bool IsMark(absl::string_view name) { return name == kIsFolder || name == kDeleted; }

// Collects what stands at the top of one object.
class LineHandler : public nlohmann::json_sax<Json> {
 public:
  const absl::Status& problem() const { return problem_; }
  std::map<std::string, std::optional<std::string>>& values() { return values_; }

  bool null() override { return Put(std::nullopt); }
  bool boolean(bool value) override { return Put(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return Put(absl::StrCat(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Put(absl::StrCat(value));
  }
  bool number_float(number_float_t, const string_t& text) override { return Put(text); }
  bool string(string_t& value) override { return Put(std::move(value)); }
  bool binary(binary_t&) override { return Put(std::nullopt); }
  bool start_object(std::size_t) override {
    if (depth_ > 0 && !PutNested()) return false;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0 || !PutNested()) return false;
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool PutNested() {
    if (depth_ > 1 || !IsMark(name_)) return Put(std::nullopt);
    problem_ = InvalidValue(name_);
    return false;
  }
  bool Put(std::optional<std::string> value) {
    if (depth_ > 1) return true;
    if (depth_ == 0) return false;  // A line that is a bare value.
    if (values_.emplace(name_, std::move(value)).second) return true;
    problem_ = MakeError("LINE_ATTRIBUTE_REPEATED",
                         {{"attribute", std::string(CutUtf8(name_, 100))}});
    return false;
  }

  int depth_ = 0;
  std::string name_;
  std::map<std::string, std::optional<std::string>> values_;
  absl::Status problem_;
};

std::string ValueOf(const ClientAttributes& attributes, absl::string_view name) {
  const auto found = attributes.find(std::string(name));
  return found == attributes.end() ? "" : found->second;
}

absl::Status CheckMark(const std::map<std::string, std::optional<std::string>>& values,
                       absl::string_view name) {
  const auto found = values.find(std::string(name));
  if (found == values.end()) return absl::OkStatus();
  if (!found->second.has_value()) return absl::OkStatus();
  const std::string& text = *found->second;
  const bool known = text.empty() || text == "true" || text == "false";
  return known ? absl::OkStatus() : InvalidValue(name);
}

absl::StatusOr<ContactId> ReadContact(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return ContactId();
  int64_t value = 0;
  if (absl::SimpleAtoi(text, &value)) return ContactId(std::max<int64_t>(value, 0));
  // Number(10,0) may be written with a fraction of zeros.
  double number = 0;
  if (absl::SimpleAtod(text, &number) && number >= 0 && number < 1e15 &&
      number == static_cast<double>(static_cast<int64_t>(number))) {
    return ContactId(static_cast<int64_t>(number));
  }
  return InvalidValue(kContact);
}

}  // namespace

bool IsProtectedAttribute(absl::string_view name) {
  const absl::string_view stem = StemOf(name);
  return std::any_of(kProtected.begin(), kProtected.end(),
                     [&](absl::string_view protected_name) {
                       return name == protected_name || stem == StemOf(protected_name);
                     });
}

bool IsTechnicalAttribute(absl::string_view name) {
  return std::find(kTechnical.begin(), kTechnical.end(), name) != kTechnical.end();
}

absl::Status CheckAttributes(absl::Span<const std::string> wanted) {
  for (const std::string& attribute : wanted) {
    if (IsProtectedAttribute(attribute)) {
      return MakeError("SOURCE_ATTRIBUTE_PROTECTED",
                       {{"entity", "jsonl"}, {"attribute", attribute}});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ClientLine> DecodeClientLine(absl::string_view line) {
  if (line.size() > kLongestLine) return MakeError("LINE_TOO_LONG");
  if (ToValidUtf8(line) != line) return MakeError("LINE_NOT_UTF8");
  LineHandler handler;
  if (!Json::sax_parse(line.begin(), line.end(), &handler)) {
    return handler.problem().ok() ? MakeError("LINE_NOT_JSON") : handler.problem();
  }
  auto& values = handler.values();
  const auto key = values.find(kKey);
  if (key == values.end() || !key->second.has_value() || !IsGuid(*key->second) ||
      *key->second == kNoReference) {
    return MakeError("LINE_KEY_INVALID");
  }
  GB_RETURN_IF_ERROR(CheckMark(values, kIsFolder));
  GB_RETURN_IF_ERROR(CheckMark(values, kDeleted));
  ClientLine client;
  client.key = ClientKey(*key->second);
  for (auto& [name, value] : values) {
    if (!value.has_value() || IsProtectedAttribute(name)) continue;
    // A reference stands as text in these files: a bare GUID says nothing to a person.
    if (name != kKey && absl::EndsWith(name, "_Key") && IsGuid(*value)) continue;
    client.attributes.emplace(name, *std::move(value));
  }
  GB_ASSIGN_OR_RETURN(client.contact,
                      ReadContact(ValueOf(client.attributes, kContact)));
  client.code =
      std::string(absl::StripAsciiWhitespace(ValueOf(client.attributes, kCode)));
  return client;
}

ClientRow MakeClientRow(const ClientAttributes& attributes, ContactId contact,
                        absl::Span<const std::string> wanted) {
  ClientRow row;
  row.key = ClientKey(ValueOf(attributes, kKey));
  row.code = ValueOf(attributes, kCode);
  row.data_version = ValueOf(attributes, kVersion);
  row.is_folder = ValueOf(attributes, kIsFolder) == "true";
  row.marked_for_deletion = ValueOf(attributes, kDeleted) == "true";
  const std::string created =
      ValueOf(attributes, kCreated).substr(0, kEmptyDate.size());
  if (IsDateTime(created) && created != kEmptyDate) row.created = {created};
  row.contact = contact;
  for (const std::string& name : wanted) {
    const auto found = attributes.find(name);
    if (found != attributes.end()) row.attributes[name] = found->second;
  }
  return row;
}

std::string EncodeAttributes(const ClientAttributes& attributes) {
  return Json(attributes).dump();
}

ClientAttributes DecodeAttributes(absl::string_view text) {
  ClientAttributes attributes;
  const Json object = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!object.is_object()) return attributes;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) attributes.emplace(name, value.get<std::string>());
  }
  return attributes;
}

}  // namespace guestbridge::agent
