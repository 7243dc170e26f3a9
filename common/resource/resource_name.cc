#include "common/resource/resource_name.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"

namespace guestbridge {
namespace {

constexpr char kIntegrationPattern[] = "integrations/{integration}";
constexpr char kAgentPattern[] = "agents/{agent}";
constexpr char kApiTokenPattern[] = "apiTokens/{api_token}";
constexpr char kRunPattern[] = "integrations/{integration}/runs/{run}";
constexpr char kVersionPattern[] = "integrations/{integration}/fieldMappings/{version}";
constexpr char kClientPattern[] = "integrations/{integration}/clients/{client}";
constexpr size_t kMaxIdLength = 63;
constexpr size_t kMaxApiTokenLength = 32;
constexpr size_t kMaxClientLength = 256;

absl::Status Malformed(absl::string_view name, absl::string_view pattern) {
  return MakeError("NAME_MALFORMED",
                   {{"name", std::string(name)}, {"pattern", std::string(pattern)}});
}

// `integrations/x/<collection>/<rest>` -> x and rest.
struct Child {
  absl::string_view integration;
  absl::string_view rest;
};

std::optional<Child> SplitChild(absl::string_view name, absl::string_view collection) {
  if (!absl::ConsumePrefix(&name, "integrations/")) return std::nullopt;
  const size_t slash = name.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  Child child{name.substr(0, slash), name.substr(slash + 1)};
  if (!absl::ConsumePrefix(&child.rest, collection) ||
      !absl::ConsumePrefix(&child.rest, "/")) {
    return std::nullopt;
  }
  return child;
}

// Decimal from 1, as we write it: no sign, no leading zero.
std::optional<int64_t> ParseNumber(absl::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

}  // namespace

std::string IntegrationName(absl::string_view integration_id) {
  return absl::StrCat("integrations/", integration_id);
}
std::string ConnectionName(absl::string_view integration_id) {
  return absl::StrCat(IntegrationName(integration_id), "/connection");
}
std::string EventsName(absl::string_view integration_id) {
  return absl::StrCat(IntegrationName(integration_id), "/events");
}
std::string ScheduleName(absl::string_view integration_id) {
  return absl::StrCat(IntegrationName(integration_id), "/schedule");
}
std::string DraftMappingName(absl::string_view integration_id) {
  return absl::StrCat(IntegrationName(integration_id), "/fieldMapping");
}
std::string MappingVersionName(absl::string_view integration_id, int version) {
  return absl::StrCat(IntegrationName(integration_id), "/fieldMappings/", version);
}
std::string RunName(absl::string_view integration_id, int64_t run) {
  return absl::StrCat(IntegrationName(integration_id), "/runs/", run);
}
std::string ClientName(absl::string_view integration_id, absl::string_view client) {
  return absl::StrCat(IntegrationName(integration_id), "/clients/", client);
}
std::string AgentName(absl::string_view agent_id) {
  return absl::StrCat("agents/", agent_id);
}
std::string ApiTokenName(absl::string_view api_token_id) {
  return absl::StrCat("apiTokens/", api_token_id);
}

absl::StatusOr<std::string> ParseIntegrationName(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, "integrations/") || !IsIntegrationId(id)) {
    return Malformed(name, kIntegrationPattern);
  }
  return std::string(id);
}

absl::StatusOr<std::string> IntegrationOf(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, "integrations/")) {
    return Malformed(name, kIntegrationPattern);
  }
  id = id.substr(0, id.find('/'));
  if (!IsIntegrationId(id)) return Malformed(name, kIntegrationPattern);
  return std::string(id);
}

absl::StatusOr<std::string> ParseAgentName(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, "agents/") || !IsAgentId(id)) {
    return Malformed(name, kAgentPattern);
  }
  return std::string(id);
}

absl::StatusOr<std::string> ParseApiTokenName(absl::string_view name) {
  absl::string_view id = name;
  bool fits = absl::ConsumePrefix(&id, "apiTokens/") && !id.empty() &&
              id.size() <= kMaxApiTokenLength;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    fits = fits && (absl::ascii_islower(byte) || absl::ascii_isdigit(byte));
  }
  if (!fits) return Malformed(name, kApiTokenPattern);
  return std::string(id);
}

absl::StatusOr<RunId> ParseRunName(absl::string_view name) {
  const std::optional<Child> child = SplitChild(name, "runs");
  if (!child.has_value()) return Malformed(name, kRunPattern);
  const std::optional<int64_t> number = ParseNumber(child->rest);
  const bool known = child->integration == "-" || IsIntegrationId(child->integration);
  if (!known || !number.has_value()) return Malformed(name, kRunPattern);
  return RunId{std::string(child->integration), *number};
}

absl::StatusOr<MappingVersionId> ParseMappingVersionName(absl::string_view name) {
  const std::optional<Child> child = SplitChild(name, "fieldMappings");
  if (!child.has_value()) return Malformed(name, kVersionPattern);
  const std::optional<int64_t> number = ParseNumber(child->rest);
  if (!IsIntegrationId(child->integration) || !number.has_value() ||
      *number > std::numeric_limits<int>::max()) {
    return Malformed(name, kVersionPattern);
  }
  return MappingVersionId{std::string(child->integration), static_cast<int>(*number)};
}

absl::StatusOr<ClientId> ParseClientName(absl::string_view name) {
  const std::optional<Child> child = SplitChild(name, "clients");
  if (!child.has_value() || !IsIntegrationId(child->integration) ||
      child->rest.empty() || child->rest.size() > kMaxClientLength) {
    return Malformed(name, kClientPattern);
  }
  for (const char c : child->rest) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return Malformed(name, kClientPattern);
    }
  }
  return ClientId{std::string(child->integration), std::string(child->rest)};
}

bool IsIntegrationId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength) return false;
  if (!absl::ascii_islower(static_cast<unsigned char>(id[0]))) return false;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_islower(byte) && !absl::ascii_isdigit(byte) && c != '-') {
      return false;
    }
  }
  return true;
}

bool IsAgentId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength) return false;
  if (!absl::ascii_isalnum(static_cast<unsigned char>(id[0]))) return false;
  for (const char c : id) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' &&
        c != '-') {
      return false;
    }
  }
  return true;
}

bool IsGuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return false;
    } else if (!absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) {
      return false;
    }
  }
  return true;
}

}  // namespace guestbridge
