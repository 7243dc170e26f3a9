#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"
#include "sync-agent/control/access_tokens.h"
#include "sync-agent/control/configuration.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/pace/request_bucket.h"
#include "sync-agent/policy/local_policy.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Both sides of an integration, connected as one configuration revision says. Shared by
// those who work with that revision; a newer one is another object.
struct Sides {
  IntegrationSettings settings;
  LocalPolicy local_policy;
  Source source;
  std::unique_ptr<HttpClient> http;      // to the portal
  std::unique_ptr<AccessTokens> tokens;  // null with a webhook
  std::unique_ptr<Portal> portal;
  std::unique_ptr<PortalProbe> portal_probe;
};

// Reaches nothing. `portal_ca_file`: may be empty. `bucket`: the portal's; what no
// pacer has counted is counted there, and waits for it a moment at most. `clock`
// outlives the result. Every host of the two sides is judged by `policy` here, those of
// redirects included, and nowhere else is one connected to. Errors: those of the
// policy, ConnectSource and MakeHttpClient.
absl::StatusOr<std::shared_ptr<Sides>> ConnectSides(
    IntegrationSettings settings, const LocalPolicy& policy,
    const std::string& portal_ca_file, AccessTokens::Fetch fetch_token,
    std::shared_ptr<RequestBucket> bucket, const Clock& clock);

// Errors: POLICY_FIELD_FORBIDDEN, for the first field that is never to be sent.
absl::Status CheckMapping(const CompiledMapping& mapping, const LocalPolicy& policy);

// Under which PortalBuckets keeps the portal's bucket.
std::string BucketNameOf(const IntegrationSettings& settings);

// Note of the ledger: the base's identity in use.
inline constexpr char kIdentityNote[] = "base-identity";

// Note of the ledger: what the portal counts of us (EncodePaceMemory) …
inline constexpr char kPaceNote[] = "pace";
// … and its start while a run sends.
inline constexpr char kPaceOfRunning[] = "running ";

// How long a doubtful request may still execute on the portal that this ledger is
// about; before anything was heard of it, as long as on a box.
absl::Duration SettleTimeOf(Ledger& ledger, absl::Duration on_cloud,
                            absl::Duration on_box);

}  // namespace guestbridge::agent
