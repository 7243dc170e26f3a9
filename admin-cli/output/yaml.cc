#include "admin-cli/output/yaml.h"

#include "admin-cli/output/json.h"
#include "nlohmann/json.hpp"

namespace guestbridge::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsBlock(const Json& value) { return value.is_structured() && !value.empty(); }

// A JSON string is a valid double-quoted YAML scalar.
std::string Scalar(const Json& value) {
  return EscapeControls(
      value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
}

void Emit(const Json& value, size_t indent, bool inline_first, std::string* out);

void EmitEntry(const Json& value, size_t indent, std::string* out) {
  if (!IsBlock(value)) {
    *out += " " + Scalar(value) + "\n";
    return;
  }
  *out += "\n";
  Emit(value, indent + 2, /*inline_first=*/false, out);
}

// `inline_first`: the first line continues a "- ".
void Emit(const Json& value, size_t indent, bool inline_first, std::string* out) {
  if (!IsBlock(value)) {
    *out += Scalar(value) + "\n";
    return;
  }
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (!(inline_first && it == value.begin())) out->append(indent, ' ');
    if (value.is_array()) {
      *out += "- ";
      Emit(*it, indent + 2, /*inline_first=*/true, out);
    } else {
      *out += Scalar(Json(it.key())) + ":";
      EmitEntry(it.value(), indent, out);
    }
  }
}

}  // namespace

std::string JsonToYaml(absl::string_view json) {
  const Json document =
      Json::parse(std::string(json), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::string(json);
  std::string out;
  Emit(document, 0, /*inline_first=*/false, &out);
  return out;
}

}  // namespace guestbridge::cli
