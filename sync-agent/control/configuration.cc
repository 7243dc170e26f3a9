#include "sync-agent/control/configuration.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource/configuration_fingerprint.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

constexpr absl::Duration kDefaultSettleTime = absl::Seconds(120);
constexpr absl::Duration kDefaultBoxSettleTime = absl::Minutes(15);
constexpr absl::Duration kShortestSettleTime = absl::Seconds(2);
constexpr absl::Duration kLongestSettleTime = absl::Hours(1);

bool IsHost(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return c <= ' ' || c == 127 || c == '/' || c == '@' || c == '?' || c == '#' ||
           c == '\\';
  });
}

absl::StatusOr<PortalSettings> ReadPortal(const v1::Connection& connection) {
  PortalSettings portal;
  if (!connection.ssl()) return MakeError("SSL_REQUIRED");
  if (!IsHost(connection.api_server())) {
    return MakeError("API_SERVER_INVALID", {{"suggestion", "portal.example.com"}});
  }
  portal.host = connection.api_server();
  portal.port = connection.port() == 0 ? 443 : connection.port();
  if (portal.port < 1 || portal.port > 65535) {
    return MakeError("PORT_INVALID", {{"port", absl::StrCat(connection.port())}});
  }
  switch (connection.auth_case()) {
    case v1::Connection::kWebhook:
      portal.webhook_user = connection.webhook().user_id();
      portal.webhook_secret = SecretString(connection.webhook().secret());
      if (portal.webhook_secret.empty()) return MakeError("SECRET_REQUIRED");
      break;
    case v1::Connection::kOauth:
      portal.oauth = true;
      break;
    case v1::Connection::AUTH_NOT_SET:
      return MakeError("AUTH_REQUIRED");
  }
  return portal;
}

PaceSettings ReadPace(const v1::Connection& connection) {
  PaceSettings pace;
  if (connection.tariff() == v1::Connection::ENTERPRISE) {
    pace.bucket_drain_per_second = 5;
    pace.bucket_capacity = 250;
  }
  return pace;
}

absl::Status ReadSettleTime(const v1::Connection& connection,
                            IntegrationSettings* settings) {
  settings->settle_time = kDefaultSettleTime;
  settings->box_settle_time = kDefaultBoxSettleTime;
  if (!connection.has_settle_time()) return absl::OkStatus();
  const absl::Duration given =
      absl::Microseconds(google::protobuf::util::TimeUtil::DurationToMicroseconds(
          connection.settle_time()));
  if (given < kShortestSettleTime || given > kLongestSettleTime) {
    return MakeError("SETTLE_TIME_INVALID", {{"given", absl::FormatDuration(given)}});
  }
  settings->settle_time = given;
  settings->box_settle_time = given;
  return absl::OkStatus();
}

MappingEntry ReadEntry(const v1::FieldMappingEntry& entry) {
  MappingEntry read;
  read.source = entry.source();
  read.target = entry.target();
  read.transforms = {entry.transforms().begin(), entry.transforms().end()};
  if (entry.policy() == v1::FieldMappingEntry::FILL_EMPTY) {
    read.policy = MappingEntry::Policy::kFillEmpty;
  } else if (entry.policy() == v1::FieldMappingEntry::CREATE_ONLY) {
    read.policy = MappingEntry::Policy::kCreateOnly;
  }
  read.keep_when_empty = entry.when_empty() == v1::FieldMappingEntry::KEEP;
  return read;
}

absl::StatusOr<ClientFilter> ReadFilter(const v1::FieldMapping& mapping) {
  using Test = ClientCondition::Test;
  std::vector<ClientCondition> conditions;
  for (const v1::ClientCondition& condition : mapping.conditions()) {
    ClientCondition& read = conditions.emplace_back();
    read.attribute = condition.attribute();
    read.values = {condition.values().begin(), condition.values().end()};
    read.text = condition.text();
    switch (condition.test()) {
      case v1::ClientCondition::ONE_OF:
        read.test = Test::kOneOf;
        break;
      case v1::ClientCondition::NONE_OF:
        read.test = Test::kNoneOf;
        break;
      case v1::ClientCondition::EMPTY:
        read.test = Test::kEmpty;
        break;
      case v1::ClientCondition::NOT_EMPTY:
        read.test = Test::kNotEmpty;
        break;
      default:
        // A newer server's question: guests must not slip through unasked.
        return MakeError("FILTER_INVALID", {{"near", condition.text()}});
    }
  }
  return ClientFilter(std::move(conditions));
}

EventSwitches ReadEvents(const v1::AgentConfiguration& configuration) {
  EventSwitches events;
  for (const std::string& event : configuration.disabled_events()) {
    if (event == "client-created") events.client_created = false;
    if (event == "client-changed") events.client_changed = false;
    if (event == "client-marked-for-deletion") {
      events.client_marked_for_deletion = false;
    }
    if (event == "contact-deleted") events.contact_deleted = false;
  }
  return events;
}

std::vector<ErasureList> ReadErasures(const v1::AgentConfiguration& configuration) {
  std::vector<ErasureList> lists;
  for (const v1::Erasures& said : configuration.erasures()) {
    ErasureList& list = lists.emplace_back();
    list.secret = said.secret();
    for (const v1::ErasedClient& client : said.clients()) {
      list.clients.push_back({client.hash(), client.erase_time().seconds()});
    }
  }
  return lists;
}

// A newer server may know values that this agent does not: the one is taken that does
// least.
Policies ReadPolicies(const v1::AgentConfiguration& configuration) {
  Policies policies;
  if (configuration.deletion_mark_policy() == v1::Integration::DELETE) {
    policies.deletion_mark = DeletionMarkPolicy::kDelete;
  } else if (configuration.deletion_mark_policy() == v1::Integration::MARK) {
    policies.deletion_mark = DeletionMarkPolicy::kMark;
  }
  switch (configuration.gone_contact_policy()) {
    case v1::Integration::GONE_CONTACT_POLICY_UNSPECIFIED:
    case v1::Integration::RECREATE:
      policies.gone_contact = GoneContactPolicy::kRecreate;
      break;
    case v1::Integration::RELINK:
      policies.gone_contact = GoneContactPolicy::kRelink;
      break;
    case v1::Integration::ASK:
      policies.gone_contact = GoneContactPolicy::kAsk;
      break;
    default:
      policies.gone_contact = GoneContactPolicy::kNever;
      break;
  }
  switch (configuration.robots_policy()) {
    case v1::Integration::ROBOTS_POLICY_UNSPECIFIED:
    case v1::Integration::ROBOTS_FOR_NEW_GUESTS:
      policies.robots = RobotsPolicy::kNewGuests;
      break;
    case v1::Integration::ROBOTS_ALWAYS:
      policies.robots = RobotsPolicy::kAlways;
      break;
    default:
      policies.robots = RobotsPolicy::kNever;
      break;
  }
  policies.export_nameless = configuration.nameless_policy() == v1::Integration::EXPORT;
  return policies;
}

GuardSettings ReadGuard(const v1::Integration::Guard& guard) {
  GuardSettings settings;
  settings.on = !guard.off();
  if (guard.contacts() > 0) settings.contacts = guard.contacts();
  if (guard.percent() > 0) settings.percent = guard.percent();
  return settings;
}

}  // namespace

absl::StatusOr<CompiledMapping> ReadMapping(const v1::FieldMapping& mapping,
                                            const std::string& default_region) {
  std::vector<MappingEntry> entries;
  for (const v1::FieldMappingEntry& entry : mapping.entries()) {
    entries.push_back(ReadEntry(entry));
  }
  MappingOptions options;
  options.default_region = default_region;
  options.version = mapping.version();
  options.compare_version = mapping.compare_version();
  options.resend_version = mapping.resend_version();
  for (const v1::ContactField& field : mapping.contact_fields()) {
    options.types[field.name()] = field.type();
  }
  GB_ASSIGN_OR_RETURN(options.filter, ReadFilter(mapping));
  return CompiledMapping::Compile(entries, std::move(options));
}

absl::StatusOr<IntegrationSettings> ReadConfiguration(
    const v1::AgentConfiguration& configuration) {
  const v1::Connection& connection = configuration.connection();
  IntegrationSettings settings;
  GB_ASSIGN_OR_RETURN(settings.id, ParseIntegrationName(configuration.integration()));
  settings.revision = configuration.revision();
  settings.fingerprint = ConfigurationFingerprint(configuration);
  settings.active = configuration.active();
  settings.hotel = connection.hotel();
  const v1::SourceSettings& source = connection.source();
  settings.source.type = source.type();
  settings.source.url = source.url();
  settings.source.user = source.user();
  settings.source.password = SecretString(source.password());
  settings.source.profile = source.profile();
  settings.source.profile_text = source.profile_text();
  GB_ASSIGN_OR_RETURN(settings.portal, ReadPortal(connection));
  settings.portal.allow_private = configuration.allow_private_portals();
  settings.pace = ReadPace(connection);
  settings.default_region =
      connection.default_region().empty() ? "RU" : connection.default_region();
  if (configuration.has_mapping()) {
    GB_ASSIGN_OR_RETURN(settings.mapping,
                        ReadMapping(configuration.mapping(), settings.default_region));
  }
  settings.events = ReadEvents(configuration);
  settings.policies = ReadPolicies(configuration);
  GB_RETURN_IF_ERROR(ReadSettleTime(connection, &settings));
  settings.guard = ReadGuard(configuration.guard());
  settings.spread_imports = connection.spread_imports();
  settings.write_back_rate = std::max(0.0, connection.write_back_rate());
  settings.erasures = ReadErasures(configuration);
  settings.has_standby = configuration.has_standby();
  settings.bound_base_identity = configuration.bound_base_identity();
  settings.fallback_base_identity = configuration.fallback_base_identity();
  if (configuration.retention().has_history()) {
    settings.history_kept =
        absl::Seconds(configuration.retention().history().seconds());
  }
  if (configuration.retention().has_quarantine()) {
    settings.quarantine_kept =
        absl::Seconds(configuration.retention().quarantine().seconds());
  }
  return settings;
}

}  // namespace guestbridge::agent
