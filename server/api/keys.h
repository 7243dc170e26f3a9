#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/secret/digest.h"

// Keys of the store, as server/store/record.proto names them. `id` is the short id of
// an integration.
namespace guestbridge::server::keys {

inline constexpr absl::string_view kIntegrations = "integrations/";
inline constexpr absl::string_view kConnections = "connections/";
inline constexpr absl::string_view kRuns = "runs/";
inline constexpr absl::string_view kAgents = "agents/";
inline constexpr absl::string_view kRequests = "requests/";

inline std::string Integration(absl::string_view id) {
  return absl::StrCat("integrations/", id);
}
inline std::string Connection(absl::string_view id) {
  return absl::StrCat("connections/", id);
}
inline std::string Tokens(absl::string_view id) { return absl::StrCat("tokens/", id); }
inline std::string MappingDraft(absl::string_view id) {
  return absl::StrCat("mapping-drafts/", id);
}
inline std::string Mappings(absl::string_view id) {
  return absl::StrCat("mappings/", id, "/");
}
inline std::string Mapping(absl::string_view id, int version) {
  return absl::StrFormat("mappings/%s/%08d", id, version);
}
inline std::string Events(absl::string_view id) { return absl::StrCat("events/", id); }
inline std::string Schedule(absl::string_view id) {
  return absl::StrCat("schedules/", id);
}
inline std::string Runs(absl::string_view id) { return absl::StrCat("runs/", id, "/"); }
inline std::string Run(absl::string_view id, int64_t number) {
  return absl::StrFormat("runs/%s/%012d", id, number);
}
inline std::string OpenRuns(absl::string_view id) {
  return absl::StrCat("open-runs/", id, "/");
}
inline std::string OpenRun(absl::string_view id, int64_t number) {
  return absl::StrFormat("open-runs/%s/%012d", id, number);
}
inline std::string EndedExports(absl::string_view id) {
  return absl::StrCat("ended-exports/", id);
}
inline std::string LedgerSummary(absl::string_view id) {
  return absl::StrCat("ledger-summaries/", id);
}
inline std::string Erasures(absl::string_view id) {
  return absl::StrCat("erasures/", id);
}
inline std::string Notices(absl::string_view id) {
  return absl::StrCat("notices/", id);
}
inline std::string ConnectionChecks(absl::string_view id) {
  return absl::StrCat("connection-checks/", id);
}
inline std::string Request(absl::string_view parent, absl::string_view request_id) {
  return absl::StrCat(kRequests, Sha256Hex(absl::StrCat(parent, "\n", request_id)));
}
inline std::string Agent(absl::string_view agent) {
  return absl::StrCat("agents/", agent);
}
inline std::string AgentReport(absl::string_view agent) {
  return absl::StrCat("agent-reports/", agent);
}
inline std::string Base(absl::string_view source_key) {
  return absl::StrCat("bases/", Sha256Hex(source_key));
}
inline std::string BaseLink(absl::string_view base, absl::string_view portal) {
  return absl::StrCat("base-links/", base, "/", portal);
}
inline std::string Binding(absl::string_view id) {
  return absl::StrCat("bindings/", id);
}
// A lease belongs to a base on a portal and outlives the integration: whoever comes
// next must know that a ledger existed.
inline std::string Lease(absl::string_view base, absl::string_view portal) {
  return absl::StrCat("leases/", base, "/", portal);
}

// The place that a secret of a connection is sealed for.
inline std::string SecretPlace(absl::string_view id, absl::string_view field) {
  return absl::StrCat("integrations/", id, "/connection#", field);
}

}  // namespace guestbridge::server::keys
