#include "server/api/dispatcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/configuration_fingerprint.h"
#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/erasures.h"
#include "server/api/event_rules.h"
#include "server/api/keys.h"
#include "server/api/run_state.h"
#include "server/api/stored_runs.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {

// What the store says about one integration.
struct Dispatcher::View {
  std::string agent;    // Empty: nobody serves it.
  std::string standby;  // Empty: it has none.
  bool active = false;
  v1::AgentConfiguration configuration;
  std::vector<store::RunRecord> runs;  // Not ended.
  // Of what that agent rejected last, and why.
  std::optional<store::AgentRecord::Rejection> rejected;
  v1::Explanation rejection;
  // Ended in the store while an agent may still work on it.
  std::set<std::string> ended;
  // What stands there can't be used, however often it is read.
  absl::Status damage;
};

absl::Status Dispatcher::Look(Transaction& transaction, const std::string& id,
                              View* view) {
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  if (!integration.has_value() || !connection.has_value()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(view->agent, AssignedAgent(transaction, id));
  view->standby = integration->value.integration().standby_agent();
  view->active = integration->value.integration().active();

  v1::AgentConfiguration& configuration = view->configuration;
  int64_t revision = std::max(integration->version, connection->version);
  configuration.set_integration(IntegrationName(id));
  configuration.set_active(view->active);
  configuration.set_allow_private_portals(allow_private_portals_);
  configuration.set_has_standby(!view->standby.empty());
  if (integration->value.integration().has_retention()) {
    *configuration.mutable_retention() = integration->value.integration().retention();
  }
  v1::Connection& settings = *configuration.mutable_connection();
  settings = connection->value.connection();
  view->damage = CheckSeals(transaction, sealer_, connection->key, connection->value);
  const auto open = [&](const std::string& sealed, const char* field, std::string* to) {
    if (!view->damage.ok()) return;
    const absl::StatusOr<SecretString> secret =
        sealer_.Open(sealed, keys::SecretPlace(id, field));
    if (secret.ok()) {
      *to = secret->Reveal();
    } else {
      view->damage = secret.status();
    }
  };
  if (settings.has_webhook()) {
    open(connection->value.sealed_webhook_secret(), "webhook_secret",
         settings.mutable_webhook()->mutable_secret());
  }
  if (!connection->value.sealed_source_password().empty()) {
    open(connection->value.sealed_source_password(), "source_password",
         settings.mutable_source()->mutable_password());
    settings.mutable_source()->set_password_set(true);
  }

  GB_ASSIGN_OR_RETURN(auto mappings, ListRecords<store::MappingRecord>(
                                         transaction, keys::Mappings(id), "", 1, true));
  if (!mappings.empty()) {
    *configuration.mutable_mapping() = mappings.front().value.mapping();
    *configuration.mutable_mapping()->mutable_contact_fields() =
        mappings.front().value.contact_fields();
    configuration.mutable_mapping()->set_current(true);
    revision = std::max(revision, mappings.front().version);
  }
  GB_ASSIGN_OR_RETURN(auto events,
                      GetRecord<store::EventsRecord>(transaction, keys::Events(id)));
  for (const std::string& event :
       DisabledEvents(events.has_value() ? events->value : store::EventsRecord())) {
    configuration.add_disabled_events(event);
  }
  if (events.has_value()) revision = std::max(revision, events->version);
  if (view->damage.ok()) {
    const auto erasures = ReadErasures(transaction, sealer_, id);
    // What is damaged is known to a ledger, which tells it again.
    if (erasures.ok()) {
      *configuration.mutable_erasures() = erasures->list.erasures();
      revision = std::max(revision, erasures->version);
    } else if (absl::IsDataLoss(erasures.status())) {
      log::Error("erasures_unreadable",
                 {{"integration", id}, {"error", erasures.status()}});
    } else if (ReasonOf(erasures.status()) == "SECRET_KEY_MISMATCH") {
      view->damage = erasures.status();
    } else {
      return erasures.status();
    }
  }
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  if (binding.has_value()) {
    configuration.set_bound_base_identity(binding->value.base_identity());
    settings.set_base_identity(binding->value.base_identity());
    revision = std::max(revision, binding->version);
  }
  GB_ASSIGN_OR_RETURN(auto base,
                      GetRecord<store::BaseRecord>(
                          transaction, keys::Base(connection->value.source_key())));
  if (base.has_value()) {
    configuration.set_fallback_base_identity(base->value.fallback_identity());
  }
  const v1::Integration& chosen = integration->value.integration();
  configuration.set_deletion_mark_policy(chosen.deletion_mark_policy());
  configuration.set_gone_contact_policy(chosen.gone_contact_policy());
  configuration.set_robots_policy(chosen.robots_policy());
  configuration.set_nameless_policy(chosen.nameless_policy());
  *configuration.mutable_guard() = chosen.guard();
  // What was sent before the database was set back had higher numbers, maybe.
  GB_ASSIGN_OR_RETURN(const auto generation, transaction.Get(kGenerationKey));
  if (generation.has_value()) revision = std::max(revision, generation->version);
  configuration.set_revision(revision);
  GB_ASSIGN_OR_RETURN(const CommitMark mark, transaction.Mark());
  configuration.set_database_revision(mark.revision);
  configuration.set_database_tag(mark.tag);
  if (fingerprint_key_ != nullptr) {
    configuration.set_fingerprint_key(fingerprint_key_(id));
  }
  GB_RETURN_IF_ERROR(LookForRejection(transaction, id, view));
  GB_ASSIGN_OR_RETURN(view->runs, UnfinishedRuns(transaction, id));
  return absl::OkStatus();
}

absl::Status Dispatcher::LookForRejection(Transaction& transaction,
                                          const std::string& id, View* view) {
  if (view->agent.empty()) return absl::OkStatus();
  const auto agent =
      GetRecord<store::AgentRecord>(transaction, keys::Agent(view->agent));
  // A damaged row of the agent holds up no configuration.
  if (absl::IsDataLoss(agent.status())) return absl::OkStatus();
  GB_RETURN_IF_ERROR(agent.status());
  if (!agent->has_value()) return absl::OkStatus();
  const store::AgentRecord& record = (*agent)->value;
  const auto rejected = record.rejections().find(id);
  if (rejected == record.rejections().end()) return absl::OkStatus();
  for (const v1::AgentIntegration& entry : record.agent().integrations()) {
    if (entry.integration() != IntegrationName(id) || !entry.has_rejection()) continue;
    view->rejected = rejected->second;
    view->rejection = entry.rejection();
  }
  return absl::OkStatus();
}

bool Dispatcher::IsRejectedBy(const Session::Identity& who, const View& view) {
  // One that does not say what it judges by may judge differently now.
  return view.rejected.has_value() && !who.rules_digest.empty() &&
         view.rejected->revision() == view.configuration.revision() &&
         view.rejected->version() == who.version &&
         view.rejected->rules_digest() == who.rules_digest;
}

// Before they leave: what can't be recorded is not handed out.
absl::Status Dispatcher::RecordSecrets(const std::string& id, const View& view) {
  if (before_secrets_ == nullptr) return absl::OkStatus();
  for (const auto& [token, sent] : sent_) {
    if (sent.session->identity().agent != view.agent) continue;
    const auto known = sent.configurations.find(id);
    if (known != sent.configurations.end() &&
        known->second.revision == view.configuration.revision()) {
      continue;
    }
    if (!IsRejectedBy(sent.session->identity(), view)) {
      GB_RETURN_IF_ERROR(before_secrets_(*sent.session, view.configuration));
    } else if (!view.configuration.erasures().empty()) {
      v1::AgentConfiguration part;
      part.set_integration(view.configuration.integration());
      part.set_revision(view.configuration.revision());
      *part.mutable_erasures() = view.configuration.erasures();
      GB_RETURN_IF_ERROR(before_secrets_(*sent.session, part));
    }
  }
  return absl::OkStatus();
}

void Dispatcher::TakeBack(const std::string& id, Stream* sent) {
  v1::WatchResponse message;
  message.mutable_removed()->set_integration(IntegrationName(id));
  sent->session->Push(std::move(message));
  sent->taken_back.insert(id);
  // It drops them: should the integration be its own again, it needs them again.
  const auto is_of_it = [&](const std::string& name) {
    const auto run = ParseRunName(name);
    return run.ok() && run->integration == id;
  };
  std::erase_if(sent->runs, is_of_it);
  std::erase_if(sent->cancelled, is_of_it);
}

void Dispatcher::SendConfiguration(const std::string& id, const View& view,
                                   Stream* sent) {
  const Session::Identity& who = sent->session->identity();
  sent->taken_back.erase(id);
  SentConfiguration& configuration = sent->configurations[id];
  if (configuration.revision != view.configuration.revision()) {
    configuration.revision = view.configuration.revision();
    configuration.fingerprint = ConfigurationFingerprint(view.configuration);
    v1::WatchResponse message;
    if (IsRejectedBy(who, view)) {
      v1::RejectedConfiguration& rejected = *message.mutable_still_rejected();
      rejected.set_integration(IntegrationName(id));
      rejected.set_revision(configuration.revision);
      *rejected.mutable_rejection() = view.rejection;
      *rejected.mutable_erasures() = view.configuration.erasures();
    } else {
      CrashPoint("server.configuration.leaves");
      *message.mutable_configuration() = view.configuration;
    }
    sent->session->Push(std::move(message));
  }
}

void Dispatcher::Send(const std::string& id, const View& view, Stream* sent) {
  const Session::Identity& who = sent->session->identity();
  if (view.agent != who.agent) {
    // What it served before this stream, this server may not know.
    const bool may_hold = who.held.contains(id) || view.standby == who.agent;
    const bool served = sent->configurations.erase(id) > 0;
    if (served || (may_hold && !sent->taken_back.contains(id))) TakeBack(id, sent);
    return;
  }
  if (view.damage.ok()) SendConfiguration(id, view, sent);
  for (const store::RunRecord& record : view.runs) {
    const v1::Run& run = record.run();
    // An inactive integration starts nothing; what runs, finishes. Of one whose secrets
    // can't be opened nothing is handed out.
    const bool held_back =
        !view.damage.ok() || (run.state() == v1::Run::PENDING && !view.active);
    if (!held_back && sent->runs.insert(run.name()).second) {
      v1::WatchResponse message;
      v1::Task& task = *message.mutable_task();
      task.set_id(run.name());
      task.set_integration(run.integration());
      task.set_epoch(who.epoch);
      *task.mutable_run()->mutable_run() = run;
      task.mutable_run()->set_apply(record.apply());
      task.mutable_run()->set_settle(record.settle());
      if (record.has_draft()) *task.mutable_run()->mutable_draft() = record.draft();
      sent->session->Push(std::move(message));
    }
    if (run.cancel_requested() && sent->runs.contains(run.name()) &&
        sent->cancelled.insert(run.name()).second) {
      v1::WatchResponse message;
      message.set_cancel_run(run.name());
      sent->session->Push(std::move(message));
    }
  }
  for (const std::string& name : view.ended) {
    if (sent->runs.contains(name) && sent->cancelled.insert(name).second) {
      v1::WatchResponse message;
      message.set_cancel_run(name);
      sent->session->Push(std::move(message));
    }
  }
}

// Looks at one integration and sends what sessions lack. An error: it could not be
// read. It stays stale until it was read, and its agent written where one was found.
absl::Status Dispatcher::Refresh(const std::string& id) {
  const absl::Status assigned = AssignIfAlone(id);
  View view;
  absl::Status looked = store_.Read([&](Transaction& t) -> absl::Status {
    view = View();
    GB_RETURN_IF_ERROR(Look(t, id, &view));
    for (const auto& [token, sent] : sent_) {
      for (const std::string& name : sent.runs) {
        if (sent.cancelled.contains(name)) continue;
        const auto run = ParseRunName(name);
        if (!run.ok() || run->integration != id) continue;
        GB_ASSIGN_OR_RETURN(auto record,
                            GetRecord<store::RunRecord>(t, keys::Run(id, run->number)));
        if (!record.has_value() ||
            (record->value.run().state() == v1::Run::CANCELLED)) {
          view.ended.insert(name);
        }
      }
    }
    return absl::OkStatus();
  });
  // Otherwise it is not known who serves it.
  const bool complete = looked.ok();
  if (absl::IsDataLoss(looked)) view.damage = std::exchange(looked, absl::OkStatus());
  GB_RETURN_IF_ERROR(looked);
  if (view.standby.empty()) {
    pairs_.erase(id);
  } else {
    pairs_[id] = {view.agent, view.standby};
  }
  const absl::Status recorded =
      view.damage.ok() ? RecordSecrets(id, view) : absl::OkStatus();
  if (!recorded.ok()) {
    // What hands nothing out does not wait for it.
    view.damage = recorded;
    for (auto& [token, sent] : sent_) Send(id, view, &sent);
    return recorded;
  }
  // A key that is not here yet may come; then nothing else changes.
  const bool keyless = ReasonOf(view.damage) == "SECRET_KEY_MISMATCH";
  if (!keyless && (assigned.ok() || absl::IsDataLoss(assigned))) stale_.erase(id);
  const bool told = keyless && !keyless_.insert(id).second;
  if (!keyless) keyless_.erase(id);
  // One that is damaged holds up no other.
  if (!view.damage.ok() && !told) {
    log::Error("configuration_unreadable",
               {{"integration", id}, {"error", view.damage}});
  }
  for (auto& [token, sent] : sent_) {
    if (complete) Send(id, view, &sent);
    sent.unread.erase(id);
  }
  return absl::OkStatus();
}

// For sessions that don't know yet which integrations there are.
absl::Status Dispatcher::List() {
  const bool all_listed = std::all_of(
      sent_.begin(), sent_.end(), [](const auto& item) { return item.second.listed; });
  if (all_listed) return absl::OkStatus();
  std::set<std::string> ids;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& t) -> absl::Status {
    ids.clear();
    GB_ASSIGN_OR_RETURN(const auto documents, t.List(keys::kConnections, "", 100000));
    for (const Document& document : documents) {
      ids.insert(document.key.substr(keys::kConnections.size()));
    }
    return absl::OkStatus();
  }));
  for (auto& [token, sent] : sent_) {
    if (std::exchange(sent.listed, true)) continue;
    sent.unread = ids;
    // Of what is gone there is nothing to look at.
    for (const std::string& id : sent.session->identity().held) {
      if (!ids.contains(id)) TakeBack(id, &sent);
    }
  }
  stale_.insert(ids.begin(), ids.end());
  return absl::OkStatus();
}

// Stops at the first thing that can't be read: each try may cost a time limit.
absl::Status Dispatcher::Work() {
  absl::Status problem = List();
  if (problem.ok()) problem = LookForKeptOut();
  const std::set<std::string> ids = stale_;
  for (const std::string& id : ids) {
    if (!problem.ok()) break;
    problem = Refresh(id);
  }
  for (auto& [token, sent] : sent_) {
    if (!sent.listed || !sent.unread.empty()) continue;
    if (std::exchange(sent.caught_up, true)) continue;
    v1::WatchResponse message;
    message.mutable_caught_up();
    sent.session->Push(std::move(message));
  }
  if (problem.ok() == away_) {
    if (away_) {
      log::Info("configurations_readable");
    } else {
      log::Error("configurations_unreadable", {{"error", problem}});
    }
  }
  away_ = !problem.ok();
  return problem;
}

void Dispatcher::Begin(const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex_);
  for (auto it = sent_.begin(); it != sent_.end();) {
    it = it->second.session->closed() ? sent_.erase(it) : std::next(it);
  }
  Stream fresh;
  fresh.session = session;
  sent_[session->identity().token] = std::move(fresh);
  // It may be back, or have been banned meanwhile.
  changed_agents_.insert(session->identity().agent);
  Work().IgnoreError();  // CatchUp goes on.
}

void Dispatcher::Forget(const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex_);
  // Another stream of the session may have begun meanwhile.
  if (!session->attached()) sent_.erase(session->identity().token);
}

void Dispatcher::OnChanges(const std::vector<Change>& changes) {
  std::set<std::string> ids;
  std::set<std::string> agents;
  for (const Change& change : changes) {
    const std::vector<std::string> parts = absl::StrSplit(change.key, '/');
    static const auto* const kinds =
        new std::set<std::string>{"integrations", "connections", "mappings", "events",
                                  "bindings",     "runs",        "erasures"};
    if (parts.size() >= 2 && kinds->contains(parts[0])) ids.insert(parts[1]);
    if (parts.size() == 2 && parts[0] == "agents") agents.insert(parts[1]);
  }
  std::lock_guard lock(mutex_);
  stale_.insert(ids.begin(), ids.end());
  // Also the note that one's own agent lives, of every 20 seconds: the row of a server
  // that died grows old without a change.
  if (!agents.empty()) stale_.insert(contested_.begin(), contested_.end());
  changed_agents_.insert(agents.begin(), agents.end());
  Work().IgnoreError();  // CatchUp goes on.
}

void Dispatcher::CatchUp() {
  std::lock_guard lock(mutex_);
  LetStandbysTakeOver();
  const bool all_told = std::all_of(sent_.begin(), sent_.end(), [](const auto& item) {
    return item.second.caught_up;
  });
  if (stale_.empty() && changed_agents_.empty() && all_told) return;
  Work().IgnoreError();
}

absl::Status Dispatcher::BringUpToDate(const std::string& integration) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(integration));
  std::lock_guard lock(mutex_);
  stale_.insert(id);
  return Refresh(id);
}

SentConfigurations Dispatcher::Sent() const {
  std::lock_guard lock(mutex_);
  SentConfigurations all;
  for (const auto& [token, sent] : sent_) {
    if (sent.session->closed()) continue;
    for (const auto& [integration, configuration] : sent.configurations) {
      all[{sent.session->identity().agent, integration}] = configuration;
    }
  }
  return all;
}

SentConfiguration Dispatcher::SentTo(const std::string& agent,
                                     const std::string& integration) const {
  std::lock_guard lock(mutex_);
  for (const auto& [token, sent] : sent_) {
    if (sent.session->closed() || sent.session->identity().agent != agent) continue;
    const auto known = sent.configurations.find(integration);
    if (known != sent.configurations.end()) return known->second;
  }
  return {};
}

}  // namespace guestbridge::server
