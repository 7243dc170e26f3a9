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
#include "sync-agent/portal/bitrix24/rest_portal.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Both sides of an integration, connected as one configuration revision says. Shared by
// those who work with that revision; a newer one is another object.
struct Sides {
  IntegrationSettings settings;
  Source source;
  std::unique_ptr<HttpClient> http;      // to the portal
  std::unique_ptr<AccessTokens> tokens;  // null with a webhook
  std::unique_ptr<Portal> portal;
  std::unique_ptr<PortalProbe> portal_probe;
};

// Reaches nothing. `portal_ca_file`: may be empty. `bucket`: the portal's; what no
// pacer has counted is counted there, and waits for it a moment at most. `clock`
// outlives the result. Errors: those of ConnectSource and MakeHttpClient.
absl::StatusOr<std::shared_ptr<Sides>> ConnectSides(
    IntegrationSettings settings, const std::string& portal_ca_file,
    AccessTokens::Fetch fetch_token, std::shared_ptr<RequestBucket> bucket,
    const Clock& clock);

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
