#include "sync-agent/mapping/field_rules.h"

#include "absl/strings/match.h"

namespace guestbridge::agent {

bool IsMultifield(const std::string& target) {
  return target == "PHONE" || target == "EMAIL" || target == "WEB" || target == "IM" ||
         target == "LINK";
}

bool IsMultiLine(const std::string& target) {
  return target == "COMMENTS" || absl::StartsWith(target, "ADDRESS");
}

Capacity CapacityOf(const std::string& target) {
  if (target == "NAME" || target == "SECOND_NAME" || target == "LAST_NAME" ||
      target == "TYPE_ID" || target == "SOURCE_ID") {
    return {50, 0};
  }
  if (target == "HONORIFIC") return {128, 0};
  if (IsMultifield(target)) return {250, 0};
  // MySQL's TEXT; user fields live in one as well.
  if (target == "COMMENTS" || target == "SOURCE_DESCRIPTION" ||
      absl::StartsWith(target, "UF_")) {
    return {0, 65535};
  }
  return {255, 0};
}

const char* DefaultValueType(const std::string& target) {
  return target == "IM" || target == "LINK" ? "OTHER" : "WORK";
}

}  // namespace guestbridge::agent
