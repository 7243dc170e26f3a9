#include "sync-agent/source/source_registry.h"

#include <optional>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/file_url.h"
#include "sync-agent/source/jsonl/jsonl_source.h"
#include "sync-agent/source/onec_odata/onec_source.h"
#include "sync-agent/source/onec_odata/source_address.h"

namespace guestbridge::agent {
namespace {

absl::StatusOr<Source> ConnectFiles(const SourceSettings& settings, const Clock& clock,
                                    const SourceChecks& checks) {
  // One that is none is the connector's to refuse.
  const std::optional<std::string> path = PathOfFileUrl(settings.url);
  if (checks.folder && path.has_value()) GB_RETURN_IF_ERROR(checks.folder(*path));
  return ConnectJsonl(settings.url, clock);
}

absl::StatusOr<Source> ConnectOData(const SourceSettings& settings, const Clock& clock,
                                    const SourceChecks& checks) {
  if (checks.host) {
    GB_ASSIGN_OR_RETURN(const SourceAddress address, ParseSourceAddress(settings.url));
    GB_RETURN_IF_ERROR(checks.host(address.host));
  }
  return ConnectOneC({.url = settings.url,
                      .user = settings.user,
                      .password = settings.password,
                      .profile = settings.profile,
                      .profile_text = settings.profile_text},
                     clock);
}

struct Connector {
  const char* type;
  absl::StatusOr<Source> (*connect)(const SourceSettings& settings, const Clock& clock,
                                    const SourceChecks& checks);
};

constexpr Connector kConnectors[] = {
    {"jsonl", ConnectFiles},
    {"onec-odata", ConnectOData},
};

}  // namespace

std::vector<std::string> SourceTypes() {
  std::vector<std::string> types;
  for (const Connector& connector : kConnectors) types.emplace_back(connector.type);
  return types;
}

absl::StatusOr<Source> ConnectSource(const SourceSettings& settings, const Clock& clock,
                                     const SourceChecks& checks) {
  for (const Connector& connector : kConnectors) {
    if (settings.type == connector.type)
      return connector.connect(settings, clock, checks);
  }
  return MakeFieldError("connection.source.type", "SOURCE_TYPE_UNKNOWN",
                        {{"type", settings.type}});
}

}  // namespace guestbridge::agent
