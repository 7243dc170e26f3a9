#include "admin-cli/output/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace guestbridge::cli {
namespace {

std::string Compact(const google::protobuf::Message& resource) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for an Any of unknown type; no resource has one.
  if (!google::protobuf::util::MessageToJsonString(resource, &json, options).ok()) {
    return "{}";
  }
  return json;
}

}  // namespace

std::string EscapeControls(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    if (byte == 0x7F) {
      out += "\\u007f";
    } else if (byte == 0xC2 && i + 1 < json.size() &&
               static_cast<unsigned char>(json[i + 1]) < 0xA0) {
      absl::StrAppendFormat(
          &out, "\\u%04x",
          static_cast<unsigned>(static_cast<unsigned char>(json[++i])));
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string ToIndentedJson(const std::string& compact) {
  const auto document = nlohmann::ordered_json::parse(compact, nullptr,
                                                      /*allow_exceptions=*/false);
  if (document.is_discarded()) return compact + "\n";
  return EscapeControls(
             document.dump(2, ' ', /*ensure_ascii=*/false,
                           nlohmann::ordered_json::error_handler_t::replace)) +
         "\n";
}

std::string ToJson(const google::protobuf::Message& resource) {
  return ToIndentedJson(Compact(resource));
}

std::string ToJson(absl::Span<const google::protobuf::Message* const> resources) {
  std::string array = "[";
  for (const google::protobuf::Message* resource : resources) {
    absl::StrAppend(&array, array.size() > 1 ? "," : "", Compact(*resource));
  }
  return ToIndentedJson(array + "]");
}

}  // namespace guestbridge::cli
