#include "sync-agent/policy/local_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

// What else stands in a host is no name: a resolver may cut it off, and look up what
// is before it.
bool IsPlainName(absl::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' ||
           c == '_';
  });
}

bool Holds(const std::vector<std::string>& allowed, absl::string_view host) {
  const std::string name = absl::AsciiStrToLower(host);
  return std::any_of(allowed.begin(), allowed.end(), [&](absl::string_view entry) {
    if (!absl::ConsumePrefix(&entry, "*")) return name == entry;
    return IsPlainName(name) && name.size() > entry.size() &&
           absl::EndsWith(name, entry);
  });
}

// UF_CRM_1700000001, ufCrm1700000001 and ufCrm_1700000001 are one field.
std::string FoldField(absl::string_view field) {
  return absl::StrReplaceAll(absl::AsciiStrToUpper(field), {{"_", ""}});
}

}  // namespace

absl::Status LocalPolicy::CheckPortalHost(absl::string_view host) const {
  if (!portal_hosts.has_value() || Holds(*portal_hosts, host)) return absl::OkStatus();
  return MakeError("POLICY_PORTAL_HOST_NOT_ALLOWED", {{"host", std::string(host)}});
}

absl::Status LocalPolicy::CheckSourceHost(absl::string_view host) const {
  const bool free = !source_hosts.has_value() && !source_folders.has_value();
  if (free || (source_hosts.has_value() && Holds(*source_hosts, host))) {
    return absl::OkStatus();
  }
  return MakeError("POLICY_SOURCE_HOST_NOT_ALLOWED", {{"host", std::string(host)}});
}

absl::Status LocalPolicy::CheckSourceFolder(absl::string_view path) const {
  const bool free = !source_hosts.has_value() && !source_folders.has_value();
  const bool named =
      source_folders.has_value() &&
      std::any_of(source_folders->begin(), source_folders->end(),
                  [&](const std::string& folder) {
                    return path == folder ||
                           absl::StartsWith(path, absl::StrCat(folder, "/"));
                  });
  if (free || named) return absl::OkStatus();
  return MakeError("POLICY_SOURCE_FOLDER_NOT_ALLOWED", {{"path", std::string(path)}});
}

absl::Status LocalPolicy::CheckField(absl::string_view field) const {
  if (fields_never_sent.empty()) return absl::OkStatus();
  const std::string folded = FoldField(field);
  const bool forbidden =
      std::any_of(fields_never_sent.begin(), fields_never_sent.end(),
                  [&](const std::string& one) { return FoldField(one) == folded; });
  if (!forbidden) return absl::OkStatus();
  return MakeError("POLICY_FIELD_FORBIDDEN", {{"field", std::string(field)}});
}

}  // namespace guestbridge::agent
