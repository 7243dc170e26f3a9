#include "sync-agent/source/source_registry.h"

#include "common/status/error.h"
#include "sync-agent/source/jsonl/jsonl_source.h"
#include "sync-agent/source/onec_odata/onec_source.h"

namespace guestbridge::agent {
namespace {

absl::StatusOr<Source> ConnectFiles(const SourceSettings& settings,
                                    const Clock& clock) {
  return ConnectJsonl(settings.url, clock);
}

absl::StatusOr<Source> ConnectOData(const SourceSettings& settings,
                                    const Clock& clock) {
  return ConnectOneC({.url = settings.url,
                      .user = settings.user,
                      .password = settings.password,
                      .profile = settings.profile,
                      .profile_text = settings.profile_text},
                     clock);
}

struct Connector {
  const char* type;
  absl::StatusOr<Source> (*connect)(const SourceSettings& settings, const Clock& clock);
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

absl::StatusOr<Source> ConnectSource(const SourceSettings& settings,
                                     const Clock& clock) {
  for (const Connector& connector : kConnectors) {
    if (settings.type == connector.type) return connector.connect(settings, clock);
  }
  return MakeFieldError("connection.source.type", "SOURCE_TYPE_UNKNOWN",
                        {{"type", settings.type}});
}

}  // namespace guestbridge::agent
