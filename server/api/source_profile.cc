#include "server/api/source_profile.h"

#include "common/status/error.h"
#include "yaml-cpp/yaml.h"

namespace guestbridge::server {
namespace {
constexpr size_t kLimit = 256 * 1024;

absl::Status Invalid(const std::string& detail) {
  return MakeFieldError("connection.source.profile_text", "SOURCE_PROFILE_INVALID",
                        {{"detail", detail}, {"key", "profile"}, {"problem", detail}});
}

}  // namespace

absl::Status CheckProfileText(const std::string& text) {
  if (text.size() > kLimit) return Invalid("it is larger than 256 KiB");
  try {
    const YAML::Node node = YAML::Load(text);
    if (node.IsMap()) return absl::OkStatus();
    return Invalid("it has no keys at its top");
  } catch (const YAML::Exception& error) {
    return Invalid("line " + std::to_string(error.mark.line + 1) +
                   " is neither YAML nor JSON");
  }
}

}  // namespace guestbridge::server
