#include "server/api/connections.h"

#include <utility>

#include "absl/strings/str_replace.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/connection_checks.h"
#include "server/api/etag.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/leases.h"
#include "server/api/portal_address.h"
#include "server/api/portal_time.h"
#include "server/api/proto_time.h"
#include "server/api/standby.h"
#include "server/schedule/scheduler.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {

namespace {

// `http://host:port` of the source.
std::string SourceOrigin(const v1::Connection& connection) {
  const std::string& url = connection.source().url();
  const size_t host = url.find("://");
  return host == std::string::npos ? url : url.substr(0, url.find('/', host + 3));
}

// Whether what was found about the connection before is about this one too. A secret
// that is given again may be another.
bool IsSame(const store::ConnectionRecord& before, const store::ConnectionRecord& now,
            const v1::Connection& given) {
  if (!given.webhook().secret().empty() || !given.oauth().client_secret().empty() ||
      !given.oauth().refresh_token().empty() || given.source().password_set() ||
      !given.source().password().empty()) {
    return false;
  }
  v1::Connection old_settings = before.connection();
  v1::Connection settings = now.connection();
  old_settings.clear_update_time();
  settings.clear_update_time();
  return old_settings.SerializeAsString() == settings.SerializeAsString();
}

// Under another name it may be the same portal, on which that ledger was written last.
absl::Status MoveLease(Transaction& transaction, const std::string& id,
                       const std::string& from, const std::string& to) {
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  if (!binding.has_value() || from == to) return absl::OkStatus();
  const std::string& base = binding->value.base_identity();
  const std::string key = keys::Lease(base, from);
  GB_ASSIGN_OR_RETURN(const auto stored, transaction.Get(key));
  if (!stored.has_value()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const auto lease, LeaseInForce(transaction, key));
  return PutRecord(transaction, keys::Lease(base, to), *lease);
}

// What a person said last of who serves it holds: also when the agent is no longer
// named by the connection.
absl::Status FollowNamedAgent(Transaction& transaction, const std::string& id,
                              const std::string& agent) {
  if (agent.empty()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!integration.has_value() || !integration->value.agent_fixed() ||
      integration->value.assigned_agent() == agent) {
    return absl::OkStatus();
  }
  integration->value.set_assigned_agent(agent);
  return PutRecord(transaction, keys::Integration(id), integration->value);
}

enum class SamePortal { kYes, kNo, kUntold };

// What was saved last and what comes now: one address is one portal, another one is
// told by its tokens. A webhook does not tell which portal it is.
absl::StatusOr<SamePortal> IsSamePortal(Transaction& transaction, const std::string& id,
                                        const v1::Connection& before,
                                        const v1::Connection& now,
                                        const store::TokenRecord& tokens) {
  if (PortalKey(before) == PortalKey(now)) return SamePortal::kYes;
  GB_ASSIGN_OR_RETURN(auto known,
                      GetRecord<store::TokenRecord>(transaction, keys::Tokens(id)));
  if (!known.has_value() || known->value.member_id().empty() ||
      tokens.member_id().empty()) {
    return SamePortal::kUntold;
  }
  return known->value.member_id() == tokens.member_id() ? SamePortal::kYes
                                                        : SamePortal::kNo;
}

// Refuses what is surely another portal than the one whose contacts the agent knows.
absl::Status RefuseAnotherPortal(Transaction& transaction, const std::string& id,
                                 const v1::Connection& before,
                                 const v1::Connection& now) {
  // Bound by its first run that may write.
  GB_ASSIGN_OR_RETURN(const auto binding, transaction.Get(keys::Binding(id)));
  if (!binding.has_value()) return absl::OkStatus();
  return MakeError("PORTAL_IS_ANOTHER", {{"integration", id},
                                         {"portal", now.api_server()},
                                         {"known", before.api_server()}});
}

// `same_before`: what was saved before, if that is surely the same portal. At any other
// address the agent forgets its links, too.
absl::Status KeepPortalTime(Transaction& transaction, const std::string& id,
                            const v1::Connection* same_before, absl::Time now,
                            v1::Connection* connection) {
  connection->clear_portal_time();
  if (same_before == nullptr) {
    GB_ASSIGN_OR_RETURN(const absl::Time time, NewPortalTime(transaction, id, now));
    *connection->mutable_portal_time() = ToTimestamp(time);
  } else if (same_before->has_portal_time()) {
    *connection->mutable_portal_time() = same_before->portal_time();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ParseConnectionName(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, IntegrationOf(name));
  if (name == ConnectionName(id)) return id;
  return MakeError(
      "NAME_MALFORMED",
      {{"name", name}, {"pattern", "integrations/{integration}/connection"}});
}

absl::StatusOr<v1::Connection> Connections::View(Transaction& transaction,
                                                 const std::string& id) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::ConnectionRecord>(
                                       transaction, keys::Connection(id)));
  if (!record.has_value()) {
    return MakeError("CONNECTION_NOT_SET", {{"integration", id}});
  }
  v1::Connection connection = record->value.connection();
  connection.set_etag(std::to_string(record->version));
  GB_ASSIGN_OR_RETURN(auto tokens,
                      GetRecord<store::TokenRecord>(transaction, keys::Tokens(id)));
  *connection.mutable_token_state() =
      credentials_.StateOf(connection, tokens.has_value() ? &tokens->value : nullptr);
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  if (binding.has_value()) {
    connection.set_base_identity(binding->value.base_identity());
  }
  GB_ASSIGN_OR_RETURN(const std::string assigned, AssignedAgent(transaction, id));
  connection.set_assigned_agent(assigned);
  GB_ASSIGN_OR_RETURN(const std::vector<v1::Check> checks, LastChecks(transaction, id));
  connection.mutable_last_checks()->Assign(checks.begin(), checks.end());
  return connection;
}

absl::StatusOr<v1::Connection> Connections::Get(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseConnectionName(name));
  v1::Connection connection;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(connection, View(transaction, id));
    return absl::OkStatus();
  }));
  return connection;
}

// The etag still holds, and no other integration carries the same base to the same
// portal.
absl::Status Connections::CheckStillFree(Transaction& transaction,
                                         const std::string& id,
                                         const v1::Connection& given,
                                         const CheckedConnection& checked,
                                         const Reach& reach) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(const auto stored, transaction.Get(keys::Connection(id)));
  GB_RETURN_IF_ERROR(
      CheckEtag(given.etag(), stored.has_value() ? std::to_string(stored->version) : "",
                given.name()));
  GB_ASSIGN_OR_RETURN(const auto connections,
                      ListRecords<store::ConnectionRecord>(
                          transaction, keys::kConnections, "", 100000));
  const std::string portal = PortalKey(checked.settings);
  for (const auto& other : connections) {
    const std::string other_id = other.key.substr(keys::kConnections.size());
    if (other_id != id && other.value.source_key() == checked.source_key &&
        PortalKey(other.value.connection()) == portal) {
      return MakeError("BASE_ALREADY_CONNECTED",
                       {{"integration", id},
                        {"other", reach.Has(other_id) ? other_id : "…"},
                        {"portal", portal}});
    }
  }
  const std::string& agent = checked.settings.agent();
  if (reach.everything() || agent.empty()) return absl::OkStatus();
  // Another hotel's agent stands in another hotel's network.
  GB_ASSIGN_OR_RETURN(const auto own, AgentsWithin(transaction, reach));
  if (own.contains(agent)) return absl::OkStatus();
  return MakeFieldError("connection.agent", "AGENT_NOT_FOUND", {{"agent", agent}});
}

// Takes secrets that were not given from the store: but a secret belongs to the address
// that it was given for. Whoever moves the connection must know it, or the next call
// would carry it to a host of his choice.
absl::Status Connections::FillSecrets(Transaction& transaction, const std::string& id,
                                      CheckedConnection* checked) {
  GB_ASSIGN_OR_RETURN(auto stored, GetRecord<store::ConnectionRecord>(
                                       transaction, keys::Connection(id)));
  const store::ConnectionRecord record =
      stored.has_value() ? stored->value : store::ConnectionRecord();
  const bool same_portal =
      PortalKey(record.connection()) == PortalKey(checked->settings);
  const bool same_source =
      SourceOrigin(record.connection()) == SourceOrigin(checked->settings);
  // Only what is gone on with: a secret that is given again heals what was put back.
  const absl::Status in_force =
      CheckSeals(transaction, sealer_, keys::Connection(id), record);
  const auto keep = [&](bool same_address, const std::string& sealed, const char* place,
                        const char* field,
                        std::optional<SecretString>* secret) -> absl::Status {
    if (secret->has_value()) return absl::OkStatus();
    if (!same_address || sealed.empty()) {
      return MakeFieldError(field, "SECRET_REQUIRED",
                            {{"secret", absl::StrReplaceAll(place, {{"_", "-"}})}});
    }
    GB_RETURN_IF_ERROR(in_force);
    GB_ASSIGN_OR_RETURN(*secret, sealer_.Open(sealed, keys::SecretPlace(id, place)));
    return absl::OkStatus();
  };
  if (checked->settings.has_webhook()) {
    GB_RETURN_IF_ERROR(keep(same_portal, record.sealed_webhook_secret(),
                            "webhook_secret", "connection.webhook.secret",
                            &checked->webhook_secret));
  } else {
    GB_RETURN_IF_ERROR(keep(same_portal, record.sealed_client_secret(), "client_secret",
                            "connection.oauth.client_secret", &checked->client_secret));
    GB_ASSIGN_OR_RETURN(auto tokens,
                        GetRecord<store::TokenRecord>(transaction, keys::Tokens(id)));
    if (!checked->refresh_token.has_value() &&
        (!same_portal || !tokens.has_value() ||
         tokens->value.sealed_refresh_token().empty())) {
      return MakeFieldError("connection.oauth.refresh_token", "SECRET_REQUIRED",
                            {{"secret", "refresh-token"}});
    }
  }
  return keep(same_source, record.sealed_source_password(), "source_password",
              "connection.source.password", &checked->source_password);
}

absl::StatusOr<v1::Connection> Connections::Save(const v1::Connection& given,
                                                 bool new_portal, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseConnectionName(given.name()));
  const auto require = [&](Transaction& transaction) {
    return RequireIntegration(transaction, id);
  };
  GB_RETURN_IF_ERROR(store_.Read(require));
  GB_ASSIGN_OR_RETURN(CheckedConnection checked, CheckConnection(given, policy_));
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(CheckStillFree(transaction, id, given, checked, reach));
    return FillSecrets(transaction, id, &checked);
  }));

  store::TokenRecord tokens;
  if (checked.settings.has_webhook()) {
    GB_ASSIGN_OR_RETURN(
        tokens, credentials_.TryWebhook(checked.settings, *checked.webhook_secret));
  } else {
    GB_ASSIGN_OR_RETURN(
        tokens, credentials_.Refresh(id, checked.settings, *checked.client_secret,
                                     checked.refresh_token));
  }

  store::ConnectionRecord record;
  *record.mutable_connection() = checked.settings;
  record.mutable_connection()->clear_assigned_agent();
  record.mutable_connection()->clear_last_checks();
  *record.mutable_connection()->mutable_update_time() = ToTimestamp(clock_.Now());
  record.set_source_key(checked.source_key);
  const auto seal = [&](const SecretString& secret, const char* place) {
    return sealer_.Seal(secret, keys::SecretPlace(id, place));
  };
  if (checked.webhook_secret.has_value()) {
    record.set_sealed_webhook_secret(seal(*checked.webhook_secret, "webhook_secret"));
  }
  if (checked.client_secret.has_value()) {
    record.set_sealed_client_secret(seal(*checked.client_secret, "client_secret"));
  }
  record.set_sealed_source_password(seal(*checked.source_password, "source_password"));
  const std::string fallback_identity = RandomUuid(random_);

  v1::Connection saved;
  GB_ASSIGN_OR_RETURN(const int64_t revision, store_.Write([&](Transaction& transaction)
                                                               -> absl::Status {
    GB_RETURN_IF_ERROR(CheckStillFree(transaction, id, given, checked, reach));
    GB_ASSIGN_OR_RETURN(const auto before, GetRecord<store::ConnectionRecord>(
                                               transaction, keys::Connection(id)));
    GB_ASSIGN_OR_RETURN(const std::string served, ChosenAgent(transaction, id));
    const v1::Connection* same_before = nullptr;
    if (before.has_value()) {
      const v1::Connection& old = before->value.connection();
      GB_ASSIGN_OR_RETURN(const SamePortal same,
                          IsSamePortal(transaction, id, old, checked.settings, tokens));
      if (same == SamePortal::kNo && !new_portal) {
        GB_RETURN_IF_ERROR(RefuseAnotherPortal(transaction, id, old, checked.settings));
      }
      if (same == SamePortal::kYes && !new_portal) same_before = &old;
      // The same portal under another name, for all that is known here.
      GB_RETURN_IF_ERROR(
          MoveLease(transaction, id, PortalKey(old), PortalKey(checked.settings)));
    }
    GB_RETURN_IF_ERROR(KeepPortalTime(transaction, id, same_before, clock_.Now(),
                                      record.mutable_connection()));
    GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Connection(id), record));
    GB_RETURN_IF_ERROR(NoteSeals(transaction, sealer_, keys::Connection(id), record));
    if (!before.has_value() || !IsSame(before->value, record, given)) {
      GB_RETURN_IF_ERROR(transaction.Delete(keys::ConnectionChecks(id)));
    }
    if (checked.settings.has_webhook()) {
      GB_RETURN_IF_ERROR(credentials_.Forget(transaction, id));
      GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Tokens(id), tokens));
    } else {
      GB_RETURN_IF_ERROR(credentials_.Adopt(transaction, id, tokens));
    }
    const std::string base_key = keys::Base(checked.source_key);
    GB_ASSIGN_OR_RETURN(const auto base, transaction.Get(base_key));
    if (!base.has_value()) {
      store::BaseRecord fresh;
      fresh.set_fallback_identity(fallback_identity);
      GB_RETURN_IF_ERROR(PutRecord(transaction, base_key, fresh));
    }
    GB_RETURN_IF_ERROR(FollowNamedAgent(transaction, id, checked.settings.agent()));
    GB_RETURN_IF_ERROR(AssignWhenAlone(transaction, id, sessions_).status());
    GB_RETURN_IF_ERROR(ChangePlaces(transaction, id, served, clock_.Now()));
    GB_ASSIGN_OR_RETURN(auto schedule, GetRecord<store::ScheduleRecord>(
                                           transaction, keys::Schedule(id)));
    if (schedule.has_value() && schedule->value.pristine()) {
      ResumeSchedule(schedule->value, clock_.Now());
      schedule->value.set_pristine(false);
      GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Schedule(id), schedule->value));
    }
    GB_ASSIGN_OR_RETURN(saved, View(transaction, id));
    return absl::OkStatus();
  }));
  CrashPoint("server.connection.saved");
  saved.set_etag(std::to_string(revision));
  log::Info("connection_saved",
            {{"integration", id}, {"portal", checked.settings.api_server()}});
  return saved;
}

absl::Status Connections::MoveIn(Transaction& transaction, const std::string& id,
                                 const std::string& from, const std::string& to,
                                 bool* moved) {
  *moved = false;
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::ConnectionRecord>(
                                       transaction, keys::Connection(id)));
  // A report may come late and more than once: somebody may have moved it meanwhile.
  if (!record.has_value() || PortalKey(record->value.connection()) != from) {
    return absl::OkStatus();
  }
  v1::Connection& connection = *record->value.mutable_connection();
  GB_RETURN_IF_ERROR(MovePortal(to, policy_, &connection));
  CheckedConnection checked;
  checked.settings = connection;
  checked.source_key = record->value.source_key();
  v1::Connection same = connection;
  same.set_etag(std::to_string(record->version));
  GB_RETURN_IF_ERROR(
      CheckStillFree(transaction, id, same, checked, Reach::Everything()));
  *connection.mutable_update_time() = ToTimestamp(clock_.Now());
  *moved = true;
  GB_RETURN_IF_ERROR(MoveLease(transaction, id, from, PortalKey(connection)));
  return PutRecord(transaction, keys::Connection(id), record->value);
}

absl::Status Connections::FollowMove(const v1::Run& report, const std::string& agent) {
  for (const v1::Explanation& notice : report.notices()) {
    if (notice.reason() != "PORTAL_MOVED") continue;
    const auto from = notice.parameters().find("host");
    const auto to = notice.parameters().find("new_host");
    if (from == notice.parameters().end() || to == notice.parameters().end()) continue;
    GB_ASSIGN_OR_RETURN(const auto run, ParseRunName(report.name()));
    bool moved = false;
    const absl::Status status =
        store_
            .Write([&](Transaction& transaction) -> absl::Status {
              // A run may be older than who serves it now.
              GB_RETURN_IF_ERROR(CheckAssigned(transaction, run.integration, agent));
              return MoveIn(transaction, run.integration, from->second, to->second,
                            &moved);
            })
            .status();
    if (!status.ok()) {
      // The run goes on; a person is told by its notice.
      log::Warning("portal_move_refused", {{"integration", run.integration},
                                           {"portal", from->second},
                                           {"agent", agent},
                                           {"error", status}});
    } else if (moved) {
      log::Info("portal_moved", {{"integration", run.integration},
                                 {"from", from->second},
                                 {"portal", to->second},
                                 {"run", report.name()},
                                 {"agent", agent}});
    }
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
