#include "server/api/leases.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/portal_address.h"
#include "server/api/proto_time.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kDefaultSettleTime = absl::Seconds(120);
constexpr absl::Duration kLongestSettleTime = absl::Hours(1);
constexpr size_t kIdentityLimit = 200;

// Part of a key: no slash, nothing unprintable.
bool IsBaseIdentity(const std::string& text) {
  return !text.empty() && text.size() <= kIdentityLimit &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 127 && c != '/'; });
}

// Binds the integration at its first lease and holds it to that base.
absl::Status Bind(Transaction& transaction, const std::string& id,
                  const std::string& portal, const std::string& agent,
                  const v1::AcquireLeaseRequest& request, std::string* base) {
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  *base = request.base_identity();
  if (binding.has_value()) {
    const bool same = binding->value.base_identity() == request.base_identity();
    // A base that published its identity once and does not now is taken for the same:
    // the identity that counts is the bound one.
    const bool silent = binding->value.published() && !request.published();
    if (!same && !silent) {
      return MakeError("BASE_CHANGED", {{"integration", id},
                                        {"bound", binding->value.base_identity()},
                                        {"found", request.base_identity()}});
    }
    *base = binding->value.base_identity();
  }
  const std::string link_key = keys::BaseLink(*base, portal);
  GB_ASSIGN_OR_RETURN(auto link,
                      GetRecord<store::BaseLinkRecord>(transaction, link_key));
  if (link.has_value() && link->value.integration() != id) {
    // A link of an integration that is connected elsewhere by now holds nobody up.
    GB_ASSIGN_OR_RETURN(auto other,
                        GetRecord<store::ConnectionRecord>(
                            transaction, keys::Connection(link->value.integration())));
    if (other.has_value() && PortalKey(other->value.connection()) == portal) {
      // It gets into the run's error, which another hotel's people read.
      GB_ASSIGN_OR_RETURN(const std::string others,
                          AssignedAgent(transaction, link->value.integration()));
      log::Warning("base_already_connected", {{"integration", id},
                                              {"other", link->value.integration()},
                                              {"portal", portal}});
      return MakeError("BASE_ALREADY_CONNECTED",
                       {{"integration", id},
                        {"other", others == agent ? link->value.integration() : "…"},
                        {"portal", portal}});
    }
    link.reset();
  }
  if (!link.has_value()) {
    store::BaseLinkRecord record;
    record.set_integration(id);
    GB_RETURN_IF_ERROR(PutRecord(transaction, link_key, record));
  }
  if (!binding.has_value()) {
    store::BindingRecord record;
    record.set_base_identity(*base);
    record.set_published(request.published());
    GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Binding(id), record));
  }
  return absl::OkStatus();
}

// What the agent knows of the portal may make it longer, never shorter.
absl::Duration SettleTimeOf(const v1::Connection& settings,
                            const v1::AcquireLeaseRequest& request) {
  absl::Duration time = kDefaultSettleTime;
  if (settings.has_settle_time()) time = FromProtoDuration(settings.settle_time());
  if (request.has_settle_time()) {
    time = std::max(time, FromProtoDuration(request.settle_time()));
  }
  return std::min(time, kLongestSettleTime);
}

// A ledger that was copied or restored shows a stamp that another has replaced.
bool StampFits(const store::LeaseRecord& record,
               const v1::AcquireLeaseRequest& request) {
  const std::string& shown = request.ledger_stamp();
  return record.stamp().empty() || shown == record.stamp() ||
         (request.begins() && record.stamp_unseen() && shown == record.stamp_before());
}

bool IsSame(const store::LeaseRecord& record, const Session& session,
            const v1::AcquireLeaseRequest& request) {
  return !record.installation().empty() &&
         record.installation() == session.identity().installation &&
         record.ledger() == request.ledger().ledger() && StampFits(record, request) &&
         request.ledger().sequence() >= record.ledger_sequence();
}

// The ledger holds that it is cold. It writes that before the stamp that came with it;
// that it has moved says nothing: after a crash it begins the run anew. Agents without
// stamps show no more than that.
bool KeptCold(const store::LeaseRecord& record,
              const v1::AcquireLeaseRequest& request) {
  if (record.stamp().empty()) {
    return request.ledger().sequence() > record.ledger_sequence();
  }
  return request.ledger_stamp() == record.stamp();
}

// One that ends later than if it had been given now was given before the clock was set
// back: it lasts as long as any other, from now. True when it did.
bool CapEnd(absl::Time now, store::LeaseRecord* record) {
  const int64_t latest = absl::ToUnixMillis(now + kLeaseLife);
  if (record->expire_unix_millis() <= latest) return false;
  record->set_expire_unix_millis(latest);
  return true;
}

// How long another ledger, which asks for the lease, still waits for it.
// `left`: until its end.
absl::Duration WaitOf(const store::LeaseRecord& record,
                      const v1::AcquireLeaseRequest& request, absl::Duration settle,
                      absl::Duration left) {
  // Of nobody who is known: what he said of the portal is lost too.
  absl::Duration longest = absl::Milliseconds(record.settle_millis());
  if (record.installation().empty()) longest = std::max(longest, settle);
  left += longest;
  // What goes on in the midst of a run has not looked: the next run does.
  const bool goes_on = !request.begins() && !request.ledger_stamp().empty();
  return goes_on ? std::max(left, kHeartbeat) : left;
}

// Takes note of the stamp that was shown, and gives a new one when a run begins. The
// old one is dead as soon as the new one was shown; a new one that got lost on its way
// is replaced, so that two copies never hold the same.
absl::Status Restamp(Transaction& transaction, const v1::AcquireLeaseRequest& request,
                     bool same, absl::Time now, store::LeaseRecord* record,
                     v1::Lease* lease) {
  const bool seen = same && request.ledger_stamp() == record->stamp();
  if (seen) {
    record->clear_stamp_before();
    record->set_stamp_unseen(false);
  }
  if (!request.begins()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const int64_t number, transaction.NextNumber("ledger-stamps"));
  record->set_stamp_before(request.ledger_stamp());
  // With the time, so that a database from a backup gives none twice.
  record->set_stamp(absl::StrCat(number, "-", absl::ToUnixMillis(now)));
  record->set_stamp_unseen(true);
  lease->set_ledger_stamp(record->stamp());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<store::LeaseRecord>> LeaseInForce(Transaction& transaction,
                                                               const std::string& key) {
  GB_ASSIGN_OR_RETURN(const auto stored,
                      GetRecord<store::LeaseRecord>(transaction, key));
  std::optional<store::LeaseRecord> lease;
  if (stored.has_value()) lease = stored->value;
  GB_ASSIGN_OR_RETURN(const auto generation, transaction.Get(kGenerationKey));
  if (!generation.has_value() ||
      (stored.has_value() && stored->version > generation->version)) {
    return lease;
  }
  // Somebody may have had it in commits that are lost: until it surely ended.
  if (!lease.has_value()) lease.emplace();
  lease->clear_installation();
  lease->clear_ledger();
  int64_t begun = 0;
  if (absl::SimpleAtoi(generation->body, &begun)) {
    lease->set_expire_unix_millis(std::max(
        lease->expire_unix_millis(), begun + absl::ToInt64Milliseconds(kLeaseLife)));
  }
  return lease;
}

absl::StatusOr<v1::Lease> Leases::Acquire(const Session& session,
                                          const v1::AcquireLeaseRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration()));
  if (!IsBaseIdentity(request.base_identity())) {
    return MakeFieldError("base_identity", "LEDGER_IDENTITY_INVALID");
  }
  if (request.ledger().ledger().empty()) {
    return MakeFieldError("ledger.ledger", "LEDGER_IDENTITY_INVALID");
  }
  const std::string& agent = session.identity().agent;
  v1::Lease lease;
  bool takeover = false;
  CommitMark mark;
  absl::Status held;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            held = absl::OkStatus();
            GB_ASSIGN_OR_RETURN(mark, transaction.Mark());
            // First: whether others' integrations exist is nothing to it.
            GB_RETURN_IF_ERROR(CheckAssigned(transaction, id, agent));
            GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
            GB_ASSIGN_OR_RETURN(
                auto connection,
                GetRecord<store::ConnectionRecord>(transaction, keys::Connection(id)));
            if (!connection.has_value()) {
              return MakeError("CONNECTION_NOT_SET", {{"integration", id}});
            }
            const v1::Connection& settings = connection->value.connection();
            const std::string portal = PortalKey(settings);
            std::string base;
            GB_RETURN_IF_ERROR(Bind(transaction, id, portal, agent, request, &base));

            const std::string key = keys::Lease(base, portal);
            GB_ASSIGN_OR_RETURN(const auto stored, LeaseInForce(transaction, key));
            store::LeaseRecord record = stored.value_or(store::LeaseRecord());
            const absl::Time now = clock_.Now();
            const absl::Duration settle = SettleTimeOf(settings, request);
            const bool first = !stored.has_value();
            const bool same = !first && IsSame(record, session, request);
            takeover = false;
            if (same) {
              if (KeptCold(record, request)) record.set_cold(false);
            } else {
              if (!first) {
                const bool capped = CapEnd(now, &record);
                const absl::Duration left =
                    WaitOf(record, request, settle, LeftOf(key, record, now));
                if (left > absl::ZeroDuration()) {
                  const int64_t seconds =
                      absl::ToInt64Seconds(absl::Ceil(left, absl::Seconds(1)));
                  held = MakeError("LEASE_HELD",
                                   {{"integration", id},
                                    {"retry_after_seconds", std::to_string(seconds)}});
                  return capped ? PutRecord(transaction, key, record) : held;
                }
                takeover = true;
              }
              GB_ASSIGN_OR_RETURN(const int64_t epoch,
                                  transaction.NextNumber("lease-epochs"));
              record.set_epoch(epoch);
              record.set_installation(session.identity().installation);
              record.set_ledger(request.ledger().ledger());
              record.set_cold(!first);
            }
            GB_RETURN_IF_ERROR(
                Restamp(transaction, request, same, now, &record, &lease));
            record.set_ledger_sequence(request.ledger().sequence());
            record.set_expire_unix_millis(absl::ToUnixMillis(now + kLeaseLife));
            record.set_settle_millis(absl::ToInt64Milliseconds(settle));
            lease.set_epoch(record.epoch());
            lease.set_cold(record.cold());
            *lease.mutable_time_to_live() = ToProtoDuration(kLeaseLife);
            NoteEnd(key, kLeaseLife);
            CrashPoint("server.lease.grant");
            return PutRecord(transaction, key, record);
          })
          .status());
  GB_RETURN_IF_ERROR(held);
  lease.set_revision(mark.revision);
  lease.set_tag(mark.tag);
  CrashPoint("server.lease.granted");
  if (takeover) {
    log::Warning("lease_taken_over",
                 {{"integration", id}, {"agent", agent}, {"epoch", lease.epoch()}});
  }
  return lease;
}

void Leases::NoteEnd(const std::string& key, absl::Duration in) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ends_[key] = clock_.Steady() + in;
}

absl::Duration Leases::LeftOf(const std::string& key, const store::LeaseRecord& record,
                              absl::Time now) const {
  const absl::Duration left = absl::FromUnixMillis(record.expire_unix_millis()) - now;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto end = ends_.find(key);
  return end == ends_.end() ? left : std::max(left, end->second - clock_.Steady());
}

absl::Status Leases::Release(const std::string& installation) {
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(const auto leases, ListRecords<store::LeaseRecord>(
                                                   transaction, "leases/", "", 100000));
        const int64_t now = absl::ToUnixMillis(clock_.Now());
        for (const auto& lease : leases) {
          if (lease.value.installation() != installation ||
              lease.value.expire_unix_millis() <= now) {
            continue;
          }
          // One of before the database was set back is not his to give back.
          GB_ASSIGN_OR_RETURN(auto record, LeaseInForce(transaction, lease.key));
          if (!record.has_value() || record->installation() != installation) continue;
          record->set_expire_unix_millis(now);
          NoteEnd(lease.key, absl::ZeroDuration());
          GB_RETURN_IF_ERROR(PutRecord(transaction, lease.key, *record));
        }
        return absl::OkStatus();
      })
      .status();
}

}  // namespace guestbridge::server
