#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "sync-agent/mapping/mapping.h"
#include "sync-agent/model/erasure.h"
#include "sync-agent/pace/pacer.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/plan/guard.h"
#include "sync-agent/source/source_registry.h"

namespace guestbridge::agent {

// How the portal is reached.
struct PortalSettings {
  std::string host;
  int port = 443;
  bool allow_private = false;
  // Webhook; without one access tokens come from the server.
  bool oauth = false;
  int64_t webhook_user = 0;
  SecretString webhook_secret;
};

// One revision of the configuration of one integration, as plain values.
struct IntegrationSettings {
  std::string id;  // the integration's short id
  int64_t revision = 0;
  std::string fingerprint = {};  // ConfigurationFingerprint
  bool active = false;
  std::string hotel;
  SourceSettings source;
  PortalSettings portal;
  PaceSettings pace;
  std::optional<CompiledMapping> mapping;  // empty: none was saved yet
  std::string default_region;              // of phones; two letters, upper case
  GuardSettings guard;
  EventSwitches events;
  Policies policies;
  // How long a doubtful request may still execute, on a cloud portal and on a box; the
  // same when the connection names one.
  absl::Duration settle_time;
  absl::Duration box_settle_time;
  bool spread_imports = false;
  double write_back_rate = 0;  // writes a second at most; 0: no ceiling
  // Clients that any ledger of the integration has erased.
  std::vector<ErasureList> erasures = {};
  // Another agent takes over when this one is not heard of.
  bool has_standby = false;
  std::string bound_base_identity;
  std::string fallback_base_identity;
  absl::Duration history_kept = absl::Hours(24 * 365);  // `clients history`
  // Refused clients that 1C no longer shows; nothing: for ever.
  std::optional<absl::Duration> quarantine_kept;
};

// Reads a configuration whole, or says why it can't be used. Reaches nothing.
// Errors: NAME_MALFORMED, SSL_REQUIRED, API_SERVER_INVALID, AUTH_REQUIRED,
// SETTLE_TIME_INVALID, TRANSFORM_UNKNOWN, TRANSFORM_ARGUMENT_INVALID, FIELD_TAKEN,
// FILTER_INVALID.
absl::StatusOr<IntegrationSettings> ReadConfiguration(
    const guestbridge::v1::AgentConfiguration& configuration);

// Errors: TRANSFORM_UNKNOWN, TRANSFORM_ARGUMENT_INVALID, FIELD_TAKEN, FILTER_INVALID.
absl::StatusOr<CompiledMapping> ReadMapping(
    const guestbridge::v1::FieldMapping& mapping, const std::string& default_region);

}  // namespace guestbridge::agent
