#include "admin-cli/output/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace guestbridge::cli {
namespace {

absl::StatusOr<std::string> Compact(const google::protobuf::Message& resource,
                                    bool with_zeros) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = with_zeros;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(resource, &json, options).ok()) {
    return MakeError("ANSWER_UNPRINTABLE");
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

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& resource) {
  GB_ASSIGN_OR_RETURN(const std::string json, Compact(resource, /*with_zeros=*/true));
  return ToIndentedJson(json);
}

absl::StatusOr<std::string> ToJson(
    absl::Span<const google::protobuf::Message* const> resources) {
  std::string array = "[";
  for (const google::protobuf::Message* resource : resources) {
    GB_ASSIGN_OR_RETURN(const std::string json,
                        Compact(*resource, /*with_zeros=*/true));
    absl::StrAppend(&array, array.size() > 1 ? "," : "", json);
  }
  return ToIndentedJson(array + "]");
}

absl::StatusOr<std::string> ToJsonLine(const google::protobuf::Message& resource) {
  GB_ASSIGN_OR_RETURN(const std::string json, Compact(resource, /*with_zeros=*/false));
  return EscapeControls(json) + "\n";
}

}  // namespace guestbridge::cli
