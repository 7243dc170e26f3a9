#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Resource names of the API are built and parsed here and nowhere else:
//   integrations/{integration}                         [a-z][a-z0-9-]{0,62}
//   integrations/{integration}/connection|events|schedule|fieldMapping
//   integrations/{integration}/fieldMappings/{version}  decimal, from 1
//   integrations/{integration}/runs/{run}               decimal, from 1, unique in a
//   server integrations/{integration}/clients/{client}         GUID, lower case
//   agents/{agent}                                      [A-Za-z0-9][A-Za-z0-9._-]{0,62}
//   apiTokens/{api_token}                               [a-z0-9]{1,32}
namespace guestbridge {

std::string IntegrationName(absl::string_view integration_id);
std::string ConnectionName(absl::string_view integration_id);
std::string EventsName(absl::string_view integration_id);
std::string ScheduleName(absl::string_view integration_id);
std::string DraftMappingName(absl::string_view integration_id);
std::string MappingVersionName(absl::string_view integration_id, int version);
std::string RunName(absl::string_view integration_id, int64_t run);
std::string ClientName(absl::string_view integration_id, absl::string_view client);
std::string AgentName(absl::string_view agent_id);
std::string ApiTokenName(absl::string_view api_token_id);

// Each parser accepts exactly the full name and returns the id.
// Errors: NAME_MALFORMED (INVALID_ARGUMENT; parameters name, pattern).
absl::StatusOr<std::string> ParseIntegrationName(absl::string_view name);
// Accepts `integrations/x` and any name below it; returns `x`.
absl::StatusOr<std::string> IntegrationOf(absl::string_view name);
absl::StatusOr<std::string> ParseAgentName(absl::string_view name);
absl::StatusOr<std::string> ParseApiTokenName(absl::string_view name);

struct RunId {
  std::string integration;  // "-" when the caller does not know it
  int64_t number = 0;
};
absl::StatusOr<RunId> ParseRunName(absl::string_view name);

struct MappingVersionId {
  std::string integration;
  int version = 0;
};
absl::StatusOr<MappingVersionId> ParseMappingVersionName(absl::string_view name);

struct ClientId {
  std::string integration;
  std::string client;  // As written: a GUID, or what `explain` accepts.
};
absl::StatusOr<ClientId> ParseClientName(absl::string_view name);

bool IsIntegrationId(absl::string_view id);
bool IsAgentId(absl::string_view id);
bool IsGuid(absl::string_view text);  // 36 characters, any case.

}  // namespace guestbridge
