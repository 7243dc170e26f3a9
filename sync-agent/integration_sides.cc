#include "sync-agent/integration_sides.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "sync-agent/export/late_arrivals.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/policed_portal.h"
#include "sync-agent/source/source_registry.h"

namespace guestbridge::agent {
namespace {

// Somebody waits for the answer, or the request is half done: the margin of the bucket
// bears what leaves too early.
constexpr absl::Duration kLongestWait = absl::Seconds(2);

}  // namespace

absl::Status CheckMapping(const CompiledMapping& mapping, const LocalPolicy& policy) {
  for (const std::string& field : mapping.targets()) {
    GB_RETURN_IF_ERROR(policy.CheckField(field));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Sides>> ConnectSides(
    IntegrationSettings settings, const LocalPolicy& policy,
    const std::string& portal_ca_file, AccessTokens::Fetch fetch_token,
    std::shared_ptr<RequestBucket> bucket, const Clock& clock) {
  auto sides = std::make_shared<Sides>();
  sides->local_policy = policy;
  if (settings.mapping.has_value()) {
    GB_RETURN_IF_ERROR(CheckMapping(*settings.mapping, policy));
  }
  const SourceChecks checks = {
      [&policy](absl::string_view host) { return policy.CheckSourceHost(host); },
      [&policy](absl::string_view path) { return policy.CheckSourceFolder(path); }};
  GB_ASSIGN_OR_RETURN(sides->source, ConnectSource(settings.source, clock, checks));
  if (settings.mapping.has_value()) {
    sides->source.writer->SetContentAttributes(settings.mapping->attributes());
  }
  HttpClientOptions options;
  options.extra_ca_file = portal_ca_file;
  options.address_policy = settings.portal.allow_private
                               ? HttpClientOptions::AddressPolicy::kAnyButMetadata
                               : HttpClientOptions::AddressPolicy::kPublicOnly;
  // The one way to a client of the portal, or of what it is said to be called now.
  const HostConnector connect =
      [options, policy](
          const PortalAddress& address) -> absl::StatusOr<std::unique_ptr<HttpClient>> {
    GB_RETURN_IF_ERROR(policy.CheckPortalHost(address.host));
    HttpClientOptions there = options;
    there.host = address.host;
    there.port = address.port;
    return MakeHttpClient(std::move(there));
  };
  GB_ASSIGN_OR_RETURN(sides->http,
                      connect({settings.portal.host, settings.portal.port}));
  RestPortalSettings portal;
  portal.host = settings.portal.host;
  portal.port = settings.portal.port;
  portal.allow_private = settings.portal.allow_private;
  portal.connect = connect;
  portal.count_request = [bucket = std::move(bucket), &clock] {
    const absl::Duration now = clock.Steady();
    const absl::Duration wait = bucket->EarliestStart(now) - now;
    // Before the wait: the next one waits for its own place.
    bucket->Sent(now);
    absl::SleepFor(std::min(wait, kLongestWait));
  };
  if (settings.portal.oauth) {
    sides->tokens = std::make_unique<AccessTokens>(std::move(fetch_token), clock);
    portal.token_source = [tokens = sides->tokens.get()](const SecretString& refused) {
      return tokens->Get(refused);
    };
  } else {
    portal.webhook_user = settings.portal.webhook_user;
    portal.webhook_secret = settings.portal.webhook_secret;
  }
  sides->portal = PolicePortal(MakeRestPortal(portal, *sides->http, clock), policy);
  sides->portal_probe = MakeRestPortalProbe(std::move(portal), *sides->http, clock);
  sides->settings = std::move(settings);
  return sides;
}

std::string BucketNameOf(const IntegrationSettings& settings) {
  return absl::StrCat(settings.portal.host, ":", settings.portal.port);
}

absl::Duration SettleTimeOf(Ledger& ledger, absl::Duration on_cloud,
                            absl::Duration on_box) {
  const absl::StatusOr<std::string> kind = ledger.Note(kPortalKindNote);
  const absl::Duration set = kind.ok() && *kind == kCloud ? on_cloud : on_box;
  return std::max(set, RaisedSettleTime(ledger).value_or(absl::ZeroDuration()));
}

}  // namespace guestbridge::agent
